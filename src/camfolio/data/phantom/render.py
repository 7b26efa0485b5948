"""One slice, from lung over chest wall and nodule to the scanner; its random numbers come from its id and the seed."""

from __future__ import annotations

import hashlib

import numpy as np
from jaxtyping import Float32

from camfolio.data.phantom.appearance import Appearance
from camfolio.data.phantom.chest_wall import with_wall
from camfolio.data.phantom.grid import OVERSAMPLING, RIM, Grid
from camfolio.data.phantom.lung import parenchyma, with_vessels
from camfolio.data.phantom.nodule import with_nodule
from camfolio.data.phantom.scanner import Attenuation, Scan, measured
from camfolio.data.phantom.shape import Shape
from camfolio.errors import DataError


def render(
    agreement: Float32[np.ndarray, "fine fine"],
    appearance: Appearance,
    slice_id: str,
    *,
    spacing_mm: float = 1.0,
    thickness_mm: float = 2.0,
    seed: int = 0,
    displacement: tuple[int, int] = (0, 0),
) -> Attenuation:
    """One slice.

    Slices of a patient share the scan's properties, slices of a nodule its looks and the chest wall; vessels, texture
    and noise are their own.

    Args:
        agreement: share of the readers who count the pixel as nodule, on the grid told by `fine_grid`, the nodule in the
            middle.
        appearance: the readers' ratings of its looks.
        slice_id: `patient-nodule-slice`, where the patient may hold hyphens: `LIDC-IDRI-0078-n02-s1`.
        spacing_mm: pixel spacing of the slice.
        thickness_mm: slice thickness; what is flatter shows fainter.
        seed: another one gives other slices of the same nodules.
        displacement: pixels by which everything is moved, down and to the right: the same place in the body, cut
            elsewhere. Where it overlaps with the slice that is not displaced, both are the same picture.

    Returns:
        float32 (size, size), whole HU from -1024 to 1500, centred as the agreement is, but for the displacement.

    Raises:
        DataError: if the agreement is zero everywhere.
    """
    if not agreement.any():
        msg = f"Expected a nodule on slice {slice_id}, but got an agreement of 0 everywhere. Choose another slice."
        raise DataError(msg)
    nodule_id, _, _ = slice_id.rpartition("-")
    scan = Scan.drawn(generator(seed, nodule_id.rpartition("-")[0]))
    grid = Grid.around((len(agreement) - 2 * RIM) // OVERSAMPLING, spacing_mm, displacement)
    shape = Shape.of(np.roll(agreement.astype(np.float64), grid.shift, (0, 1)), grid)
    rng = generator(seed, slice_id)
    tissue = parenchyma(grid, scan, rng)
    tissue = with_vessels(tissue, grid, shape, scan, rng)
    tissue = with_wall(tissue, grid, shape, generator(seed, f"{nodule_id}/wall"))
    looks = generator(seed, f"{nodule_id}/nodule")
    tissue = with_nodule(tissue, grid, shape, appearance, thickness=thickness_mm, rng=looks)
    return measured(tissue, grid, scan, rng)


def generator(seed: int, name: str) -> np.random.Generator:
    """Random numbers that depend on the seed and the name alone, on any machine and in any order of the slices."""
    return np.random.default_rng(list(hashlib.sha256(f"{seed}/{name}".encode()).digest()))
