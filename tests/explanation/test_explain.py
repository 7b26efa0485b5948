import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from camfolio.errors import ExplanationError, NetworkError
from camfolio.explanation.centres import CellCentres
from camfolio.explanation.explain import explain
from camfolio.explanation.maps import Explanation, enlarge
from camfolio.explanation.speed.lanes import LARGEST as CHUNK
from camfolio.method_words import METHOD_NAMES
from camfolio.network.onnx import export_network, load_forward
from reference_cams import enlarge as enlarge_by_hand

LAYER = "layer2.1.conv2"
METHODS = ("grad_cam", "hires_cam", "score_cam")


def assert_same_bits(found, expected):
    assert torch.equal(found.targets, expected.targets)
    assert torch.equal(found.logits, expected.logits)
    for method in METHODS:
        assert torch.equal(found.signed[method], expected.signed[method]), method


def test_logits_and_maps_have_the_shapes_of_images_and_layer(resnet, images):
    network = resnet()
    found = explain(network, images)
    torch.testing.assert_close(found.logits, network(images).detach(), rtol=0, atol=1e-6)
    assert found.layer == LAYER
    assert {method: tuple(maps.shape) for method, maps in found.signed.items()} == dict.fromkeys(METHODS, (6, 8, 8))


def test_maps_are_the_signed_maps_above_zero(resnet, images):
    found = explain(resnet(), images)
    for method in METHODS:
        assert float(found.maps[method].min()) >= 0
        assert torch.equal(found.maps[method], found.signed[method].relu())
    assert any(bool((signed < 0).any()) for signed in found.signed.values())


def test_an_explanation_cannot_be_changed(resnet, images):
    found = explain(resnet(), images[:1], methods=["grad_cam"])
    with pytest.raises(AttributeError, match="cannot assign to field 'layer'"):
        found.layer = "other"


def test_a_map_is_enlarged_from_the_measured_centres_as_by_hand(resnet, images):
    found = explain(resnet(), images[:2], methods=["grad_cam"])
    assert found.centres == {LAYER: CellCentres((0.5 / 16, 0.5 / 16), (2 / 16, 2 / 16))}
    for cells, pixels in zip(found.maps["grad_cam"], found.upsampled("grad_cam", (20, 13)), strict=True):
        expected = enlarge_by_hand(cells.double().numpy(), 20, 13, first=0.5 / 16, step=2 / 16)
        np.testing.assert_allclose(pixels.numpy(), expected, atol=1e-6)


def test_a_map_is_enlarged_with_half_pixel_centres_as_by_hand(resnet, images):
    found = explain(resnet(), images[:2], methods=["grad_cam"])
    for size in (16, (20, 13)):
        height, width = (size, size) if isinstance(size, int) else size
        enlarged = found.upsampled("grad_cam", size, half_pixel=True)
        assert enlarged.shape == (2, height, width)
        for cells, pixels in zip(found.maps["grad_cam"], enlarged, strict=True):
            np.testing.assert_allclose(
                pixels.numpy(), enlarge_by_hand(cells.double().numpy(), height, width), atol=1e-6
            )


def test_enlarging_puts_a_quarter_and_three_quarters_between_two_cells():
    assert enlarge(torch.tensor([[[0.0, 4.0]]]), (1, 4)).tolist() == [[[0.0, 1.0, 3.0, 4.0]]]


def test_a_map_that_was_not_computed_is_named_when_requested(resnet, images):
    found = explain(resnet(), images[:1], methods=["grad_cam"])
    with pytest.raises(ExplanationError, match=r"got 'grad_cm'. Did you mean grad_cam\? Known: grad_cam"):
        found.upsampled("grad_cm", 16)


def test_a_batch_gives_the_same_bits_as_single_images(resnet, images):
    network = resnet()
    together = explain(network, images)
    for i in range(len(images)):
        alone = explain(network, images[i : i + 1])
        for method in METHODS:
            assert torch.equal(alone.signed[method][0], together.signed[method][i]), (method, i)
        assert torch.equal(alone.logits[0], together.logits[i])


def test_more_images_than_a_chunk_give_the_same_bits_as_single_chunks(plain_cnn):
    many = torch.rand(CHUNK + 3, 1, 16, 16, generator=torch.Generator().manual_seed(1))
    network = plain_cnn()
    found = explain(network, many, "2")
    last = explain(network, many[CHUNK:], "2")
    assert len(found.targets) == len(found.logits) == CHUNK + 3
    for method in METHODS:
        assert len(found.signed[method]) == CHUNK + 3
        assert torch.equal(found.signed[method][CHUNK:], last.signed[method])


def test_another_order_gives_the_same_bits(resnet, images):
    network = resnet()
    order = torch.tensor([4, 0, 5, 2, 1, 3])
    straight, permuted = explain(network, images), explain(network, images[order])
    for method in METHODS:
        assert torch.equal(permuted.signed[method], straight.signed[method][order])


def test_one_and_two_threads_give_the_same_bits(resnet, images):
    network = resnet()
    one = explain(network, images)
    torch.set_num_threads(2)
    two = explain(network, images)
    assert_same_bits(two, one)


@pytest.fixture(scope="module")
def composed(plain_cnn, images):
    network = plain_cnn()
    return network, explain(network, images, "2")


@settings(max_examples=10, deadline=None)
@given(index=st.lists(st.integers(0, 5), min_size=1, max_size=9))
def test_a_map_does_not_depend_on_what_stands_beside_it(composed, images, index):
    network, together = composed
    found = explain(network, images[index], "2")
    for method in METHODS:
        assert torch.equal(found.signed[method], together.signed[method][index])


def test_targets_default_to_each_image_s_own_prediction(plain_cnn, images):
    network = plain_cnn()
    with torch.no_grad():  # centre the logits, so that the images disagree
        network[-1].bias -= network(images).mean(0)
    predicted = network(images).argmax(1)
    assert len(predicted.unique()) > 1
    found = explain(network, images, "2")
    assert torch.equal(found.targets, predicted)
    assert_same_bits(found, explain(network, images, "2", targets=predicted))
    assert_same_bits(found, explain(network, images, "2", targets=predicted.tolist()))


def test_every_image_is_explained_for_its_own_target(plain_cnn, images):
    network = plain_cnn()
    mixed = explain(network, images[:2], "2", targets=[2, 0])
    assert mixed.targets.tolist() == [2, 0]
    for i, target in enumerate([2, 0]):
        alone = explain(network, images[:2], "2", targets=[target, target])
        other = explain(network, images[:2], "2", targets=[1, 1])
        for method in METHODS:
            assert torch.equal(mixed.signed[method][i], alone.signed[method][i])
            assert not torch.equal(mixed.signed[method][i], other.signed[method][i])


def test_hires_cam_of_two_classes_adds_up_to_that_of_their_sum(plain_cnn, images):
    class Summed(nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def forward(self, pixels):
            return self.inner(pixels).sum(1, keepdim=True)

    network = plain_cnn().double()
    parts = [explain(network, images.double(), "2", ["hires_cam"], [k] * 6).signed["hires_cam"] for k in range(3)]
    whole = explain(Summed(network), images.double(), "inner.2", ["hires_cam"], 1).signed["hires_cam"]
    torch.testing.assert_close(whole, sum(parts), rtol=0, atol=1e-12)


def test_methods_come_in_the_requested_order_and_do_not_change_each_other(resnet, images):
    network = resnet()
    both = explain(network, images[:2], methods=["score_cam", "grad_cam"])
    assert list(both.signed) == ["score_cam", "grad_cam"]
    assert torch.equal(both.signed["grad_cam"], explain(network, images[:2], methods=["grad_cam"]).signed["grad_cam"])


def test_progress_is_told_of_every_chunk(plain_cnn):
    told = []

    def track(items, total, description):
        for item in items:
            told.append((item, total, description))
            yield item

    explain(plain_cnn(), torch.zeros(CHUNK + 1, 1, 8, 8), "2", ["grad_cam"], track=track)
    assert [(len(chunk.target), total, words) for chunk, total, words in told] == [
        (CHUNK, 2, "batches of maps"),
        (1, 2, "batches of maps"),
    ]


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ("layer2.1.conv3", r"got 'layer2.1.conv3'. Did you mean layer2.1.conv\d\? Known: .*layer2.1.conv2"),
        ("", "Expected the name of a layer, but got ''"),
        ("layer9", r"Did you mean layer\d\?"),
    ],
)
def test_an_unknown_layer_is_told_the_nearest_and_all_real_ones(resnet, images, layer, said):
    with pytest.raises(NetworkError, match=said):
        explain(resnet(), images, layer)


def test_an_unknown_method_is_told_the_nearest(resnet, images):
    with pytest.raises(
        ExplanationError, match=r"got 'gradcam'. Did you mean grad_cam\? Known: ablation_cam, eigen_cam, fin"
    ):
        explain(resnet(), images, methods=["hires_cam", "gradcam"])


@pytest.mark.parametrize("target", [2, -1, 281])
def test_a_target_without_a_logit_is_an_error(resnet, images, target):
    with pytest.raises(ExplanationError, match=f"Expected targets from 0 to 1, but got {target}"):
        explain(resnet(), images, targets=[0, 0, 0, target, 0, 0])


@pytest.mark.parametrize("targets", [[0], [], [0] * 7, torch.zeros(6, 1, dtype=torch.int64)])
def test_the_wrong_number_of_targets_is_an_error(resnet, images, targets):
    with pytest.raises(ExplanationError, match=r"Expected one target for each of the 6 images, but got shape \(\d+,"):
        explain(resnet(), images, targets=targets)


def test_no_images_are_an_error(resnet):
    with pytest.raises(ExplanationError, match="Expected at least one image, but got a batch of none"):
        explain(resnet(), torch.zeros(0, 1, 16, 16))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_an_image_that_is_not_finite_is_named(resnet, images, value):
    broken = images.clone()
    broken[3, 0, 5, 5] = value
    with pytest.raises(ExplanationError, match="Expected finite images, but image 3 holds NaN or infinity"):
        explain(resnet(), broken)


def test_images_stay_as_they_are_even_if_the_network_overwrites_its_input(images):
    torch.manual_seed(0)
    tail = [nn.Conv2d(1, 3, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2)]
    in_place = nn.Sequential(nn.ELU(inplace=True), *tail).eval()
    tidy = nn.Sequential(nn.ELU(), *tail).eval()
    before = images.clone()
    found = explain(in_place, images, "1")
    assert torch.equal(images, before)
    assert_same_bits(found, explain(tidy, images, "1"))


def test_images_that_want_a_gradient_get_none_and_give_the_same_maps(resnet, images):
    asking = images.clone().requires_grad_()
    found = explain(resnet(), asking)
    assert asking.grad is None
    assert not found.signed["grad_cam"].requires_grad
    assert_same_bits(found, explain(resnet(), images))


def test_images_with_several_channels_work(plain_cnn):
    colour = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(3))
    found = explain(plain_cnn(channels=3), colour, "2")
    assert all(maps.shape == (2, 8, 8) and bool(maps.any()) for maps in found.signed.values())


@pytest.mark.parametrize("guard", [torch.no_grad, torch.inference_mode])
def test_a_caller_without_gradients_gets_the_same_maps(resnet, images, guard):
    network = resnet()
    expected = explain(network, images)
    with guard():
        inside = explain(network, images + 0)
        assert torch.is_grad_enabled() is False
    assert_same_bits(inside, expected)


@pytest.mark.parametrize("precision", [torch.float16, torch.bfloat16])
def test_a_half_precision_model_gives_maps_in_its_precision_near_the_full_ones(plain_cnn, images, precision):
    full = explain(plain_cnn(), images, "2", targets=[1] * 6)
    half = explain(plain_cnn().to(precision), images.to(precision), "2", targets=[1] * 6)
    for method in METHODS:
        assert half.signed[method].dtype == precision
        scale = float(full.signed[method].abs().max())
        assert float((half.signed[method].float() - full.signed[method]).abs().median()) < 0.05 * scale


def test_an_explanation_of_one_image_needs_no_batch_norm_statistics(resnet, images):
    network = resnet().train()
    found = explain(network, images[:1])
    assert_same_bits(found, explain(resnet(), images[:1]))


def test_an_explanation_can_be_made_by_hand():
    signed = {"grad_cam": torch.tensor([[[-1.0, 2.0]]])}
    found = Explanation("layer", torch.tensor([1]), torch.tensor([[0.0, 1.0]]), signed)
    assert found.maps["grad_cam"].tolist() == [[[0.0, 2.0]]]
    assert found.upsampled("grad_cam", (2, 2)).tolist() == [[[0.0, 2.0], [0.0, 2.0]]]


ALL = tuple(METHOD_NAMES)
LAYERS = ("layer2.1.conv2", "layer1.1.conv2", "layer2.1", "layer3.1.conv2")


@pytest.fixture(scope="module")
def wide_sweep(resnet, images):
    """Four layers, in an order of their own, all methods."""
    network = resnet()
    return network, explain(network, images, LAYERS, ALL)


@pytest.mark.parametrize("layer", LAYERS)
def test_several_layers_in_one_sweep_give_the_maps_of_each_alone(layer, resnet, images):
    """Up to rounding: what is folded next to one layer is not next to another."""
    network, images = resnet().double(), images.double()
    alone, found = explain(network, images, layer, ALL), explain(network, images, LAYERS, ALL).at(layer)
    assert (found.layer, found.layers[0]) == (layer, layer)
    torch.testing.assert_close(found.logits, alone.logits, rtol=0, atol=1e-12)
    for method in ALL:
        scale = float(alone.signed[method].abs().max())
        torch.testing.assert_close(found.signed[method], alone.signed[method], rtol=0, atol=1e-9 * scale)


def test_the_first_layer_is_in_focus_and_the_others_are_kept(wide_sweep):
    _, found = wide_sweep
    assert found.layers == LAYERS
    assert found.maps["grad_cam"].shape == (6, 8, 8)
    assert found.at("layer1.1.conv2").maps["grad_cam"].shape == (6, 16, 16)
    assert found.at("layer3.1.conv2").at("layer2.1.conv2").signed.keys() == found.signed.keys()
    with pytest.raises(ExplanationError, match=r"got 'layer1.0.conv2'. Did you mean layer1.1.conv2\?"):
        found.at("layer1.0.conv2")


@pytest.mark.parametrize("layers", [[], ["layer1", "layer1"]])
def test_layers_are_at_least_one_and_each_once(resnet, images, layers):
    with pytest.raises(ExplanationError, match="Expected at least one layer and every layer once, but got"):
        explain(resnet(), images, layers)


def test_one_and_two_threads_and_any_company_give_the_same_bits_of_every_method(wide_sweep, images):
    network, together = wide_sweep
    torch.set_num_threads(2)
    found = explain(network, images[[4, 1]], LAYERS, ALL)
    for method in ALL:
        assert torch.equal(found.signed[method], together.signed[method][[4, 1]]), method


def test_several_lanes_give_the_bits_of_one_for_every_method(resnet):
    network = resnet()
    many = torch.rand(2 * CHUNK + 5, 1, 16, 16, generator=torch.Generator().manual_seed(2)) * 2 - 1
    found = []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        found.append(explain(network, many, LAYERS[:2], ALL))
    for other in found[1:]:
        for layer in LAYERS[:2]:
            for method in ALL:
                assert torch.equal(other.at(layer).signed[method], found[0].at(layer).signed[method]), (layer, method)


def test_one_target_is_meant_for_all_images(plain_cnn, images):
    network = plain_cnn()
    assert_same_bits(explain(network, images, "2", targets=2), explain(network, images, "2", targets=[2] * 6))
    with pytest.raises(ExplanationError, match="Expected targets from 0 to 2, but got 3"):
        explain(network, images, "2", targets=3)


def test_a_single_logit_is_that_of_class_1_and_its_negative_that_of_class_0(binary, images):
    network = binary()
    with torch.no_grad():
        network[-1].bias -= network(images).median()
    found = explain(network, images, "0", ["hires_cam", "finer_hires_cam"])
    assert found.logits.shape == (6, 1)
    assert torch.equal(found.targets, (found.logits[:, 0] > 0).long())
    assert len(found.targets.unique()) == 2
    yes, no = (explain(network, images, "0", ["hires_cam"], target).signed["hires_cam"] for target in (1, 0))
    assert torch.equal(yes, -no)
    assert torch.equal(found.signed["finer_hires_cam"], found.signed["hires_cam"])
    with pytest.raises(ExplanationError, match="Expected targets from 0 to 1, but got 2"):
        explain(network, images, "0", targets=2)


@pytest.mark.parametrize("precision", [torch.float16, torch.bfloat16])
def test_every_method_works_in_half_precision(plain_cnn, images, precision):
    found = explain(plain_cnn().to(precision), images.to(precision), "2", ALL, 1)
    for method in ALL:
        assert found.signed[method].dtype == precision
        assert bool(torch.isfinite(found.signed[method]).all()), method


def test_logits_that_are_not_finite_are_named_with_their_image(plain_cnn, images):
    network = plain_cnn()
    with torch.no_grad():
        network[-1].weight.fill_(3e38)
        network[0].bias.fill_(3e4)
    with pytest.raises(ExplanationError, match="Expected finite logits, but image 0 gives NaN or infinity"):
        explain(network, images, "2")


@pytest.mark.parametrize(("kind", "layer"), [("plain_cnn", "2"), ("bottleneck", "conv"), ("binary", "0")])
def test_frozen_weights_and_training_mode_change_no_map_of_any_method(kind, layer, images, request):
    make = request.getfixturevalue(kind)
    free, frozen = (
        explain(make().train(), images, layer, ALL, 1),
        explain(make().requires_grad_(False), images, layer, ALL, 1),
    )
    for method in ALL:
        assert torch.equal(free.signed[method], frozen.signed[method]), method


@pytest.fixture(scope="module")
def exported(resnet, images, tmp_path_factory):
    network, path = resnet(), tmp_path_factory.mktemp("onnx") / "network.onnx"
    export_network(network, images[:1], path)
    return network, load_forward(path)


def test_score_cam_is_the_same_by_either_form(exported, images):
    network, forward = exported
    passes = []

    def counting(pixels):
        passes.append(len(pixels))
        return forward(pixels)

    plain = explain(network, images, methods=["score_cam", "grad_cam"])
    faster = explain(network, images, methods=["score_cam", "grad_cam"], forward=counting)
    scale = float(plain.signed["score_cam"].abs().max())
    torch.testing.assert_close(faster.signed["score_cam"], plain.signed["score_cam"], rtol=0, atol=1e-5 * scale)
    assert torch.equal(faster.signed["grad_cam"], plain.signed["grad_cam"])
    assert sum(passes) >= 8 * len(images)


def test_maps_by_the_file_are_the_same_bits_alone_in_any_order_and_with_two_threads(exported, images):
    network, forward = exported
    many = torch.cat([images] * 7)
    together = explain(network, many, methods=["score_cam"], forward=forward).signed["score_cam"]
    order = torch.randperm(len(many), generator=torch.Generator().manual_seed(3))
    torch.set_num_threads(2)
    permuted = explain(network, many[order], methods=["score_cam"], forward=forward).signed["score_cam"]
    alone = explain(network, many[4:5], methods=["score_cam"], forward=forward).signed["score_cam"]
    assert torch.equal(permuted, together[order])
    assert torch.equal(alone[0], together[4])


def test_another_network_s_forward_pass_is_refused(exported, resnet, images):
    network, forward = exported
    with pytest.raises(ExplanationError, match=r"Expected forward to be the model's own forward pass\. .*Export"):
        explain(network, images, methods=["score_cam"], forward=lambda pixels: forward(pixels) + 0.1)
