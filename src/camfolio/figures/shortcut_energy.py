"""Figure: how much of the maps' energy lies in the cue's place, for four kinds of maps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from camfolio.figures.drawing.examples import share_words
from camfolio.figures.drawing.lines import cells_of
from camfolio.figures.drawing.output import Drawing, write
from camfolio.figures.drawing.style import Theme, legend_below, new_figure, tidy
from camfolio.results.files import read_json
from camfolio.vocabulary import MethodLook

CELLS = {
    "shortcut network, cue there": ("shortcut", "with"),
    "shortcut network, no cue": ("shortcut", "without"),
    "clean network, cue there": ("clean", "with"),
    "clean network, no cue": ("clean", "without"),
}


def run(*, out: Path, shortcut: Path, methods: tuple[MethodLook, ...]) -> None:
    """Draw from `shortcut.json`."""
    write(out, drawing(read_json(shortcut / "shortcut.json"), methods))


def drawing(result: dict[str, Any], methods: tuple[MethodLook, ...]) -> Drawing:
    """A panel for every cue; per method four dots with intervals, and a dot for every seed."""
    cues = result["cues"]
    columns = ["cue", "method", "network", "cue there", "mean", "low", "high"]
    rows = []
    said = []
    for cue, found in cues.items():
        for method in methods:
            cells = found["methods"][method.key]["energy"]
            rows += [[cue, method.key, *cell, *cells_of(cells[cell[0]][cell[1]])] for cell in CELLS.values()]
            words = (f"{kind} {share_words(cells[a][b]['value'])}" for kind, (a, b) in CELLS.items())
            said.append(f"{cue}, {method.name}: {', '.join(words)}")
    alt = (
        f"Energy of the maps in the cue's place, means over {result['seeds']} networks of each kind. {'. '.join(said)}."
    )

    def draw(theme: Theme) -> Figure:
        figure = new_figure(theme, 4.6 * len(cues), 0.7 + 0.95 * len(methods), layout="constrained")
        grid = figure.subplots(1, len(cues), squeeze=False, sharey=True)[0]
        for axes, (cue, found) in zip(grid, cues.items(), strict=True):
            panel(axes, found, methods, theme)
            axes.set_title(f"cue: {cue}")
        legend_below(figure, grid[0], theme, columns=2, size=8)
        return figure

    return Drawing(draw, alt, columns, rows)


def panel(axes: Axes, found: dict[str, Any], methods: tuple[MethodLook, ...], theme: Theme) -> None:
    """All methods of one cue; the line is the place's share of the area."""
    area = found["planting"]["area_share"]
    axes.axvline(area, color=theme.ink, linewidth=0.8, linestyle=":")
    axes.annotate(
        "its share of the area",
        (area, 1),
        (3, -9),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        fontsize=7.5,
    )
    for line, method in enumerate(methods):
        for step, (words, (network, word)) in enumerate(CELLS.items()):
            value = found["methods"][method.key]["energy"][network][word]
            look = looks(network, word, theme) | {"label": words if line == 0 else "_"}
            dots(axes, value, line + (step - 1.5) * 0.17, look)
    axes.set_yticks(range(len(methods)), [method.name for method in methods])
    axes.set_ylim(len(methods) - 0.5, -0.5)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlabel("energy in the cue's place")
    tidy(axes, theme)


def looks(network: str, word: str, theme: Theme) -> dict[str, Any]:
    """Filled where the cue is there; the shortcut network in the accent."""
    colour = theme.accent if network == "shortcut" else theme.faint
    return {"color": colour, "markerfacecolor": colour if word == "with" else theme.paper}


def dots(axes: Axes, value: dict[str, Any], at: float, look: dict[str, Any]) -> None:
    """A mean with its interval, and small marks for the seeds; nothing where no map has energy."""
    if value["value"] is None:
        axes.text(0.01, at, "no map has energy", fontsize=7, va="center", color=look["color"])
        return
    if value["low"] is not None:
        axes.plot([value["low"], value["high"]], [at, at], color=look["color"], linewidth=1.4)
    seeds = [one for one in value["by_seed"] if one is not None]
    axes.plot(seeds, [at] * len(seeds), "|", color=look["color"], markersize=5, alpha=0.7)
    axes.plot(value["value"], at, "o", linestyle="none", markersize=5.5, **look)
