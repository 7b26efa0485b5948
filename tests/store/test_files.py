"""Files: whole or absent, and the same bytes on every system."""

from __future__ import annotations

import ast
from pathlib import Path
from types import SimpleNamespace

import pytest

from camfolio.errors import StoreError
from camfolio.store.files import cached_json, file_error, replace_file
from disks import read_only

SOURCE = Path(__file__).resolve().parents[2] / "src" / "camfolio"
WRITERS = {"write_text", "NamedTemporaryFile"}


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path):
    for text in ("one\n", "two\n"):
        replace_file(tmp_path / "deep" / "file.txt", text)
        assert (tmp_path / "deep" / "file.txt").read_bytes() == text.encode()
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["file.txt"]


@pytest.mark.parametrize(
    ("error", "folder", "said"),
    [
        (OSError(28, "No space left on device"), None, "No space left on device. Free space there, or give another"),
        (
            OSError(28, "No space left on device"),
            "a",
            "No space left on device: 'a'. Free space there, or give another",
        ),
        (
            OSError(30, "Read-only file system", "b"),
            "a",
            "Read-only file system: 'b'. Make it writable, or give another",
        ),
        (OSError(13, "Permission denied", "b"), None, "Permission denied: 'b'."),
    ],
)
def test_what_the_system_says_becomes_a_sentence_with_a_remedy(error, folder, said):
    found = file_error(error, Path(folder) if folder else None)
    assert isinstance(found, StoreError)
    expected = f"Expected files and folders that can be read and written, but got [Errno {error.errno}] {said}"
    assert str(found)[: len(expected)] == expected
    assert str(found).endswith(".")


def test_what_numpy_says_of_a_full_disk_becomes_a_sentence_with_a_remedy(tmp_path, monkeypatch):
    error = OSError("550 requested and 496 written")
    assert "550 requested and 496 written" in str(file_error(error, tmp_path))
    monkeypatch.setattr("camfolio.store.files.shutil.disk_usage", lambda _: SimpleNamespace(free=4096))
    assert f"No space left on device: '{tmp_path}'. Free space there" in str(file_error(error, tmp_path))


def test_a_durable_file_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    file, content = tmp_path / "file", []
    file.write_text("old", encoding="utf-8")
    monkeypatch.setattr("camfolio.store.files.os.fsync", lambda _: content.append(file.read_text(encoding="utf-8")))
    replace_file(file, "new", durable=True)
    assert content == ["old", "new"]
    replace_file(file, "newer")
    assert content == ["old", "new"]


def test_a_cached_value_is_computed_once_and_again_if_its_file_is_damaged(tmp_path):
    made = []

    def make() -> dict[str, int]:
        made.append(1)
        return {"one": len(made)}

    file = tmp_path / "cache" / "value.json"
    assert [cached_json(file, make) for _ in range(2)] == [{"one": 1}] * 2
    file.write_text("", encoding="utf-8")
    assert [cached_json(file, make) for _ in range(2)] == [{"one": 2}] * 2
    for damaged in ("null", "[]", '{"one": 3}', file.read_text(encoding="utf-8").replace("2}", "3}")):
        made.clear()
        file.write_text(damaged, encoding="utf-8")
        assert [cached_json(file, make) for _ in range(2)] == [{"one": 1}] * 2


def test_a_value_is_computed_where_it_cannot_be_cached(tmp_path):
    with read_only(tmp_path):
        assert cached_json(tmp_path / "cache" / "value.json", lambda: 3) == 3
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_text_is_written_with_the_same_line_ends_on_every_system(path):
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    writing = [call for call in calls if getattr(call.func, "attr", "") in WRITERS]
    assert [call.lineno for call in writing if "newline" not in {word.arg for word in call.keywords}] == []
