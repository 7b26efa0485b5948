"""Figure: distribution of one score over the test slices, method by method, with the shown examples marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from camfolio.evidence.localisation import LOCALISATION
from camfolio.figures.drawing.grid import in_lines, rows_of
from camfolio.figures.drawing.output import Drawing, write
from camfolio.figures.drawing.style import PAGE, PHONE, TEXT, Place, Theme, legend_below, new_figure, tidy
from camfolio.results.arrays.slice_scores import SliceScores
from camfolio.results.selection import Case, CasesResult, MethodCases
from camfolio.results.subject import Subject
from camfolio.vocabulary import UNDEFINED, MethodLook, as_number

MARKERS = {"good": "^", "median": "D", "bad": "v", "misclassified": "X", "random": "s"}
"""Kind of example -> its marker."""
IN_LEGEND = {"good": "most for its size", "median": "median for its size", "bad": "least for its size"}
"""Kind of example -> its words in the legend; others are called by their kind."""
LEGEND = {PAGE: 5, PHONE: 2}
"""Entries of the legend beside each other."""
BINS = 60
"""Bins of a method's values, in which the dots are stacked."""


def run(*, out: Path, localisation: Path, selection: Path, methods: tuple[MethodLook, ...], score: str) -> None:
    """Draw from `scores.npz` and `cases.json`."""
    scores = SliceScores.read(localisation)
    values = {method.key: scores.of(score, Subject(method.key)) for method in methods}
    selected = CasesResult.read(selection).methods
    cases = {method.key: cases_by_kind(selected[method.key]) for method in methods}
    write(out, drawing(methods, values, scores.chance[score], cases, score))


def cases_by_kind(selected: MethodCases) -> dict[str, list[Case]]:
    """Kind -> the shown cases of that kind; those drawn at random are the kind `random`."""
    return {kind: [case] if case else [] for kind, case in selected.cases.items()} | {"random": list(selected.random)}


def drawing(
    methods: Sequence[MethodLook],
    values: Mapping[str, np.ndarray],
    chance: np.ndarray,
    cases: Mapping[str, Mapping[str, Sequence[Case]]],
    score: str,
) -> Drawing:
    """A dot plot per method, one dot per slice; the last row is a uniform map."""
    rows = [
        [method, index, "" if np.isnan(value) else float(value), kinds_of(cases[method], index)]
        for method, scores in values.items()
        for index, value in enumerate(scores)
    ]
    quartiles = (f"{method.name} {quartiles_text(values[method.key])}" for method in methods)
    title = LOCALISATION[score].measure.title
    alt = (
        f"Every test slice's {title}, median and quartiles: {', '.join(quartiles)}; "
        f"a uniform map {quartiles_text(chance)}."
    )

    def draw(theme: Theme, place: Place) -> Figure:
        legend = 0.25 * rows_of(len(MARKERS), LEGEND[place])
        figure = new_figure(theme, place.width, 0.7 + legend + 0.85 * (len(values) + 1), layout="constrained")
        axes = figure.subplots()
        for line, method in enumerate(methods):
            dot_plot(axes, values[method.key], line, method.colour)
            mark_examples(axes, values[method.key], cases[method.key], line, theme)
        dot_plot(axes, chance, len(values), theme.faint)
        label_axes(axes, [*(method.name for method in methods), "uniform"], theme)
        axes.set_xlabel(in_lines(title, place.width - 1.1))
        if axes.get_legend_handles_labels()[0]:
            legend_below(figure, axes, theme, columns=LEGEND[place])
        return figure

    return Drawing(draw, alt, ["method", "test slice", score, "shown as"], rows)


def kinds_of(cases: Mapping[str, Sequence[Case]], index: int) -> str:
    """The kinds of example for which a slice is shown, separated by spaces."""
    return " ".join(kind for kind, shown in cases.items() if any(case.slice == index for case in shown))


def quartiles_text(values: np.ndarray) -> str:
    """Median and quartiles: "0.31 (0.20 to 0.44)"."""
    defined = values[np.isfinite(values)]
    if not len(defined):
        return UNDEFINED
    low, median, high = (as_number(float(value), 2) for value in np.percentile(defined, [25, 50, 75]))
    return f"{median} ({low} to {high})"


def dot_plot(axes: Axes, values: np.ndarray, line: int, colour: str) -> None:
    """Dots stacked in narrow bins, and a bar from the first to the third quartile with the median."""
    defined = np.sort(values[np.isfinite(values)])
    if not len(defined):
        axes.text(0, line, UNDEFINED, color=colour, va="center", fontsize=TEXT)
        return
    width = max(float(defined.max()), 1e-12) / BINS
    bins = np.floor(defined / width).astype(int)
    rank = np.arange(len(bins)) - np.searchsorted(bins, bins)
    count = np.bincount(bins)[bins]
    largest = max(int(count.max()), 1)
    stacked = line + (rank - (count - 1) / 2) / largest * 0.7
    axes.plot((bins + 0.5) * width, stacked, ".", color=colour, markersize=3, alpha=0.7)
    low, median, high = np.percentile(defined, [25, 50, 75])
    axes.plot([low, high], [line + 0.42, line + 0.42], color=colour, linewidth=2.2)
    axes.plot(median, line + 0.42, "|", color=colour, markersize=9, markeredgewidth=2)


def mark_examples(axes: Axes, values: np.ndarray, cases: Mapping[str, Sequence[Case]], line: int, theme: Theme) -> None:
    """Mark the examples that pages show."""
    for kind, marker in MARKERS.items():
        x = [values[case.slice] for case in cases[kind]]  # NaN, not defined, is not drawn
        axes.plot(
            x,
            [line] * len(x),
            marker,
            label=IN_LEGEND.get(kind, kind) if line == 0 and x else "_",
            markerfacecolor="none",
            markeredgecolor=theme.ink,
            markersize=8,
            linestyle="none",
        )


def label_axes(axes: Axes, names: list[str], theme: Theme) -> None:
    """Names of the rows, and limits."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(left=0)
    tidy(axes, theme)
