"""Slices from user code (source `own`): a LightningDataModule, or a function (or subclass) that returns Slices.

A data module's samples are read from the data sets of its loaders, in order and without shuffling: mappings with
`image` (HU), `label` and `patient`, and optionally `mask`, `spacing` (mm), `id` and `nodule`. The module's division into training,
validation and test set is ignored: the study splits by patient.

An optional mapping `data_card` on the data module, the class or the function gives texts for the data card.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from camfolio.data.reading import Order, Reading, salt_of
from camfolio.data.slices import Slices
from camfolio.errors import DataError, nearest
from camfolio.results.card import SourceCard
from camfolio.study.source import SourceWords
from camfolio.study.sources.user_code import UserCodeData
from camfolio.user_code import Wanted, create_user_object, find_user_object

LOADERS = ("train_dataloader", "val_dataloader", "test_dataloader")
WANTED = Wanted(
    "a data module or a subclass of Slices",
    lambda found: issubclass(found, Slices) or any(hasattr(found, loader) for loader in LOADERS),
)
"""What `class_path` may name, besides a function that returns Slices or a data module."""
LIGHTNING = {"lightning", "pytorch_lightning"}
NEEDED = ("image", "label", "patient")
CARD_KEYS = {"attribution", "date"}
"""Entries of every data card, of any source."""
KNOWN_KEYS = sorted({field.name for field in fields(SourceWords)} - {"origin"} | CARD_KEYS)
"""Keys that a `data_card` may have."""


def from_study(data: UserCodeData, order: Order) -> Reading:
    """The slices that a class or function of user code returns.

    Raises:
        StudyError: if it cannot be found, is neither a data module nor a function, or raises an exception.
        DataError: if it returns neither Slices nor a data module with usable samples.
    """
    del order
    name = data.class_path
    returned = create_user_object(name, data.init_args, WANTED)
    slices = returned if isinstance(returned, Slices) else from_samples(samples(returned, name), name)
    card = SourceCard(
        source="own",
        made_by=name,
        attenuation="measured",
        nodules_known=slices.nodules_known,
        **data_card(returned, name),
    )
    return Reading(slices, card, salt_of([slices.hounsfield]))


def data_card(returned: object, name: str) -> dict[str, Any]:
    """Entries of user code for the data card: CARD_KEYS, and `words` with all others; none without a `data_card`.

    Raises:
        DataError: if it is no mapping, or has an unknown key or a value of the wrong type.
    """
    given = getattr(returned, "data_card", None) or getattr(find_user_object(name, WANTED), "data_card", {})
    if not isinstance(given, Mapping):
        msg = f"Expected a mapping as data_card of {name}, but got {type(given).__name__}. Known keys: {', '.join(KNOWN_KEYS)}."
        raise DataError(msg)
    words = {str(key): checked(str(key), value, name) for key, value in given.items()}
    return {key: words.pop(key) for key in CARD_KEYS & set(words)} | {"words": words}


def checked(key: str, value: object, name: str) -> str | tuple[str, ...]:
    """One entry of a `data_card`: text, or for `citations` a list of BibTeX keys.

    Raises:
        DataError: for an unknown key or another type.
    """
    if key not in KNOWN_KEYS:
        msg = f"Expected a known key in data_card of {name}, but got {key!r}. {nearest(key, KNOWN_KEYS)}"
        raise DataError(msg)
    if key == "citations" and isinstance(value, list | tuple) and all(isinstance(entry, str) for entry in value):
        return tuple(value)
    if key == "citations" or not isinstance(value, str):
        expected = "a list of BibTeX keys" if key == "citations" else "text"
        msg = f"Expected {expected} for {key} in data_card of {name}, but got {value!r}."
        raise DataError(msg)
    return value


def samples(module: object, name: str) -> list[Mapping[str, Any]]:
    """Every sample of a data module, of all its loaders.

    Raises:
        DataError: if it is no data module, one of its methods fails, or a sample is no mapping.
    """
    if not any(hasattr(module, loader) for loader in LOADERS):
        msg = (
            f"Expected Slices or a LightningDataModule, but {name} returns {type(module).__name__}. Return one of them."
        )
        raise DataError(msg)
    try:
        prepare(module)
        listed = [sample for loader in LOADERS for sample in samples_of(module, loader)]
    except Exception as error:
        msg = f"Expected {name} to load its data, but got {type(error).__name__}: {error}."
        raise DataError(msg) from error
    odd = next((sample for sample in listed if not (isinstance(sample, Mapping) and set(NEEDED) <= set(sample))), None)
    if odd is not None or not listed:
        got = type(odd).__name__ if not isinstance(odd, Mapping) else f"keys {', '.join(map(str, odd))}"
        msg = f"Expected samples with {', '.join(NEEDED)} from {name}, but got {got if listed else 'none'}. Return mappings."
        raise DataError(msg)
    return listed


def prepare(module: Any) -> None:  # noqa: ANN401 - a data module of any class
    """Call the methods that a trainer calls before it uses the loaders."""
    if hasattr(module, "prepare_data"):
        module.prepare_data()
    if hasattr(module, "setup"):
        for stage in ("fit", "test"):
            module.setup(stage)


def samples_of(module: Any, loader_name: str) -> Iterator[Any]:  # noqa: ANN401 - a data module of any class
    """The samples of one loader, in the order of its data set; none if the module does not define that loader."""
    method = getattr(module, loader_name, None)
    inherited = getattr(method, "__module__", "").partition(".")[0] in LIGHTNING  # Lightning's default raises
    loader = method() if method is not None and not inherited else None
    if loader is not None:
        dataset = loader.dataset
        yield from (dataset[i] for i in range(len(dataset)))


def from_samples(listed: list[Mapping[str, Any]], name: str) -> Slices:
    """Samples as slices; a missing mask is empty, a missing spacing is 1 mm; `nodule` is in all samples or in none.

    Raises:
        DataError: if they do not fit together.
    """
    try:
        images = [np.asarray(sample["image"], np.float32) for sample in listed]
        hounsfield = np.stack([image.reshape(image.shape[-2:]) for image in images])
        masks = [np.asarray(sample.get("mask", np.zeros(hounsfield.shape[1:], bool))) != 0 for sample in listed]
        patient = [str(sample["patient"]) for sample in listed]
        nodule = [str(sample["nodule"]) for sample in listed if "nodule" in sample]
        return Slices(
            hounsfield=hounsfield,
            label=np.array([int(sample["label"]) for sample in listed], np.int64),
            mask=np.stack([mask.reshape(mask.shape[-2:]) for mask in masks]),
            patient=np.array(patient),
            spacing=np.stack(
                [np.broadcast_to(np.asarray(sample.get("spacing", 1.0), np.float32), 2) for sample in listed]
            ),
            id=np.array(
                [
                    str(sample.get("id", f"{patient_id}/{i:06d}"))
                    for i, (sample, patient_id) in enumerate(zip(listed, patient, strict=True))
                ]
            ),
            **({"nodule": np.array(nodule)} if nodule else {}),
        )
    except (ValueError, TypeError) as error:
        msg = f"Expected images of one size, whole numbers as labels and two spacings from {name}, but got: {error}."
        raise DataError(msg) from None
