"""The terms of a method add up to its map, for every registered method; a method without terms is left out."""

from __future__ import annotations

import pytest
import torch

from camfolio.errors import ExplanationError
from camfolio.explanation.explain import explain
from camfolio.explanation.registry import METHODS, method
from camfolio.explanation.terms import TERMS, Terms, taken_apart, terms
from camfolio.method_words import METHOD_FILES

LAYERS = {"resnet": "layer2.1.conv2", "plain_cnn": "2", "bottleneck": "conv", "binary": "0"}


def test_every_method_of_camfolio_has_terms():
    assert TERMS.keys() == METHOD_FILES.keys()


@pytest.mark.parametrize("explains", ["logit", "margin"])
@pytest.mark.parametrize("kind", LAYERS)
def test_terms_add_up_to_the_map_of_every_registered_method(kind, explains, images, request):
    network, layer, images = request.getfixturevalue(kind)().double(), LAYERS[kind], images.double()
    settings = {"comparison": 0.7, "masked": 0.2}
    expected = explain(network, images[:1], layer, list(METHODS), [1], explains=explains, **settings)
    found = taken_apart(network, images[:1], layer, list(METHODS), 1, explains_margin=explains == "margin", **settings)
    assert list(found) == list(METHODS)
    for name, apart in found.items():
        signed = expected.signed[name][0]
        limit = 1e-9 * float(apart.terms.products.abs().sum(0).max())
        torch.testing.assert_close(apart.terms.products.sum(0), signed, rtol=0, atol=limit)
        shown = expected.upsampled(name, (16, 16))[0]
        torch.testing.assert_close(apart.enlarged, shown, rtol=0, atol=limit)


def test_the_probability_is_that_of_the_masked_image_and_of_the_network_without_the_channel(resnet, images):
    network, layer = resnet(), "layer2.1.conv2"
    found = taken_apart(network, images[:1], layer, ["score_cam", "ablation_cam"], 1, explains_margin=True, masked=0.2)
    masked, removed = found["score_cam"].terms, found["ablation_cam"].terms
    with torch.no_grad():
        seen = network(masked.masked.unsqueeze(1)).softmax(1)[:, 1]
        torch.testing.assert_close(masked.probability, seen, rtol=0, atol=1e-5)
        margins = torch.logit(masked.probability.double())
        torch.testing.assert_close(masked.weights.flatten().double(), margins.softmax(0), rtol=0, atol=1e-5)
        for channel in (0, 5):

            def without(_module, _inputs, output, channel=channel):
                cells = output.clone()
                cells[:, channel] = 0
                return cells

            handle = network.get_submodule(layer).register_forward_hook(without)
            expected = network(images[:1]).softmax(1)[0, 1]
            handle.remove()
            torch.testing.assert_close(removed.probability[channel], expected, rtol=0, atol=1e-5)


@pytest.fixture
def edge_cam():
    """A method of user code, without terms."""
    before, known = dict(METHODS), dict(TERMS)

    @method("edge_cam")
    def weigh(batch):
        return batch.reading.activations[:, 0]

    yield "edge_cam"
    for registry, entries in ((METHODS, before), (TERMS, known)):
        registry.clear()
        registry.update(entries)


def test_a_method_without_terms_is_left_out(edge_cam, resnet, images):
    found = taken_apart(resnet(), images[:1], "layer1", [edge_cam, "grad_cam"], 0, explains_margin=True)
    assert list(found) == ["grad_cam"]
    assert taken_apart(resnet(), images[:1], "layer1", [edge_cam], 0, explains_margin=True) == {}


def test_terms_of_user_code_must_add_up_to_its_map(edge_cam, resnet, images):
    @terms(edge_cam)
    def first(batch):
        channels = batch.reading.activations[0]
        weights = torch.zeros(len(channels), 1, 1)
        weights[0] = 1
        return Terms("first alone", channels, weights)

    found = taken_apart(resnet(), images[:1], "layer1", [edge_cam], 0, explains_margin=True)
    assert found[edge_cam].terms.weighed_by == "first alone"

    @terms(edge_cam)
    def all_of_them(batch):
        channels = batch.reading.activations[0]
        return Terms("all alike", channels, torch.ones(len(channels), 1, 1))

    with pytest.raises(
        ExplanationError, match=r"Expected terms of edge_cam that add up to its map, but got .* remove it"
    ):
        taken_apart(resnet(), images[:1], "layer1", [edge_cam], 0, explains_margin=True)
