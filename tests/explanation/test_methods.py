import math

import numpy as np
import pytest
import torch
from torch import nn

from camfolio.config import Method
from camfolio.explanation.explain import explain
from camfolio.explanation.methods import METHODS, Batch, score_weights, unit_range
from camfolio.explanation.probe import Reading
from camfolio.names import METHOD_NAMES
from reference_cams import TWINS, enlarge

LAYERS = {"resnet": "layer2.1.conv2", "plain_cnn": "2", "bottleneck": "conv"}


def test_every_method_has_a_slow_twin_a_setting_and_a_name():
    assert TWINS.keys() == METHODS.keys() == set(Method.__args__) == METHOD_NAMES.keys()


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("method", METHODS)
def test_a_method_agrees_with_its_slow_twin(method, kind, images, request):
    network = request.getfixturevalue(kind)().double()
    targets = [0, 1, 1]
    found = explain(network, images[:3].double(), LAYERS[kind], [method], targets)
    for image, target, signed, shown in zip(images, targets, found.signed[method], found.maps[method], strict=False):
        expected = TWINS[method](network, LAYERS[kind], image, target)
        assert np.abs(expected).max() > 1e-4
        np.testing.assert_allclose(signed.numpy(), expected, rtol=0, atol=1e-6)
        np.testing.assert_allclose(shown.numpy(), np.maximum(expected, 0), rtol=0, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_a_method_agrees_with_its_slow_twin_on_slices_that_are_not_square(method, plain_cnn, images):
    network = plain_cnn().double()
    wide = images[:1, :, :10, :].double()
    signed = explain(network, wide, "2", [method], [2]).signed[method]
    np.testing.assert_allclose(signed[0].numpy(), TWINS[method](network, "2", wide[0], 2), rtol=0, atol=1e-6)


def batch_by_hand():
    """Two channels of 2x2 cells; the network answers with the sum of the pixels and 0."""
    activations = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[0.0, -1.0], [2.0, 1.0]]]], dtype=torch.float64)
    gradients = torch.tensor([[[[1.0, 0.0], [0.0, 1.0]], [[-1.0, -1.0], [0.0, 0.0]]]], dtype=torch.float64)
    image = torch.tensor([[[[0.0, 0.0], [0.0, 3 * math.log(2)]]]], dtype=torch.float64)

    def forward(images):
        total = images.sum((1, 2, 3))
        return torch.stack([total, torch.zeros_like(total)], 1)

    reading = Reading(forward(image), torch.tensor([0]), activations, gradients)
    return Batch(reading, image, forward)


BY_HAND = {
    # mean gradients 1/2 and -1/2: half of the first channel minus half of the second
    "grad_cam": [[0.5, 1.5], [0.5, 1.5]],
    # cell by cell: 1*1 - 1*0, 0*2 + 1*1, 0*3 + 0*2, 1*4 + 0*1
    "hires_cam": [[1.0, 1.0], [0.0, 4.0]],
    # the lit pixel is seen through masks of 1 and 2/3: scores 3 ln 2 and 2 ln 2, so weights 8 : 4
    "score_cam": [[2 / 3, 1.0], [8 / 3, 3.0]],
}


@pytest.mark.parametrize("method", METHODS)
def test_a_method_gives_what_is_worked_out_by_hand(method):
    signed = METHODS[method](batch_by_hand())
    torch.testing.assert_close(signed, torch.tensor([BY_HAND[method]], dtype=torch.float64), rtol=0, atol=1e-12)


def test_negative_evidence_stays_in_the_signed_map_and_leaves_the_map():
    batch = batch_by_hand()
    against = Batch(
        Reading(batch.reading.logits, batch.reading.target, batch.reading.activations, -batch.reading.gradients),
        batch.images,
        batch.forward,
    )
    torch.testing.assert_close(METHODS["grad_cam"](against), -METHODS["grad_cam"](batch))


def test_a_constant_channel_is_an_empty_mask_and_no_nan():
    constant = torch.full((1, 1, 4, 4), 3.7)
    assert torch.equal(unit_range(constant), torch.zeros(1, 1, 4, 4))
    ramp = torch.linspace(-2, 6, 16).view(1, 1, 4, 4)
    torch.testing.assert_close(unit_range(ramp), torch.linspace(0, 1, 16).view(1, 1, 4, 4))


def test_score_cam_of_a_network_with_a_dead_channel_is_finite_and_agrees_with_its_twin(plain_cnn, images):
    network = plain_cnn().double()
    with torch.no_grad():
        network.get_submodule("2").weight[1] = 0
        network.get_submodule("2").bias[1] = 0.5
    signed = explain(network, images[:2].double(), "2", ["score_cam"], [1, 1]).signed["score_cam"]
    assert bool(torch.isfinite(signed).all())
    for image, found in zip(images, signed, strict=False):
        np.testing.assert_allclose(found.numpy(), TWINS["score_cam"](network, "2", image, 1), rtol=0, atol=1e-6)


def test_score_cam_sees_through_a_constant_channel_what_it_sees_in_an_empty_image():
    batch = batch_by_hand()
    activations = batch.reading.activations.clone()
    activations[:, 1] = 2.0
    reading = Reading(batch.reading.logits, batch.reading.target, activations, batch.reading.gradients)
    scores = score_weights(Batch(reading, batch.images, batch.forward))
    torch.testing.assert_close(scores, torch.tensor([[3 * math.log(2), 0.0]], dtype=torch.float64))


def test_score_cam_enlarges_channels_with_half_pixel_centres():
    cells = torch.tensor([[1.0, 0.0], [0.0, 3.0]], dtype=torch.float64)
    seen = []

    def forward(images):
        seen.append(images)
        return torch.zeros(len(images), 2, dtype=torch.float64)

    reading = Reading(torch.zeros(1, 2), torch.tensor([0]), cells.expand(1, 1, 2, 2), cells.expand(1, 1, 2, 2))
    score_weights(Batch(reading, torch.ones(1, 1, 6, 4, dtype=torch.float64), forward))
    enlarged = enlarge(cells.numpy(), 6, 4)
    np.testing.assert_allclose(seen[0][0, 0].numpy(), (enlarged - enlarged.min()) / np.ptp(enlarged), atol=1e-12)


def test_grad_cam_and_hires_cam_are_one_in_front_of_pooling_and_one_linear_layer(images):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)).double().eval()
    found = explain(network, images.double(), "0", ["grad_cam", "hires_cam"])
    torch.testing.assert_close(found.signed["grad_cam"], found.signed["hires_cam"], rtol=0, atol=1e-12)
