"""Figure: the teaser: one example of the first method as the network sees it, and the same slice under every method."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from camfolio.figures.drawing.examples import Example, ExampleFolders, outcome, shares_words
from camfolio.figures.drawing.looks import Looks
from camfolio.figures.drawing.output import Drawing, write, write_empty
from camfolio.figures.drawing.panels import show_outline, show_overlay, show_slice
from camfolio.figures.drawing.style import Theme, new_figure


def run(*, out: Path, looks: Looks, **folders: Path) -> None:
    """Draw the first method's good example, or else its misclassified one."""
    read = ExampleFolders(**folders)
    for kind in ("good", "misclassified"):
        case = read.case(looks.methods[0].key, kind)
        if case:
            write(out, drawing(read.load(case, looks.scaling), kind, looks))
            return
    write_empty(out, "No example could be chosen: there is no picture for this study.")


def drawing(example: Example, kind: str, looks: Looks) -> Drawing:
    """No words, no axes: panels edge to edge; pages get the case, its kind, and the energy shares of all methods."""
    methods = looks.methods
    shares = {method.key: example.shares[method.key] for method in methods}
    alt = (
        f"CT slice {example.case.id} ({outcome(example.case, looks.classes)}) beside the same slice under every method. "
        f"Energy inside the nodule's mask: {shares_words(example, methods)}."
    )

    def draw(theme: Theme) -> Figure:
        figure = new_figure(theme, 2.4 * (1 + len(methods)), 2.4)
        panels = figure.subplots(1, 1 + len(methods), gridspec_kw={"wspace": 0.03})
        figure.subplots_adjust(left=0, right=1, bottom=0, top=1)
        for axes in panels:
            show_slice(axes, example.hounsfield, looks.window_hu, example.spacing_mm)
        for axes, method in zip(panels[1:], methods, strict=True):
            show_overlay(axes, example.shown[method.key])
            show_outline(axes, example.mask)
        return figure

    rows = [[example.case.id, method, "" if share is None else share] for method, share in shares.items()]
    facts = {"case": example.case.model_dump(mode="json"), "kind": kind, "energy_share": shares}
    return Drawing(draw, alt, ["slice", "method", "energy share"], rows, facts)
