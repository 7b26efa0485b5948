"""Style of figures: a light and a dark theme, fonts and sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from camfolio.figures.drawing.faces import FALLBACK, FAMILY, register

DPI = 100
ARTICLE = 6.88
"""Width of the article on a wide page, inches of 100 pixels: text of a figure as wide as this has its size on the page."""
HALF = 3.35
"""Width of one of two figures beside each other, and of the article on a phone."""
SMALL, TEXT, TITLE = 8.0, 9.2, 10.3
"""Sizes of text, points; the smallest is 11 pixels."""
OUTLINE = "#56B4E9"
NARROW_SPACE = "\u202f"
"""Before a percent sign, as on pages."""


@dataclass(frozen=True)
class Theme:
    """Colours of figures on light or dark pages: background, text, secondary elements, and the main series."""

    name: str
    paper: str
    ink: str
    faint: str
    accent: str


@dataclass(frozen=True)
class Place:
    """Where a figure is shown: the name of the place, and the width of the article there, inches."""

    name: str
    width: float


PAGE, PHONE = Place("page", ARTICLE), Place("phone", HALF)
LIGHT = Theme("light", "#fbfaf7", "#1c2328", "#8a9299", "#0b7285")
DARK = Theme("dark", "#0f1418", "#e4e7ea", "#7d868d", "#4fb3c6")
THEMES = (LIGHT, DARK)


def settings(theme: Theme) -> Mapping[str, Any]:
    """Matplotlib's settings for a theme; text of SVG files stays text, see `faces`."""
    register()
    return {
        "axes.edgecolor": theme.faint,
        "axes.facecolor": theme.paper,
        "axes.labelcolor": theme.ink,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlecolor": theme.ink,
        "axes.titlelocation": "left",
        "axes.titlesize": TITLE,
        "axes.labelsize": TITLE,
        "figure.dpi": DPI,
        "figure.facecolor": theme.paper,
        "font.family": [FAMILY, FALLBACK],
        "font.size": TITLE,
        "savefig.facecolor": theme.paper,
        "svg.fonttype": "none",
        "svg.hashsalt": "camfolio",
        "text.color": theme.ink,
        "text.parse_math": False,  # a class may be called "$x$"
        "xtick.color": theme.faint,
        "ytick.color": theme.faint,
        "xtick.labelcolor": theme.ink,
        "ytick.labelcolor": theme.ink,
        "xtick.labelsize": TEXT,
        "ytick.labelsize": TEXT,
    }


def new_figure(theme: Theme, width: float, height: float, **layout: Any) -> Figure:  # noqa: ANN401 - matplotlib's own
    """A figure of `width` x `height` inches (100 px each), without pyplot's global state."""
    with mpl.rc_context(settings(theme)):  # type: ignore[arg-type]  # its keys are a Literal of 300 names
        return Figure(figsize=(width, height), dpi=DPI, facecolor=theme.paper, **layout)


def counts_colormap(theme: Theme) -> LinearSegmentedColormap:
    """A sequential colormap from the background to the accent, for counts."""
    return LinearSegmentedColormap.from_list("counts", [theme.paper, theme.accent])


def tidy(axes: Axes, theme: Theme) -> None:
    """Short ticks and a faint grid below the data."""
    axes.tick_params(length=3, width=0.8)
    axes.grid(visible=True, color=theme.faint, alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)


def percent(axis: Axis) -> None:
    """Shares on an axis, 0 to 1, in percent."""
    axis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=f"{NARROW_SPACE}%"))


def legend_below(figure: Figure, axes: Axes, theme: Theme, columns: int, size: float = TEXT) -> None:
    """One legend for all panels, below them, with the entries of one panel."""
    handles, labels = axes.get_legend_handles_labels()
    style: dict[str, Any] = {"frameon": False, "fontsize": size, "labelcolor": theme.ink, "ncols": columns}
    figure.legend(handles, labels, loc="outside lower center", **style)
