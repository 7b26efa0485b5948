"""Files of one folder per class, at any depth: images, the masks beside them, and files that are neither, which are counted."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from camfolio.data.files import Files, files_under
from camfolio.errors import DataError, guess

FORMATS = {".png": "PNG", ".tif": "TIFF", ".tiff": "TIFF", ".bmp": "BMP", ".jpg": "JPEG", ".jpeg": "JPEG"}
"""Pillow's name of the format of a file, by its suffix in lower case."""
KINDS = (*FORMATS, ".npy")


@dataclass(frozen=True)
class ImageFile:
    """One image, or a file that is refused.

    Attributes:
        path: the file.
        name: its path below its class's folder, with slashes.
        label: 0 or 1, its class.
        mask: the file of its mask; None without one.
        refusal: the sentence why it cannot be used; empty if it can.
    """

    path: Path
    name: str
    label: int
    mask: Path | None = None
    refusal: str = ""


@dataclass(frozen=True)
class ClassTree:
    """Contents of the folders of both classes.

    Attributes:
        images: of the first class, then of the second, sorted by path, and after each class's images the masks without one.
        files: all files of both folders.
        others: number of files of other kinds.
        elsewhere: number of files below `data.path` that are in neither folder.
    """

    images: tuple[ImageFile, ...]
    files: Files
    others: int
    elsewhere: int


def class_tree(folder: Path, names: tuple[str, str], mask_suffix: str) -> ClassTree:
    """The images of both classes.

    Raises:
        DataError: if a folder does not exist, is not directly under `data.path`, has no image, or both are the same.
    """
    if names[0] == names[1]:
        msg = f"Expected a folder for each class in data.folders, but got {names[0]!r} twice. Name two folders."
        raise DataError(msg)
    found = [files_of(folder, name) for name in names]
    images = [
        image
        for label, files in enumerate(found)
        for image in images_of(folder / names[label], files.paths, label, mask_suffix)
    ]
    files = found[0] + found[1]
    return ClassTree(
        images=tuple(images),
        files=files,
        others=sum(path.suffix.lower() not in KINDS for path in files.paths),
        elsewhere=sum(path.relative_to(folder).parts[0] not in names for path in files_under(folder).paths),
    )


def files_of(folder: Path, name: str) -> Files:
    """The files of one class.

    Raises:
        DataError: if the folder does not exist, is not directly under `data.path`, or has no image.
    """
    if Path(name).name != name:
        msg = (
            f"Expected the name of a folder in data.folders, but got {name!r}. Name a folder directly under data.path."
        )
        raise DataError(msg)
    if not (folder / name).is_dir():
        meant = guess(name, [path.name for path in folder.iterdir() if path.is_dir()])
        msg = f"Expected a folder {name} under data.path, but there is none. {meant}Check data.folders."
        raise DataError(msg)
    files = files_under(folder / name)
    kinds = Counter(path.suffix.lower() or "no suffix" for path in files.paths)
    if not kinds.keys() & set(KINDS):
        got = f"{len(files.paths)} files of other kinds ({', '.join(sorted(kinds)[:3])})" if kinds else "none"
        msg = f"Expected images ({', '.join(KINDS)}) in the folder {name}, but it has {got}."
        raise DataError(msg)
    return files


def images_of(folder: Path, paths: Sequence[Path], label: int, mask_suffix: str) -> Iterator[ImageFile]:
    """The images of one class with their masks, then the masks that are of no image, refused."""
    masks: dict[tuple[Path, str], list[Path]] = defaultdict(list)
    images = []
    for path in paths:
        if path.suffix.lower() in KINDS:
            stem = path.stem.casefold()
            if stem.endswith(mask_suffix.casefold()):
                masks[path.parent, stem.removesuffix(mask_suffix.casefold())].append(path)
            else:
                images.append(path)
    used: set[Path] = set()
    for path in images:
        name = path.relative_to(folder).as_posix()
        beside = masks_of(path, masks)
        used.update(beside)
        refusal = ""
        if looks_like_a_mask(name, mask_suffix):
            refusal = f"Expected masks as NAME{mask_suffix} beside the image NAME, but {name} is named otherwise. Rename it, or leave it out."
        elif len(beside) > 1:
            refusal = (
                f"Expected one mask of {name}, but got {' and '.join(mask.name for mask in beside)}. Leave one out."
            )
        yield ImageFile(path, name, label, beside[0] if beside else None, refusal)
    for mask in sorted(mask for beside in masks.values() for mask in beside if mask not in used):
        name = mask.relative_to(folder).as_posix()
        refusal = f"Expected an image beside the mask {name} that has no other mask, but there is none. Rename or leave out the mask."
        yield ImageFile(mask, name, label, None, refusal)


def masks_of(image: Path, masks: Mapping[tuple[Path, str], Sequence[Path]]) -> Sequence[Path]:
    """The masks beside an image: those in its format, where there are any, and of them those in its letter case."""
    beside = masks.get((image.parent, image.stem.casefold()), ())
    beside = [mask for mask in beside if mask.suffix.lower() == image.suffix.lower()] or beside
    return [mask for mask in beside if mask.stem.startswith(image.stem)] or beside


def looks_like_a_mask(name: str, mask_suffix: str) -> bool:
    """Whether a path has the word of the suffix, or its plural, somewhere else than at the end of the file's name.

    >>> looks_like_a_mask("masks/a_1.png", "_mask"), looks_like_a_mask("maskell_1.png", "_mask")
    (True, False)
    """
    words = set(re.findall("[a-z]{3,}", mask_suffix.casefold()))
    return any(word in words or word.removesuffix("s") in words for word in re.split(r"[\W_]+", name.casefold()))
