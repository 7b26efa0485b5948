"""Figure: slices drawn at random, under all methods."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from camfolio.explanation.scaling import Scaling
from camfolio.figures.drawing.examples import Example, load_example, outcome, share_words, shares_words
from camfolio.figures.drawing.output import Drawing, write, write_empty
from camfolio.figures.drawing.panels import show_outline, show_overlay, show_slice
from camfolio.figures.drawing.style import Theme, new_figure
from camfolio.stages.results import read_json
from camfolio.vocabulary import method_name


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
    scaling: Scaling = "per_image",
) -> None:
    """Draw the slices that selection drew with the seed."""
    cases = read_json(selection / "cases.json")["methods"][methods[0]]["random"]
    if not cases:
        write_empty(out, "No slice was drawn at random: selection.random is 0.")
        return
    examples = [load_example(slices, split, localisation, case, scaling) for case in cases]
    write(out, drawing(examples, methods, classes, window_hu))


def drawing(
    examples: Sequence[Example], methods: tuple[str, ...], classes: tuple[str, str], window_hu: tuple[float, float]
) -> Drawing:
    """A row per slice: as it is, then under every method."""
    shares = [{method: example.shares[method] for method in methods} for example in examples]
    said = (
        f"slice {example.case['id']}, {outcome(example.case, classes)}, energy inside {shares_words(share)}"
        for example, share in zip(examples, shares, strict=True)
    )
    alt = f"{len(examples)} test slices drawn at random, and their maps: {'; '.join(said)}."

    def draw(theme: Theme) -> Figure:
        figure = new_figure(theme, 2.2 * (1 + len(methods)), 2.45 * len(examples), layout="constrained")
        grid = figure.subplots(len(examples), 1 + len(methods), squeeze=False)
        for row, example in zip(grid, examples, strict=True):
            for axes in row:
                show_slice(axes, example.hounsfield, window_hu, example.spacing_mm)
                show_outline(axes, example.mask)
            row[0].set_title(outcome(example.case, classes), fontsize=7)
            for axes, method in zip(row[1:], methods, strict=True):
                show_overlay(axes, example.shown[method])
                axes.set_title(f"{method_name(method)}: {share_words(example.shares[method])} inside", fontsize=8)
        return figure

    rows = [
        [example.case["id"], method, "" if value is None else value]
        for example, share in zip(examples, shares, strict=True)
        for method, value in share.items()
    ]
    return Drawing(draw, alt, ["slice", "method", "energy share"], rows)
