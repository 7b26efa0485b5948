"""Stages that were interrupted and go on in the next build."""

from __future__ import annotations

import pytest

from camfolio.errors import ChangedError, DataError, StoreError
from camfolio.store import unfinished
from camfolio.store.artefacts import Ingredients, Store
from camfolio.store.build import build
from camfolio.store.stage import Stage
from camfolio.store.survey import survey
from camfolio.store.unfinished import Unfinished, abandoned, folder_of
from camfolio.store.workers import Workers
from tiny_chain import chain, computed


@pytest.fixture
def store(tiny):
    return Store(tiny / "artifacts")


def steps(how: str) -> list[Stage]:
    return [Stage("steps", "tiny_stages.steps", parameters={"how": how})]


def ingredients(stage: str = "one", **more) -> Ingredients:
    return Ingredients(**({"stage": stage, "parameters": {}, "inputs": {}, "code": {}, "libraries": {}} | more))


def with_folder(*, out, unfinished): ...


def without_folder(*, out): ...


@pytest.mark.parametrize(("how", "error"), [("killed", StoreError), ("expected", DataError)])
def test_an_interrupted_stage_goes_on_and_its_folder_is_gone_when_it_is_finished(tiny, store, how, error):
    with pytest.raises(error):
        build(steps(how), store)
    assert computed(tiny) == ["step0", "step1", "step2"]
    [state] = survey(steps(how), store)
    assert [path.name for path in (store.root / ".unfinished").iterdir()] == [folder_of(store, state.ingredients).name]
    (tiny / "calm").touch()
    found = build(steps(how), store)["steps"]
    assert computed(tiny) == ["step2", "step3"]
    assert list((store.root / ".unfinished").iterdir()) == []
    assert found.manifest.key == state.ingredients.key
    undisturbed = build(steps(how), Store(tiny / "other"))["steps"]
    assert undisturbed.manifest.outputs == found.manifest.outputs
    assert list(found.manifest.outputs) == ["steps.txt"]
    assert undisturbed.manifest.key == found.manifest.key


def test_the_folder_is_no_ingredient(tiny, store):
    (tiny / "calm").touch()
    manifest = build(steps("calmly"), store)["steps"].manifest
    assert manifest.ingredients.parameters == {"how": "calmly"}
    assert manifest.ingredients.inputs == {}


def test_another_result_begins_at_the_beginning(tiny, store):
    for how in ("one", "two"):
        with pytest.raises(DataError):
            build(steps(how), store)
    assert computed(tiny) == ["step0", "step1", "step2"] * 2


def test_a_stage_without_the_parameter_gets_no_folder(tiny, store):
    build(chain(), store)
    assert not (store.root / ".unfinished").exists()
    with Unfinished(store, ingredients(), without_folder).argument() as more:
        assert more == {}


def test_the_folder_is_that_of_the_key_and_the_processor(store, monkeypatch):
    names = set()
    for processor in ("one", "two"):
        monkeypatch.setattr(unfinished, "processor", lambda name=processor: name)
        for stage in ("one", "two"):
            with Unfinished(store, ingredients(stage), with_folder).argument() as more:
                assert more["unfinished"].is_dir()
                names.add(more["unfinished"].name)
                assert more["unfinished"] == folder_of(store, ingredients(stage))
    assert len(names) == 4
    assert all(len(name) == 20 for name in names)


def test_nothing_is_begun_if_the_code_is_no_longer_that_of_the_key(tiny, store):
    [state] = survey(steps("one"), store)
    code = tiny / "tiny_stages" / "ink.py"
    code.write_text(code.read_text(encoding="utf-8") + "THREE = 3\n", encoding="utf-8")
    workers = Workers(store)
    with pytest.raises(ChangedError, match=r"while steps is computed, but tiny_stages\.ink did\."):
        workers.run([state])
    workers.close()
    assert computed(tiny) == []


def test_only_folders_are_abandoned_that_no_build_needs_and_no_process_uses(store):
    folders = {}
    for stage in ("needed", "in use", "neither"):
        one = Unfinished(store, ingredients(stage), with_folder)
        with one.argument():
            folders[stage] = one.folder
    (store.root / ".unfinished" / "notes").mkdir()
    assert abandoned(store, [ingredients("needed"), ingredients("never begun")]) == sorted(
        [folders["in use"], folders["neither"]]
    )
    with Unfinished(store, ingredients("in use"), with_folder).argument():
        assert abandoned(store, [ingredients("needed")]) == [folders["neither"]]


def test_sweep_leaves_the_folders_alone(store):
    one = Unfinished(store, ingredients(), with_folder)
    with one.argument():
        pass
    store.delete(store.unused(set()))
    assert one.folder.is_dir()
    one.discard()
    assert not one.folder.exists()
