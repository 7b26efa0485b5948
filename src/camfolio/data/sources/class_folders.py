"""A folder of images per class, masks beside them, patient and nodule in the path: PNG, TIFF, BMP, JPEG or NPY."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32
from PIL import Image, UnidentifiedImageError

from camfolio.data.archives import LARGEST_PIXELS as LARGEST_TOTAL
from camfolio.data.class_tree import FORMATS, ClassTree, ImageFile, class_tree
from camfolio.data.parallel import Tolerance, spread
from camfolio.data.patterns import compiled, first_group
from camfolio.data.reading import Order, Reading, salt_of
from camfolio.data.slices import Slices
from camfolio.errors import DataError
from camfolio.results.card import SourceCard, Step
from camfolio.study.sources.class_folders import ClassFoldersData

LARGEST_PIXELS = 4096 * 4096
GREY_MODES = ("1", "L", "I;16", "I;16B", "I;16L", "I", "F")


@dataclass(frozen=True)
class Patterns:
    """Patterns of a path below a class's folder whose first groups are the patient and, if it is stated, the nodule within the patient."""

    patient: re.Pattern[str]
    nodule: re.Pattern[str] | None


@dataclass(frozen=True, eq=False)
class Read:
    """One image: stored values, the same in HU, and its mask."""

    file: ImageFile
    patient: str
    nodule: str
    stored: np.ndarray
    hounsfield: Float32[np.ndarray, "rows columns"]
    mask: Bool[np.ndarray, "rows columns"]


def from_study(data: ClassFoldersData, order: Order) -> Reading:
    """Every image of the two folders.

    Raises:
        DataError: for the first file that cannot be used, unless `on_error` is skip; for a missing folder.
    """
    tolerance = Tolerance(data.on_error)
    patterns = Patterns(compiled("patient", data.patient), compiled("nodule", data.nodule) if data.nodule else None)
    tree = class_tree(order.files["path"], data.folders, data.mask_suffix)
    images = spread(
        partial(read_image, data, patterns), tree.images, "images", tolerance, reason="images that cannot be used"
    )
    found = list(limited(images))
    if not found:
        msg = f"Expected images in {' and '.join(data.folders)}, but none of {len(tree.images)} can be used. The log says why."
        raise DataError(msg)
    check_shapes(found)
    slices = Slices(
        hounsfield=np.stack([one.hounsfield for one in found]),
        label=np.array([one.file.label for one in found], np.int64),
        mask=np.stack([one.mask for one in found]),
        patient=np.array([one.patient for one in found]),
        spacing=np.full((len(found), 2), data.spacing_mm, np.float32),
        id=np.array([f"{data.folders[one.file.label]}/{one.file.name}" for one in found]),
        **({"nodule": np.array([one.nodule for one in found])} if data.nodule else {}),
    )
    lossy = sum(FORMATS.get(one.file.path.suffix.lower()) == "JPEG" for one in found)
    card = SourceCard(
        source="class-folders",
        attenuation="measured",
        nodules_known=bool(data.nodule),
        steps=tuple(steps(tree, data, slices)),
        notes=(f"{lossy} images are JPEG: its compression has changed their grey values.",) if lossy else (),
        skipped=dict(tolerance.skipped),
    )
    return Reading(slices, card, salt_of(one.stored for one in found))


def steps(tree: ClassTree, data: ClassFoldersData, slices: Slices) -> Iterator[Step]:
    """Counts of what was found and left out, in the order of reading."""
    yield from tree.files.left_out
    for words, count in (
        ("Files of other kinds, left out", tree.others),
        ("Files outside of these folders, left out", tree.elsewhere),
    ):
        if count:
            yield Step(words=words, count=count)
    for label, name in enumerate(data.folders):
        yield Step(
            words=f"Images in {name}", count=sum(image.label == label and not image.refusal for image in tree.images)
        )
    yield Step(words="Images with a mask beside them", count=int(slices.mask.any((1, 2)).sum()))
    yield Step(words="Slices used", count=len(slices))


def limited(images: Iterator[Read]) -> Iterator[Read]:
    """The images, as long as they are no more than fit into the memory.

    Raises:
        DataError: if they have too many pixels together.
    """
    pixels = 0
    for image in images:
        pixels += image.stored.size
        if pixels > LARGEST_TOTAL:
            msg = f"Expected images of at most {LARGEST_TOTAL} pixels together, but got more up to {image.file.name}. Crop them."
            raise DataError(msg)
        yield image


def read_image(data: ClassFoldersData, patterns: Patterns, file: ImageFile) -> Read:
    """One image with its mask.

    Raises:
        DataError: if it is refused, cannot be read, its values cannot be HU, or its path has no patient or nodule.
        StudyError: if a pattern takes too long.
    """
    if file.refusal:
        raise DataError(file.refusal)
    patient = part_of_path("patient", patterns.patient, file.name)
    nodule = f"{patient}/{part_of_path('nodule', patterns.nodule, file.name)}" if patterns.nodule else ""
    stored = read_array(file.path, file.name)
    mask = read_array(file.mask, file.mask.name) != 0 if file.mask else np.zeros(stored.shape, bool)
    if mask.shape != stored.shape:
        msg = f"Expected a mask of {stored.shape}, as {file.name}, but got {mask.shape}."
        raise DataError(msg)
    if len(np.unique(stored)) == 2:  # noqa: PLR2004 - of a mask
        msg = f"Expected grey values, but {file.name} holds only two, as masks do. Name it NAME{data.mask_suffix}, or leave it out."
        raise DataError(msg)
    return Read(file, patient, nodule, stored, as_hounsfield(stored, data.grey_hu, file.name), mask)


def part_of_path(key: str, pattern: re.Pattern[str], name: str) -> str:
    """The patient or nodule in the path of an image below its class's folder.

    Raises:
        DataError: if there is none, or the pattern's group spans several folders.
        StudyError: if the search takes too long.
    """
    found = first_group(key, pattern, name)
    if "/" in found:
        msg = (
            f"Expected a {key} within one part of a path, but data.{key} ({pattern.pattern}) finds {found} in {name}. "
            "Write [^/] instead of what may be a slash."
        )
        raise DataError(msg)
    return found


def read_array(path: Path, name: str) -> np.ndarray:
    """The stored values of a file, (rows, columns); messages call it by `name`.

    Raises:
        DataError: for a file that is no grey image, damaged, larger than a slice can be, or pickled.
    """
    try:
        found = read_npy(path) if path.suffix.lower() == ".npy" else read_picture(path, name)
    except DataError:
        raise
    except Exception as error:  # noqa: BLE001 - damaged images raise a dozen types of exceptions
        reason = "no image" if isinstance(error, UnidentifiedImageError) else type(error).__name__
        msg = f"Expected a grey image, but {name} cannot be read ({reason}). Save it again, or leave it out."
        raise DataError(msg) from None
    if found.ndim != 2 or found.dtype.kind not in "biuf" or not found.size:  # noqa: PLR2004 - rows and columns
        msg = f"Expected rows and columns of numbers, but got {found.dtype} {found.shape} in {name}."
        raise DataError(msg)
    return found


def read_npy(path: Path) -> np.ndarray:
    """Read an array after a check of its size in the header."""
    mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    if mapped.size > LARGEST_PIXELS:
        msg = "larger than a slice"
        raise ValueError(msg)
    return np.array(mapped)


def read_picture(path: Path, name: str) -> np.ndarray:
    """A picture of one channel, in the format that its suffix names."""
    with Image.open(path, formats=(FORMATS[path.suffix.lower()],)) as image:
        if image.mode not in GREY_MODES:
            msg = f"Expected a grey image, but {name} has the mode {image.mode}. Save it with one channel."
            raise DataError(msg)
        if image.width * image.height > LARGEST_PIXELS or getattr(image, "is_animated", False):
            msg = f"Expected one image of at most 4096 x 4096, but {name} is larger or has several. Split it."
            raise DataError(msg)
        return np.asarray(image)


def as_hounsfield(
    stored: np.ndarray, ends: tuple[float, float] | None, name: str
) -> Float32[np.ndarray, "rows columns"]:
    """Stored values as HU: unchanged, or grey values scaled linearly between the two ends.

    Raises:
        DataError: if 8-bit values have no ends, or if values that are no grey values have; for NaN.
    """
    if ends is None:
        if stored.dtype.itemsize == 1:
            msg = f"Expected HU, but {name} has 8 bits per pixel, which cannot hold them. Give data.grey_hu."
            raise DataError(msg)
        hounsfield = stored.astype(np.float32)
    elif stored.dtype.kind == "u":
        low, high = ends
        hounsfield = (low + stored.astype(np.float64) * (high - low) / np.iinfo(stored.dtype).max).astype(np.float32)
    else:
        msg = f"Expected 8- or 16-bit grey values for data.grey_hu, but {name} has {stored.dtype}. Leave grey_hu out."
        raise DataError(msg)
    if not np.isfinite(hounsfield).all():
        msg = f"Expected finite values, but {name} holds NaN or infinity. Leave it out."
        raise DataError(msg)
    return hounsfield


def check_shapes(found: Sequence[Read]) -> None:
    """Check that all images have the same size.

    Raises:
        DataError: naming the first that differs.
    """
    first = found[0]
    for one in found:
        if one.stored.shape != first.stored.shape:
            msg = (
                f"Expected images of one size, but {first.file.name} is {first.stored.shape} and {one.file.name} "
                f"{one.stored.shape}. Crop them to one size around the nodule."
            )
            raise DataError(msg)
