"""NoduleMNIST3D of MedMNIST: volumes of LIDC's nodules in one npz, cut into slices.

Yang et al. 2023, Scientific Data 10:41 (MedMNIST v2). The file has neither patients nor masks: each volume counts
as a patient, though some patients have several nodules, and MedMNIST's division into parts is not used.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from jaxtyping import Float32, UInt8

from camfolio.data.archives import Member, Members, read_npz
from camfolio.data.reading import Order, Reading, salt_of
from camfolio.data.slices import Slices
from camfolio.errors import DataError
from camfolio.results.card import SourceCard, Step
from camfolio.study.sources.nodulemnist3d import NoduleMnistData

PARTS = ("train", "val", "test")
SIDES = (28, 64)
ATTRIBUTION = (
    "NoduleMNIST3D (Yang et al. 2023, Scientific Data 10:41), CC BY 4.0; nodules of LIDC-IDRI (Armato et al. 2011, Medical "
    "Physics 38:915-931), CC BY 3.0."
)
Volumes = UInt8[np.ndarray, "volumes depth rows columns"]


def from_study(data: NoduleMnistData, order: Order) -> Reading:
    """Slices nearest to the middle of every volume, along one of its axes.

    Raises:
        DataError: if the file is not as MedMNIST writes it.
    """
    path = order.files["path"]
    names = [f"{part}_{kind}" for part in PARTS for kind in ("images", "labels")]
    arrays = read_npz(path, names, check=partial(check_all, path.name))
    volumes = np.concatenate([arrays[f"{part}_images"] for part in PARTS])
    label = np.concatenate([arrays[f"{part}_labels"].reshape(-1) for part in PARTS]).astype(np.int64)
    names = [f"{part}-{i:04d}" for part in PARTS for i in range(len(arrays[f"{part}_labels"]))]
    chosen = middle(volumes.shape[1], data.slices_per_nodule)
    grey = np.take(volumes, chosen, axis=data.axis + 1)
    stacked = np.moveaxis(grey, data.axis + 1, 1).reshape(-1, *volumes.shape[2:])
    count = len(chosen)
    slices = Slices(
        hounsfield=as_hounsfield(stacked, data.grey_hu),
        label=label.repeat(count),
        mask=np.zeros(stacked.shape, bool),
        patient=np.array(names).repeat(count),
        spacing=np.full((len(stacked), 2), data.spacing_mm, np.float32),
        id=np.array([f"{name}-s{rank}" for name in names for rank in range(1, count + 1)]),
        nodule=np.array(names).repeat(count),
    )
    card = SourceCard(
        source="nodulemnist3d",
        file=path.name,
        attenuation="measured",
        attribution=ATTRIBUTION,
        date="2023",
        steps=(
            Step(words="Volumes in the file", count=len(volumes)),
            Step(words="Slices used", count=len(stacked)),
        ),
        notes=(
            "The file does not say which volumes are of one patient, so the split is by volume: a patient may be in two parts.",
            f"Grey values were taken as {data.grey_hu[0]:g} to {data.grey_hu[1]:g} HU; MedMNIST does not say what they are.",
        ),
    )
    return Reading(slices, card, salt_of([volumes]))


def check_all(name: str, members: Members) -> None:
    """Check types and shapes of all parts.

    Raises:
        DataError: if one has another, or the parts have volumes of different sizes.
    """
    for part in PARTS:
        check(members[f"{part}_images"], members[f"{part}_labels"], name)
    sides = {members[f"{part}_images"].shape[1] for part in PARTS}
    if len(sides) > 1:
        msg = f"Expected volumes of one size, but got {sorted(sides)} voxels along a side in {name}. Get it again."
        raise DataError(msg)


def check(images: Member, labels: Member, name: str) -> None:
    """Check that one part has volumes of one byte per voxel and one label per volume.

    Raises:
        DataError: if it has not.
    """
    sides = set(images.shape[1:])
    if images.dtype != np.uint8 or images.ndim != 4 or len(sides) != 1 or not sides <= set(SIDES):  # noqa: PLR2004 - volumes
        msg = (
            f"Expected volumes of 28 or 64 voxels along each side in bytes, but got {images.dtype} {images.shape} in {name}. "
            "Get nodulemnist3d.npz or nodulemnist3d_64.npz."
        )
        raise DataError(msg)
    if labels.shape not in {(len(images), 1), (len(images),)} or labels.dtype.kind not in "iu":
        msg = f"Expected one whole number per volume as label, but got {labels.dtype} {labels.shape} in {name}."
        raise DataError(msg)


def middle(depth: int, number: int) -> list[int]:
    """The indices nearest to the middle, the nearest first; of two at the same distance the lower first.

    >>> middle(28, 3)
    [13, 14, 12]
    """
    return sorted(range(depth), key=lambda index: (abs(2 * index - (depth - 1)), index))[:number]


def as_hounsfield(
    grey: UInt8[np.ndarray, "slices rows columns"], ends: tuple[float, float]
) -> Float32[np.ndarray, "slices rows columns"]:
    """Bytes as HU: 0 is the first of `ends`, 255 the second."""
    low, high = ends
    hounsfield: Float32[np.ndarray, "slices rows columns"] = (
        grey * np.float32((high - low) / 255) + np.float32(low)
    ).astype(np.float32)
    return hounsfield
