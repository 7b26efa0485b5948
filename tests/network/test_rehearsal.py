"""What would fail, or go wrong without a word, after a training is refused before it."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, weight_norm

from camfolio.data.loading import SliceLoading
from camfolio.errors import NetworkError
from camfolio.network import training as network_training
from camfolio.network.rehearsal import check_trainable, rehearse
from camfolio.network.training import train
from camfolio.stages import training as stage
from camfolio.study.settings import Network
from camfolio.study.training import Training

IMAGE = torch.rand(1, 1, 12, 12, generator=torch.Generator().manual_seed(1))


class Plain(nn.Module):
    """A convolution and two logits; the others differ from it in one line."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, padding=1)
        self.head = nn.Linear(8, 2)

    def features(self, images):
        return self.conv(images)

    def forward(self, images):
        return self.head(self.features(images).relu().mean((2, 3)))


class LayersInAList(Plain):
    def __init__(self):
        super().__init__()
        self.more = [nn.Conv2d(8, 8, 3)]

    def features(self, images):
        return self.more[0](super().features(images))


class LayersInAModuleList(LayersInAList):
    def __init__(self):
        super().__init__()
        self.more = nn.ModuleList(self.more)


class Scale(Plain):
    """A random scale of every channel, which `keep` keeps."""

    def __init__(self):
        super().__init__()
        self.keep(torch.randn(8, 1, 1))

    def keep(self, scale):
        self.scale = scale

    def features(self, images):
        return self.scale * super().features(images)


class ScaleInABufferThatIsNotSaved(Scale):
    def keep(self, scale):
        self.register_buffer("scale", scale, persistent=False)


class ScaleInABuffer(Scale):
    def keep(self, scale):
        self.register_buffer("scale", scale)


class InitialisedWhenFirstUsed(Plain):
    """Weights drawn by the first pass, whatever was loaded."""

    ready = False

    def features(self, images):
        if not self.ready:
            nn.init.normal_(self.conv.weight)
            self.ready = True
        return super().features(images)


class Tied(Plain):
    def __init__(self):
        super().__init__()
        self.more = nn.Linear(8, 2)
        self.more.weight = self.head.weight
        self.twice = nn.ModuleList([self.conv])

    def forward(self, images):
        return super().forward(images) + self.more(self.features(images).mean((2, 3)))


class State(Plain):
    def get_extra_state(self):
        return {"epoch": 1}


class Dropped(Plain):
    def features(self, images):
        return nn.functional.dropout(super().features(images), 0.5)


class Volume(Plain):
    """A 3D convolution of one plane before the 2D one."""

    def __init__(self):
        super().__init__()
        self.volume = nn.Conv3d(1, 1, (1, 3, 3), padding=(0, 1, 1))

    def features(self, images):
        return super().features(self.volume(images.unsqueeze(2)).squeeze(2))


class Locked(Plain):
    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()


class OldWeightNorm(Plain):
    def __init__(self):
        super().__init__()
        with pytest.warns(FutureWarning):
            weight_norm(self.conv)


class NewWeightNorm(Plain):
    def __init__(self):
        super().__init__()
        parametrizations.weight_norm(self.conv)


class Frozen(Plain):
    def __init__(self):
        super().__init__()
        self.requires_grad_(False)


UNSAVED = [LayersInAList, Scale, ScaleInABufferThatIsNotSaved, InitialisedWhenFirstUsed]


@pytest.mark.parametrize("kind", UNSAVED)
def test_weights_outside_of_the_state_dict_are_found(kind, tmp_path):
    with pytest.raises(NetworkError, match=rf"whose state dict decides its logits, but .* {kind.__name__} differ by"):
        rehearse(kind, IMAGE, tmp_path / "network.safetensors")


@pytest.mark.parametrize("kind", [Plain, LayersInAModuleList, ScaleInABuffer, Tied, NewWeightNorm, Volume, Frozen])
def test_other_networks_pass(kind, tmp_path):
    rehearse(kind, IMAGE, tmp_path / "network.safetensors")


@pytest.mark.parametrize(
    ("kind", "copied", "words"),
    [
        (
            Locked,
            True,
            r"Expected a network that can be copied, but for Locked got TypeError: cannot pickle '_thread.lock'",
        ),
        (OldWeightNorm, True, r"but for OldWeightNorm got RuntimeError: .* use weight_norm of .*parametrizations"),
        (Frozen, False, r"Expected weights to train, but all of Frozen are frozen\. Set requires_grad"),
    ],
)
def test_networks_that_cannot_be_trained_are_named(kind, copied, words):
    with pytest.raises(NetworkError, match=words):
        check_trainable(kind(), copied=copied)


@pytest.mark.parametrize("kind", [Locked, OldWeightNorm])
def test_without_an_average_no_network_needs_to_be_copied(kind):
    check_trainable(kind(), copied=False)


@pytest.fixture(scope="module")
def stored(tiny_slices, tmp_path_factory):
    """A folder with slices and their parts, as stages read them."""
    folder, slices = tmp_path_factory.mktemp("stored"), tiny_slices(16, 12)
    slices.save(folder / "slices.npz")
    np.save(folder / "part.npy", np.array(["train"] * 8 + ["validation"] * 4 + ["test"] * 4))
    return folder


@pytest.fixture
def run(stored, tmp_path, monkeypatch):
    """`run(kind)`: the stage `training` with a network, for one epoch."""
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    monkeypatch.setattr(stage, "write_onnx", lambda *_: "it is left out of this test")

    def run_stage(kind):
        stage.run(
            out=tmp_path,
            slices=stored,
            split=stored,
            network=Network(class_path=f"{kind.__module__}.{kind.__name__}"),
            training=Training(max_epochs=1, batch_size=4, threads=1, accelerator="cpu"),
            seed=0,
        )

    yield run_stage
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)


@pytest.mark.parametrize("kind", [State, Dropped, LayersInAList, OldWeightNorm, Locked, Frozen])
def test_no_epoch_is_trained_before_the_error(kind, run, monkeypatch):
    trainers = []
    monkeypatch.setattr(network_training, "make_trainer", lambda *given: trainers.append(given))
    with pytest.raises(NetworkError, match="Expected"):
        run(kind)
    assert trainers == []


@pytest.mark.parametrize("kind", [Tied, Volume])
def test_tied_weights_and_3d_convolutions_are_trained_and_saved(kind, run, tmp_path):
    run(kind)
    assert (tmp_path / "network.safetensors").exists()


def test_the_trial_does_not_change_the_training(stored, run, tmp_path):
    from camfolio.data.slices import Slices
    from camfolio.network.weights import load_weights

    run(Plain)
    stage.pl.seed_everything(0, verbose=False)
    network, found = Plain(), Plain()
    loading = SliceLoading(
        Slices.load(stored / "slices.npz"), np.load(stored / "part.npy"), batch_size=4, seed=0, validated="validation"
    )
    settings = Training(max_epochs=1, batch_size=4, threads=1, accelerator="cpu")
    train(network, loading, window_hu=Network().window_hu, settings=settings, seed=0)
    load_weights(found, tmp_path / "network.safetensors")
    assert all(torch.equal(one, other) for one, other in zip(network.parameters(), found.parameters(), strict=True))
