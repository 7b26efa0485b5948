"""Slices from the user's own code: a LightningDataModule, or a class or function that gives Slices.

A data module's samples are taken from the data sets behind its loaders, in their order and without shuffling: mappings
with `image` (HU), `label` and `patient`, and, where there are any, `mask`, `spacing` and `id`. Its own parts are not
kept: the study's split is by patient.

What pages say of the data may stand beside them: a mapping `data_card` on the data module, the class or the function.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from camfolio.data.reading import Order, Reading, salt_of
from camfolio.data.slices import Slices
from camfolio.errors import DataError, nearest
from camfolio.study.source import SourceWords
from camfolio.study.sources.own import OwnData
from camfolio.user_code import find_own, make_own

LOADERS = ("train_dataloader", "val_dataloader", "test_dataloader")
LIGHTNING = {"lightning", "pytorch_lightning"}
NEEDED = ("image", "label", "patient")
BESIDE = {"attribution", "date"}
"""What stands on every data card, whatever its source."""
SAID = sorted({one.name for one in fields(SourceWords)} - {"origin"} | BESIDE)
"""What a `data_card` may say."""


def from_study(data: OwnData, order: Order) -> Reading:
    """What the user's class or function gives.

    Raises:
        StudyError: if it cannot be found or made.
        DataError: if it gives neither Slices nor samples that can become some.
    """
    del order
    made = make_own(data.class_path, data.init_args)
    slices = made if isinstance(made, Slices) else from_samples(samples(made, data.class_path), data.class_path)
    card = {"source": "own", "made_by": data.class_path, "attenuation": "measured", **data_card(made, data.class_path)}
    return Reading(slices, card, salt_of([slices.hounsfield]))


def data_card(made: object, name: str) -> dict[str, Any]:
    """What the user's code says of its data, for the data card; nothing if it has no `data_card`.

    Raises:
        DataError: if that is no mapping, or holds a name or a value that the data card cannot show.
    """
    given = getattr(made, "data_card", None) or getattr(find_own(name), "data_card", {})
    if not isinstance(given, Mapping):
        msg = (
            f"Expected a mapping as data_card of {name}, but got {type(given).__name__}. Known keys: {', '.join(SAID)}."
        )
        raise DataError(msg)
    words = {str(key): said(str(key), value, name) for key, value in given.items()}
    return {key: words.pop(key) for key in BESIDE & set(words)} | {"words": words}


def said(key: str, value: object, name: str) -> str | list[str]:
    """One entry of a `data_card`: text, and for `citations` a list of keys.

    Raises:
        DataError: for an unknown key or another type.
    """
    if key not in SAID:
        msg = f"Expected a known key in data_card of {name}, but got {key!r}. {nearest(key, SAID)}"
        raise DataError(msg)
    if key == "citations" and isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return list(value)
    if key == "citations" or not isinstance(value, str):
        wanted = "a list of BibTeX keys" if key == "citations" else "text"
        msg = f"Expected {wanted} for {key} in data_card of {name}, but got {value!r}."
        raise DataError(msg)
    return value


def samples(made: object, name: str) -> list[Mapping[str, Any]]:
    """Every sample of a data module, of all its parts.

    Raises:
        DataError: if it is no data module, a method of it fails, or a sample is no mapping.
    """
    if not any(hasattr(made, loader) for loader in LOADERS):
        msg = f"Expected Slices or a LightningDataModule, but {name} gives {type(made).__name__}. Return one of them."
        raise DataError(msg)
    try:
        prepare(made)
        found = [sample for loader in LOADERS for sample in sample_of(made, loader)]
    except Exception as error:
        msg = f"Expected {name} to load its data, but got {type(error).__name__}: {error}."
        raise DataError(msg) from error
    odd = next((sample for sample in found if not (isinstance(sample, Mapping) and set(NEEDED) <= set(sample))), None)
    if odd is not None or not found:
        got = type(odd).__name__ if not isinstance(odd, Mapping) else f"keys {', '.join(map(str, odd))}"
        msg = f"Expected samples with {', '.join(NEEDED)} from {name}, but got {got if found else 'none'}. Return mappings."
        raise DataError(msg)
    return found


def prepare(made: Any) -> None:  # noqa: ANN401 - a data module, whatever its class
    """What a trainer would call first."""
    if hasattr(made, "prepare_data"):
        made.prepare_data()
    if hasattr(made, "setup"):
        for stage in ("fit", "test"):
            made.setup(stage)


def sample_of(made: Any, loader: str) -> Iterator[Any]:  # noqa: ANN401 - a data module, whatever its class
    """The samples behind one loader, in the order of the data set; none where it has no such loader."""
    method = getattr(made, loader, None)
    written_by_lightning = getattr(method, "__module__", "").partition(".")[0] in LIGHTNING  # and raises
    found = method() if method is not None and not written_by_lightning else None
    if found is not None:
        dataset = found.dataset
        yield from (dataset[i] for i in range(len(dataset)))


def from_samples(found: list[Mapping[str, Any]], name: str) -> Slices:
    """Samples as slices; without masks none is known, without spacing it is 1 mm.

    Raises:
        DataError: if they do not fit together.
    """
    try:
        images = [np.asarray(sample["image"], np.float32) for sample in found]
        hounsfield = np.stack([image.reshape(image.shape[-2:]) for image in images])
        masks = [np.asarray(sample.get("mask", np.zeros(hounsfield.shape[1:], bool))) != 0 for sample in found]
        patient = [str(sample["patient"]) for sample in found]
        return Slices(
            hounsfield=hounsfield,
            label=np.array([int(sample["label"]) for sample in found], np.int64),
            mask=np.stack([mask.reshape(mask.shape[-2:]) for mask in masks]),
            patient=np.array(patient),
            spacing=np.stack(
                [np.broadcast_to(np.asarray(sample.get("spacing", 1.0), np.float32), 2) for sample in found]
            ),
            id=np.array(
                [
                    str(sample.get("id", f"{one}/{i:06d}"))
                    for i, (sample, one) in enumerate(zip(found, patient, strict=True))
                ]
            ),
        )
    except (ValueError, TypeError) as error:
        msg = f"Expected images of one size, whole numbers as labels and two spacings from {name}, but got: {error}."
        raise DataError(msg) from None
