import dataclasses
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch import nn

from camfolio.explanation.batch import Batch
from camfolio.explanation.channels import unit_range
from camfolio.explanation.explain import explain
from camfolio.explanation.methods.score_cam import score_weights
from camfolio.explanation.probe import LayerReading
from camfolio.explanation.registry import METHODS
from camfolio.method_words import METHOD_FILES, METHOD_NAMES
from camfolio.vocabulary import FINER
from reference_cams import TWINS, enlarge

GRADIENT_METHODS = [key for key, one in METHOD_FILES.items() if one.gradient]
LAYERS = {"resnet": "layer2.1.conv2", "plain_cnn": "2", "bottleneck": "conv", "binary": "0"}


def test_every_method_has_a_slow_twin_and_a_name_and_every_gradient_method_a_finer_variant():
    assert TWINS.keys() == METHODS.keys() == METHOD_NAMES.keys() == BY_HAND.keys()
    finer = {name for name, method in METHODS.items() if method.finer}
    assert finer == {FINER + name for name in GRADIENT_METHODS}
    assert all(METHODS[name].weigh is METHODS[name.removeprefix(FINER)].weigh for name in finer)


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("method", METHODS)
def test_a_method_agrees_with_its_slow_twin(method, kind, images, request):
    network = request.getfixturevalue(kind)().double()
    targets = [0, 1, 1]
    found = explain(network, images[:3].double(), LAYERS[kind], [method], targets)
    for image, target, signed, shown in zip(images, targets, found.signed[method], found.maps[method], strict=False):
        expected = TWINS[method](network, LAYERS[kind], image, target)
        scale = np.abs(expected).max()
        assert scale > 1e-4
        np.testing.assert_allclose(signed.numpy(), expected, rtol=0, atol=1e-6 * max(scale, 1))
        np.testing.assert_allclose(shown.numpy(), np.maximum(expected, 0), rtol=0, atol=1e-6 * max(scale, 1))


@pytest.mark.parametrize("method", METHODS)
def test_a_method_agrees_with_its_slow_twin_on_slices_that_are_not_square(method, plain_cnn, images):
    network = plain_cnn().double()
    wide = images[:1, :, :10, :].double()
    signed = explain(network, wide, "2", [method], [2]).signed[method]
    np.testing.assert_allclose(signed[0].numpy(), TWINS[method](network, "2", wide[0], 2), rtol=0, atol=1e-6)


def batch_by_hand():
    """Two channels of 2x2 cells; the network's logits are the sum of the pixels and 0.

    From the layer on the first logit is ln 2, and ln 2 more for every cell of the first channel that is 3 or more.
    """
    activations = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[0.0, -1.0], [2.0, 1.0]]]], dtype=torch.float64)
    gradients = torch.tensor([[[[1.0, 0.0], [0.0, 1.0]], [[-1.0, -1.0], [0.0, 0.0]]]], dtype=torch.float64)
    image = torch.tensor([[[[0.0, 0.0], [0.0, 3 * math.log(2)]]]], dtype=torch.float64)

    def forward(images):
        total = images.sum((1, 2, 3))
        return torch.stack([total, torch.zeros_like(total)], 1)

    def onward(rows, cells):
        bright = (cells[:, 0] >= 3).double().sum((1, 2))
        return torch.stack([(1 + bright) * math.log(2), torch.zeros_like(bright)], 1)

    reading = LayerReading(forward(image), torch.tensor([0]), activations, gradients)
    return Batch(reading, image, forward, onward, real=1, size=2)


BY_HAND = {
    # mean gradients 1/2 and -1/2: half of the first channel minus half of the second
    "grad_cam": [[0.5, 1.5], [0.5, 1.5]],
    # cell by cell: 1*1 - 1*0, 0*2 + 1*1, 0*3 + 0*2, 1*4 + 0*1
    "hires_cam": [[1.0, 1.0], [0.0, 4.0]],
    # the lit pixel is seen through masks of 1 and 2/3: scores 3 ln 2 and 2 ln 2, so weights 8 : 4
    "score_cam": [[2 / 3, 1.0], [8 / 3, 3.0]],
    # gradients above zero, cell by cell: 1*1, 0*2, 0*3, 1*4
    "layer_cam": [[1.0, 0.0], [0.0, 4.0]],
    # evidence 1 + 4 over a sum of 10, and 0 + 1 over a sum of 2: each channel weighs a half
    "xgrad_cam": [[0.5, 0.5], [2.5, 2.5]],
    # first channel: sum A g^3 = 1 + 4, so 1/7 for both gradients of 1; the second has none above zero
    "grad_cam_plus_plus": [[2 / 7, 4 / 7], [6 / 7, 8 / 7]],
    # without the first channel 2 of 3 ln 2 are lost, without the second nothing
    "ablation_cam": [[2 / 3, 4 / 3], [2.0, 8 / 3]],
    # centred channels (-3 -1 1 3)/2 and (-1 -3 3 1)/2, both of length sqrt 5, correlation 12/20: the first component is
    # their sum over sqrt 2: (-2 -2 2 2)/sqrt 2, and its first cell, as far from zero as any, is turned to be positive
    "eigen_cam": [[math.sqrt(2), math.sqrt(2)], [-math.sqrt(2), -math.sqrt(2)]],
}
# By hand the batch's gradients are what a method is given, so the finer variant works on the same numbers.
BY_HAND |= {FINER + name: BY_HAND[name] for name in GRADIENT_METHODS}


@pytest.mark.parametrize("method", METHODS)
def test_a_method_gives_what_is_worked_out_by_hand(method):
    signed = METHODS[method](batch_by_hand())
    torch.testing.assert_close(signed, torch.tensor([BY_HAND[method]], dtype=torch.float64), rtol=0, atol=1e-12)


def replaced(batch, **values):
    return dataclasses.replace(batch, reading=dataclasses.replace(batch.reading, **values))


def test_xgrad_cam_gives_no_weight_to_a_channel_that_cancels():
    batch = batch_by_hand()
    activations = batch.reading.activations.clone()
    activations[:, 1] = torch.tensor([[1.0, -1.0], [2.0, -2.0]])
    signed = METHODS["xgrad_cam"](replaced(batch, activations=activations))
    torch.testing.assert_close(signed, 0.5 * activations[:, 0], rtol=0, atol=1e-12)
    assert not METHODS["xgrad_cam"](replaced(batch, activations=torch.zeros_like(activations))).any()


def test_grad_cam_plus_plus_of_gradients_of_zero_is_empty_and_no_nan():
    batch = batch_by_hand()
    signed = METHODS["grad_cam_plus_plus"](
        replaced(batch, computed_gradients=torch.zeros_like(batch.reading.gradients))
    )
    assert torch.equal(signed, torch.zeros_like(signed))


def test_grad_cam_plus_plus_says_that_it_is_unstable():
    assert "Warning: unstable at a signed layer" in METHODS["grad_cam_plus_plus"].weigh.__doc__


def test_ablation_cam_is_inverted_where_the_logit_is_negative_and_is_empty_where_it_is_zero():
    batch = batch_by_hand()
    logits = batch.reading.logits
    for score in (-math.log(2), 0.0):
        logits = torch.tensor([[score, 0.0]], dtype=torch.float64)
        moved = replaced(batch, logits=logits)
        lost = [score - math.log(2), score - 3 * math.log(2)]
        weights = torch.tensor([one / score if score else 0.0 for one in lost], dtype=torch.float64)
        expected = (weights[:, None, None] * batch.reading.activations[0]).sum(0, keepdim=True)
        torch.testing.assert_close(METHODS["ablation_cam"](moved), expected, rtol=0, atol=1e-12)


def test_eigen_cam_knows_neither_the_class_nor_the_sign_of_the_channels(plain_cnn, images):
    network = plain_cnn().double()
    one, other = (
        explain(network, images.double(), "2", ["eigen_cam"], target).signed["eigen_cam"] for target in (0, 2)
    )
    assert torch.equal(one, other)
    assert bool((one.amax((1, 2)) >= -one.amin((1, 2))).all())
    batch = batch_by_hand()
    constant = torch.full_like(batch.reading.activations, 3.0)
    assert not METHODS["eigen_cam"](replaced(batch, activations=constant)).any()


@settings(max_examples=25, deadline=None)
@given(
    cells=arrays(np.float64, (2, 3, 4, 4), elements=st.integers(-4, 4)),
    gradients=arrays(np.float64, (2, 3, 4, 4), elements=st.integers(-4, 4)),
)
def test_every_gradient_method_is_finite_and_knows_only_its_own_image(cells, gradients):
    batch = batch_by_hand()
    reading = LayerReading(
        torch.zeros(2, 2), torch.tensor([0, 1]), torch.from_numpy(cells), torch.from_numpy(gradients)
    )
    both = dataclasses.replace(batch, reading=reading)
    for name in (*GRADIENT_METHODS, "eigen_cam"):
        signed = METHODS[name](both)
        assert bool(torch.isfinite(signed).all()), name
        for i in range(2):
            part = LayerReading(
                torch.zeros(1, 2),
                reading.target[:1],
                *(tensor[i : i + 1] for tensor in (reading.activations, reading.gradients)),
            )
            alone = METHODS[name](dataclasses.replace(batch, reading=part))
            torch.testing.assert_close(alone[0], signed[i], rtol=0, atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(
    cells=arrays(np.float64, (1, 3, 4, 4), elements=st.integers(0, 4)),
    gradients=arrays(np.float64, (1, 3, 4, 4), elements=st.integers(0, 4)),
)
def test_layer_cam_is_hires_cam_where_no_gradient_is_negative(cells, gradients):
    batch = replaced(
        batch_by_hand(), activations=torch.from_numpy(cells), computed_gradients=torch.from_numpy(gradients)
    )
    assert torch.equal(METHODS["layer_cam"](batch), METHODS["hires_cam"](batch))


@pytest.mark.parametrize("method", ["grad_cam", "hires_cam"])
@pytest.mark.parametrize("comparison", [1.0, 0.6])
def test_a_finer_map_of_two_classes_is_the_difference_of_their_maps(method, comparison, resnet, images):
    network, images = resnet().double(), images.double()
    maps = [explain(network, images, methods=[method], targets=k).signed[method] for k in (0, 1)]
    finer = explain(network, images, methods=[f"finer_{method}"], targets=1, comparison=comparison)
    expected = maps[1] - comparison * maps[0]
    torch.testing.assert_close(finer.signed[f"finer_{method}"], expected, rtol=0, atol=1e-12)


def test_finer_and_plain_maps_do_not_change_each_other(plain_cnn, images):
    network = plain_cnn()
    both = explain(network, images, "2", ["finer_grad_cam", "grad_cam"])
    for method in both.signed:
        assert torch.equal(both.signed[method], explain(network, images, "2", [method]).signed[method])


def test_negative_evidence_stays_in_the_signed_map_and_leaves_the_map():
    batch = batch_by_hand()
    against = replaced(batch, computed_gradients=-batch.reading.gradients)
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
    scores = score_weights(replaced(batch, activations=activations))
    torch.testing.assert_close(scores, torch.tensor([[3 * math.log(2), 0.0]], dtype=torch.float64))


@pytest.mark.parametrize("kind", ["resnet", "plain_cnn", "bottleneck"])
@pytest.mark.parametrize("method", [*GRADIENT_METHODS, "score_cam", "ablation_cam"])
def test_a_method_on_the_margin_agrees_with_its_slow_twin(method, kind, images, request):
    network, layer = request.getfixturevalue(kind)().double(), LAYERS[kind]
    found = explain(network, images[:2].double(), layer, [method], [0, 1], explains="margin").signed[method]
    for image, target, signed in zip(images, [0, 1], found, strict=False):
        expected = TWINS[method](network, layer, image, target, comparison=1.0)
        np.testing.assert_allclose(signed.numpy(), expected, rtol=0, atol=1e-6 * max(np.abs(expected).max(), 1))


def test_a_map_of_the_margin_is_the_finer_map_and_does_not_change_with_what_both_logits_share(images):
    torch.manual_seed(0)
    body = [nn.Conv2d(1, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    network = nn.Sequential(*body, nn.Linear(4, 2)).double().eval()
    shifted = nn.Sequential(*body, nn.Linear(4, 2)).double().eval()
    with torch.no_grad():
        shifted[4].weight.copy_(network[4].weight + torch.randn(1, 4))
        shifted[4].bias.copy_(network[4].bias + 3)
    methods = ["grad_cam", "finer_grad_cam", "score_cam"]
    margins = [explain(model, images.double(), "0", methods, 1, explains="margin") for model in (network, shifted)]
    for method in methods:
        torch.testing.assert_close(margins[0].signed[method], margins[1].signed[method], rtol=0, atol=1e-12)
    assert torch.equal(margins[0].signed["grad_cam"], margins[0].signed["finer_grad_cam"])
    logits = [explain(model, images.double(), "0", methods, 1).signed["grad_cam"] for model in (network, shifted)]
    assert float((logits[0] - logits[1]).abs().max()) > 1e-3


def test_the_margin_of_a_single_logit_is_the_logit_itself(binary, images):
    network = binary().double()
    methods = ["grad_cam", "score_cam", "ablation_cam", "finer_grad_cam"]
    logit, margin = (explain(network, images.double(), "0", methods, explains=what) for what in ("logit", "margin"))
    for method in methods:
        assert torch.equal(logit.signed[method], margin.signed[method])
    assert torch.equal(margin.signed["finer_grad_cam"], margin.signed["grad_cam"])


@pytest.mark.parametrize("masked", [0.0, -0.7, 0.4])
def test_score_cam_agrees_with_its_slow_twin_for_every_value_of_masked_pixels(masked, plain_cnn, images):
    network = plain_cnn().double()
    found = explain(network, images[:2].double(), "2", ["score_cam"], [2, 2], masked=masked).signed["score_cam"]
    for image, signed in zip(images, found, strict=False):
        expected = TWINS["score_cam"](network, "2", image, 2, masked=masked)
        np.testing.assert_allclose(signed.numpy(), expected, rtol=0, atol=1e-6)


def test_masked_pixels_get_the_stated_value_and_zero_is_the_paper_s_product():
    seen = []

    def forward(images):
        seen.append(images)
        return torch.zeros(len(images), 2, dtype=torch.float64)

    cells = torch.tensor([[0.0, 1.0], [2.0, 4.0]], dtype=torch.float64).expand(1, 1, 2, 2)
    reading = LayerReading(torch.zeros(1, 2), torch.tensor([0]), cells, cells)
    image = torch.tensor([[[[3.0, 5.0], [-2.0, 7.0]]]], dtype=torch.float64)
    score_weights(Batch(reading, image, forward, forward, real=1, size=1))
    score_weights(Batch(reading, image, forward, forward, real=1, size=1, masked=10.0))
    assert seen[0].tolist() == [[[[0.0, 1.25], [-1.0, 7.0]]]]
    assert seen[1].tolist() == [[[[10.0, 8.75], [4.0, 7.0]]]]


def test_score_cam_enlarges_channels_with_half_pixel_centres():
    cells = torch.tensor([[1.0, 0.0], [0.0, 3.0]], dtype=torch.float64)
    seen = []

    def forward(images):
        seen.append(images)
        return torch.zeros(len(images), 2, dtype=torch.float64)

    reading = LayerReading(torch.zeros(1, 2), torch.tensor([0]), cells.expand(1, 1, 2, 2), cells.expand(1, 1, 2, 2))
    score_weights(Batch(reading, torch.ones(1, 1, 6, 4, dtype=torch.float64), forward, forward, real=1, size=1))
    enlarged = enlarge(cells.numpy(), 6, 4)
    np.testing.assert_allclose(seen[0][0, 0].numpy(), (enlarged - enlarged.min()) / np.ptp(enlarged), atol=1e-12)


def test_grad_cam_and_hires_cam_are_one_in_front_of_pooling_and_one_linear_layer(images):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)).double().eval()
    found = explain(network, images.double(), "0", ["grad_cam", "hires_cam"])
    torch.testing.assert_close(found.signed["grad_cam"], found.signed["hires_cam"], rtol=0, atol=1e-12)
