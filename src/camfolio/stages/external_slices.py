"""Stage `external-slices`: the slices of another source, none of whose patients the network has met."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from camfolio.data.reading import Order, read_source
from camfolio.errors import DataError
from camfolio.stages import slices
from camfolio.study.settings import LabelRule
from camfolio.study.sources import Data


def run(*, out: Path, data: Data, external: Data, labels: LabelRule, seed: int, **files: Path) -> None:
    """Write `slices.npz` and `card.json` of the source `external`, as the stage `slices` does.

    Both sources are read with their ids as stored and compared before there are pseudonyms: pseudonyms of two sources
    never meet.

    Args:
        out: gets the files.
        data: the study's `data` section.
        external: the study's `external` section.
        labels: used by sources with readers' ratings.
        seed: of everything random in a source.
        files: the files and folders that both sources read: `own_NAME` and `other_NAME`.

    Raises:
        DataError: if a patient is in both sources.
    """
    own, other = (
        {name.removeprefix(part): path for name, path in files.items() if name.startswith(part)}
        for part in ("own_", "other_")
    )
    known = read_source(data, Order(labels, seed, own)).slices.patient
    met = np.intersect1d(known, read_source(external, Order(labels, seed, other)).slices.patient)
    if met.size:
        msg = (
            f"Expected an external source with patients of its own, but {met.size} of its patients are in data, too. "
            "Take them out of one of the two."
        )
        raise DataError(msg)
    slices.run(out=out, data=external, labels=labels, seed=seed, **other)
