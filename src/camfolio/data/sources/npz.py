"""Slices from one npz file with plain arrays."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from camfolio.data.archives import Member, Members, read_npz
from camfolio.data.reading import Order, Reading, salt_of
from camfolio.data.resampling import resample
from camfolio.data.slices import Slices
from camfolio.errors import DataError
from camfolio.results.card import SourceCard
from camfolio.study.sources.npz import NpzData

NEEDED = ("image", "label", "mask", "patient", "spacing_xyz")
OPTIONAL = ("id", "nodule")
KINDS = {"image": "iuf", "label": "iub", "mask": "b", "patient": "U", "spacing_xyz": "iuf", "id": "U", "nodule": "U"}


def from_study(data: NpzData, order: Order) -> Reading:
    """The slices of a study; see `read`."""
    path = order.files["path"]
    arrays = read_arrays(path)
    slices, card = converted(arrays, path, data.spacing_mm)
    return Reading(slices, card, salt_of(arrays["image"]))


def read(path: Path, spacing_mm: float | None = None) -> tuple[Slices, SourceCard]:
    """Read slices and count them.

    Args:
        path: npz with image (N,H,W; HU), label (N,; 0 or 1), mask (N,H,W; bool), patient (N,; str), spacing_xyz
            (N,3; mm) and, if wanted, id (N,; str, unique) and nodule (N,; str, unique across patients). Nothing in it is
            unpickled.
        spacing_mm: resample to this pixel spacing; None keeps the stored spacing of each slice.

    Returns:
        The slices, and what is said of them.

    Raises:
        DataError: if the file is no npz, lacks an array, or holds one of the wrong type or shape.
    """
    return converted(read_arrays(path), path, spacing_mm)


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a file, the image as float32."""
    return read_npz(path, NEEDED, OPTIONAL, check=partial(check_all, path), as_float32=("image",))


def check_all(path: Path, members: Members) -> None:
    """Check types and shapes of all arrays.

    Raises:
        DataError: if one has another.
    """
    image = members["image"]
    if image.ndim != 3:  # noqa: PLR2004 - slices, rows, columns
        msg = f"Expected image of shape (slices, height, width), but got {image.shape} in {path.name}."
        raise DataError(msg)
    for name, member in members.items():
        check(name, member, image, path)


def converted(arrays: dict[str, np.ndarray], path: Path, spacing_mm: float | None) -> tuple[Slices, SourceCard]:
    """Slices and card from the arrays of a file."""
    slices = Slices(
        hounsfield=arrays["image"],
        label=arrays["label"].astype(np.int64),
        mask=arrays["mask"],
        patient=arrays["patient"],
        spacing=np.ascontiguousarray(arrays["spacing_xyz"][:, 1::-1]).astype(np.float32),
        id=arrays["id"] if "id" in arrays else default_ids(arrays["patient"]),
        **({"nodule": arrays["nodule"]} if "nodule" in arrays else {}),
    )
    card = SourceCard(
        source="npz",
        file=path.name,
        attenuation="measured",
        nodules_known="nodule" in arrays,
        stored_spacing_mm=(float(slices.spacing.min()), float(slices.spacing.max())),
    )
    return (resample(slices, spacing_mm) if spacing_mm else slices), card


def check(name: str, array: Member, image: Member, path: Path) -> None:
    """Check dtype and shape of one array.

    Raises:
        DataError: if it has another dtype or shape.
    """
    shape = {
        "image": image.shape,
        "mask": image.shape,
        "spacing_xyz": (len(image), 3),
    }.get(name, (len(image),))
    if array.dtype.kind not in KINDS[name]:
        msg = f"Expected {name} of kind {' or '.join(KINDS[name])}, but got {array.dtype} in {path.name}."
        raise DataError(msg)
    if array.shape != shape:
        msg = f"Expected {name} of shape {shape}, but got {array.shape} in {path.name}."
        raise DataError(msg)


def default_ids(patient: np.ndarray) -> np.ndarray:
    """Ids from the patient's id and the number of the slice within the patient: `LIDC-IDRI-0078-s2`."""
    seen: dict[str, int] = {}
    ids = []
    for name in patient:
        seen[name] = seen.get(name, 0) + 1
        ids.append(f"{name}-s{seen[name]}")
    return np.array(ids)
