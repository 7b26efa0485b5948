"""Figure: how one score is spread over the test slices, method by method, with the shown examples marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from camfolio.evidence.localisation import LOCALISATION
from camfolio.figures.drawing.output import Drawing, write
from camfolio.figures.drawing.style import Theme, new_figure, tidy
from camfolio.results.arrays.slice_scores import SliceScores
from camfolio.results.selection import Case, CasesResult, MethodCases
from camfolio.results.subject import Subject
from camfolio.vocabulary import MethodLook

MARKS = {"good": "^", "bad": "v", "misclassified": "X", "random": "s"}
"""Kind of example -> its mark."""
BINS = 60


def run(*, out: Path, localisation: Path, selection: Path, methods: tuple[MethodLook, ...], score: str) -> None:
    """Draw from `scores.npz` and `cases.json`."""
    scores = SliceScores.read(localisation)
    values = {method.key: scores.of(score, Subject(method.key)) for method in methods}
    chosen = CasesResult.read(selection).methods
    cases = {method.key: shown_cases(chosen[method.key]) for method in methods}
    write(out, drawing(methods, values, scores.chance[score], cases, score))


def shown_cases(chosen: MethodCases) -> dict[str, list[Case]]:
    """Kind -> the cases of that kind, those drawn at random among them."""
    return {kind: [case] if case else [] for kind, case in chosen.cases.items()} | {"random": list(chosen.random)}


def drawing(
    methods: Sequence[MethodLook],
    values: Mapping[str, np.ndarray],
    chance: np.ndarray,
    cases: Mapping[str, Mapping[str, Sequence[Case]]],
    score: str,
) -> Drawing:
    """A cloud of dots per method, one per slice, and what a uniform map would get below."""
    rows = [
        [method, one, "" if np.isnan(value) else float(value), kinds_of(cases[method], one)]
        for method, column in values.items()
        for one, value in enumerate(column)
    ]
    said = (f"{method.name} {middle(values[method.key])}" for method in methods)
    title = LOCALISATION[score].measure.title
    alt = f"Every test slice's {title}, median and quartiles: {', '.join(said)}; a uniform map {middle(chance)}."

    def draw(theme: Theme) -> Figure:
        figure = new_figure(theme, 8.4, 0.9 + 0.85 * (len(values) + 1), layout="constrained")
        axes = figure.subplots()
        for line, method in enumerate(methods):
            cloud(axes, values[method.key], line, method.colour)
            marks(axes, values[method.key], cases[method.key], line, theme)
        cloud(axes, chance, len(values), theme.faint)
        finish(axes, [*(method.name for method in methods), "uniform"], title, theme)
        return figure

    return Drawing(draw, alt, ["method", "test slice", score, "shown as"], rows)


def kinds_of(cases: Mapping[str, Sequence[Case]], one: int) -> str:
    """Which examples a slice is."""
    return " ".join(kind for kind, shown in cases.items() if any(case.slice == one for case in shown))


def middle(values: np.ndarray) -> str:
    """Median and quartiles in words."""
    defined = values[np.isfinite(values)]
    if not len(defined):
        return "not defined"
    low, half, high = np.percentile(defined, [25, 50, 75])
    return f"{half:.2f} ({low:.2f} to {high:.2f})"


def cloud(axes: Axes, values: np.ndarray, line: int, colour: str) -> None:
    """Dots stacked in narrow bins, and a bar from quartile to quartile with the median."""
    defined = np.sort(values[np.isfinite(values)])
    if not len(defined):
        axes.text(0, line, "not defined", color=colour, va="center", fontsize=8)
        return
    width = max(float(defined.max()), 1e-12) / BINS
    places = np.floor(defined / width).astype(int)
    rank = np.arange(len(places)) - np.searchsorted(places, places)
    count = np.bincount(places)[places]
    widest = max(int(count.max()), 1)
    stacked = line + (rank - (count - 1) / 2) / widest * 0.7
    axes.plot((places + 0.5) * width, stacked, ".", color=colour, markersize=3, alpha=0.7)
    low, half, high = np.percentile(defined, [25, 50, 75])
    axes.plot([low, high], [line + 0.42, line + 0.42], color=colour, linewidth=2.2)
    axes.plot(half, line + 0.42, "|", color=colour, markersize=9, markeredgewidth=2)


def marks(axes: Axes, values: np.ndarray, cases: Mapping[str, Sequence[Case]], line: int, theme: Theme) -> None:
    """The examples that the pages show."""
    for kind, mark in MARKS.items():
        at = [values[case.slice] for case in cases[kind]]  # NaN, not defined, is not drawn
        axes.plot(
            at,
            [line] * len(at),
            mark,
            label=kind if line == 0 and at else "_",
            markerfacecolor="none",
            markeredgecolor=theme.ink,
            markersize=8,
            linestyle="none",
        )


def finish(axes: Axes, names: list[str], title: str, theme: Theme) -> None:
    """Names, scale and what the marks mean."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(left=0)
    axes.set_xlabel(title)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize=8, labelcolor=theme.ink, ncols=4, loc="lower right")
    tidy(axes, theme)
