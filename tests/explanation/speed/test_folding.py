import copy
import itertools

import pytest
import torch
from torch import nn

from camfolio.explanation.speed.folding import fold, folded, has_hooks, shares
from camfolio.explanation.speed.tail import DividedNetwork, onward_from
from camfolio.network.architecture import build_network
from camfolio.study.settings import Network

LAYER = "layer2.1.conv2"


def norms(network):
    return [name for name, module in network.named_modules() if isinstance(module, nn.BatchNorm2d)]


def test_a_folded_network_gives_the_same_logits_with_norms_left_only_after_the_layers_kept(resnet, images):
    network = resnet().double()
    lean = folded(network, [LAYER], images[:1].double())
    assert norms(lean) == ["layer2.1.bn2"]
    with torch.no_grad():
        torch.testing.assert_close(lean(images.double()), network(images.double()), rtol=0, atol=1e-12)


def test_single_precision_stays_near_the_plain_logits(resnet, images):
    network = resnet()
    with torch.no_grad():
        torch.testing.assert_close(folded(network, [], images[:1])(images), network(images), rtol=0, atol=1e-6)


@pytest.mark.parametrize("layer", [LAYER, "layer2.1.bn2", "layer2.1", "layer3.0.downsample.0", "bn1"])
def test_a_layer_that_is_kept_puts_out_what_it_did(layer, resnet, images):
    network = resnet().double()
    outputs = []
    for model in (network, folded(network, [layer], images[:1].double())):
        model.get_submodule(layer).register_forward_hook(
            lambda _module, _inputs, output: outputs.append(output.clone())
        )
        with torch.no_grad():
            model(images.double())
    torch.testing.assert_close(outputs[1], outputs[0], rtol=0, atol=1e-12)


def test_the_network_itself_is_not_touched(resnet, images):
    network = resnet()
    before = copy.deepcopy(network.state_dict())
    folded(network, [LAYER], images[:1])
    assert list(network.state_dict()) == list(before)
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name])
        assert tensor.stride() == before[name].stride(), name
    assert not has_hooks(network)


class Remembering(nn.Module):
    """Writes into a buffer of its own whenever it runs."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)
        self.register_buffer("runs", torch.zeros(1))

    def forward(self, images):
        self.runs += 1
        return self.conv(images).mean((2, 3))


def test_buffers_that_a_network_writes_are_written_in_the_copy(images):
    network = Remembering().eval()
    lean = folded(network, [], images[:1])
    runs = float(network.runs)
    assert runs == 1  # the comparison runs the network itself once
    lean(images)
    assert float(network.runs) == runs


@pytest.mark.parametrize("name", ["OneLogit", "FlatLogit", "TwoLogits"])
@torch.no_grad()
def test_a_network_of_one_s_own_is_recorded_together_with_its_answer_in_two_logits(name, images):
    torch.manual_seed(0)
    network = build_network(Network(class_path=f"user_networks.{name}")).eval()
    assert not has_hooks(network)
    lean = folded(network, ["features.4"], images[:1])
    assert not lean._forward_hooks
    assert norms(lean) == []
    assert lean(images).shape == (6, 2)
    torch.testing.assert_close(lean(images), network(images), rtol=0, atol=1e-6)
    onward = onward_from(lean, "features.4", images[:1])
    assert isinstance(onward.__self__, DividedNetwork)
    network.features[4].register_forward_hook(lambda *_: torch.ones(6, 8, 8, 8))
    torch.testing.assert_close(onward(images)(torch.arange(6), torch.ones(6, 8, 8, 8)), network(images))
    assert has_hooks(network)


class Shared(nn.Module):
    """One convolution whose output is used twice, another one that runs twice: nothing may be folded."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 2, 3, padding=1)
        self.one, self.other = nn.BatchNorm2d(2), nn.BatchNorm2d(2)

    def forward(self, images):
        start = self.first(images)
        cells = self.one(start) + start
        return self.other(self.second(self.second(cells))).mean((2, 3))


def test_what_is_used_twice_is_not_folded(images):
    torch.manual_seed(0)
    network = Shared().eval()
    network.one.running_var.fill_(0.3)
    network.other.running_mean.fill_(0.5)
    assert norms(fold(network, [])) == ["one", "other"]
    with torch.no_grad():
        torch.testing.assert_close(folded(network, [], images[:1])(images), network(images), rtol=0, atol=1e-6)


class Asking(nn.Module):
    """Decides by its numbers, which no recorded graph can."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)

    def forward(self, images):
        cells = self.conv(images)
        return cells.mean((2, 3)) if float(cells.detach().sum()) > 0 else cells.amax((2, 3))


class Counting(nn.Module):
    """Gives other logits each time it is run."""

    runs = itertools.count(1)

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)

    def forward(self, images):
        return self.conv(images).mean((2, 3)) + next(self.runs)


@pytest.mark.parametrize(("kind", "said"), [(Asking, "it cannot be traced"), (Counting, "moves the logits by")])
def test_a_network_that_cannot_be_recorded_is_used_as_it_is_and_the_log_says_so(kind, said, images, caplog):
    with caplog.at_level("INFO", logger="camfolio"):
        assert folded(kind(), [], images[:1]) is None
    assert said in caplog.text


def test_a_layer_that_never_runs_is_in_no_copy(bottleneck, images):
    assert folded(bottleneck(), ["conv"], images[:1]) is not None
    assert folded(bottleneck(), ["conv", "idle"], images[:1]) is None


def test_a_second_model_has_the_same_weights_and_hooks_of_its_own(resnet):
    network = resnet()
    other = shares(network)
    other.get_submodule(LAYER).register_forward_hook(lambda *_: None)
    assert has_hooks(other)
    assert not has_hooks(network)
    assert all(a is b for a, b in zip(network.parameters(), other.parameters(), strict=True))
    assert all(a is b for a, b in zip(network.buffers(), other.buffers(), strict=True))
