"""Figure: the teaser: the slice of the best good example, and its maps fading in from left to right."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from camfolio.figures.inputs import Example, load_case, load_example, outcome
from camfolio.figures.output import Drawing, write, write_empty
from camfolio.figures.panels import show_outline, show_overlay, show_slice
from camfolio.figures.style import Theme, new_figure
from camfolio.names import METHOD_NAMES


def run(
    *,
    out: Path,
    slices: Path,
    split: Path,
    localisation: Path,
    selection: Path,
    methods: tuple[str, ...],
    classes: tuple[str, str],
    window_hu: tuple[float, float],
) -> None:
    """Draw the first method's good example, or else its misclassified one."""
    case = load_case(selection, methods[0], "good") or load_case(selection, methods[0], "misclassified")
    if case is None:
        write_empty(out, "No example could be chosen: there is no picture for this study.")
        return
    write(out, drawing(load_example(slices, split, localisation, case), methods, classes, window_hu))


def drawing(
    example: Example, methods: tuple[str, ...], classes: tuple[str, str], window_hu: tuple[float, float]
) -> Drawing:
    """No words, no axes: panels edge to edge."""
    names = ", ".join(METHOD_NAMES[method] for method in methods)
    alt = f"A CT slice of a lung nodule ({outcome(example.case, classes)}) beside the same slice under {names}."

    def draw(theme: Theme) -> Figure:
        figure = new_figure(theme, 2.4 * (1 + len(methods)), 2.4)
        panels = figure.subplots(1, 1 + len(methods), gridspec_kw={"wspace": 0.03})
        figure.subplots_adjust(left=0, right=1, bottom=0, top=1)
        for axes in panels:
            show_slice(axes, example.hounsfield, window_hu, example.spacing_mm)
        for axes, method in zip(panels[1:], methods, strict=True):
            show_overlay(axes, example.maps[method])
            show_outline(axes, example.mask)
        return figure

    return Drawing(draw, alt, ["slice"], [[example.case["id"]]])
