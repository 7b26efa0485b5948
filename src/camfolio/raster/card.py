"""Stage `card`: the image for link previews of a study, with title, test AUC, a slice and its maps."""

from __future__ import annotations

from pathlib import Path
from textwrap import wrap

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from camfolio.figures.drawing.examples import Example, ExampleFolders
from camfolio.figures.drawing.looks import Looks
from camfolio.figures.drawing.panels import show_outline, show_overlay, show_slice
from camfolio.figures.drawing.style import DPI, LIGHT, new_figure, settings
from camfolio.results.card import CardResult
from camfolio.results.evaluation import EvaluationResult
from camfolio.results.interval import Interval
from camfolio.vocabulary import MethodLook

WIDTH, HEIGHT = 1200, 630
"""Pixels, as recommended for link previews."""
PANELS, GAP = 4, 0.013
SIDE = (0.9 + GAP) / PANELS - GAP
"""Panels of a card, a slice and three maps; their gap and side as shares of the card's width."""


def run(*, out: Path, evaluation: Path, looks: Looks, title: str, **folders: Path) -> None:
    """Write `card.png`, without a slice if there is neither an example with the most energy for its size nor a misclassified one."""
    examples = ExampleFolders(**folders)
    cases = [case for kind in ("good", "misclassified") if (case := examples.case(looks.methods[0].key, kind))]
    example = examples.load(cases[0], looks.scaling) if cases else None
    auc = EvaluationResult.read(evaluation).metrics["auc"]
    simulated = simulation_text(CardResult.read(examples.slices))
    subtitle = "\n".join(filter(None, [auc_text(auc), simulated]))
    with mpl.rc_context(settings(LIGHT)):  # type: ignore[arg-type]  # its keys are a Literal of 300 names
        figure = drawing(title, subtitle, example, looks.methods[: PANELS - 1], looks.window_hu)
        FigureCanvasAgg(figure)
        figure.savefig(out / "card.png", dpi=DPI, metadata={"Software": None})


def auc_text(auc: Interval) -> str:
    """The test AUC with its interval; empty if it is not defined.

    >>> auc_text(Interval(value=0.9449, low=0.9, high=0.9761))
    'Test AUC 0.945 (0.900 to 0.976)'
    >>> auc_text(Interval(value=None, low=None, high=None))
    ''
    """
    if auc.value is None:
        return ""
    interval = "" if auc.low is None else f" ({auc.low:.3f} to {auc.high:.3f})"
    return f"Test AUC {auc.value:.3f}{interval}"


def simulation_text(card: CardResult) -> str:
    """Whether attenuation is simulated, and how well the ratings that slices are drawn from separate the labels."""
    if card.attenuation != "simulated":
        return ""
    ratings = "" if card.ratings_auc is None else f"; ratings alone: AUC {card.ratings_auc:.3f}"
    return f"simulated attenuation{ratings}"


def drawing(
    title: str, subtitle: str, example: Example | None, methods: tuple[MethodLook, ...], window_hu: tuple[float, float]
) -> Figure:
    """Title and subtitle at the top, the slice and its maps in a row below them."""
    figure = new_figure(LIGHT, WIDTH / DPI, HEIGHT / DPI)
    lines = wrap(title, 44)[:3]
    figure.text(0.05, 0.92, "\n".join(lines), fontsize=26, fontweight="bold", va="top", linespacing=1.25)
    figure.text(0.05, 0.90 - 0.085 * len(lines), subtitle, fontsize=17, color=LIGHT.accent, va="top", linespacing=1.4)
    figure.text(0.95, 0.045, "camfolio", fontsize=14, color=LIGHT.faint, ha="right")
    if example:
        add_panels(figure, example, methods, window_hu)
    return figure


def add_panels(
    figure: Figure, example: Example, methods: tuple[MethodLook, ...], window_hu: tuple[float, float]
) -> None:
    """The slice and its overlay by each method, with their names."""
    for column, method in enumerate((None, *methods)):
        left = 0.05 + column * (0.9 + GAP) / PANELS
        axes = figure.add_axes((left, 0.11, SIDE, SIDE * WIDTH / HEIGHT))
        show_slice(axes, example.hounsfield, window_hu, example.spacing_mm)
        if method:
            show_overlay(axes, example.scaled_maps[method.key])
            show_outline(axes, example.mask)
        figure.text(left, 0.055, method.name if method else "slice", fontsize=12)
