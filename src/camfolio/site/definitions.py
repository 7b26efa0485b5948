"""Definitions of scores for pages, read from the docstrings of the functions that compute them, without importing these.

A localisation score is defined by the first paragraph of its function's docstring, a faithfulness score by its entry under
`Definitions:` in the docstring of its group, where BASELINE stands for any word.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from camfolio.site.rooms import ROOT

MODULES = ("localisation", "faithfulness")
ENTRY = re.compile(r"^    (?P<name>\w+): (?P<words>.*(?:\n {8,}.*)*)", re.MULTILINE)
MINUS_ONE = re.compile(r"(?<![\w-])-(?=\d)")


def definition(score: str) -> str:
    """What a score is, in the words of its function; empty for a score that has none there.

    >>> definition("energy_ratio")
    'Share of the energy inside the nodule, divided by the share of the slice that the nodule covers: 1 is chance.'
    """
    return next((words for pattern, words in definitions() if re.fullmatch(pattern, score)), "")


@cache
def definitions() -> tuple[tuple[str, str], ...]:
    """Pattern of the key of scores, and their definition."""
    return tuple(found for name in MODULES for found in defined_in(ROOT / "evidence" / f"{name}.py"))


def defined_in(file: Path) -> Iterator[tuple[str, str]]:
    """Patterns and definitions of the functions of a module that register scores."""
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        document = ast.get_docstring(node) if isinstance(node, ast.FunctionDef) else None
        if not isinstance(node, ast.FunctionDef) or not document:
            continue
        registered = {ast.unparse(one.func) for one in node.decorator_list if isinstance(one, ast.Call)}
        if "localisation_score" in registered:
            yield node.name, one_line(document.partition("\n\n")[0])
        if "faithfulness_scores" in registered:
            for entry in ENTRY.finditer(document.partition("Definitions:\n")[2]):
                yield entry["name"].replace("BASELINE", r"[a-z]+"), one_line(entry["words"])


def one_line(words: str) -> str:
    """A text on one line, with true minus signs."""
    return MINUS_ONE.sub("\u2212", " ".join(words.split()))
