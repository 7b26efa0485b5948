"""Figure: the teaser, one example of the first method: the slice, and its maps by all methods."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from camfolio.figures.drawing.examples import Example, ExampleFolders, energy_shares_text, outcome
from camfolio.figures.drawing.looks import Looks
from camfolio.figures.drawing.output import Drawing, write, write_empty
from camfolio.figures.drawing.panels import scale_bar, show_outline, show_overlay, show_slice
from camfolio.figures.drawing.style import PAGE, Place, Theme, new_figure


def run(*, out: Path, looks: Looks, **folders: Path) -> None:
    """Draw the first method's example with the most energy for its size or, without one, its misclassified example."""
    examples = ExampleFolders(**folders)
    for kind in ("good", "misclassified"):
        case = examples.case(looks.methods[0].key, kind)
        if case:
            write(out, drawing(examples.load(case, looks.scaling), kind, looks))
            return
    write_empty(out, "No example could be chosen: there is no picture for this study.")


def drawing(example: Example, kind: str, looks: Looks) -> Drawing:
    """Panels without text and axes; `facts` hold the case, its kind, the energy share by every method, and the length of the scale bar."""
    methods = looks.methods
    shares = {method.key: example.energy_shares[method.key] for method in methods}
    alt = (
        f"CT slice {example.case.id} ({outcome(example.case, looks.classes)}) beside its overlays by all methods. "
        f"Energy inside the nodule's mask: {energy_shares_text(example, methods)}."
    )

    def draw(theme: Theme, _place: Place) -> Figure:
        figure = new_figure(theme, 2.4 * (1 + len(methods)), 2.4)
        panels = figure.subplots(1, 1 + len(methods), gridspec_kw={"wspace": 0.03})
        figure.subplots_adjust(left=0, right=1, bottom=0, top=1)
        for axes in panels:
            show_slice(axes, example.hounsfield, looks.window_hu, example.spacing_mm, bar_label=False)
        for axes, method in zip(panels[1:], methods, strict=True):
            show_overlay(axes, example.scaled_maps[method.key])
            show_outline(axes, example.mask)
        return figure

    rows = [[example.case.id, method, "" if share is None else share] for method, share in shares.items()]
    bar_mm, _ = scale_bar(example.spacing_mm, example.hounsfield.shape[1])
    facts = {"case": example.case.model_dump(mode="json"), "kind": kind, "energy_share": shares, "bar_mm": bar_mm}
    return Drawing(draw, alt, ["slice", "method", "energy share"], rows, facts, places=(PAGE,))
