"""Networks whose answers change from call to call, or with the other images of a batch."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from camfolio import explain
from camfolio.errors import NetworkError
from camfolio.network.agreement import check_answers, trial_images


class Plain(nn.Module):
    """A convolution and two logits; the others differ from it in one line."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(1, 8, 3, padding=1)
        self.head = nn.Linear(8, 2)

    def features(self, images):
        return self.conv(images).relu()

    def forward(self, images):
        return self.head(self.features(images).mean((2, 3)))


class FunctionalDropout(Plain):
    def features(self, images):
        return functional.dropout(super().features(images), 0.3)


class DropoutThatStaysOn(Plain):
    def forward(self, images):
        return self.head(nn.Dropout(0.3)(self.features(images).mean((2, 3))))


class Noise(Plain):
    def features(self, images):
        return super().features(images + 0.01 * torch.randn_like(images))


class PythonChance(Plain):
    def features(self, images):
        return super().features(images) * (1 + random.random())


class NumpyChance(Plain):
    def features(self, images):
        return super().features(images) + float(np.random.rand())  # noqa: NPY002 - as user code does


class Counting(Plain):
    calls = itertools.count(1)

    def features(self, images):
        return super().features(images) * next(self.calls)


class Remembering(Plain):
    """A state that is kept from one call to the next, as of a recurrent network."""

    def features(self, images):
        self.state = 0.5 * getattr(self, "state", 0.0) + super().features(images).mean()
        return super().features(images) + self.state


class BatchStatistics(Plain):
    def features(self, images):
        return functional.batch_norm(super().features(images), None, None, training=True)


class NormWithoutStatistics(Plain):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm2d(8, track_running_stats=False)

    def features(self, images):
        return self.norm(super().features(images))


class AttentionOverTheBatch(Plain):
    """Tokens as (batch, tokens, channels) for a layer that expects (tokens, batch, channels)."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.TransformerEncoderLayer(8, 2, 8, dropout=0.0)

    def forward(self, images):
        return self.head(self.encoder(self.features(images).flatten(2).transpose(1, 2)).mean(1))


class SoftmaxOverTheBatch(Plain):
    def forward(self, images):
        return super().forward(images).softmax(0)


class AttentionOverTokens(AttentionOverTheBatch):
    def __init__(self):
        super().__init__()
        self.encoder = nn.TransformerEncoderLayer(8, 2, 8, batch_first=True)


class InplaceInput(Plain):
    def features(self, images):
        return super().features(images.mul_(2))


class ChecksItsInput(Plain):
    """Refuses images that no window gives."""

    def features(self, images):
        if images.min() < 0 or images.max() > 1:
            msg = "images from 0 to 1"
            raise ValueError(msg)
        return super().features(images)


class NaN(Plain):
    def forward(self, images):
        return super().forward(images) * torch.nan


CHANGING = [FunctionalDropout, DropoutThatStaysOn, Noise, PythonChance, NumpyChance, Counting, Remembering]
MIXING = [BatchStatistics, NormWithoutStatistics, AttentionOverTheBatch, SoftmaxOverTheBatch]
GOOD = [Plain, AttentionOverTokens, InplaceInput, ChecksItsInput, NaN]
IMAGES = trial_images(torch.rand(1, 1, 12, 12, generator=torch.Generator().manual_seed(1)), 16)


@pytest.mark.parametrize("kind", CHANGING)
def test_a_network_that_changes_its_answers_is_refused(kind):
    with pytest.raises(NetworkError, match=rf"Expected the same logits for the same images, but {kind.__name__} gives"):
        check_answers(kind().eval(), IMAGES)


@pytest.mark.parametrize("kind", MIXING)
def test_a_network_whose_answers_depend_on_the_batch_is_refused(kind):
    with pytest.raises(NetworkError, match=r"not to depend on the others of its batch, but .* Check batch_first"):
        check_answers(kind().eval(), IMAGES)


@pytest.mark.parametrize("kind", GOOD)
def test_any_other_network_is_not(kind):
    before = IMAGES.clone()
    check_answers(kind().eval(), IMAGES)
    assert torch.equal(IMAGES, before)


def test_networks_in_other_precisions_may_round():
    check_answers(Plain().eval().double(), IMAGES.double())
    check_answers(Plain().eval().bfloat16(), IMAGES.bfloat16())


def test_an_output_that_is_no_tensor_is_left_to_others():
    network = Plain().eval()
    network.register_forward_hook(lambda *called: {"logits": called[-1]})
    check_answers(network, IMAGES)


@pytest.mark.parametrize("kind", [FunctionalDropout, NumpyChance, Counting, BatchStatistics, AttentionOverTheBatch])
@pytest.mark.parametrize("images", [1, 6])
def test_no_maps_are_made_of_such_networks(kind, images):
    with pytest.raises(NetworkError, match=r"Expected the (same logits for the same images|logits of an image not to)"):
        explain(kind(), IMAGES[:images], "conv", ["grad_cam"])


@pytest.mark.parametrize("kind", [InplaceInput, ChecksItsInput])
def test_maps_are_made_of_networks_that_change_or_check_their_input(kind):
    assert explain(kind(), IMAGES, "conv", ["grad_cam"]).maps["grad_cam"].shape == (16, 12, 12)


def test_trial_images_differ_and_stay_in_the_range_of_the_image():
    image = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(2)) * 3 - 1
    images = trial_images(image, 6)
    assert images.shape == (6, 3, 8, 8)
    assert torch.equal(images[:1], image)
    assert images.min() == image.min()
    assert images.max() == image.max()
    assert len({tuple(one.flatten().tolist()) for one in images}) == 6
    assert torch.equal(images, trial_images(image, 6))
