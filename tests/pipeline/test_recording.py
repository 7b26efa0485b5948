"""A study's results file and its kept results, with a tiny chain of stages in real workers."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import zipfile
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from camfolio.errors import StoreError
from camfolio.pipeline.contents import stages
from camfolio.pipeline.recording import Rule, carried, check_results, record_results
from camfolio.store.artefacts import Manifest, Store
from camfolio.store.build import build
from camfolio.store.record import Record, read_record
from camfolio.store.survey import next_batch, survey
from camfolio.study.file import read_study
from tiny_chain import chain, computed

EVERYTHING = Rule(seconds=0.0)
SLICES = {"slices", "permuted", "planting"}
"""Stages whose results hold slices."""


@pytest.fixture
def store(tiny):
    return Store(tiny / "artifacts")


@pytest.fixture
def study(tiny):
    """A study file; its record lies beside it."""
    (tiny / "studies").mkdir()
    return tiny / "studies" / "mine.yaml"


def table(*intermediate: str, **settings):
    return [replace(stage, intermediate=stage.name in intermediate) for stage in chain(**settings)]


def recorded(study, store, rule=EVERYTHING, intermediate=(), **settings) -> Record:
    record_results(table(*intermediate, **settings), store, read_record(study, store), rule)
    return read_record(study, Store(study.parent))


def zips(record: Record) -> list[str]:
    return sorted(file.name for file in record.folder.glob("*"))


def test_a_record_lies_beside_the_study_and_says_what_was_computed(tiny, study, store):
    record = recorded(study, store)
    assert record.file == tiny / "studies" / "mine.results.json"
    assert record.folder == tiny / "results" / "mine"
    assert {name: one.outputs for name, one in record.stages.items()} == {
        state.stage.name: state.artefact.manifest.outputs for state in survey(chain(), store)
    }
    assert all(one.computed and one.processor and one.kept and not one.carried for one in record.stages.values())


def test_a_fresh_clone_computes_nothing_that_is_kept(tiny, study, store):
    record = recorded(study, store)
    computed(tiny)
    there = build(table(), Store(tiny / "clone"), record=record)
    assert computed(tiny) == []
    assert {name: (one / f"{name}.txt").read_text(encoding="utf-8") for name, one in there.items()} == {
        "number": "4",
        "parity": "0",
        "word": "even",
    }
    assert [one.manifest.seconds for one in there.values()] == [record.stages[name].seconds for name in there]


def test_what_only_kept_results_were_computed_from_is_neither_kept_nor_computed(tiny, study, store):
    record = recorded(study, store, intermediate=("number", "parity"))
    assert zips(record) == ["word.zip"]
    computed(tiny)
    results = build(table("number", "parity"), Store(tiny / "clone"), record=record)
    assert computed(tiny) == []
    assert (results["word"] / "word.txt").is_file()
    assert results["number"].manifest.outputs == record.stages["number"].outputs
    assert not results["number"].folder.exists()


def test_a_changed_study_leaves_the_recorded_path_from_there_on(tiny, study, store):
    record = recorded(study, store, intermediate=("number", "parity"))
    computed(tiny)
    results = build(table("number", "parity", words=("straight", "odd")), Store(tiny / "clone"), record=record)
    assert computed(tiny) == ["number", "parity", "word"]
    assert (results["word"] / "word.txt").read_text(encoding="utf-8") == "straight"


def test_later_stages_count_although_an_earlier_one_gives_other_digits_here(tiny, study, store):
    record = recorded(study, store)
    clone = Store(tiny / "clone")
    number = survey(table(), clone, record)[0]
    other = clone.make(number.ingredients, partial(write, "number", "4.000001"))
    assert other.manifest.outputs != record.stages["number"].outputs
    states = survey(table(), clone, record)
    assert [state.word for state in states] == ["fresh", "kept", "kept"]
    assert [state.ingredients.key for state in states] == [
        record.stages[name].key for name in ("number", "parity", "word")
    ]


def test_nothing_is_recorded_after_a_digest_that_nobody_recorded(store, study):
    record = recorded(study, store, Rule(seconds=1e9))
    drifted = record.stages["number"].model_copy(update={"outputs": {"number.txt": "0" * 64}})
    states = survey(table(), store, record.changed({**record.stages, "number": drifted}))
    assert [state.word for state in states] == ["fresh", "stale", "waiting"]


def test_what_is_small_and_took_long_is_kept_and_the_rest_is_not(tiny, study, store):
    assert zips(recorded(study, store, Rule(seconds=0.0, size=3))) == ["number.zip", "parity.zip"]  # "even": 4 bytes
    assert zips(recorded(study, store, Rule(seconds=1e9))) == []
    assert zips(recorded(study, store)) == ["number.zip", "parity.zip", "word.zip"]


def test_the_time_before_a_stage_counts_if_nobody_else_waits_for_it(tiny, study, store):
    """`parity` takes long and only `word` needs it; `word` is quick, and is kept instead."""
    for stage, seconds in {"number": 1.0, "parity": 9.0, "word": 1.0}.items():
        state = next(one for one in survey(table(), store) if one.stage.name == stage)
        text = {"number": "4", "parity": "0", "word": "even"}[stage]
        manifest = Manifest(
            key=state.ingredients.key,
            ingredients=state.ingredients,
            outputs={f"{stage}.txt": hashlib.sha256(text.encode()).hexdigest()},
            seconds=seconds,
        )
        store.make(state.ingredients, partial(write, stage, text), manifest)
    assert zips(recorded(study, store, Rule(seconds=5.0), intermediate=("number", "parity"))) == ["word.zip"]
    assert zips(recorded(study, store, Rule(seconds=5.0), intermediate=("number",))) == ["parity.zip"]
    assert zips(recorded(study, store, Rule(seconds=20.0), intermediate=("number", "parity"))) == []


def write(stage, text, folder) -> None:
    (folder / f"{stage}.txt").write_text(text, encoding="utf-8")


def test_what_is_local_is_not_kept(study, store):
    drawn = [replace(stage, local=stage.name == "word") for stage in chain()]
    record_results(drawn, store, read_record(study, store), EVERYTHING)
    assert zips(read_record(study, Store(study.parent))) == ["number.zip", "parity.zip"]


def test_recording_twice_changes_no_byte(tiny, study, store):
    record = recorded(study, store)
    files = [record.file, *record.folder.glob("*")]
    before = [file.read_bytes() for file in files]
    assert recorded(study, store).stages == record.stages
    assert recorded(study, Store(tiny / "another")).stages == record.stages
    assert [file.read_bytes() for file in files] == before


def test_equal_results_are_packed_into_equal_bytes(tiny, study, store):
    record = recorded(study, store)
    before = {file.name: file.read_bytes() for file in record.folder.glob("*")}
    shutil.rmtree(record.folder)
    recorded(study, store)
    assert {file.name: file.read_bytes() for file in record.folder.glob("*")} == before


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_bytes(file.read_bytes()[:-30]),
        lambda file: file.write_bytes(b"no zip"),
        lambda file: rewritten(file, {"number.txt": b"5"}),
        lambda file: rewritten(file, {"number.txt": b"4", "../../stray.txt": b"x"}),
        lambda file: rewritten(file, {}),
    ],
    ids=["truncated", "another file", "other bytes", "a stray file", "empty"],
)
def test_a_damaged_kept_result_is_reported_and_computed_instead(tiny, study, store, damage, caplog):
    record = recorded(study, store)
    computed(tiny)
    damage(record.folder / "number.zip")
    with caplog.at_level(logging.WARNING):
        results = build(table(), Store(tiny / "clone"), record=record)
    assert (results["number"] / "number.txt").read_text(encoding="utf-8") == "4"
    assert computed(tiny) == ["number"]
    assert "number.zip" in caplog.text
    assert "computed instead" in caplog.text
    assert not list(tiny.rglob("stray.txt"))
    with pytest.raises(StoreError, match=r"number\.zip.*or run `camfolio record"):
        check_results(table(), store, record, study)
    check_results(table(), store, recorded(study, store), study)  # recording packs it again
    assert computed(tiny) == []


def test_a_deleted_kept_result_is_computed_and_named_by_the_check(tiny, study, store):
    record = recorded(study, store)
    (record.folder / "number.zip").unlink()
    (record.folder / "parity.zip.part").write_bytes(b"left by a killed run")
    computed(tiny)
    build(table(), Store(tiny / "clone"), record=record)
    assert computed(tiny) == ["number"]
    with pytest.raises(StoreError, match=r"number\.zip, but it is not there"):
        check_results(table(), store, record, study)
    assert zips(recorded(study, store)) == ["number.zip", "parity.zip", "word.zip"]


def test_the_file_says_its_format(study, store):
    assert json.loads(recorded(study, store).file.read_text(encoding="utf-8"))["format"] == 1


def rewritten(file, content) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in content.items():
            archive.writestr(name, text)


def test_a_change_is_named_by_the_check_until_it_is_recorded(tiny, study, store):
    record = recorded(study, store)
    check_results(table(), store, record, study)
    source = tiny / "tiny_stages" / "parity.py"
    source.write_text(source.read_text(encoding="utf-8") + "\nTHREE = 3\n", encoding="utf-8")
    with pytest.raises(StoreError, match="but parity, word changed since") as caught:
        check_results(table(), Store(tiny / "clone"), record, study)
    assert "camfolio record" in str(caught.value)
    check_results(table(), store, recorded(study, store), study)


def test_a_result_that_a_change_does_not_concern_is_carried_over(tiny, study, store):
    record = recorded(study, store)
    source = tiny / "tiny_stages" / "parity.py"
    source.write_text(source.read_text(encoding="utf-8") + "\nTHREE = 3\n", encoding="utf-8")
    computed(tiny)
    clone = Store(tiny / "clone")
    record_results(table(), clone, record, EVERYTHING, carry=("parity",))
    assert computed(tiny) == []
    after = read_record(study, Store(study.parent))
    check_results(table(), clone, after, study)
    assert [name for name, one in after.stages.items() if one.carried] == ["parity"]
    assert after.stages["parity"].outputs == record.stages["parity"].outputs
    assert after.stages["word"] == record.stages["word"]


def test_all_can_be_carried_over_and_a_wrong_name_cannot(tiny, study, store):
    record = recorded(study, store)
    ink = tiny / "tiny_stages" / "ink.py"
    ink.write_text(ink.read_text(encoding="utf-8") + "\nTHREE = 3\n", encoding="utf-8")
    after = carried(record, table(), store, ["all"])
    assert [one.carried for one in after.stages.values()] == [True] * 3
    with pytest.raises(StoreError, match="Did you mean parity"):
        carried(record, table(), store, ["parrity"])


@pytest.mark.parametrize(
    "content",
    ["{", '{"format": 2}', '{"stages": {"number": {}}}', "\udcff", '{"format": 1, "stages": [1]}'],
)
def test_a_damaged_results_file_is_one_sentence(study, content):
    study.with_suffix(".results.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(StoreError, match=r"mine\.results\.json.*Restore the file"):
        read_record(study, Store(study.parent))


@pytest.mark.parametrize("name", ["../up.txt", "/top.txt", "a/../../b", "c\\d", ""])
def test_names_in_a_results_file_lead_nowhere_else(tiny, study, store, name):
    record = recorded(study, store)
    text = record.file.read_text(encoding="utf-8").replace('"number.txt"', f'"{name}"'.replace("\\", "\\\\"))
    record.file.write_text(text, encoding="utf-8")
    with pytest.raises(StoreError, match="Expected recorded results"):
        read_record(study, Store(study.parent))


def test_kept_results_come_before_anything_is_computed(tiny, study, store):
    record = recorded(study, store)
    batch = next_batch(survey(table(), Store(tiny / "clone"), record))
    assert [state.stage.name for state in batch] == ["number", "parity", "word"]
    assert all(state.kept for state in batch)


@pytest.mark.parametrize("study_file", ["lung-nodules", "shortcut"])
def test_no_stage_that_holds_slices_may_be_kept(study_file):
    path = Path(__file__).parents[2] / "gen" / "studies" / f"{study_file}.yaml"
    table = stages(
        read_study(path, ["external.source=lidc-phantom"] if study_file == "lung-nodules" else []), path.parent
    )
    found = {stage.name for stage in table if stage.local and not stage.name.startswith("figure-")}
    holds = {
        name for name in (stage.name for stage in table) if name.rpartition("external-")[2].partition("-")[0] in SLICES
    }
    copies = {stage.name for stage in table if stage.module == "camfolio.stages.ensemble"}
    pictures = (
        {"overview", "try"}
        if study_file == "shortcut"
        else {"card", "overview", "matrix", "explorer", "try", "anatomy"}
    )
    assert found == holds | copies | pictures
