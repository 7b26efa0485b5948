"""Maps as a result: raw at the layer's resolution, and enlarged to the slice. Nothing is scaled here (see `scaling`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from jaxtyping import Float, Int64
from torch import Tensor

from camfolio.errors import ExplanationError, nearest
from camfolio.explanation.centres import CellCentres


@dataclass(frozen=True)
class Explanation:
    """Maps of N images by every requested method, on the CPU.

    Attributes:
        layer: full name of the layer in focus.
        targets: int64 (N,) the class each map explains.
        logits: (N, classes), as the model put them out.
        signed: method -> (N, h, w) the weighted sum before its ReLU: negative where there is evidence against the target.
        others: further layer of the same sweep -> method -> its signed maps (see `at`).
        centres: layer -> where its cells lie on the image (see `measured_centres`).
        network: full name of the model's class.
        versions: library -> version that computed the maps.
    """

    layer: str
    targets: Int64[Tensor, " images"]
    logits: Float[Tensor, "images classes"]
    signed: Mapping[str, Float[Tensor, "images h w"]]
    others: Mapping[str, Mapping[str, Float[Tensor, "images _h _w"]]] = field(default_factory=dict)
    centres: Mapping[str, CellCentres] = field(default_factory=dict)
    network: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def methods(self) -> tuple[str, ...]:
        """All methods, in the requested order."""
        return tuple(self.signed)

    @property
    def layers(self) -> tuple[str, ...]:
        """All layers of the sweep, the one in focus first."""
        return (self.layer, *self.others)

    def at(self, layer: str) -> Explanation:
        """The same explanation with another of its layers in focus.

        Raises:
            ExplanationError: for a layer that was not in the sweep.
        """
        if layer not in self.layers:
            msg = f"Expected a layer of this explanation, but got {layer!r}. {nearest(layer, self.layers)}"
            raise ExplanationError(msg)
        signed = {self.layer: self.signed, **self.others}
        return replace(self, layer=layer, signed=signed.pop(layer), others=signed)

    @property
    def maps(self) -> dict[str, Float[Tensor, "images h w"]]:
        """Method -> (N, h, w) raw maps as their papers define them: >= 0, at the layer's resolution, not scaled."""
        return {method: signed.relu() for method, signed in self.signed.items()}

    def upsampled(
        self, method: str, size: int | tuple[int, int], *, half_pixel: bool = False
    ) -> Float[Tensor, "images height width"]:
        """The maps of a method enlarged to `size` pixels (both sides, or height and width), not scaled.

        Args:
            method: its key.
            size: of the result.
            half_pixel: place the cells as if they divided the image into equal parts, as `interpolate` of torch and
                other libraries do, instead of by the measured `centres`.

        Raises:
            ExplanationError: for a method that was not computed.
        """
        if method not in self.signed:
            msg = f"Expected a method of this explanation, but got {method!r}. {nearest(method, self.signed)}"
            raise ExplanationError(msg)
        centres = None if half_pixel else self.centres.get(self.layer)
        return enlarge(self.signed[method].relu(), (size, size) if isinstance(size, int) else size, centres)


def enlarge(
    maps: Float[Tensor, "images h w"], size: tuple[int, int], centres: CellCentres | None = None
) -> Float[Tensor, "images height width"]:
    """Bilinear between the centres of the cells; beyond the outermost ones, their value.

    Args:
        maps: at the layer's resolution.
        size: rows and columns of the result.
        centres: of the layer's cells; None for cells that divide the image into equal parts (half-pixel centres).
    """
    places = centres or CellCentres.tiling((maps.shape[1], maps.shape[2]))
    for axis in (1, 2):
        place = places.at(axis - 1, size[axis - 1], maps.shape[axis])
        before = place.floor().long()
        after = (before + 1).clamp_max(maps.shape[axis] - 1)
        share = (place - before).to(maps).unsqueeze(2 - axis)
        maps = maps.index_select(axis, before) * (1 - share) + maps.index_select(axis, after) * share
    return maps
