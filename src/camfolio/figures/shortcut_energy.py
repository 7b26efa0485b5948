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
from camfolio.results.shortcut import CueResult, MethodMaps, SeedsInterval, ShortcutResult
from camfolio.vocabulary import MethodLook

CELLS = {
    "shortcut network, cue there": ("shortcut", "with"),
    "shortcut network, no cue": ("shortcut", "without"),
    "clean network, cue there": ("clean", "with"),
    "clean network, no cue": ("clean", "without"),
}


def energies(maps: MethodMaps) -> dict[str, SeedsInterval]:
    """Words for each kind of maps -> the share of their energy in the cue's region."""
    values = {"shortcut": maps.shortcut.energy, "clean": maps.clean.energy}
    return {
        words: values[network].with_cue if shown == "with" else values[network].without_cue
        for words, (network, shown) in CELLS.items()
    }


def run(*, out: Path, shortcut: Path, methods: tuple[MethodLook, ...]) -> None:
    """Draw from `shortcut.json`."""
    write(out, drawing(ShortcutResult.read(shortcut), methods))


def drawing(result: ShortcutResult, methods: tuple[MethodLook, ...]) -> Drawing:
    """A panel for every cue; per method four dots with intervals, and a dot for every seed."""
    columns = ["cue", "method", "network", "cue there", "mean", "low", "high"]
    rows = []
    said = []
    for cue, found in result.cues.items():
        for method in methods:
            energy = energies(found.methods[method.key])
            rows += [[cue, method.key, *CELLS[kind], *cells_of(value)] for kind, value in energy.items()]
            words = (f"{kind} {share_words(value.value)}" for kind, value in energy.items())
            said.append(f"{cue}, {method.name}: {', '.join(words)}")
    alt = f"Energy of the maps in the cue's place, means over {result.seeds} networks of each kind. {'. '.join(said)}."

    def draw(theme: Theme) -> Figure:
        figure = new_figure(theme, 4.6 * len(result.cues), 0.7 + 0.95 * len(methods), layout="constrained")
        grid = figure.subplots(1, len(result.cues), squeeze=False, sharey=True)[0]
        for axes, (cue, found) in zip(grid, result.cues.items(), strict=True):
            panel(axes, found, methods, theme)
            axes.set_title(f"cue: {cue}")
        legend_below(figure, grid[0], theme, columns=2, size=8)
        return figure

    return Drawing(draw, alt, columns, rows)


def panel(axes: Axes, found: CueResult, methods: tuple[MethodLook, ...], theme: Theme) -> None:
    """All methods of one cue; the line is the place's share of the area."""
    area = found.planting.area_share
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
        for step, (words, value) in enumerate(energies(found.methods[method.key]).items()):
            look = looks(*CELLS[words], theme) | {"label": words if line == 0 else "_"}
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


def dots(axes: Axes, value: SeedsInterval, at: float, look: dict[str, Any]) -> None:
    """A mean with its interval, and small marks for the seeds; nothing where no map has energy."""
    if value.value is None:
        axes.text(0.01, at, "no map has energy", fontsize=7, va="center", color=look["color"])
        return
    if value.low is not None and value.high is not None:
        axes.plot([value.low, value.high], [at, at], color=look["color"], linewidth=1.4)
    seeds = [one for one in value.by_seed if one is not None]
    axes.plot(seeds, [at] * len(seeds), "|", color=look["color"], markersize=5, alpha=0.7)
    axes.plot(value.value, at, "o", linestyle="none", markersize=5.5, **look)
