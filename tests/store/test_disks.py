"""Stores on read-only and full disks, and under a clock that was set back."""

from __future__ import annotations

import errno
import os
import shutil
import time
from pathlib import Path

import pytest

from camfolio.errors import StoreError
from camfolio.store import checks, inputs
from camfolio.store.artefacts import Store, read_manifest
from camfolio.store.build import build
from camfolio.store.files import file_digest, replace_cache, replace_file, system_error
from camfolio.store.layout import mark_layout
from camfolio.store.stage import Stage
from camfolio.store.survey import survey
from disks import read_only, short_files, small
from tiny_chain import chain, computed

FUTURE_S = 4e9
"""A time in the year 2096."""


@pytest.fixture
def store(tiny):
    return Store(tiny / "artifacts")


def with_file(tiny: Path) -> list[Stage]:
    return [Stage("number", "tiny_stages.number", files={"file": tiny / "file"}), *chain()[1:]]


def words(stages: list[Stage], store: Store) -> set[str]:
    return {state.word for state in survey(stages, store)}


def test_a_read_only_store_with_every_result_is_used_without_its_caches(tiny, store, monkeypatch):
    (tiny / "file").write_text("4", encoding="utf-8")
    before = build(with_file(tiny), store)
    computed(tiny)
    monkeypatch.setattr(checks, "SETTLED_NS", -1)  # so that there is something to remember
    for cache in ("code.json", "store.json"):
        (store.root / cache).unlink()
    for folder in (".inputs", ".locks"):
        shutil.rmtree(store.root / folder, ignore_errors=True)
    names = sorted(store.root.rglob("*"))
    with read_only(store.root):
        assert words(with_file(tiny), store) == {"fresh"}
        assert build(with_file(tiny), store) == before
    assert computed(tiny) == []
    assert sorted(store.root.rglob("*")) == names


@pytest.mark.parametrize("marked", [True, False])
def test_a_result_that_a_read_only_store_lacks_is_a_sentence(tiny, store, marked):
    build(chain(), store)
    computed(tiny)
    if not marked:
        (store.root / "store.json").unlink()
    names = sorted(store.root.rglob("*"))
    said = r"Expected a store that missing results can be written to, but got .* for .*artifacts\. Make it writable, or give"
    with read_only(store.root), pytest.raises(StoreError, match=said):
        build(chain(5), store)
    assert computed(tiny) == []
    assert sorted(store.root.rglob("*")) == names


def test_a_store_below_something_read_only_is_a_sentence(tiny):
    (tiny / "disk").mkdir()
    with read_only(tiny / "disk"), pytest.raises(StoreError, match=r"for .*new\. Make it writable"):
        build(chain(), Store(tiny / "disk" / "new"))
    assert computed(tiny) == []


def test_a_store_that_is_a_link_to_nothing_is_a_sentence_that_names_both(tiny):
    (tiny / "artifacts").symlink_to(tiny / "gone")
    said = (
        r"Expected a folder of results, but .*artifacts is a link to .*gone, which does not exist\. Create that folder"
    )
    for use in (survey, build):
        with pytest.raises(StoreError, match=said):
            use(chain(), Store(tiny / "artifacts"))
    (tiny / "gone").mkdir()
    assert set(build(chain(), Store(tiny / "artifacts"))) == {"number", "parity", "word"}
    assert (tiny / "gone" / "word").is_dir()


def test_a_file_in_the_place_of_a_store_is_a_sentence(tiny):
    (tiny / "artifacts").write_text("a file", encoding="utf-8")
    with pytest.raises(StoreError, match=r"Expected a store that missing results can be written to, but got"):
        mark_layout(tiny / "artifacts")


def test_on_a_full_disk_a_file_keeps_its_content_and_nothing_lies_beside_it(tmp_path):
    for write, file in ((replace_file, tmp_path / "file"), (replace_cache, tmp_path / "cache")):
        write(file, "before")
        with short_files(100):
            if write is replace_file:
                with pytest.raises(OSError, match="File too large"):
                    write(file, "x" * 1000)
            else:
                write(file, "x" * 1000)
        assert file.read_text(encoding="utf-8") == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "file"]


def large() -> list[Stage]:
    """Three stages; the result of the last has 64 KiB."""
    return chain(words=("even" * 2**14, "odd"))


def whole(store: Store) -> list[str]:
    """The results under their final names, all of which have the digests of their manifests."""
    folders = [folder for folder in sorted(store.root.glob("[!.]*/*/")) if folder.suffix != ".part"]
    for folder in folders:
        manifest = read_manifest(folder)
        assert manifest is not None
        assert {name: file_digest(folder / name) for name in manifest.outputs} == manifest.outputs
    return [folder.parent.name for folder in folders]


FULL = (
    r"Expected files and folders that can be read and written, but got .*artifacts'\. Free space there, or give another"
)


def test_a_build_on_a_full_disk_ends_with_a_sentence_and_goes_on_with_room(tiny, store, capfd):
    with small(store.root, 80 * 1024):
        with pytest.raises(StoreError, match=FULL):
            build(large(), store)
        assert whole(store) == ["number", "parity"]
        shutil.copytree(store.root, tiny / "room")
    assert capfd.readouterr().err == ""
    computed(tiny)
    check_once_more(tiny, Store(tiny / "room"))


def test_a_build_that_cannot_write_whole_files_ends_with_a_sentence_and_goes_on_later(tiny, store, capfd):
    with short_files(8192), pytest.raises(StoreError, match=FULL):
        build(large(), store)
    assert whole(store) == ["number", "parity"]
    assert capfd.readouterr().err == ""
    computed(tiny)
    check_once_more(tiny, store)


def check_once_more(tiny: Path, store: Store) -> None:
    """One more build computes only the last stage, with the bytes of an undisturbed build."""
    results = build(large(), store)
    assert computed(tiny) == ["word"]
    assert whole(store) == ["number", "parity", "word"]
    calm = build(large(), Store(tiny / "calm"))
    assert {name: one.manifest.outputs for name, one in results.items()} == {
        name: one.manifest.outputs for name, one in calm.items()
    }


def test_a_disk_without_room_for_anything_is_a_sentence(tiny, store):
    with small(store.root, 4096):
        (store.root / "store.json").write_bytes(bytes(4096))
        with pytest.raises(StoreError, match=r"but got .*[Nn]o space left on device"):
            build(chain(), store)
        assert whole(store) == []


@pytest.mark.parametrize(
    ("error", "number"),
    [
        (RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)"), errno.ENOSPC),
        (RuntimeError("Error while deserializing: I/O error: No such file or directory (os error 2)"), None),
        (ZeroDivisionError("nothing to share"), None),
        (OSError(errno.EROFS, "Read-only file system"), errno.EROFS),
    ],
)
def test_a_full_disk_is_known_by_what_a_library_says(error, number):
    found = system_error(error)
    assert (found and found.errno) == number


def test_a_full_disk_is_known_by_what_an_error_comes_from():
    error = ValueError("cannot close the archive while a file in it is open")
    error.__context__ = OSError(errno.ENOSPC, "No space left on device")
    assert system_error(error) is error.__context__


def test_times_in_the_future_recompute_nothing(tiny, store):
    (tiny / "file").write_text("4", encoding="utf-8")
    before = build(with_file(tiny), store)
    computed(tiny)
    for path in (*store.root.rglob("*"), *(tiny / "tiny_stages").rglob("*"), tiny / "file"):
        os.utime(path, (FUTURE_S, FUTURE_S))
    assert words(with_file(tiny), store) == {"fresh"}
    assert build(with_file(tiny), store) == before
    assert computed(tiny) == []


def set_clock(monkeypatch, seconds: float) -> None:
    """Have this process believe that it is so many seconds after 1970."""
    monkeypatch.setattr(time, "time", lambda: seconds)
    monkeypatch.setattr(time, "time_ns", lambda: int(seconds * 1e9))
    for module in (checks, inputs):
        monkeypatch.setattr(module, "time_ns", lambda: int(seconds * 1e9))
    monkeypatch.setattr("camfolio.store.artefacts.time", lambda: seconds)


@pytest.mark.parametrize("changed_s", [1e9, FUTURE_S])
@pytest.mark.parametrize("seconds", [0.0, FUTURE_S])
def test_a_wrong_clock_neither_hides_a_change_nor_recomputes_anything(tiny, store, monkeypatch, seconds, changed_s):
    (tiny / "file").write_text("4", encoding="utf-8")
    build(with_file(tiny), store)
    set_clock(monkeypatch, seconds)
    for number in ("4", "5", "7"):
        changed = (tiny / "file").read_text(encoding="utf-8") != number
        (tiny / "file").write_text(number, encoding="utf-8")
        os.utime(tiny / "file", (changed_s, changed_s))
        computed(tiny)
        result = build(with_file(tiny), store)["number"]
        assert (result / "number.txt").read_text(encoding="utf-8") == number
        assert ("number" in computed(tiny)) is changed
        build(with_file(tiny), store)
        assert computed(tiny) == []


@pytest.mark.parametrize("seconds", [0.0, FUTURE_S])
def test_a_wrong_clock_hides_no_damage(tiny, store, monkeypatch, seconds):
    made = build(chain(), store)
    assert words(chain(), store) == {"fresh"}
    set_clock(monkeypatch, seconds)
    for text in ("odd?", "evil"):
        assert words(chain(), store) == {"fresh"}
        status = (made["word"] / "word.txt").stat()
        (made["word"] / "word.txt").write_text(text, encoding="utf-8")
        os.utime(made["word"] / "word.txt", ns=(status.st_atime_ns, status.st_mtime_ns))
        assert words(chain(), Store(store.root)) == {"fresh", "stale"}
        assert build(chain(), store)["word"].manifest.outputs == made["word"].manifest.outputs


def test_a_result_made_under_a_wrong_clock_has_the_same_bytes_and_key(tiny, store, monkeypatch):
    before = build(chain(), store)
    set_clock(monkeypatch, 0.0)
    after = build(chain(), Store(tiny / "other"))
    for name, one in before.items():
        assert (after[name].manifest.key, after[name].manifest.outputs) == (one.manifest.key, one.manifest.outputs)


def test_a_sweep_under_a_clock_set_back_deletes_no_temporary_file_of_a_running_build(tiny, store, monkeypatch):
    build(chain(), store)
    running = store.root / "code.json.abc.part"
    running.touch()
    set_clock(monkeypatch, 0.0)
    store.delete(store.unused(set()))
    assert running.exists()
