"""Slices from user code: classes and functions that return Slices, and LightningDataModules."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from monai.data import MetaTensor
from pytorch_lightning.utilities import CombinedLoader
from torch.utils.data import (
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    Subset,
    SubsetRandomSampler,
    random_split,
)

from camfolio.data.reading import Order, Reading, read_source
from camfolio.data.sources.user_code import KNOWN_KEYS
from camfolio.errors import DataError, StudyError
from camfolio.study.settings import LabelRule
from camfolio.study.sources.user_code import UserCodeData


class Discs(Dataset):
    """Samples as mappings."""

    def __init__(self, slices, leave=()):
        self.slices, self.leave = slices, leave

    def __len__(self):
        return len(self.slices)

    def __getitem__(self, i):
        one = {
            "image": torch.from_numpy(self.slices.hounsfield[i])[None],
            "label": int(self.slices.label[i]),
            "patient": str(self.slices.patient[i]),
            "mask": torch.from_numpy(self.slices.mask[i]),
            "spacing": self.slices.spacing[i],
            "id": str(self.slices.id[i]),
            "nodule": str(self.slices.patient[i]),
        }
        return {key: value for key, value in one.items() if key not in self.leave}


class DiscModule(pl.LightningDataModule):
    """Shuffled and without the incomplete last batch, which must have no effect."""

    def __init__(self, leave=(), parts=("train", "val")):
        super().__init__()
        self.leave, self.parts = leave, parts

    def setup(self, stage):
        whole = sys.modules["user_slices"].slices(8)
        self.train, self.val = (Discs(whole.select(index), self.leave) for index in (np.arange(5), np.arange(5, 8)))

    def train_dataloader(self):
        return DataLoader(self.train, 2, shuffle=True, drop_last=True)

    def val_dataloader(self):
        return DataLoader(self.val, 2)


@pytest.fixture(autouse=True)
def user_module(tiny_slices, monkeypatch):
    """The module `user_slices`."""
    module = ModuleType("user_slices")
    module.slices, module.DiscModule, module.three = as_its_own(tiny_slices), DiscModule, as_its_own(lambda: 3)
    module.broken = Broken
    monkeypatch.setitem(sys.modules, "user_slices", module)


def as_its_own(function):
    """A function as if it were defined in the module `user_slices`."""

    def own(*arguments, **named):
        return function(*arguments, **named)

    own.__module__ = "user_slices"
    return own


class Broken(pl.LightningDataModule):
    def setup(self, stage):
        msg = "no disk"
        raise RuntimeError(msg)


def read(name: str, **init_args: object) -> Reading:
    data = UserCodeData.model_validate({"source": "own", "class_path": f"user_slices.{name}", "init_args": init_args})
    return read_source(data, Order(LabelRule(), 0, {}))


def same(slices, expected) -> bool:
    return all(
        np.array_equal(getattr(slices, name), getattr(expected, name))
        for name in ("hounsfield", "label", "mask", "patient", "spacing", "id")
    )


def test_slices_are_used_unchanged(tiny_slices):
    assert same(read("slices", n=6).slices, tiny_slices(6))


def test_every_sample_of_a_data_module_is_read_once_in_order(tiny_slices):
    assert same(read("DiscModule").slices, tiny_slices(8))


def test_masks_spacing_nodules_and_ids_are_optional():
    assert read("DiscModule").card.nodules_known
    assert not read("DiscModule", leave=["nodule"]).card.nodules_known
    found = read("DiscModule", leave=["mask", "spacing", "nodule", "id"]).slices
    assert not found.mask.any()
    assert (found.spacing == 1).all()
    assert len(set(found.id)) == 8


@pytest.mark.parametrize(
    ("leave", "words"),
    [
        (
            ["patient"],
            r"Expected samples with image, label, patient from user_slices\.DiscModule, but got keys image, label",
        ),
        (["image"], "but got keys label, patient"),
    ],
)
def test_samples_without_a_required_entry_are_refused(leave, words):
    with pytest.raises(DataError, match=words):
        read("DiscModule", leave=leave)


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("three", DataError, r"Expected Slices or a LightningDataModule, but user_slices\.three returns int"),
        ("broken", DataError, r"Expected user_slices\.broken to load its data, but got RuntimeError: no disk"),
        ("nothing", StudyError, "there is no nothing in user_slices"),
    ],
)
def test_user_code_that_returns_no_slices_is_refused(name, kind, words):
    with pytest.raises(kind, match=words):
        read(name)


def test_the_data_card_of_user_code_is_part_of_the_card(card_with):
    card = card_with({"label_rule": "Histology.", "citations": ("armato2011",), "attribution": "Our hospital"})
    assert card.words == {"label_rule": "Histology.", "citations": ("armato2011",)}
    assert card.attribution == "Our hospital"


def test_user_code_without_a_data_card_adds_no_words(card_with):
    assert card_with(None).words == {}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (3, r"Expected a mapping as data_card of user_slices\.slices, but got int"),
        ({"label_rul": "x"}, r"but got 'label_rul'\. Did you mean label_rule\?"),
        ({"origin": "x"}, r"Expected a known key in data_card"),
        ({"exclusions": 3}, r"Expected text for exclusions in data_card of user_slices\.slices, but got 3\."),
        ({"citations": "armato2011"}, r"Expected a list of BibTeX keys for citations"),
    ],
)
def test_an_invalid_data_card_is_refused_with_a_sentence(card_with, given, message):
    with pytest.raises(DataError, match=message):
        card_with(given)


def test_every_key_of_a_data_card_is_documented():
    text = (Path(__file__).parents[3] / "docs" / "your-data.md").read_text(encoding="utf-8")
    assert [key for key in KNOWN_KEYS if f"`{key}`" not in text] == []


def test_a_data_module_may_have_a_data_card(monkeypatch):
    monkeypatch.setattr(DiscModule, "data_card", {"exclusions": "None."}, raising=False)
    assert read("DiscModule").card.words == {"exclusions": "None."}


@pytest.fixture
def card_with(tiny_slices, monkeypatch):
    """`card_with({...})`: the card of a function with this data card."""

    def card(given):
        def slices():
            return tiny_slices(8)

        slices.__module__ = "user_slices"
        if given is not None:
            slices.data_card = given
        monkeypatch.setattr(sys.modules["user_slices"], "slices", slices)
        return read("slices").card

    return card


class Loaders(pl.LightningDataModule):
    """A data module whose loaders are what functions make of the data sets of eight slices."""

    def __init__(self, train, val=None, test=None):
        super().__init__()
        self.methods = {"train": train, "val": val, "test": test}

    def setup(self, stage):
        whole = sys.modules["user_slices"].slices(8)
        self.train, self.val = (Discs(whole.select(index), ["id"]) for index in (np.arange(5), np.arange(5, 8)))

    def train_dataloader(self):
        return self.made("train")

    def val_dataloader(self):
        return self.made("val")

    def test_dataloader(self):
        return self.made("test")

    def made(self, name):
        return self.methods[name](self) if self.methods[name] else None


def read_from(monkeypatch, make) -> Reading:
    """What is read of the data module that a function returns."""
    monkeypatch.setattr(sys.modules["user_slices"], "loaders", as_its_own(make), raising=False)
    return read("loaders")


def train(module):
    return DataLoader(module.train, 2, shuffle=True)


def val(module):
    return DataLoader(module.val, 2)


def equal_val(module):
    """Another data set with the slices of the validation set, and one of the training set."""
    return DataLoader(ConcatDataset([Discs(module.val.slices, ["id"]), Subset(module.train, [1])]), 2)


def part_of_train(module):
    return DataLoader(module.train, 2, sampler=SubsetRandomSampler([1, 3]))


SAME = {
    "the validation loader": ({"test": val}, 0),
    "a loader of the same data set": ({"test": lambda module: DataLoader(module.val, 1, shuffle=True)}, 0),
    "a data set of the same slices": ({"test": equal_val}, 4),
    "samplers of one data set": ({"test": part_of_train}, 0),
    "a list": ({"val": lambda module: [val(module), train(module)]}, 0),
    "a mapping, nested": ({"val": lambda module: {"one": [val(module)], "two": (train(module), None)}}, 0),
    "an empty list": ({"test": lambda _: []}, 0),
    "a combined loader": (
        {"val": lambda module: CombinedLoader({"one": val(module), "two": train(module)}, "sequential")},
        0,
    ),
    "a data set without length": ({"test": lambda module: DataLoader(Stream(module.val))}, 3),
}


class Stream(IterableDataset):
    def __init__(self, data_set):
        self.data_set = data_set

    def __iter__(self):
        return (self.data_set[i] for i in range(len(self.data_set)))


@pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")  # Lightning's own, of a CombinedLoader
@pytest.mark.parametrize(("loaders", "again"), SAME.values(), ids=SAME)
def test_every_slice_is_read_once_whatever_the_loaders_are(tiny_slices, monkeypatch, loaders, again):
    found = read_from(monkeypatch, lambda: Loaders(**{"train": train, "val": val} | loaders))
    assert np.array_equal(found.slices.hounsfield, tiny_slices(8).hounsfield)
    assert len(found.card.notes) == bool(again)
    assert not again or found.card.notes[0].startswith(f"{again} samples that the data module gives again")


def test_slices_that_differ_in_one_entry_are_two(monkeypatch, tiny_slices):
    whole = tiny_slices(8)
    other = replace(whole, patient=np.char.add("q", whole.patient))
    two = [DataLoader(Discs(one, ["id"])) for one in (whole, other)]
    assert len(read_from(monkeypatch, lambda: Loaders(lambda _: two)).slices) == 16


def test_what_is_no_loader_is_named(monkeypatch):
    words = "train_dataloader gives int, which is neither a DataLoader nor a list or mapping of them"
    with pytest.raises(DataError, match=words):
        read_from(monkeypatch, lambda: Loaders(lambda _: [3]))


class Changed(Discs):
    """Samples whose entries are what functions make of them."""

    def __init__(self, slices, **changes):
        super().__init__(slices, ["id"])
        self.changes = changes

    def __getitem__(self, i):
        one = super().__getitem__(i)
        return one | {key: change(one[key]) for key, change in self.changes.items()}


@pytest.mark.parametrize(
    ("key", "change", "words"),
    [
        ("patient", lambda _: None, "but got: None as patient"),
        ("patient", lambda _: float("nan"), "but got: nan as patient"),
        ("nodule", lambda _: np.float32("nan"), "but got: nan as nodule"),
        ("label", lambda label: 0.7 * label, r"but got: a label of 0\.7"),
        ("label", lambda _: "malignant", "but got: .*'malignant'"),
        ("label", lambda _: float("nan"), "but got: a label of nan"),
        ("label", lambda _: float("inf"), "but got: a label of inf"),
        ("label", lambda _: torch.tensor([0.0, 1.0]), "but got: "),
        ("image", lambda image: image[0, :, :, None], "but got: "),
    ],
)
def test_an_entry_that_has_no_meaning_is_refused(monkeypatch, tiny_slices, key, change, words):
    loader = DataLoader(Changed(tiny_slices(8), **{key: change}))
    with pytest.raises(DataError, match=words):
        read_from(monkeypatch, lambda: Loaders(lambda _: loader))


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("image", lambda image: image.requires_grad_()),
        ("image", lambda image: image.numpy()[0]),
        ("image", MetaTensor),
        ("label", lambda label: torch.tensor([label])),
        ("label", float),
        ("label", str),
        ("label", bool),
        ("mask", lambda mask: mask[None].float()),
        ("spacing", lambda _: 1),
    ],
)
def test_entries_of_any_type_are_read_as_what_they_mean(monkeypatch, tiny_slices, key, change):
    loader = DataLoader(Changed(tiny_slices(8), **{key: change}))
    found = read_from(monkeypatch, lambda: Loaders(lambda _: loader)).slices
    expected = tiny_slices(8)
    assert np.array_equal(found.hounsfield, expected.hounsfield)
    assert np.array_equal(found.label, expected.label)
    assert np.array_equal(found.mask, expected.mask)


class Flipping(Discs):
    """A data set with a random augmentation."""

    def __getitem__(self, i):
        one = super().__getitem__(i)
        return one | {"image": one["image"].flip(1) if torch.rand(()) < 0.5 else one["image"]}


def test_a_data_set_with_a_random_augmentation_is_refused(monkeypatch, tiny_slices):
    flipping = DataLoader(Flipping(tiny_slices(8)))
    with pytest.raises(
        DataError, match=r"the same sample whenever it is read, but those of user_slices\.loaders change"
    ):
        read_from(monkeypatch, lambda: Loaders(lambda _: flipping))


def test_what_user_code_draws_is_the_same_in_every_run_and_nothing_else_is_changed(monkeypatch, tiny_slices):
    class Drawn(Loaders):
        def setup(self, stage):
            whole = tiny_slices(8)
            noisy = replace(whole, hounsfield=whole.hounsfield + np.random.normal(0, 1, (8, 16, 16)).astype(np.float32))  # noqa: NPY002 - as user code does
            self.train, self.val = random_split(Discs(noisy, ["id"]), [5, 3])

    torch.manual_seed(1)
    one = read_from(monkeypatch, lambda: Drawn(train, val))
    drawn = torch.rand(1)
    torch.manual_seed(1)
    assert torch.equal(torch.rand(1), drawn)
    other = read("loaders")
    assert same(one.slices, other.slices)
    assert one.salt == other.salt
