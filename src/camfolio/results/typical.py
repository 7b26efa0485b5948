"""Which example stands for a study where only one is shown."""

from __future__ import annotations

from camfolio.results.selection import Case, MethodCases

KINDS = ("median", "good", "bad", "misclassified")
"""Kinds of examples from the most typical one; the first that there is is shown."""


def typical(examples: MethodCases) -> tuple[str, Case] | None:
    """The most typical example of a method and its kind; None if it has no example."""
    return next(((kind, case) for kind in KINDS if (case := examples.cases[kind])), None)
