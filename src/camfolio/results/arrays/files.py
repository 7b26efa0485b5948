"""Uncompressed npz files of plain arrays, each array read when it is accessed."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np

from camfolio.errors import StoreError

V = TypeVar("V")


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays; nothing is pickled."""
    np.savez(path, allow_pickle=False, **arrays)


def read_arrays(path: Path) -> Mapping[str, np.ndarray]:
    """The arrays of a file that `write_arrays` wrote, each read when it is accessed.

    Raises:
        StoreError: if the file is missing or is no npz.
    """
    if not zipfile.is_zipfile(path):
        actual = "another file" if path.exists() else "nothing"
        msg = f"Expected the arrays {path}, but got {actual}. Delete their folder, and they are computed again."
        raise StoreError(msg)
    arrays: Mapping[str, np.ndarray] = np.load(path, allow_pickle=False)
    return arrays


def below(prefix: str, values: Mapping[str, V]) -> dict[str, V]:
    """The values with PREFIX/ before their keys.

    >>> below("signed", {"grad_cam": 1})
    {'signed/grad_cam': 1}
    """
    return {f"{prefix}/{key}": value for key, value in values.items()}


class Below(Mapping[str, np.ndarray]):
    """The arrays of a file whose keys begin with PREFIX/, by the rest of their keys."""

    def __init__(self, arrays: Mapping[str, np.ndarray], prefix: str) -> None:
        self.arrays, self.prefix = arrays, f"{prefix}/"

    def __getitem__(self, key: str) -> np.ndarray:
        return self.arrays[self.prefix + key]

    def __iter__(self) -> Iterator[str]:
        return (key.removeprefix(self.prefix) for key in self.arrays if key.startswith(self.prefix))

    def __len__(self) -> int:
        return sum(1 for _ in self)
