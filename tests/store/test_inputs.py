"""Digests of files and folders: the bytes count, a warm look reads nothing, no path is kept."""

from __future__ import annotations

import hashlib
import os
import time

import pytest

from camfolio.errors import StoreError
from camfolio.store import inputs
from camfolio.store.files import file_digest
from camfolio.store.inputs import InputReader


@pytest.fixture
def tree(tmp_path):
    """Three files, one of them deeper, long ago."""
    folder = tmp_path / "tree"
    (folder / "sub").mkdir(parents=True)
    for name in ("a.dcm", "b.dcm", "sub/c.xml"):
        (folder / name).write_text(name, encoding="utf-8")
    age(folder)
    return folder


def age(folder, monkeypatch=None):
    for file in folder.rglob("*"):
        os.utime(file, (1e9, 1e9))


@pytest.fixture
def settled(monkeypatch):
    """Every file counts as written long ago: the time of an entry cannot be set back."""
    monkeypatch.setattr(inputs, "SETTLED_NS", -(10**12))


def fresh(tmp_path) -> InputReader:
    return InputReader(tmp_path / "memory")


def counting(monkeypatch) -> list[str]:
    read = []

    def digest(file):
        read.append(file.name)
        return file_digest(file)

    monkeypatch.setattr(inputs, "file_digest", digest)
    return read


def test_a_file_has_the_digest_of_its_bytes(tmp_path):
    file = tmp_path / "x.npz"
    file.write_bytes(b"bytes")
    assert fresh(tmp_path).digest(file) == hashlib.sha256(b"bytes").hexdigest()


def test_a_folder_has_one_digest_wherever_it_stands(tree, tmp_path):
    before = fresh(tmp_path).digest(tree)
    tree.rename(tmp_path / "moved")
    assert fresh(tmp_path).digest(tmp_path / "moved") == before


def test_a_second_look_reads_nothing(tree, tmp_path, settled, monkeypatch):
    before = fresh(tmp_path).digest(tree)
    read = counting(monkeypatch)
    assert fresh(tmp_path).digest(tree) == before
    assert read == []


CHANGES = {
    "content of the same size": lambda tree: (tree / "a.dcm").write_text("A.dcm", encoding="utf-8"),
    "a new file": lambda tree: (tree / "d.dcm").write_text("d", encoding="utf-8"),
    "a file less": lambda tree: (tree / "b.dcm").unlink(),
    "a new name": lambda tree: (tree / "a.dcm").rename(tree / "z.dcm"),
    "names swapped": lambda tree: [
        (tree / "a.dcm").rename(tree / "t"),
        (tree / "b.dcm").rename(tree / "a.dcm"),
        (tree / "t").rename(tree / "b.dcm"),
    ],
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_is_seen(tree, tmp_path, settled, change):
    before = fresh(tmp_path).digest(tree)
    change(tree)
    assert fresh(tmp_path).digest(tree) != before


def test_a_change_with_size_and_time_of_before_is_seen(tree, tmp_path, settled):
    before = fresh(tmp_path).digest(tree)
    time.sleep(0.02)
    (tree / "a.dcm").write_text("A.dcm", encoding="utf-8")
    age(tree)
    assert fresh(tmp_path).digest(tree) != before


def test_only_what_changed_is_read_again(tree, tmp_path, settled, monkeypatch):
    fresh(tmp_path).digest(tree)
    (tree / "b.dcm").write_text("other", encoding="utf-8")
    read = counting(monkeypatch)
    fresh(tmp_path).digest(tree)
    assert read == ["b.dcm"]


def test_a_file_of_a_moment_ago_is_not_remembered(tree, tmp_path, monkeypatch):
    fresh(tmp_path).digest(tree)
    read = counting(monkeypatch)
    fresh(tmp_path).digest(tree)
    assert sorted(read) == ["a.dcm", "b.dcm", "c.xml"]


def test_one_reader_looks_once(tree, tmp_path, monkeypatch):
    reader = fresh(tmp_path)
    reader.digest(tree)
    read = counting(monkeypatch)
    reader.digest(tree)
    assert read == []


def test_a_damaged_memory_is_as_good_as_none(tree, tmp_path, settled):
    before = fresh(tmp_path).digest(tree)
    for file in (tmp_path / "memory").iterdir():
        file.write_text('{"a": 3', encoding="utf-8")
    assert fresh(tmp_path).digest(tree) == before


def test_neither_paths_nor_names_are_remembered(tree, tmp_path, settled):
    fresh(tmp_path).digest(tree)
    (file,) = (tmp_path / "memory").iterdir()
    said = file.name + file.read_text(encoding="utf-8")
    assert not [word for word in ("tree", "dcm", "xml", "sub", str(tmp_path)) if word in said]


def test_what_is_gone_is_a_sentence(tmp_path):
    with pytest.raises(StoreError, match=r"Expected a file or folder, but there is none at .*gone"):
        fresh(tmp_path).digest(tmp_path / "gone")
