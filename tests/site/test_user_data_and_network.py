"""Studies with a user network, slices from user code or an external test set: the documented examples, up to their pages."""

from __future__ import annotations

import html
import re
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
import yaml

from camfolio.errors import DataError
from camfolio.network.architecture import MODULE
from camfolio.pipeline.contents import stages
from camfolio.pipeline.portfolio import open_inspection
from camfolio.results.arrays.maps import LayerMaps
from camfolio.results.randomisation import RandomisationResult
from camfolio.results.subject import Subject
from camfolio.site.pages import make_site
from camfolio.stages import external_slices as external
from camfolio.study.file import read_study
from camfolio.user_code import create_user_object, import_user_module

PROJECT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def example(page: str, file: str) -> tuple[str, dict[str, object]]:
    """The Python of a documentation page that begins with a file's name, and the first YAML after it."""
    blocks = FENCE.findall((PROJECT / "docs" / page).read_text(encoding="utf-8"))
    place = next(i for i, (kind, text) in enumerate(blocks) if kind == "python" and text.startswith(f"# {file}"))
    settings = next(text for kind, text in blocks[place:] if kind == "yaml")
    return blocks[place][1], yaml.safe_load(settings)


@pytest.fixture(scope="session")
def documented(folder, write_study):
    """`documented("your-network.md", "our_network.py", "name", data={...})`: the study of an example; its path."""

    def write(page: str, file: str, name: str, **keys: object) -> Path:
        code, settings = example(page, file)
        (folder / file).write_text(code, encoding="utf-8")
        path = write_study(name)
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        del document["network"]
        document.pop("explanation")
        document |= settings | keys
        document["evidence"] |= {"seeds": 0, "permuted_labels": 0}
        document["explanation"] = {"methods": ["grad_cam"], **document.get("explanation", {})}
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def one_logit(documented, compute):
    return compute(documented("your-network.md", "our_network.py", "one-logit"))[0]


def page(store, path: Path, name: str) -> str:
    return pages(store, path)[f"{path.stem}/{name}.md"]


@cache
def pages(store, path: Path) -> dict[str, str]:
    """Path of a written page -> its text, of a study whose results are there."""
    return {page.path: page.content.decode() for page in make_site(PROJECT, store, [path]).texts}


def test_a_network_with_one_logit_is_trained_and_explained(one_logit, store, folder):
    logits = np.load(one_logit.artefacts["predictions"] / "logits.npy")
    assert np.allclose(logits[:, 0], -logits[:, 1])
    assert one_logit.study.explanation.layer == "features.5"
    maps = LayerMaps.read(one_logit.artefacts["explanations"].folder).of(Subject("grad_cam"))
    assert maps.shape[1:] == (8, 8)
    assert (maps != 0).any()
    assert "features.5" in page(store, folder / "one-logit.yaml", "model")


def test_no_page_describes_a_user_network_as_the_residual_network(one_logit, store, folder):
    written = {
        path: text for path, text in pages(store, folder / "one-logit.yaml").items() if path.startswith("one-logit/")
    }
    assert {path.split("/")[1] for path in written} >= {"index.md", "model.md", "evidence.md", "reporting.md"}
    for path, text in written.items():
        assert not re.findall(r"(?i)resnet|residual network|kaiming|\bnan\b", text), path
    for name in ("model", "reporting"):
        assert "our_network.SmallCnn" in html.unescape(written[f"one-logit/{name}.md"])
    assert RandomisationResult.read(one_logit.artefacts["randomisation"].folder).parts == ("head", "features")


def test_a_change_of_the_network_file_makes_the_training_stale(one_logit, folder, store):
    from camfolio.pipeline.portfolio import inspect_study

    file = folder / "our_network.py"
    before = file.read_text(encoding="utf-8")
    file.write_text(before.replace("8) ->", "9) ->"), encoding="utf-8")
    try:
        states = {state.stage.name: state for state in inspect_study(folder / "one-logit.yaml", store)}
    finally:
        file.write_text(before, encoding="utf-8")
    assert states["training"].reason == "input module:our_network changed"
    assert states["slices"].word == "fresh"


@pytest.mark.slow
def test_a_lightning_module_is_loaded_from_its_checkpoint(documented, compute, folder):
    path = documented("your-network.md", "our_module.py", "lightning")
    import_user_module("our_module", folder / "our_module.py")
    try:
        torch.manual_seed(3)
        module = create_user_object("our_module.NoduleClassifier", {"channels": 4}, MODULE)
        trainer = pl.Trainer(logger=False, accelerator="cpu", enable_progress_bar=False, enable_model_summary=False)
        trainer.strategy.connect(module)
        trainer.save_checkpoint(folder / "nodules.ckpt")
    finally:
        del sys.modules["our_module"]
    portfolio = compute(path)[0]
    assert portfolio.artefacts["training"].json("training.json")["loaded"] == "nodules.ckpt"
    slices = np.load(portfolio.artefacts["slices"] / "slices.npz")
    with torch.no_grad():
        seen = torch.from_numpy(slices["hounsfield"]).clamp(-1000, 400).add(1000).div(1400)[:, None]
        wanted = module.eval()(seen).numpy()
    assert np.load(portfolio.artefacts["predictions"] / "logits.npy") == pytest.approx(wanted, abs=1e-5)


TINY = {"network": {"width": 4, "blocks": [1, 1, 1, 1]}, "explanation": {"layers": ["layer2.0.conv2"]}}


@pytest.fixture(scope="session")
def discs(documented):
    """The study file of the example with slices from user code."""
    return documented("your-data.md", "our_slices.py", "made", network=TINY["network"], explanation=TINY["explanation"])


def test_slices_from_user_code_are_a_source(discs, store):
    found, unsplit = open_inspection(discs, store)
    card = found.artefacts["slices"].json("card.json")
    assert (unsplit, card["slices"], card["patients_used"], card["made_by"]) == ("", 48, 24, "our_slices.discs")


@pytest.mark.slow
def test_the_data_card_of_user_code_is_on_the_pages(discs, compute, store):
    compute(discs)
    data, reporting = (html.unescape(page(store, discs, name)) for name in ("data", "reporting"))
    for text in (data, reporting):
        assert "Discs with a radius of 4 pixels are malignant, those with a radius of 2 pixels benign." in text
        assert "None: every disc that was drawn is used." in text
    assert "The program that drew the discs." in reporting
    assert "The study's label rule does not apply." not in data


@pytest.fixture(scope="session")
def elsewhere(write_study, compute, tiny_arrays, folder):
    """The tiny study with an external test set of other patients."""
    other = {**tiny_arrays, "patient": np.char.add("x", tiny_arrays["patient"])}
    np.savez(folder / "other.npz", **other)
    return compute(write_study("elsewhere", external={"source": "npz", "path": "other.npz"}))[0]


@pytest.mark.slow
def test_an_external_source_is_tested_and_explained(elsewhere, store, folder):
    there = elsewhere.artefacts["external-evaluation"].json("evaluation.json")
    assert there["slices"] == 72
    assert (
        elsewhere.artefacts["external-localisation"].json("localisation.json")["energy_share"]["grad_cam"]["value"]
        is not None
    )
    text = page(store, folder / "elsewhere.yaml", "index")
    assert "## External test set" in text
    assert "72 slices of 24 patients" in text
    checklists = page(store, folder / "elsewhere.yaml", "reporting")
    assert re.search(rf"On {there['cases']} (nodules|slices) of 24 patients from another source", checklists)
    assert "There is no external test set" not in checklists


@pytest.mark.slow
def test_nothing_of_the_study_is_computed_again_for_an_external_source(elsewhere, portfolio):
    for stage in ("slices", "split", "training", "predictions", "explanations"):
        assert elsewhere.artefacts[stage].manifest.key == portfolio.artefacts[stage].manifest.key


def test_without_an_external_source_there_is_neither_stage_nor_section(tiny_study, portfolio, store):
    assert not [stage for stage in stages(read_study(tiny_study)) if stage.name.startswith("external")]
    assert "External test set" not in page(store, tiny_study, "index")


@pytest.mark.slow
def test_a_patient_in_both_sources_is_refused(elsewhere, folder, tiny_arrays, tmp_path):
    shared = {
        **tiny_arrays,
        "patient": np.where(tiny_arrays["patient"] == "p003", "p003", np.char.add("y", tiny_arrays["patient"])),
    }
    np.savez(tmp_path / "shared.npz", **shared)
    study = elsewhere.study
    with pytest.raises(
        DataError, match="an external source without patients of data, but 1 of its patients are in data, too"
    ):
        external.run(
            out=tmp_path,
            data=study.data,
            external=study.external,
            labels=study.labels,
            seed=0,
            own_path=folder / "tiny.npz",
            other_path=tmp_path / "shared.npz",
        )
    assert not (tmp_path / "slices.npz").exists()
