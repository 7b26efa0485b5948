"""Files of a folder: at any depth, in order, without those that systems add, which are counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from camfolio.data.files import data_files, files_under
from camfolio.errors import DataError

HIDDEN = (
    "._1",
    ".DS_Store",
    "b/Thumbs.db",
    "b/desktop.ini",
    "__MACOSX/b/._1",
    "__MACOSX/b/1",
    "b/.ipynb_checkpoints/1-checkpoint",
    "@eaDir/1",
)


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("", encoding="utf-8")


def test_files_are_found_at_any_depth_in_order(tmp_path):
    write(tmp_path, "b/c/2", "a", "b/1")
    assert [path.relative_to(tmp_path).as_posix() for path in files_under(tmp_path).paths] == ["a", "b/1", "b/c/2"]


def test_hidden_files_and_links_are_left_out_and_counted(tmp_path):
    write(tmp_path, "a", "b/1", *HIDDEN)
    (tmp_path / "link").symlink_to(tmp_path / "b")
    found = data_files(tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in found.paths] == ["a", "b/1"]
    assert [(step.words, step.count) for step in found.left_out] == [
        ("Hidden files of operating systems, left out", len(HIDDEN)),
        ("Links to folders, not followed", 1),
    ]


def test_a_folder_inside_a_hidden_one_has_files(tmp_path):
    write(tmp_path, ".data/a")
    assert len(files_under(tmp_path / ".data").paths) == 1


def test_a_folder_without_files_says_what_it_has(tmp_path):
    with pytest.raises(DataError, match=r"in the folder of data\.path, but it is empty\. Check the path"):
        data_files(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path.parent)
    with pytest.raises(DataError, match="but it has only links to folders"):
        data_files(tmp_path)
    write(tmp_path, ".DS_Store")
    with pytest.raises(DataError, match="but it has only hidden ones"):
        data_files(tmp_path)
