"""The interface of data sources: arguments, and the slices, data card and salt that they return."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from camfolio.data.slices import Slices
from camfolio.results.card import SourceCard
from camfolio.study.settings import LabelRule
from camfolio.study.source import DataSource


@dataclass(frozen=True)
class Order:
    """Arguments of a source besides its settings.

    Attributes:
        labels: how ratings become labels, for sources with readers' ratings.
        seed: of all randomness in a source.
        files: the files and folders that the settings name, with resolved paths.
    """

    labels: LabelRule
    seed: int
    files: Mapping[str, Path]


@dataclass(frozen=True, eq=False)
class Reading:
    """The result of reading a source.

    Attributes:
        slices: with the stored ids of patients and slices.
        card: what the reader says of the data.
        salt: digest of all measured values of the source, computable only with the data.
    """

    slices: Slices
    card: SourceCard
    salt: str


def read_source(data: DataSource, order: Order) -> Reading:
    """Read the source that `data` describes; ids are as stored.

    Raises:
        DataError: for data that cannot be read.
    """
    reading: Reading = importlib.import_module(data.reader).from_study(data, order)
    return reading


def salt_of(measured: Iterable[np.ndarray | bytes]) -> str:
    """One digest of measured values as stored: the same on every computer, unlike one of resampled values."""
    digest = hashlib.sha256(b"camfolio pseudonyms")
    for values in measured:
        digest.update(np.ascontiguousarray(values).tobytes() if isinstance(values, np.ndarray) else values)
    return digest.hexdigest()
