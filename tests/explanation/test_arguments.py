import copy

import numpy as np
import pytest
import torch
from monai.data import MetaTensor
from torch import nn

from camfolio.errors import ExplanationError, NetworkError
from camfolio.explanation.arguments import as_images, as_targets, layer_names
from camfolio.explanation.explain import explain


@pytest.fixture(scope="module")
def expected(plain_cnn, images):
    return explain(plain_cnn(), images, "2", ["grad_cam"], 1).signed["grad_cam"]


@pytest.mark.parametrize(
    "targets",
    [np.int64(1), torch.tensor(1), np.array(1), [np.int64(1)] * 6, [torch.tensor(1)] * 6, np.ones(6, np.uint16), True],
)
def test_a_class_may_be_any_whole_number(targets):
    assert as_targets(targets, 6).tolist() == [1] * 6


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        (1.0, "Expected whole numbers as targets, but got torch.float32"),
        (np.float64(1), "Expected whole numbers as targets, but got torch.float64"),
        ("malignant", "Expected the number of a class, or one for each of the 6 images, but got 'malignant'"),
        ([None] * 6, r"Expected the number of a class, .*, but got \[None, None"),
        ({1: 2}, r"but got \{1: 2\}"),
        ([[1]] * 6, r"Expected one target for each of the 6 images, but got shape \(6, 1\)"),
    ],
)
def test_anything_else_is_told_what_was_given(targets, said):
    with pytest.raises(ExplanationError, match=said):
        as_targets(targets, 6)


def test_a_layer_may_be_the_module_itself_or_one_of_several(plain_cnn, images, expected):
    network = plain_cnn()
    assert layer_names([network[2], "0"], network) == ["2", "0"]
    assert torch.equal(explain(network, images, network[2], "grad_cam", np.int64(1)).signed["grad_cam"], expected)
    for layer, said in ((copy.deepcopy(network[2]), "a Conv2d that is none of them"), (2, "2")):
        with pytest.raises(NetworkError, match=f"Expected a module of the network or its full name, but got {said}"):
            layer_names(layer, network)


@pytest.mark.parametrize(
    "given",
    [np.asarray, lambda images: images.double().numpy(), MetaTensor, lambda images: images.requires_grad_()],
)
def test_images_may_be_arrays_and_tensors_of_other_libraries(given, plain_cnn, images, expected):
    found = explain(plain_cnn(), given(images.clone()), "2", ["grad_cam"], 1).signed["grad_cam"]
    assert type(found) is torch.Tensor
    assert torch.equal(found, expected)


def test_one_image_of_one_channel_needs_no_batch(plain_cnn, images, expected):
    assert torch.equal(explain(plain_cnn(), images[0], "2", ["grad_cam"], 1).signed["grad_cam"], expected[:1])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (torch.zeros(5, 8, 8), r"got shape \(5, 8, 8\)\. Add an axis: images\[:, None\] for 5 images of one channel"),
        (torch.zeros(8, 8), r"got shape \(8, 8\)\. Add the axes: images\[None, None\]"),
        (torch.zeros(1, 1, 1, 8, 8), r"got shape \(1, 1, 1, 8, 8\)\."),
        ([torch.zeros(1, 8, 8)], r"got a list\. Stack them: torch.stack\(images\)"),
        (np.array(["a"]), "got an array of <U1"),
        (None, "got a NoneType"),
    ],
)
def test_other_images_are_told_what_was_given(given, said):
    with pytest.raises(ExplanationError, match=f"Expected images .*{said}"):
        as_images(given, nn.Identity())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            lambda images: images.double(),
            r"of shape \(1, 16, 16\) and torch.float64 it says: .*Convert them to torch.fl",
        ),
        (
            lambda images: images.expand(-1, 3, -1, -1),
            r"of shape \(3, 16, 16\) and torch.float32 it says: .*3 channels",
        ),
    ],
)
def test_images_that_torch_refuses_are_described_with_its_words(given, said, plain_cnn, images):
    with pytest.raises(ExplanationError, match=f"Expected images as the network takes them, but of one {said}"):
        explain(plain_cnn(), given(images), "2")


def test_a_compiled_network_is_explained_as_what_it_was_compiled_from(plain_cnn, images, expected):
    compiled = torch.compile(plain_cnn(), backend="eager")
    for layer in ("2", "_orig_mod.2"):
        assert torch.equal(explain(compiled, images, layer, ["grad_cam"], 1).signed["grad_cam"], expected)


def test_weights_made_under_inference_mode_are_refused_with_a_remedy_that_works(plain_cnn, images, expected):
    with torch.inference_mode():
        network = plain_cnn()
    with pytest.raises(
        ExplanationError, match=r"0.weight was made under torch.inference_mode\. .* copy.deepcopy\(model\)"
    ):
        explain(network, images, "2")
    assert torch.equal(explain(copy.deepcopy(network), images, "2", ["grad_cam"], 1).signed["grad_cam"], expected)
