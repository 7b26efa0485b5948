"""`camfolio inspect`: what it prints, what it draws, and that nothing is trained."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from camfolio import cli
from camfolio.pipeline.contents import stages
from camfolio.store.artefacts import Store
from camfolio.store.survey import survey
from camfolio.study.file import read_study
from in_process import in_process


@pytest.fixture
def inspect(store, capsys, monkeypatch):
    """`inspect(study)`: exit status and what was printed; stages run in this process, files of figures are empty."""
    monkeypatch.setattr(Figure, "savefig", lambda self, file, **_: file.write_bytes(b""))
    monkeypatch.setenv("COLUMNS", "200")
    in_process(monkeypatch.setattr)

    def call(study, kept=store.root):
        status = cli.main(["inspect", str(study), "--store", str(kept)])
        return status, capsys.readouterr().out

    return call


def test_it_prints_counts_and_where_the_pictures_are(portfolio, tiny_study, inspect):
    status, out = inspect(tiny_study)
    assert status == 0
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in out.splitlines() if line.startswith("│")]
    assert ["benign", "36", "12"] in rows
    assert ["malignant", "36", "12"] in rows
    drawn = [Path(line.partition(": ")[2]) for line in out.splitlines() if line.startswith("drawn: ")]
    assert len(drawn) == 2
    assert all(path.is_file() for path in drawn)
    assert "HU -1100 |" in out


def test_nothing_is_trained_for_it(write_study, tmp_path, inspect):
    study = write_study("untrained", seed=99)
    status, _ = inspect(study, kept=tmp_path / "own")
    states = {
        state.stage.name: state.word
        for state in survey(stages(read_study(study), study.parent), Store(tmp_path / "own"))
    }
    assert status == 0
    assert {name for name, word in states.items() if word == "fresh"} == {
        "slices",
        "split",
        "inspection",
        "overlap",
        "figure-contact_sheet",
        "figure-hounsfield",
    }


def test_data_that_cannot_be_split_are_shown_all_the_same(write_study, tiny_arrays, inspect):
    few = {name: array[:6] for name, array in tiny_arrays.items()}
    status, out = inspect(write_study("two-patients", arrays=few))
    assert status == 0
    assert "! Expected at least 3 patients for train, validation, test, but got 2." in out


def test_near_duplicates_and_implausible_values_are_reported(write_study, tiny_arrays, inspect, portfolio):
    image = tiny_arrays["image"].copy() + 1000
    image[3:6] = image[:3]
    status, out = inspect(write_study("doubled", arrays={"image": image.clip(0)}))
    assert status == 0
    assert (
        "! No value is below 0: they look like stored values without rescale slope and intercept, not like HU." in out
    )
    assert "pairs of slices of different patients are near-duplicates, 3 of them are identical." in out
    assert "of the pairs are in different parts of the split" in out


def test_the_data_card_shows_the_same(portfolio, built, read):
    page = read((built.site / "tiny" / "data" / "index.html").read_text(encoding="utf-8"))
    text = " ".join(page.words("body"))
    seen = portfolio.artefacts["inspection"].json("inspection.json")
    assert "Checks of the data" in text
    assert "Patients have pseudonyms" in text
    assert json.dumps(seen["warnings"]) == "[]"
    assert (f"{seen['alike']} pair" in text) == bool(seen["alike"])
    assert "Slices drawn at random with the study" in text
    assert np.load(portfolio.artefacts["inspection"] / "pairs.npy").shape == (seen["alike"], 2)
