"""Digests of finished files, remembered while size and times are the same."""

from __future__ import annotations

import hashlib
import os

import pytest

from camfolio.store import checks
from camfolio.store.checks import Checks
from camfolio.store.files import file_digest

BYTES = b"bytes"
DIGEST = hashlib.sha256(BYTES).hexdigest()


@pytest.fixture
def folder(tmp_path):
    """A result with one file."""
    result = tmp_path / "stage" / "0123"
    result.mkdir(parents=True)
    (result / "a.txt").write_bytes(BYTES)
    return result


@pytest.fixture
def read(monkeypatch):
    """Names of the files that are read; every file counts as written long ago, since its ctime cannot be set back."""
    names = []

    def digest(file):
        names.append(file.name)
        return file_digest(file)

    monkeypatch.setattr(checks, "file_digest", digest)
    monkeypatch.setattr(checks, "SETTLED_NS", -1)
    return names


def test_a_whole_file_is_read_once_whichever_process_asks(folder, tmp_path, read):
    first = Checks(tmp_path / "memory")
    assert [first.damage(folder, {"a.txt": DIGEST}) for _ in range(3)] == ["", "", ""]
    first.remember()
    assert Checks(tmp_path / "memory").damage(folder, {"a.txt": DIGEST}) == ""
    assert read == ["a.txt"]


def test_other_bytes_of_the_same_size_and_time_of_change_are_found(folder, tmp_path, read):
    one = Checks(tmp_path / "memory")
    assert one.damage(folder, {"a.txt": DIGEST}) == ""
    times = (folder / "a.txt").stat()
    (folder / "a.txt").write_bytes(b"bytez")
    os.utime(folder / "a.txt", ns=(times.st_atime_ns, times.st_mtime_ns))
    assert one.damage(folder, {"a.txt": DIGEST}) == "a.txt has other bytes"


def test_a_manifest_with_another_digest_is_found_without_reading(folder, tmp_path, read):
    one = Checks(tmp_path / "memory")
    assert one.damage(folder, {"a.txt": DIGEST}) == ""
    assert one.damage(folder, {"a.txt": "0" * 64}) == "a.txt has other bytes"
    assert read == ["a.txt"]


def test_a_file_that_was_just_written_is_not_remembered(folder, tmp_path, read, monkeypatch):
    monkeypatch.setattr(checks, "SETTLED_NS", 10**12)
    one = Checks(tmp_path / "memory")
    assert [one.damage(folder, {"a.txt": DIGEST}) for _ in range(2)] == ["", ""]
    assert read == ["a.txt", "a.txt"]
    one.remember()
    assert not (tmp_path / "memory").exists()


@pytest.mark.parametrize("content", ["", "{", "[]", "3", '{"stage/0123/a.txt": 5}', '{"stage/0123/a.txt": [1, 2, 3]}'])
def test_a_damaged_memory_costs_time_only(folder, tmp_path, read, content):
    (tmp_path / "memory").write_text(content, encoding="utf-8")
    assert Checks(tmp_path / "memory").damage(folder, {"a.txt": DIGEST}) == ""
    assert read == ["a.txt"]


def test_a_missing_file_and_a_folder_in_its_place_are_found(folder, tmp_path):
    (folder / "a.txt").unlink()
    assert Checks(tmp_path / "memory").damage(folder, {"a.txt": DIGEST}) == "a.txt is missing"
    (folder / "a.txt").mkdir()
    assert Checks(tmp_path / "memory").damage(folder, {"a.txt": DIGEST}) == "a.txt is missing"


def test_a_pipe_in_the_place_of_a_file_is_not_read_for_ever(folder, tmp_path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    (folder / "a.txt").unlink()
    os.mkfifo(folder / "a.txt")
    assert Checks(tmp_path / "memory").damage(folder, {"a.txt": DIGEST}) == "a.txt is missing"
