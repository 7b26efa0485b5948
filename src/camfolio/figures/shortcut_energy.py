"""Figure: share of the maps' energy in the cue's region, for shortcut and clean networks, with and without the cue."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from camfolio.figures.drawing.grid import panels_of, rows_of
from camfolio.figures.drawing.lines import interval_cells
from camfolio.figures.drawing.output import Drawing, write
from camfolio.figures.drawing.style import (
    PAGE,
    PHONE,
    SMALL,
    TEXT,
    Place,
    Theme,
    legend_below,
    new_figure,
    percent,
    tidy,
)
from camfolio.results.networks import NetworksInterval
from camfolio.results.shortcut import CueResult, MethodMaps, ShortcutResult
from camfolio.vocabulary import MethodLook, as_percent

CONDITIONS = {
    "shortcut network, cue in the slice": ("shortcut", "with"),
    "shortcut network, no cue": ("shortcut", "without"),
    "clean network, cue in the slice": ("clean", "with"),
    "clean network, no cue": ("clean", "without"),
}
"""Title -> kind of network, and whether the slices are shown with or without the cue."""

COLUMNS, LEGEND = {PAGE: 2, PHONE: 1}, {PAGE: 2, PHONE: 1}
"""Panels beside each other, and entries of the legend."""


def energies(maps: MethodMaps) -> dict[str, NetworksInterval]:
    """Title of each condition -> share of the maps' energy in the cue's region."""
    values = {"shortcut": maps.shortcut.energy, "clean": maps.clean.energy}
    return {
        title: values[network].with_cue if cue == "with" else values[network].without_cue
        for title, (network, cue) in CONDITIONS.items()
    }


def run(*, out: Path, shortcut: Path, methods: tuple[MethodLook, ...]) -> None:
    """Draw from `shortcut.json`."""
    write(out, drawing(ShortcutResult.read(shortcut), methods))


def drawing(result: ShortcutResult, methods: tuple[MethodLook, ...]) -> Drawing:
    """A panel per cue: for every method the mean energy in four conditions, with intervals and single networks."""
    columns = ["cue", "method", "network", "cue in the slice", "mean", "low", "high", "single networks"]
    rows = []
    descriptions = []
    for cue, cue_result in result.cues.items():
        for method in methods:
            energy = energies(cue_result.methods[method.key])
            rows += [
                [cue, method.key, *CONDITIONS[title], *interval_cells(interval), single(interval)]
                for title, interval in energy.items()
            ]
            means = (f"{title} {as_percent(interval.value)}" for title, interval in energy.items())
            descriptions.append(f"{cue}, {method.name}: {', '.join(means)}")
    alt = (
        f"Share of the maps' energy in the cue's region, means over {result.seeds} networks of each kind. "
        f"{'. '.join(descriptions)}."
    )

    def draw(theme: Theme, place: Place) -> Figure:
        count = len(result.cues)
        columns = min(count, COLUMNS[place])
        legend = 0.2 * rows_of(len(CONDITIONS), LEGEND[place])
        height = (0.4 + 0.95 * len(methods)) * rows_of(count, columns) + legend
        figure = new_figure(theme, place.width / COLUMNS[place] * columns, height, layout="constrained")
        grid = panels_of(figure, count, columns, sharey=True)
        for axes, (cue, cue_result) in zip(grid, result.cues.items(), strict=True):
            panel(axes, cue_result, methods, theme)
            axes.set_title(f"cue: {cue}")
        legend_below(figure, grid[0], theme, columns=min(columns, LEGEND[place]), size=TEXT)
        return figure

    return Drawing(draw, alt, columns, rows)


def single(interval: NetworksInterval) -> str:
    """The values of single networks for a table, with blanks between."""
    return " ".join("-" if each.value is None else f"{each.value:.4f}" for each in interval.by_network)


def panel(axes: Axes, result: CueResult, methods: tuple[MethodLook, ...], theme: Theme) -> None:
    """All methods of one cue; the dotted line is the region's share of the area, the energy of a uniform map."""
    area = result.planting.area_share
    axes.axvline(area, color=theme.ink, linewidth=0.8, linestyle=":")
    axes.annotate(
        "region's share of the area",
        (area, 1),
        (3, -9),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        fontsize=SMALL,
    )
    for line, method in enumerate(methods):
        for step, (title, interval) in enumerate(energies(result.methods[method.key]).items()):
            style = marker_style(*CONDITIONS[title], theme) | {"label": title if line == 0 else "_"}
            draw_interval(axes, interval, line + (step - 1.5) * 0.17, style)
    axes.set_yticks(range(len(methods)), [method.name for method in methods])
    axes.set_ylim(len(methods) - 0.5, -0.5)
    axes.set_xlim(left=0)
    percent(axes.xaxis)
    axes.set_xlabel("energy in the cue's region")
    tidy(axes, theme)


def marker_style(network: str, cue: str, theme: Theme) -> dict[str, Any]:
    """Filled markers for slices with the cue; the accent colour for the shortcut network."""
    colour = theme.accent if network == "shortcut" else theme.faint
    return {"color": colour, "markerfacecolor": colour if cue == "with" else theme.paper}


def draw_interval(axes: Axes, interval: NetworksInterval, y: float, style: dict[str, Any]) -> None:
    """A mean with its interval, and small bars for single networks; a note where all maps are empty."""
    if interval.value is None:
        axes.text(0.01, y, "all maps are empty", fontsize=SMALL, va="center", color=style["color"])
        return
    if interval.low is not None and interval.high is not None:
        axes.plot([interval.low, interval.high], [y, y], color=style["color"], linewidth=1.4)
    networks = [value for value in interval.values if value is not None]
    axes.plot(networks, [y] * len(networks), "|", color=style["color"], markersize=5, alpha=0.7)
    axes.plot(interval.value, y, "o", linestyle="none", markersize=5.5, **style)
