"""Figure: how one method makes its map of a slice: channels, what each is multiplied by, the products, their sum, and the map."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from camfolio.explanation.scaling import ScaledMap, scaled
from camfolio.figures.drawing.output import Drawing, write, write_empty
from camfolio.figures.drawing.panels import blank, show_map, show_outline, show_overlay, show_slice
from camfolio.figures.drawing.style import PHONE, SMALL, Place, Theme, new_figure
from camfolio.results.anatomy import AnatomyResult, Channel, MethodAnatomy
from camfolio.results.arrays.anatomy import AnatomyArrays, MethodArrays
from camfolio.vocabulary import MINUS, MethodLook, as_percent

TIMES = "\u00d7"
PANEL = 1.4
"""Width of a panel on a page, inches."""
ROW = 1.22
"""Height of a row by the width of its panels, with titles of two lines."""
PER_ROW = 3
"""A channel, what it is multiplied by, and the product; and as many panels for sum and map."""


def run(
    *, out: Path, anatomy: Path, method: MethodLook, classes: tuple[str, str], window_hu: tuple[float, float]
) -> None:
    """Draw from `anatomy.json` and `anatomy.npz`, or write why there is nothing to draw."""
    result = AnatomyResult.read(anatomy)
    if not result.id:
        write_empty(out, "No example could be chosen: there is no slice on which the method can be shown.")
    elif method.key not in result.methods:
        write_empty(out, f"{method.name} has no terms that its map is the sum of: there is nothing to show of it.")
    else:
        write(out, drawing(result, AnatomyArrays.read(anatomy), method, classes, window_hu))


def drawing(
    result: AnatomyResult,
    arrays: AnatomyArrays,
    method: MethodLook,
    classes: tuple[str, str],
    window_hu: tuple[float, float],
) -> Drawing:
    """A row per channel; sum and map in a column beside them, on a phone in a row below."""
    found, shown = result.methods[method.key], arrays.methods[method.key]
    share = sum(found.channels[channel].share for channel in found.shown)
    alt = (
        f"{method.name} on slice {result.id}, explained class {classes[result.target]}, in steps. "
        + " ".join(channel_text(channel, found) for channel in found.shown)
        + f" The sum of the products of all {len(found.channels)} channels, what is above zero in it, "
        "and that enlarged to the slice with the nodule's outline."
    )

    def draw(theme: Theme, place: Place) -> Figure:
        panels = [
            *channel_panels(found, shown, window_hu, theme),
            *map_panels(result, arrays, method.key, window_hu, theme),
        ]
        return arranged(panels, theme, place)

    rows = [
        [number, *("" if value is None else value for value in dict(channel).values())]
        for number, channel in enumerate(found.channels)
    ]
    facts = {
        "slice": result.id,
        "kind": result.kind,
        "class": classes[result.target],
        "layer": result.layer,
        "networks": result.networks,
        "channels": len(found.channels),
        "shown": len(found.shown),
        "share": share,
        "seen": seen_text(found, shown),
    }
    return Drawing(draw, alt, ["channel", *Channel.model_fields], rows, facts)


Panel = Callable[[Axes], None]


def arranged(panels: Sequence[Panel], theme: Theme, place: Place) -> Figure:
    """The panels of channels in rows of three; the last three, of sum and map, beside them or, on a phone, below."""
    channels = len(panels) // PER_ROW - 1
    rows, columns = (channels + 1, PER_ROW) if place == PHONE else (max(channels, PER_ROW), PER_ROW + 1)
    width = place.width if place == PHONE else PANEL * columns
    figure = new_figure(theme, width, width / columns * ROW * rows, layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    beside = grid[-1] if place == PHONE else grid[:PER_ROW, -1]
    used = [*grid[:channels, :PER_ROW].ravel(), *beside]
    for axes, panel in zip(used, panels, strict=True):
        panel(axes)
    for axes in set(grid.ravel()) - set(used):
        axes.remove()
    return figure


def channel_panels(
    found: MethodAnatomy, shown: MethodArrays, window_hu: tuple[float, float], theme: Theme
) -> Iterator[Panel]:
    """Three panels for each channel that is shown; products have one scale, everything else its own."""
    products = shown.products
    largest, heaviest = float(np.abs(products).max()), float(np.abs(shown.weights).max())
    for place, number in enumerate(found.shown):
        channel = found.channels[number]
        by = f"{TIMES} {signed_number(channel.weight)}" if channel.weight is not None else "cell by cell"
        if channel.probability is not None:
            by = f"p {channel.probability:.2f}, {by}"
        weights = np.broadcast_to(shown.weights[place], products[place].shape)
        yield picture(shown.channels[place], f"channel {number}\n", theme)
        if channel.weight is None:
            yield picture(weights, f"{found.weighed_by}\n{by}", theme)
        elif shown.gradients is not None:
            yield picture(shown.gradients[place], f"{found.weighed_by}\n{by}", theme)
        elif shown.masked is not None:
            yield masked_slice(shown.masked[place], f"{found.weighed_by}\n{by}", window_hu)
        else:
            yield picture(weights, f"{found.weighed_by}\n{by}", theme, heaviest)
        yield picture(products[place], f"product\n{as_percent(channel.share)} of all", theme, largest)


def map_panels(
    result: AnatomyResult, arrays: AnatomyArrays, method: str, window_hu: tuple[float, float], theme: Theme
) -> Iterator[Panel]:
    """The sum over all channels, its part above zero, and that on the slice."""
    shown, count = arrays.methods[method], len(result.methods[method].channels)
    yield picture(shown.signed, f"sum of all {count}\nproducts", theme)

    def above_zero(axes: Axes) -> None:
        show_map(axes, scaled(shown.signed, "per_image", 0.0), theme)
        title(axes, "the map: what\nis above 0")

    def on_the_slice(axes: Axes) -> None:
        show_slice(axes, arrays.hounsfield, window_hu, result.spacing_mm)
        show_overlay(axes, scaled(shown.enlarged, "per_image", 0.0))
        show_outline(axes, arrays.mask)
        title(axes, "enlarged, on\nthe slice")

    yield above_zero
    yield on_the_slice


def picture(values: np.ndarray, words: str, theme: Theme, limit: float | None = None) -> Panel:
    """Values of both signs as shares of a limit, or of their own largest magnitude."""

    def panel(axes: Axes) -> None:
        own = scaled(values, "signed", 0.0)
        show_map(axes, ScaledMap(values / limit, "signed", limit) if limit else own, theme)
        title(axes, words)

    return panel


def masked_slice(hounsfield: np.ndarray, words: str, window_hu: tuple[float, float]) -> Panel:
    """A masked slice in the study's window."""

    def panel(axes: Axes) -> None:
        axes.imshow(hounsfield, cmap="gray", vmin=window_hu[0], vmax=window_hu[1], interpolation="none")
        blank(axes)
        title(axes, words)

    return panel


def title(axes: Axes, words: str) -> None:
    """A title of two lines."""
    axes.set_title(words, fontsize=SMALL)


def signed_number(value: float) -> str:
    """A number with two significant digits and a true minus sign.

    >>> signed_number(0.04123), signed_number(1234.0)
    ('0.041', '1.2e+03')
    """
    return f"{value:#.2g}".replace("-", MINUS)


def seen_text(found: MethodAnatomy, shown: MethodArrays) -> str:
    """Of what the network's probability is; empty if the method asks for none."""
    if all(channel.probability is None for channel in found.channels):
        return ""
    return "without the channel" if shown.masked is None else "for the slice masked by the channel"


def channel_text(number: int, found: MethodAnatomy) -> str:
    """A channel, its weight, and its share of all products."""
    channel = found.channels[number]
    weight = "" if channel.weight is None else f" {signed_number(channel.weight)}"
    seen = "" if channel.probability is None else f", probability {channel.probability:.2f}"
    return f"Channel {number}, {found.weighed_by}{weight}{seen}: {as_percent(channel.share)} of the magnitude of all products."
