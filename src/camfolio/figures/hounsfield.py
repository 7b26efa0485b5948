"""Figure: distribution of the attenuation over all pixels, class by class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from camfolio.data.inspection import histogram
from camfolio.data.slices import Slices
from camfolio.figures.drawing.grid import in_lines
from camfolio.figures.drawing.output import Drawing, write
from camfolio.figures.drawing.style import PAGE, PHONE, Place, Theme, new_figure, tidy
from camfolio.vocabulary import as_number

CLASS_COLOURS = ("#0072B2", "#D55E00")
DASHES = ("-", (0, (5, 2)))
WIDTH = {PAGE: 6.4, PHONE: PHONE.width}
"""Of the figure, inches."""


def run(*, out: Path, slices: Path, classes: tuple[str, str], window_hu: tuple[float, float]) -> None:
    """Draw one line per class."""
    data = Slices.load(slices / "slices.npz")
    write(out, drawing(data, classes, window_hu))


def drawing(data: Slices, classes: tuple[str, str], window_hu: tuple[float, float]) -> Drawing:
    """Share of pixels per 50 HU, and the window of the network's input."""
    labels = [label for label in (0, 1) if (data.label == label).any()]
    histograms = {label: histogram(data.hounsfield[data.label == label]) for label in labels}
    edges = np.array(next(iter(histograms.values())).edges_hu)
    centres = (edges[:-1] + edges[1:]) / 2
    peaks = {label: float(centres[int(np.argmax(bins.share))]) for label, bins in histograms.items()}
    alt = "Share of pixels by attenuation. " + " ".join(
        f"{classes[label]}: most pixels lie around {as_number(peaks[label], 0)} HU." for label in labels
    )

    def draw(theme: Theme, place: Place) -> Figure:
        figure = new_figure(theme, WIDTH[place], 2.8, layout="constrained")
        axes = figure.subplots()
        axes.axvspan(*window_hu, color=theme.faint, alpha=0.15, linewidth=0)
        for label in labels:
            axes.plot(
                centres,
                histograms[label].share,
                color=CLASS_COLOURS[label],
                linestyle=DASHES[label],
                linewidth=1.8,
                label=classes[label],
            )
        axes.set_xlabel(in_lines("attenuation, HU; shaded: the network's window", WIDTH[place] - 0.7))
        axes.set_ylabel("share of pixels per 50 HU")
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False)
        tidy(axes, theme)
        return figure

    rows = [[float(edge), *(histograms[label].share[i] for label in labels)] for i, edge in enumerate(edges[:-1])]
    return Drawing(draw, alt, ["from HU", *(classes[label] for label in labels)], rows)
