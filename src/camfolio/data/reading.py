"""What a source is asked for and what it hands over: slices, a data card, and the salt of their pseudonyms."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from camfolio.data.slices import Slices
from camfolio.study.settings import LabelRule
from camfolio.study.source import DataSource


@dataclass(frozen=True)
class Order:
    """What a source may use besides its own settings.

    Attributes:
        labels: how ratings become labels, for sources with readers' ratings.
        seed: of everything random in a source.
        files: the files and folders that the settings name, where they really are.
    """

    labels: LabelRule
    seed: int
    files: Mapping[str, Path]


@dataclass(frozen=True, eq=False)
class Reading:
    """What a source gives.

    Attributes:
        slices: with the ids of patients and slices as they are stored.
        card: plain JSON values for the data card; no id, no path.
        salt: digest of everything measured in the source, computable only with the data.
    """

    slices: Slices
    card: dict[str, Any]
    salt: str


def read_source(data: DataSource, order: Order) -> Reading:
    """Slices of the source that `data` describes, with ids as stored.

    Raises:
        DataError: in one sentence, for whatever cannot be read.
    """
    reading: Reading = importlib.import_module(data.reader).from_study(data, order)
    return reading


def salt_of(measured: Iterable[np.ndarray | bytes]) -> str:
    """One digest of measured values as they are stored: exact on every computer, unlike what is resampled from them."""
    digest = hashlib.sha256(b"camfolio pseudonyms")
    for values in measured:
        digest.update(np.ascontiguousarray(values).tobytes() if isinstance(values, np.ndarray) else values)
    return digest.hexdigest()
