"""The store: whole results under the digest of what they were made from, or none."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from camfolio.errors import StoreError
from camfolio.store.artefacts import MANIFEST, Ingredients, Store, digest_of
from camfolio.store.files import file_digest

BASE = {
    "stage": "one",
    "parameters": {"a": {"b": 1}},
    "inputs": {"before": "00"},
    "code": {"camfolio.stages.one": "11"},
    "libraries": {"numpy": "2.0"},
}


def ingredients(**changed: object) -> Ingredients:
    return Ingredients.model_validate(BASE | changed)


def write(text: str = "result"):
    def compute(out: Path) -> None:
        (out / "deep").mkdir()
        (out / "deep" / "file.txt").write_text(text, encoding="utf-8")

    return compute


def never(out: Path) -> None:
    pytest.fail("computed again")


def sweep(store: Store, keep: set[str]) -> int:
    """Delete all results whose key is not in `keep`; how many there were."""
    folders = store.unused(keep)
    store.delete(folders)
    return len(folders)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "artifacts")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("stage", "two"),
        ("parameters", {"a": {"b": 2}}),
        ("parameters", {"a": {"b": 1}, "c": None}),
        ("inputs", {"before": "01"}),
        ("inputs", {"after": "00"}),
        ("code", {"camfolio.stages.one": "12"}),
        ("code", {}),
        ("libraries", {"numpy": "2.1"}),
    ],
)
def test_the_key_depends_on_every_ingredient(name, value):
    assert ingredients(**{name: value}).key != ingredients().key


def test_every_ingredient_is_among_those_tested():
    assert set(Ingredients.model_fields) == set(BASE)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text(max_size=3), json_values, max_size=4))
def test_the_key_does_not_depend_on_the_order_of_parameters(parameters):
    turned = dict(reversed(parameters.items()))
    assert ingredients(parameters=turned).key == ingredients(parameters=parameters).key


@given(json_values, json_values)
def test_values_with_one_digest_are_equal_as_json(one, other):
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (digest_of(one) == digest_of(other)) == same


def test_ingredients_are_frozen_and_take_nothing_else():
    with pytest.raises(ValidationError, match="frozen"):
        ingredients().stage = "two"
    with pytest.raises(ValidationError, match="extra_forbidden"):
        ingredients(weather="fine")


def test_a_result_is_found_again_with_its_provenance(store):
    made = store.make(ingredients(), write())
    found = store.find(ingredients())
    assert found == made
    assert found.manifest.ingredients == ingredients()
    assert list(found.manifest.outputs) == ["deep/file.txt"]
    assert (found / "deep/file.txt").read_text(encoding="utf-8") == "result"
    assert store.make(ingredients(), never) == made


def test_equal_files_have_equal_digests_and_others_do_not(store):
    one = store.make(ingredients(), write())
    same = store.make(ingredients(parameters={}), write())
    other = store.make(ingredients(inputs={}), write("other"))
    assert one.manifest.digest == same.manifest.digest != other.manifest.digest


def test_nothing_is_found_in_an_empty_store(store):
    assert store.find(ingredients()) is None
    assert store.history("one") == []
    assert sweep(store, set()) == 0


def test_an_unlisted_file_is_refused(store):
    artefact = store.make(ingredients(), write())
    (artefact.folder / "stray.txt").write_text("", encoding="utf-8")
    with pytest.raises(StoreError, match=r"Expected stray\.txt in .*, but its manifest lists deep/file\.txt\."):
        artefact / "stray.txt"


def test_json_is_parsed(store):
    artefact = store.make(ingredients(), lambda out: (out / "a.json").write_text('{"ä": 1}', encoding="utf-8"))
    assert artefact.json("a.json") == {"ä": 1}


def test_an_exception_leaves_no_final_folder_and_the_next_try_succeeds(store):
    def fail(out: Path) -> None:
        (out / "half.txt").write_text("half", encoding="utf-8")
        stop = "in the middle"
        raise RuntimeError(stop)

    with pytest.raises(RuntimeError, match="in the middle"):
        store.make(ingredients(), fail)
    assert not store.folder(ingredients()).exists()
    assert store.find(ingredients()) is None
    assert store.history("one") == []
    assert list(store.make(ingredients(), write()).manifest.outputs) == ["deep/file.txt"]
    assert [path.name for path in (store.root / "one").iterdir()] == [ingredients().key[:20]]


def test_a_half_written_folder_is_never_read(store):
    made = store.make(ingredients(), write())
    aside = made.folder.with_name(made.folder.name + ".part")
    made.folder.rename(aside)
    assert store.find(ingredients()) is None
    assert store.history("one") == []


def test_what_a_killed_run_left_aside_is_replaced(store):
    aside = store.folder(ingredients()).with_name(ingredients().key[:20] + ".part")
    aside.mkdir(parents=True)
    (aside / "stale.txt").write_text("stale", encoding="utf-8")
    made = store.make(ingredients(), write())
    assert list(made.manifest.outputs) == ["deep/file.txt"]
    assert not aside.exists()


@pytest.mark.parametrize("damage", [b"", b"{", b"{}", b"\xff\xfe", b"null"], ids=repr)
def test_a_result_with_a_damaged_manifest_is_computed_again(store, damage):
    folder = store.make(ingredients(), write("first")).folder
    (folder / MANIFEST).write_bytes(damage)
    assert store.find(ingredients()) is None
    again = store.make(ingredients(), write("second"))
    assert (again / "deep/file.txt").read_text(encoding="utf-8") == "second"


def test_a_result_that_lost_a_file_is_computed_again(store):
    artefact = store.make(ingredients(), write("first"))
    (artefact / "deep/file.txt").unlink()
    assert store.find(ingredients()) is None
    assert (store.make(ingredients(), write("second")) / "deep/file.txt").exists()


def test_the_manifest_of_another_key_is_not_taken(store):
    other = store.make(ingredients(parameters={}), write())
    other.folder.rename(store.folder(ingredients()))
    assert store.find(ingredients()) is None
    assert store.damage(ingredients()) == "manifest.json is that of another result"


def edit_manifest(folder: Path, **changed: object) -> None:
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    (folder / MANIFEST).write_text(json.dumps(manifest | changed), encoding="utf-8")


def test_a_manifest_that_states_other_ingredients_under_its_key_is_not_taken(store):
    made = store.make(ingredients(), write())
    edit_manifest(made.folder, ingredients=BASE | {"libraries": {"numpy": "2.1"}})
    assert store.damage(ingredients()) == "manifest.json is that of another result"


@pytest.mark.parametrize("name", ["../../secret.txt", "/etc/hostname", "deep/../../secret.txt", "..\\secret.txt", ""])
def test_a_manifest_that_names_a_file_outside_of_its_folder_is_not_taken(store, name):
    made = store.make(ingredients(), write())
    (store.root / "secret.txt").write_text("secret", encoding="utf-8")
    digest = file_digest(store.root / "secret.txt")
    edit_manifest(made.folder, outputs={**made.manifest.outputs, name: digest})
    assert store.find(ingredients()) is None
    assert store.damage(ingredients()) == "manifest.json cannot be read"


def stop_at_once(folder: Path) -> None:
    """Deletes half a folder and is then stopped, as by a kill."""
    (folder / MANIFEST).unlink(missing_ok=True)
    raise KeyboardInterrupt


@pytest.mark.parametrize("delete", ["make", "sweep"])
def test_a_result_loses_its_name_before_its_files_are_deleted(store, monkeypatch, delete):
    made = store.make(ingredients(), write())
    (made / "deep/file.txt").write_text("damaged", encoding="utf-8")
    stopped = {"make": lambda: store.make(ingredients(), write()), "sweep": lambda: sweep(store, set())}[delete]
    with monkeypatch.context() as patch:
        patch.setattr("camfolio.store.artefacts.shutil.rmtree", stop_at_once)
        with pytest.raises(KeyboardInterrupt):
            stopped()
    assert not made.folder.exists()
    assert (store.make(ingredients(), write()) / "deep/file.txt").read_text(encoding="utf-8") == "result"
    assert [path.name for path in made.folder.parent.iterdir()] == [made.folder.name]


def test_a_result_is_on_the_disk_before_it_has_its_name(store, monkeypatch):
    synced = []
    monkeypatch.setattr(
        "camfolio.store.files.os.fsync", lambda file: synced.append(store.folder(ingredients()).exists())
    )
    store.make(ingredients(), write())
    assert synced == [False] * 4 + [True]  # a file, its folder, the manifest, the result; then the folder with its name


def test_threads_that_want_the_same_result_compute_it_once(store):
    computed, results, start = [], [], threading.Barrier(6)

    def compute(out: Path) -> None:
        computed.append(out)
        threading.Event().wait(0.05)
        write()(out)

    def want() -> None:
        start.wait()
        results.append(store.make(ingredients(), compute))

    wanting = [threading.Thread(target=want) for _ in range(6)]
    for thread in wanting:
        thread.start()
    for thread in wanting:
        thread.join(timeout=20)
    assert len(computed) == 1
    assert len(results) == 6
    assert all(result == results[0] for result in results)


def test_history_is_newest_first(store):
    for age, value in enumerate((1, 2, 3)):
        folder = store.make(ingredients(parameters={"n": value}), write()).folder
        os.utime(folder / MANIFEST, (1000 - age, 1000 - age))
    assert [manifest.ingredients.parameters["n"] for manifest in store.history("one")] == [1, 2, 3]


def test_sweep_leaves_alone_what_somebody_is_making_right_now(store):
    begun, swept = threading.Event(), threading.Event()

    def compute(out: Path) -> None:
        write()(out)
        begun.set()
        assert swept.wait(20)

    making = threading.Thread(target=store.make, args=(ingredients(), compute))
    making.start()
    assert begun.wait(20)
    assert sweep(store, set()) == 0
    swept.set()
    making.join(timeout=20)
    assert store.find(ingredients())
    assert sweep(store, set()) == 1


def test_sweep_keeps_what_it_is_told_and_deletes_the_rest(store):
    kept = store.make(ingredients(), write())
    store.make(ingredients(stage="two"), write())
    (store.root / "one" / f"{'0123456789' * 2}.part").mkdir()
    damaged = store.make(ingredients(parameters={}), write())
    (damaged.folder / MANIFEST).unlink()
    assert sweep(store, {kept.manifest.key}) == 3
    assert store.find(ingredients()) == kept
    assert not damaged.folder.exists()
    assert store.make(ingredients(), never) == kept


@pytest.mark.parametrize("name", ["one/notes", "one/0123456789abcdef012", ".git/objects", "src/camfolio.part"])
def test_sweep_leaves_folders_alone_that_are_not_named_like_results(store, name):
    store.make(ingredients(), write())
    (store.root / name).mkdir(parents=True)
    assert sweep(store, set()) == 1
    assert (store.root / name).is_dir()


def test_a_folder_that_holds_other_things_is_not_swept(tmp_path):
    result = tmp_path / "docs" / "0123456789abcdef0123"
    result.mkdir(parents=True)
    with pytest.raises(
        StoreError, match=r"^Expected a folder of results, but .* holds other things\. Give the right one"
    ):
        sweep(Store(tmp_path), set())
    assert result.is_dir()


def test_sweep_deletes_what_was_written_aside_by_a_killed_run_but_not_what_is_being_written(store):
    store.make(ingredients(), write())
    for cache in ("code.json", ".checked.json"):
        old, new = store.root / f"{cache}.abc.part", store.root / f"{cache}.xyz.part"
        for file in (old, new):
            file.write_text("{", encoding="utf-8")
        os.utime(old, (1000, 1000))
        sweep(store, set())
        assert (old.exists(), new.exists()) == (False, True)
