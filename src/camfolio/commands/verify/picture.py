"""The picture of a verification: metrics before and after with their intervals, and the maps that differ most."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure, SubFigure

from camfolio.commands.verify.changes import ChangedMaps, ChangedNumber
from camfolio.commands.verify.compared import number, words_for

METRICS, SLICES = 12, 3
"""Metrics and slices that are drawn, at most."""
SETTINGS = {"font.size": 8, "axes.titlesize": 8, "axes.titlelocation": "left", "text.parse_math": False}
BEFORE, AFTER = "#0b7285", "#d55e00"


def draw(
    file: Path, study: str, numbers: Sequence[ChangedNumber], maps: Sequence[ChangedMaps], names: Sequence[str]
) -> None:
    """Draw metrics on the left and maps on the right, whichever there are.

    Args:
        file: the PNG that is written.
        study: its name, for the title.
        numbers: that differ and have intervals.
        maps: that differ.
        names: ids of the test slices; empty if they are not known.
    """
    rows = most_different(maps)
    height = 1.0 + max(0.35 * min(len(numbers), METRICS), 1.8 * len(rows), 1.0)
    with mpl.rc_context(SETTINGS):  # type: ignore[arg-type]  # its keys are a Literal of 300 names
        figure = Figure(figsize=(6.0 * (bool(numbers) + bool(rows)), height), dpi=150, layout="constrained")
        FigureCanvasAgg(figure)
        figure.suptitle(f"{study}: what differs between stored and recomputed results", fontsize=9)
        parts = figure.subfigures(1, bool(numbers) + bool(rows), squeeze=False)[0]
        if numbers:
            draw_metrics(parts[0].subplots(), numbers[:METRICS])
        if rows:
            draw_maps(parts[-1], rows, names)
        aside = file.with_name(f"{file.name}.part")
        figure.savefig(aside, format="png", metadata={"Software": None})
    aside.replace(file)


def most_different(maps: Sequence[ChangedMaps]) -> list[tuple[ChangedMaps, int]]:
    """The slices whose maps differ most, each with the maps in which it does; of the first stage that has any."""
    ranked = sorted(
        (
            (float(share), one, place)
            for one in maps
            if one.stage == maps[0].stage
            for place, share in enumerate(one.shares)
            if share
        ),
        key=lambda entry: -entry[0],
    )
    chosen: dict[int, ChangedMaps] = {}
    for _, one, place in ranked:
        chosen.setdefault(place, one)
    return [(one, place) for place, one in list(chosen.items())[:SLICES]]


def draw_metrics(axes: Axes, numbers: Sequence[ChangedNumber]) -> None:
    """Values with 95 % intervals, before and after, one row per number."""
    for shift, colour, mark, word in ((-0.15, BEFORE, "o", "before"), (0.15, AFTER, "D", "after")):
        rows = [row.before if word == "before" else row.after for row in numbers]
        for place, row in enumerate(rows):
            if row is None or row.value is None or row.low is None or row.high is None:
                continue
            axes.plot([row.low, row.high], [place + shift] * 2, color=colour, linewidth=1)
            axes.plot(row.value, place + shift, mark, color=colour, markersize=4, label=word if not place else None)
    words = [f"{row.stage}: {row.name}, by {number(row.difference)}" for row in numbers]
    axes.set_yticks(range(len(numbers)), words)
    axes.set_ylim(len(numbers) - 0.5, -0.5)
    axes.ticklabel_format(axis="x", useOffset=False)
    axes.set_xlabel("value with 95 % interval")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False, borderaxespad=-1.5)


def draw_maps(figure: SubFigure, rows: Sequence[tuple[ChangedMaps, int]], names: Sequence[str]) -> None:
    """Per slice its map before and after on one scale, and the difference on its own."""
    panels = figure.subplots(len(rows), 3, squeeze=False)
    for axes, (maps, place) in zip(panels, rows, strict=True):
        before, after = maps.before[place].astype(np.float64), maps.after[place].astype(np.float64)
        scale = float(max(np.abs(before).max(), np.abs(after).max()))
        most = words_for(float(maps.shares[place]))
        panel(axes[0], before, scale, f"{maps.subject}, slice {maps.slice_name(place, names)}\nbefore")
        panel(axes[1], after, scale, "after")
        panel(axes[2], after - before, float(np.abs(after - before).max()), f"after minus before,\nat most {most}")


def panel(axes: Axes, values: Float[np.ndarray, "height width"], limit: float, title: str) -> None:
    """One map, its colours from minus to plus a limit."""
    axes.imshow(values, cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
    axes.set_title(title)
    axes.set_axis_off()
