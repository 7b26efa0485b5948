"""Stage `overview`: one example as small pictures, the slice, the map of every method and a uniform map."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float

from camfolio.explanation.scaling import ScaledMap, scaled
from camfolio.figures.drawing.examples import ExampleFolders, outcome
from camfolio.figures.drawing.looks import Looks
from camfolio.raster.pixels import bar_path, grey, outline_path, overlay, write_png
from camfolio.results.overview import OverviewResult, Panel
from camfolio.results.typical import typical

HALF = 0.5
"""Value of a uniform map as it is shown: any would be one colour."""


def run(*, out: Path, looks: Looks, **folders: Path) -> None:
    """Write `slice.png`, `uniform.png`, `METHOD.png` and `OverviewResult`, of the first method's median example if there is one."""
    examples = ExampleFolders(**folders)
    found = typical(examples.cases(looks.methods[0].key))
    if found is None:
        OverviewResult(panels=(), id="", words="", outline="", scale_bar="", height=1, width=1).write(out)
        return
    _, case = found
    example = examples.load(case, looks.scaling)
    pictures = Pictures(out, example.hounsfield, example.mask, looks.window_hu)
    uniform = scaled(np.full_like(example.hounsfield, HALF), "shared", 1.0)
    maps = [
        pictures.map(method.key, method.name, example.scaled_maps[method.key], example.energy_shares[method.key])
        for method in looks.methods
    ]
    covered = float(example.mask.mean()) or None  # without a mask no energy is defined
    pictures.result(
        [pictures.slice("the slice"), *maps, pictures.map("uniform", "a uniform map", uniform, covered)],
        spacing_mm=example.spacing_mm,
        name=example.case.id,
        words=outcome(example.case, looks.classes),
    ).write(out)


class Pictures:
    """Writes the pictures of one slice.

    Args:
        out: folder of the stage.
        hounsfield: the slice, HU.
        region: True inside the outline.
        window_hu: lower and upper end of the window, HU.
    """

    def __init__(
        self,
        out: Path,
        hounsfield: Float[np.ndarray, "height width"],
        region: Bool[np.ndarray, "height width"],
        window_hu: tuple[float, float],
    ) -> None:
        self.out, self.hounsfield, self.region, self.window_hu = out, hounsfield, region, window_hu

    def slice(self, title: str) -> Panel:
        """The slice without a map."""
        write_png(self.out / "slice.png", grey(self.hounsfield, self.window_hu))
        return Panel(file="slice.png", title=title, energy=None)

    def map(self, key: str, title: str, values: ScaledMap, energy: float | None) -> Panel:
        """The slice with a map."""
        write_png(self.out / f"{key}.png", overlay(self.hounsfield, values, self.window_hu))
        return Panel(file=f"{key}.png", title=title, energy=energy)

    def result(self, panels: Sequence[Panel], *, spacing_mm: float, name: str, words: str) -> OverviewResult:
        """What the page says of them."""
        height, width = self.region.shape
        return OverviewResult(
            panels=tuple(panels),
            id=name,
            words=words,
            outline=outline_path(self.region),
            scale_bar=bar_path(spacing_mm, height, width),
            height=height,
            width=width,
        )
