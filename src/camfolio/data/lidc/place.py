"""Where a refused file is, in words that do not name a patient: its series, and its folder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from camfolio.data.dicom import Header
from camfolio.data.dicom_files import patient_of
from camfolio.user_code import without_texts

LOOKED_AT = 20
"""Files of a folder that are searched for its patients."""


def located(sentence: str, header: Header, *others: Header) -> str:
    """A sentence with the series of a slice and, as far as it does not name its patient or those of others, the folder."""
    patients = [one.patient for one in (header, *others)]
    return (
        f"{without_texts(sentence, patients)} The series is {header.series}{in_folder(header.path.parent, patients)}."
    )


def located_file(sentence: str, path: Path) -> str:
    """The same for a file of which no header is known: patient and folder are those of the slices beside it."""
    beside = islice(sorted(path.parent.iterdir()), LOOKED_AT)
    patients = [found for found in map(patient_of, (path, *beside)) if found]
    if not patients:
        return sentence
    words, folder = without_texts(sentence, patients), in_folder(path.parent, patients)
    return f"{words} It is{folder}." if folder else words


def in_folder(folder: Path, patients: Sequence[str]) -> str:
    """The name of a folder, without patients' ids where they are words of it; empty if nothing else is left."""
    name = without_texts(folder.name, patients)
    for patient in patients:
        name = re.sub(rf"(?<![^\W_]){re.escape(patient)}(?![^\W_])", "...", name)
    return f" in the folder {name}" if name.strip(".") else ""
