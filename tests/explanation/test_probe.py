import pytest
import torch
from torch import nn

from camfolio.errors import ExplanationError
from camfolio.explanation.explain import explain
from camfolio.explanation.probe import borrowed, margin, read

LAYER = "layer2.1.conv2"


class Breaking(nn.Module):
    """Fails after its layer, at the given forward pass; its condition on values is in no traced graph."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)
        self.drop = nn.Dropout()
        self.left = at

    def forward(self, images):
        cells = self.drop(self.conv(images))
        self.left -= bool(torch.isfinite(cells).all())
        if self.left == 0:
            msg = "no list has such an index"
            raise IndexError(msg)
        return cells.mean((2, 3))


def read_one(model, layer, images, target):
    return read(model, {"layer": layer}, images, target)[0]["layer"]


def hooks_of(model):
    return [(name, list(module._forward_hooks), list(module._backward_hooks)) for name, module in model.named_modules()]


def state_of(model):
    modes = {name: module.training for name, module in model.named_modules()}
    required = {name: weight.requires_grad for name, weight in model.named_parameters()}
    return modes, required, hooks_of(model)


@pytest.fixture
def mixed(resnet):
    """In training mode with single parts in evaluation mode, some weights frozen, some with a gradient kept."""
    network = resnet().train()
    network.get_submodule("bn1").eval()
    network.get_submodule("layer3").eval()
    network.get_submodule("layer2.0.conv1").weight.requires_grad_(False)
    weight = network.get_submodule("fc").weight
    weight.grad = torch.full_like(weight, 0.25)
    return network


def test_modes_frozen_weights_hooks_and_gradients_are_as_before(mixed, images):
    before = state_of(mixed)
    weights = {name: tensor.clone() for name, tensor in mixed.state_dict().items()}
    kept = mixed.get_submodule("fc").weight.grad
    explain(mixed, images)
    assert state_of(mixed) == before
    assert mixed.get_submodule("fc").weight.grad is kept
    assert bool((kept == 0.25).all())
    assert [name for name, weight in mixed.named_parameters() if weight.grad is not None] == ["fc.weight"]
    for name, tensor in mixed.state_dict().items():  # running statistics, too
        assert torch.equal(tensor, weights[name]), name


@pytest.mark.parametrize("at", [1, 2, 3])
def test_everything_is_as_before_also_after_an_exception_which_is_not_swallowed(at, images):
    network = Breaking(at).train()
    network.drop.eval()
    network.conv.bias.requires_grad_(False)
    before = state_of(network)
    with pytest.raises(IndexError, match="no list has such an index"):
        explain(network, images, "conv")
    assert state_of(network) == before
    assert network.conv.weight.grad is None


def test_hooks_are_gone_after_a_target_out_of_range(resnet, images):
    network = resnet().train()
    before = state_of(network)
    with pytest.raises(ExplanationError, match="Expected targets from 0 to 1"):
        explain(network, images, targets=[0, 1, 2, 0, 1, 0])
    assert state_of(network) == before


def test_hooks_of_the_caller_stay_and_still_run(resnet, images):
    network = resnet()
    seen = []
    handle = network.get_submodule(LAYER).register_forward_hook(lambda *_: seen.append(1))
    explain(network, images, methods=["grad_cam"])
    before = len(seen)
    assert before
    network(images)
    assert len(seen) == before + 1
    handle.remove()


def test_frozen_weights_work_and_stay_frozen(resnet, images):
    network, free = resnet(), resnet()
    network.requires_grad_(False)
    frozen, expected = explain(network, images), explain(free, images)
    assert not any(weight.requires_grad for weight in network.parameters())
    assert all(weight.requires_grad for weight in free.parameters())
    for method, signed in expected.signed.items():
        assert torch.equal(frozen.signed[method], signed)


def test_borrowed_gives_everything_back_when_its_body_fails(mixed):
    before = state_of(mixed)
    with borrowed(mixed) as network:
        assert not any(module.training for module in network.modules())
        assert not any(weight.requires_grad for weight in network.parameters())
    with pytest.raises(KeyError), borrowed(mixed):
        raise KeyError
    assert state_of(mixed) == before


def test_an_in_place_relu_after_the_layer_does_not_change_what_is_kept(plain_cnn, images):
    network = plain_cnn()
    with borrowed(network):
        reading = read_one(network, network.get_submodule("2"), images, None)
    with torch.no_grad():
        expected = network[2](network[1](network[0](images)))
    assert bool((reading.activations < 0).any())
    assert torch.equal(reading.activations, expected)


def test_an_in_place_operation_on_what_the_layer_was_given_does_not_change_what_is_kept(images):
    class Aliased(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 2, 3)
            self.same = nn.Identity()  # its output is its input

        def forward(self, pixels):
            cells = self.conv(pixels)
            shown = self.same(cells)
            cells.zero_()
            return shown.mean((2, 3)) + cells.mean((2, 3))

    torch.manual_seed(0)
    network = Aliased()
    with borrowed(network):
        reading = read_one(network, network.same, images, None)
        expected = network.conv(images).detach()
    assert torch.equal(reading.activations, expected)
    assert torch.equal(reading.logits, expected.mean((2, 3)))


def test_gradients_are_those_of_the_target_s_logit_alone(images):
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 2)).eval()
    with borrowed(network):
        reading = read_one(network, network[0], images, torch.tensor([0, 1, 0, 1, 1, 0]))
    expected = network[3].weight[reading.target] / (14 * 14)  # through the mean of 14x14 cells
    torch.testing.assert_close(reading.gradients, expected.detach()[:, :, None, None].expand(6, 2, 14, 14))


def test_nothing_before_the_layer_is_in_the_graph(plain_cnn, images):
    network = plain_cnn()
    with borrowed(network):
        reading = read_one(network, network.get_submodule("2"), images, None)
    assert not reading.logits.requires_grad
    assert not reading.activations.requires_grad
    assert reading.gradients.grad_fn is None


def test_a_model_is_borrowed_and_read_also_under_no_grad_and_under_inference_mode(plain_cnn, images):
    network = plain_cnn()
    with borrowed(network):
        free = read_one(network, network.get_submodule("2"), images, None)
    for guard in (torch.no_grad, torch.inference_mode):
        with guard():
            with borrowed(network):
                guarded = read_one(network, network.get_submodule("2"), images, None)
            assert not torch.is_grad_enabled()
        assert torch.equal(guarded.gradients, free.gradients)


class Twice(nn.Module):
    """One layer that runs twice, one that runs never, one whose output is unused, one whose output is a pair."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 3, padding=1)
        self.never = nn.Conv2d(1, 1, 3)
        self.unused = nn.Conv2d(1, 1, 3)
        self.pair = nn.LSTM(4, 4, batch_first=True)
        self.fc = nn.Linear(1, 2)

    def forward(self, images):
        cells = self.conv(self.conv(images))
        self.unused(cells)
        self.pair(cells[:, 0, :, :4])
        return self.fc(cells.mean((2, 3)))


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ("conv", "Expected a layer that runs once in a forward pass, but conv ran 2 times. Choose another layer."),
        ("never", "Expected a layer that runs once in a forward pass, but never ran not at all. Choose another layer."),
        ("unused", "Expected a layer that the logits depend on, but they do not depend on unused. Choose"),
        ("pair", "Expected a layer with feature maps, but the output of pair is a tuple. Choose another layer."),
        ("fc", r"Expected a layer with output \(batch, channels, rows, columns\), but that of fc has shape \(1, 2\)"),
    ],
)
def test_a_layer_that_cannot_be_explained_says_why(layer, said, images):
    network = Twice().train()
    before = state_of(network)
    with pytest.raises(ExplanationError, match=said):
        explain(network, images, layer)
    assert state_of(network) == before


def test_layers_of_a_bottleneck_that_are_idle_or_aside_say_so(bottleneck, images):
    with pytest.raises(ExplanationError, match="ran not at all"):
        explain(bottleneck(), images, "idle")
    with pytest.raises(ExplanationError, match="the logits depend on"):
        explain(bottleneck(), images, "aside")


@pytest.mark.parametrize(
    ("tail", "said"),
    [
        (
            nn.Flatten(0),
            r"Expected a model with logits of shape \(images, classes\), but its output has shape \(\d+,\)",
        ),
        (nn.Identity(), r"logits of shape \(images, classes\), but its output has shape \(1, 2, 1, 1\)"),
        (nn.LSTM(1, 2), r"logits of shape \(images, classes\), but its output is a tuple"),
    ],
)
def test_a_model_without_one_row_of_logits_per_image_is_an_error(tail, said, images):
    pooled = nn.Flatten(2) if isinstance(tail, nn.LSTM) else nn.Identity()
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.AdaptiveAvgPool2d(1), pooled, tail)
    with pytest.raises(ExplanationError, match=said):
        explain(network, images, "0")


def test_several_layers_are_read_with_one_forward_and_one_backward_pass(resnet, images):
    network = resnet()
    layers = {name: network.get_submodule(name) for name in ("layer3.1.conv2", "layer2.1.conv2", "layer2.1")}
    passes = {"forward": 0, "backward": 0}

    def forward(*_):
        passes["forward"] += 1

    def backward(*_):
        passes["backward"] += 1

    network.get_submodule("fc").register_forward_hook(forward)
    network.get_submodule("fc").register_full_backward_hook(backward)
    network.get_submodule("layer2.0").register_full_backward_hook(lambda *_: pytest.fail("went beyond the layer"))
    with borrowed(network):
        (readings,) = read(network, layers, images, None)
    assert list(readings) == list(layers)
    assert passes == {"forward": 1, "backward": 1}
    assert all(reading.gradients.shape == reading.activations.shape for reading in readings.values())


def test_layers_side_by_side_are_read_together(images):
    class Parallel(nn.Module):
        def __init__(self):
            super().__init__()
            self.left, self.right = nn.Conv2d(1, 2, 3), nn.Conv2d(1, 2, 3)

        def forward(self, pixels):
            return (self.left(pixels) * self.right(pixels)).mean((2, 3))

    torch.manual_seed(0)
    network = Parallel()
    with borrowed(network):
        (readings,) = read(network, {"left": network.left, "right": network.right}, images, None)
        alone = [read_one(network, layer, images, None) for layer in (network.left, network.right)]
    for reading, expected in zip(readings.values(), alone, strict=True):
        assert torch.equal(reading.gradients, expected.gradients)


def test_the_idle_one_of_several_layers_is_named(bottleneck, images):
    with pytest.raises(ExplanationError, match="the logits depend on, but they do not depend on aside"):
        explain(bottleneck(), images, ["conv", "aside"])


def test_the_margin_takes_off_the_strongest_other_class():
    logits = torch.tensor([[1.0, 5.0, 3.0], [4.0, 2.0, -1.0]])
    assert margin(logits, torch.tensor([1, 2]), 0.0).tolist() == [5.0, -1.0]
    assert margin(logits, torch.tensor([1, 2]), 0.5).tolist() == [3.5, -3.0]
    assert margin(torch.tensor([[2.0], [2.0]]), torch.tensor([1, 0]), 1.0).tolist() == [2.0, -2.0]
