"""The page of promises: every test that it names exists, and every promise names one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
PAGE = (PROJECT / "docs" / "promises.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")
ROWS = [line for line in PAGE.partition("\n## Damage")[2].splitlines() if line.startswith("| ")]


def test_every_test_that_is_named_exists():
    named = NAMED.findall(PAGE)
    assert named
    for file, test in named:
        tree = ast.parse((PROJECT / "tests" / file).read_text(encoding="utf-8"))
        assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, f"{file}::{test}"


def test_every_promise_names_a_test():
    promises = [line for line in ROWS if line != "| Promise | Tests |" and not line.startswith("| ---")]
    assert promises
    assert [line for line in promises if not NAMED.search(line)] == []
    assert PAGE.count("::test_") == len(NAMED.findall(PAGE))
