"""Arrangements of panels: so many beside each other as a place has room for, and words in as many lines as they need."""

from __future__ import annotations

from textwrap import fill
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from camfolio.figures.drawing.style import TITLE

LETTER = 0.52
"""Width of a letter as a share of the size of the text, rather too wide than too narrow."""


def rows_of(count: int, columns: int) -> int:
    """How many rows `count` panels take.

    >>> rows_of(4, 4), rows_of(5, 4)
    (1, 2)
    """
    return -(-count // columns)


def panels_of(figure: Figure, count: int, columns: int, **shared: Any) -> list[Axes]:  # noqa: ANN401 - matplotlib's own
    """So many panels in rows of `columns`; the last row may have fewer. `shared` goes to `Figure.subplots`."""
    grid = figure.subplots(rows_of(count, columns), columns, squeeze=False, **shared).ravel()
    for axes in grid[count:]:
        axes.remove()
    return list(grid[:count])


def in_lines(words: str, inches: float, size: float = TITLE) -> str:
    r"""Words in lines that fit into a width.

    >>> in_lines("predicted probability of malignant", 2.0)
    'predicted probability of\nmalignant'
    """
    return fill(words, int(inches * 72 / (size * LETTER)), break_long_words=False)
