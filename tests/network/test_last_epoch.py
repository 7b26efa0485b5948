"""Interrupted trainings that go on, compared bit by bit with undisturbed ones."""

from __future__ import annotations

import hashlib
import io
import logging
import os
import random
import signal
from dataclasses import replace

import numpy as np
import pytest
import torch
from pytorch_lightning.callbacks import Callback
from torch import nn

from camfolio import progress
from camfolio.data.loading import SliceLoading
from camfolio.network import last_epoch, training
from camfolio.study.training import Training

WINDOW = (-1000.0, 400.0)
chance = np.random.mtrand._rand
"""The global generator of numpy."""


@pytest.fixture(autouse=True)
def _process_as_it_was():
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    handler = signal.getsignal(signal.SIGINT)
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)
    signal.signal(signal.SIGINT, handler)  # Lightning ignores it after Ctrl-C


class Dropping(nn.Module):
    """Draws from the global generators of torch, numpy and Python; has a convolution with gradients in contiguous memory."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(1, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.strided = nn.Conv2d(4, 8, 1, stride=2)
        self.dropout = nn.Dropout(0.3)
        self.fc = nn.Linear(8, 2)

    def forward(self, images):
        activations = self.strided(self.norm(self.convolution(images)).relu()).relu()
        noise = 1 + 0.1 * self.training * (chance.rand() + random.random())
        return self.fc(self.dropout(activations.mean((2, 3)))) * noise


class Stop(Callback):
    """Raises an exception in an epoch, from 1 on, after its second batch, or at the end of the training."""

    def __init__(self, epoch, error=KeyboardInterrupt):
        self.epoch, self.error = epoch, error

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        if trainer.current_epoch + 1 == self.epoch and batch_idx == 1:
            raise self.error

    def on_train_end(self, trainer, pl_module):
        if self.epoch is None:
            raise self.error


@pytest.fixture(scope="module")
def slices(tiny_slices):
    return tiny_slices(n=48, size=16)


def parts(slices):
    patient = np.unique(slices.patient, return_inverse=True)[1]
    return np.repeat(["train", "validation", "test"], [4, 2, 2])[patient % 8]


def trained(slices, unfinished=None, *, turned=False, **more):
    """Weights, everything else that a training returns, and what the global generators give after it."""
    torch.set_num_threads(1)
    torch.manual_seed(5)
    chance.seed(5)
    random.seed(5)
    if turned:  # validation labels are the wrong way round, so that the first epochs are the best ones
        slices = replace(slices, label=np.where(parts(slices) == "validation", 1 - slices.label, slices.label))
    network = Dropping()
    settings = Training(**({"max_epochs": 5, "batch_size": 8, "threads": 1, "accelerator": "cpu"} | more))
    loading = SliceLoading(slices, parts(slices), batch_size=8, seed=5)
    result = training.train(network, loading, window_hu=WINDOW, settings=settings, seed=5, unfinished=unfinished)
    return network.state_dict(), result, (torch.rand(3).tolist(), chance.rand(3).tolist(), random.random())


@pytest.fixture
def interrupted(slices, tmp_path, monkeypatch):
    """`interrupted(epoch, ...)`: a training that an exception ends; its state is in `tmp_path`."""
    make = training.make_trainer

    def interrupt(epoch, error=KeyboardInterrupt, **more):
        with monkeypatch.context() as patch:
            patch.setattr(
                training,
                "make_trainer",
                lambda given, epochs, called: make(given, epochs, [*called, Stop(epoch, error)]),
            )
            with pytest.raises((SystemExit, error)):
                trained(slices, tmp_path, **more)

    return interrupt


def assert_same(one, other):
    assert one[0].keys() == other[0].keys()
    assert all(torch.equal(one[0][name], other[0][name]) for name in one[0])
    assert one[1:] == other[1:]


@pytest.fixture(scope="module")
def undisturbed(slices):
    return trained(slices)


@pytest.fixture
def said(caplog, monkeypatch):
    """`said()`: lines of the log since the last call, with a line for each epoch whose end was reported."""
    caplog.set_level(logging.INFO, logger="camfolio")
    reported = [""]

    def hear(_, words):
        if words != reported[-1]:
            reported.append(words)
            logging.getLogger("camfolio").info(words)

    monkeypatch.setattr(progress, "_listeners", [hear])

    def lines():
        messages = [record.message for record in caplog.records]
        caplog.clear()
        return messages

    return lines


def epochs(lines):
    return [int(line.split()[1]) for line in lines if line.startswith("epoch ")]


@pytest.mark.parametrize("epoch", [1, 2, 4, 5, None])
def test_an_interrupted_training_goes_on_and_gives_the_same_bits(interrupted, slices, tmp_path, undisturbed, epoch):
    interrupted(epoch)
    assert_same(trained(slices, tmp_path), undisturbed)


def test_the_log_says_once_after_which_epoch_a_training_goes_on(interrupted, slices, tmp_path, said):
    interrupted(4)
    assert not [line for line in said() if "goes on" in line]
    trained(slices, tmp_path)
    lines = said()
    assert [line for line in lines if "goes on" in line] == ["training goes on after epoch 3 of 5"]
    assert epochs(lines) == [4, 5]


def test_a_training_that_fails_goes_on_too_and_may_be_interrupted_several_times(
    interrupted, slices, tmp_path, undisturbed
):
    interrupted(2, ZeroDivisionError)
    interrupted(3)
    interrupted(3, OSError)
    assert_same(trained(slices, tmp_path), undisturbed)


def test_writing_the_file_changes_no_result_and_leaves_one_file_named_by_its_digest(slices, tmp_path, undisturbed):
    assert_same(trained(slices, tmp_path / "new"), undisturbed)
    [file] = (tmp_path / "new").iterdir()
    assert file.name == hashlib.sha256(file.read_bytes()).hexdigest() + ".ckpt"


EARLY = {"turned": True, "average": 0, "max_epochs": 30, "patience": 2, "learning_rate": 2e-2}


@pytest.fixture(scope="module")
def stopped_early(slices):
    return trained(slices, **EARLY)


@pytest.mark.parametrize("before", [0, 1, 2])
def test_early_stopping_stops_at_the_same_epoch(interrupted, slices, tmp_path, stopped_early, before):
    last = len(stopped_early[1].history)
    assert stopped_early[1].kept_epoch + 2 == last < 30
    interrupted(last - before, **EARLY)
    assert_same(trained(slices, tmp_path, **EARLY), stopped_early)


def test_a_training_that_was_stopped_early_but_not_exported_computes_nothing_again(
    interrupted, slices, tmp_path, said, stopped_early
):
    interrupted(None, **EARLY)
    said()
    assert_same(trained(slices, tmp_path, **EARLY), stopped_early)
    assert epochs(said()) == []


def truncated(content):
    return content[: len(content) // 2]


def flipped(content):
    place = len(content) // 3
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


@pytest.mark.parametrize("damage", [truncated, flipped, lambda _: b""], ids=["truncated", "flipped", "empty"])
def test_a_damaged_file_is_one_warning_and_the_training_starts_from_the_beginning(
    interrupted, slices, tmp_path, said, damage
):
    interrupted(2, max_epochs=2)
    [file] = tmp_path.iterdir()
    file.write_bytes(damage(file.read_bytes()))
    said()
    assert_same(trained(slices, tmp_path, max_epochs=2), trained(slices, max_epochs=2))
    lines = said()
    assert [line for line in lines if line.startswith("Expected")] == [
        f"Expected the state after an epoch, but got other bytes in {file}. It is ignored."
    ]
    assert epochs(lines) == [1, 2, 1, 2]


class Command:
    def __reduce__(self):
        return os.mkdir, ("unpickled",)


def test_no_code_is_run_from_a_file(slices, tmp_path, monkeypatch, said):
    monkeypatch.chdir(tmp_path)
    content = io.BytesIO()
    torch.save({"state_dict": Command()}, content)
    folder = tmp_path / "unfinished"
    folder.mkdir()
    (folder / f"{hashlib.sha256(content.getvalue()).hexdigest()}.ckpt").write_bytes(content.getvalue())
    trained(slices, folder, max_epochs=1)
    assert not (tmp_path / "unpickled").exists()
    assert any("but got UnpicklingError when it is read in" in line for line in said())


def test_a_training_does_not_go_on_on_another_device(interrupted, slices, tmp_path, monkeypatch, said):
    with monkeypatch.context() as patch:
        patch.setattr(last_epoch, "device_name", lambda _: "cuda NVIDIA H200")
        interrupted(2, max_epochs=2)
    said()
    trained(slices, tmp_path, max_epochs=2)
    lines = said()
    assert epochs(lines) == [1, 2]
    assert any("but got that of a training on cuda NVIDIA H200, not cpu, in" in line for line in lines)
    assert len(list(tmp_path.iterdir())) == 1


def test_what_an_interrupted_writing_left_is_deleted(slices, tmp_path):
    (tmp_path / "0123.part").write_bytes(b"half")
    trained(slices, tmp_path, max_epochs=1)
    assert [file.suffix for file in tmp_path.iterdir()] == [".ckpt"]


def test_gradients_of_computed_weights_are_remembered():
    class Standardised(nn.Conv2d):
        def forward(self, images):
            return nn.functional.conv2d(images, self.weight * 2, stride=2)

    network = nn.Sequential(nn.Conv2d(4, 4, 1, stride=2), Standardised(4, 4, 1))
    gradients = training.SafeGradients()
    for _ in range(2):
        images = torch.zeros(2, 4, 16, 16).to(memory_format=torch.channels_last)
        with gradients:
            network(images).sum().backward()
    again = training.SafeGradients()
    assert again.names(network) == []
    again.restore(network, gradients.state(network))
    assert again.names(network) == gradients.names(network) == ["0.weight", "a computed weight (4, 4, 1, 1)"]
