"""Slices from user code (source `own`): a LightningDataModule, or a function (or subclass) that returns Slices.

A data module's samples are read from the data sets of its loaders, each once, in order and without shuffling: mappings with
`image` (HU), `label` and `patient`, and optionally `mask`, `spacing` (mm), `id` and `nodule`. A loader may be a list or mapping of
loaders. The module's division into training, validation and test set is ignored: the study splits by patient. User code runs with
seeded global generators, so that what it draws is the same in every run.

An optional mapping `data_card` on the data module, the class or the function gives texts for the data card.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from itertools import islice
from typing import Any

import numpy as np
import torch
from pytorch_lightning.utilities.seed import isolate_rng

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
OPTIONAL = ("mask", "spacing", "id", "nodule")
READ_TWICE = 8
"""Samples of each data set that are read a second time."""
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
    name = data.class_path
    notes: tuple[str, ...] = ()
    with seeded(order.seed):
        returned = create_user_object(name, data.init_args, WANTED)
        if isinstance(returned, Slices):
            slices = returned
        else:
            listed = samples(returned, name)
            once: dict[str, Mapping[str, Any]] = {}
            for sample in listed:
                once.setdefault(digest_of(sample), sample)
            slices = from_samples(list(once.values()), name)
            if len(once) < len(listed):
                notes = (
                    f"{len(listed) - len(once)} samples that the data module gives again, equal in all entries, are used once.",
                )
    card = SourceCard(
        source="own",
        made_by=name,
        attenuation="measured",
        nodules_known=slices.nodules_known,
        notes=notes,
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


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Context in which the global generators of Python, NumPy and torch begin at a seed; their states are restored."""
    with isolate_rng():
        random.seed(seed)
        np.random.seed(seed % (1 << 32))  # noqa: NPY002 - the generator that user code may draw from
        torch.manual_seed(seed)
        yield


def samples(module: object, name: str) -> list[Mapping[str, Any]]:
    """Every sample of a data module, of all its loaders; those of a data set that several loaders share once.

    Raises:
        DataError: if it is no data module, one of its methods fails, a sample is no mapping, or differs when it is read again.
    """
    if not any(hasattr(module, loader) for loader in LOADERS):
        msg = (
            f"Expected Slices or a LightningDataModule, but {name} returns {type(module).__name__}. Return one of them."
        )
        raise DataError(msg)
    try:
        prepare(module)
        sets = {id(one): one for loader in LOADERS for one in data_sets_of(module, loader)}
        listed = [sample for one in sets.values() for sample in samples_in(one)]
    except Exception as error:
        msg = f"Expected {name} to load its data, but got {type(error).__name__}: {error}."
        raise DataError(msg) from error
    odd = next((sample for sample in listed if not (isinstance(sample, Mapping) and set(NEEDED) <= set(sample))), None)
    if odd is not None or not listed:
        got = type(odd).__name__ if not isinstance(odd, Mapping) else f"keys {', '.join(map(str, odd))}"
        msg = f"Expected samples with {', '.join(NEEDED)} from {name}, but got {got if listed else 'none'}. Return mappings."
        raise DataError(msg)
    if any(differs(one) for one in sets.values()):
        msg = (
            f"Expected the same sample whenever it is read, but those of {name} change, as with a random augmentation. "
            "Leave it out of the data sets; training.augmentation has camfolio's."
        )
        raise DataError(msg)
    return listed


def prepare(module: Any) -> None:  # noqa: ANN401 - a data module of any class
    """Call the methods that a trainer calls before it uses the loaders."""
    if hasattr(module, "prepare_data"):
        module.prepare_data()
    if hasattr(module, "setup"):
        for stage in ("fit", "test"):
            module.setup(stage)


def data_sets_of(module: Any, loader_name: str) -> Iterator[Any]:  # noqa: ANN401 - a data module of any class
    """The data sets of one method's loaders; none if the module does not define that method."""
    method = getattr(module, loader_name, None)
    inherited = getattr(method, "__module__", "").partition(".")[0] in LIGHTNING  # Lightning's default raises
    for loader in loaders_in(method()) if method is not None and not inherited else ():
        if not hasattr(loader, "dataset"):
            msg = f"{loader_name} gives {type(loader).__name__}, which is neither a DataLoader nor a list or mapping of them"
            raise TypeError(msg)
        yield loader.dataset


def loaders_in(returned: Any) -> Iterator[Any]:  # noqa: ANN401 - what a data module may return
    """Every loader of a loader, None, or a list, mapping or CombinedLoader of them at any depth."""
    parts = getattr(returned, "iterables", returned)
    if isinstance(parts, Mapping):
        parts = list(parts.values())
    if isinstance(parts, list | tuple):
        for part in parts:
            yield from loaders_in(part)
    elif returned is not None:
        yield returned


def samples_in(data_set: Any) -> Iterator[Any]:  # noqa: ANN401 - a data set of any class
    """The samples of a data set in its order; of one without length in the order in which it gives them."""
    if hasattr(data_set, "__len__"):
        yield from (data_set[i] for i in range(len(data_set)))
    else:
        yield from data_set


def differs(data_set: Any) -> bool:  # noqa: ANN401 - a data set of any class
    """Whether one of the first samples is another when it is read twice."""
    first, again = ([digest_of(sample) for sample in islice(samples_in(data_set), READ_TWICE)] for _ in range(2))
    return first != again


def digest_of(sample: Mapping[str, Any]) -> str:
    """Digest of the entries of a sample that are used."""
    digest = hashlib.sha256()
    for key in (*NEEDED, *OPTIONAL):
        if key in sample:
            value = array_of(sample[key])
            digest.update(f"{key} {value.shape}".encode())
            digest.update(value.tobytes() if value.dtype.kind in "biuf" else str(sample[key]).encode())
    return digest.hexdigest()


def from_samples(listed: list[Mapping[str, Any]], name: str) -> Slices:
    """Samples as slices; a missing mask is empty, a missing spacing is 1 mm; `nodule` is in all samples or in none.

    Raises:
        DataError: if they do not fit together.
    """
    try:
        images = [array_of(sample["image"]).astype(np.float32) for sample in listed]
        hounsfield = np.stack([image.reshape(image.shape[-2:]) for image in images])
        masks = [array_of(sample.get("mask", np.zeros(hounsfield.shape[1:], bool))) != 0 for sample in listed]
        patient = [text_of(sample, "patient") for sample in listed]
        nodule = [text_of(sample, "nodule") for sample in listed if "nodule" in sample]
        spacing = [np.broadcast_to(array_of(sample.get("spacing", 1.0)).astype(np.float32), 2) for sample in listed]
        return Slices(
            hounsfield=hounsfield,
            label=np.array([whole(sample["label"]) for sample in listed], np.int64),
            mask=np.stack([mask.reshape(mask.shape[-2:]) for mask in masks]),
            patient=np.array(patient),
            spacing=np.stack(spacing),
            id=np.array(
                [
                    text_of(sample, "id") if "id" in sample else f"{patient_id}/{i:06d}"
                    for i, (sample, patient_id) in enumerate(zip(listed, patient, strict=True))
                ]
            ),
            **({"nodule": np.array(nodule)} if nodule else {}),
        )
    except (ValueError, TypeError) as error:
        msg = f"Expected images of one size, whole numbers as labels and two spacings from {name}, but got: {error}."
        raise DataError(msg) from None


def array_of(value: Any) -> np.ndarray:  # noqa: ANN401 - an entry of any type
    """An entry of a sample as an array, that of a tensor without its history."""
    return np.asarray(value.detach() if isinstance(value, torch.Tensor) else value)


def text_of(sample: Mapping[str, Any], key: str) -> str:
    """An entry of a sample as text.

    Raises:
        ValueError: if it is missing in a table's way: None or not a number.
    """
    value = sample[key]
    if value is None or (isinstance(value, float | np.floating) and np.isnan(value)):
        msg = f"{value} as {key}"
        raise ValueError(msg)
    return str(value)


def whole(label: Any) -> int:  # noqa: ANN401 - an entry of any type
    """A label as an integer.

    Raises:
        ValueError: if it is no whole number.
    """
    value = float(label)
    if not value.is_integer():
        msg = f"a label of {value:g}"
        raise ValueError(msg)
    return int(value)
