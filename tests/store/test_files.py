"""Files: whole or absent, and the same bytes on every system."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from camfolio.errors import StoreError
from camfolio.store.files import file_error, replace_file

SOURCE = Path(__file__).resolve().parents[2] / "src" / "camfolio"
WRITERS = {"write_text", "NamedTemporaryFile"}


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path):
    for text in ("one\n", "two\n"):
        replace_file(tmp_path / "deep" / "file.txt", text)
        assert (tmp_path / "deep" / "file.txt").read_bytes() == text.encode()
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["file.txt"]


def test_what_the_system_says_becomes_a_sentence():
    error = file_error(OSError(28, "No space left on device"))
    assert isinstance(error, StoreError)
    assert str(error) == (
        "Expected files and folders that can be read and written, but got [Errno 28] No space left on device."
    )


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_text_is_written_with_the_same_line_ends_on_every_system(path):
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    writing = [call for call in calls if getattr(call.func, "attr", "") in WRITERS]
    assert [call.lineno for call in writing if "newline" not in {word.arg for word in call.keywords}] == []
