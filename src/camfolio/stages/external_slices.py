"""Stage `external-slices`: the slices of an external source, whose patients are not in the study's source."""

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

    Patients are compared by the ids that both sources store, before pseudonyms are made: pseudonyms of two sources always
    differ.

    Args:
        out: gets the files.
        data: the study's `data` section.
        external: the study's `external` section.
        labels: used by sources with readers' ratings.
        seed: of everything random in a source.
        files: the files and folders that the sources read: `own_NAME` for `data`, `other_NAME` for `external`.

    Raises:
        DataError: if a patient is in both sources.
    """
    internal_files, external_files = (
        {name.removeprefix(part): path for name, path in files.items() if name.startswith(part)}
        for part in ("own_", "other_")
    )
    patients = read_source(data, Order(labels, seed, internal_files)).slices.patient
    shared = np.intersect1d(patients, read_source(external, Order(labels, seed, external_files)).slices.patient)
    if shared.size:
        msg = (
            f"Expected an external source without patients of data, but {shared.size} of its patients are in data, too. "
            "Remove them from one of the two."
        )
        raise DataError(msg)
    slices.run(out=out, data=external, labels=labels, seed=seed, **external_files)
