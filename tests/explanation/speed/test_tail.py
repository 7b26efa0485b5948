import pytest
import torch
from torch import nn

from camfolio.explanation.explain import explain
from camfolio.explanation.speed.folding import fold, folded
from camfolio.explanation.speed.lanes import LARGEST
from camfolio.explanation.speed.tail import DividedNetwork, divided, lazily, onward_from

LAYER = "layer2.1.conv2"


def exchanged(model, layer, images):
    """Some rows of images, random activations for them, and the logits that the whole model gives for these."""
    seen = []
    handle = model.get_submodule(layer).register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    model(images)
    handle.remove()
    rows = torch.tensor([3, 0, 5, 5, 1, 2])
    activations = torch.randn(seen[0].shape, generator=torch.Generator().manual_seed(3))
    handle = model.get_submodule(layer).register_forward_hook(lambda *_: activations)
    logits = model(images[rows])
    handle.remove()
    return rows, activations, logits


@pytest.mark.parametrize(
    "layer", ["conv1", "layer1.0.conv1", LAYER, "layer2.1", "layer3.0.downsample.0", "layer4.1.conv2", "avgpool"]
)
@torch.no_grad()
def test_the_steps_after_a_layer_give_the_logits_of_the_whole_network(layer, resnet, images):
    model = folded(resnet(), [layer], images[:1])
    start = onward_from(model, layer, images[:1])
    assert isinstance(start.__self__, DividedNetwork)
    rows, activations, logits = exchanged(model, layer, images)
    torch.testing.assert_close(start(images)(rows, activations), logits, rtol=0, atol=1e-6)


@torch.no_grad()
def test_a_network_that_is_no_record_runs_whole(bottleneck, images):
    model = bottleneck()
    rows, activations, logits = exchanged(model, "conv", images)
    torch.testing.assert_close(onward_from(model, "conv", images[:1])(images)(rows, activations), logits)
    assert not model.conv._forward_hooks


@torch.no_grad()
def test_steps_before_the_layer_run_once_for_all_passes_and_only_with_the_first(resnet, images):
    model = fold(resnet(), [LAYER])
    parts, runs = divided(model, LAYER), []
    parts.before.register_forward_hook(lambda *_: runs.append(len(images)))
    onward = parts.onward(images)
    assert not runs
    for _ in range(3):
        onward(torch.arange(6), torch.zeros(6, 8, 8, 8))
    assert len(runs) == 1


@torch.no_grad()
def test_neither_part_runs_what_only_the_other_needs(resnet):
    parts = divided(fold(resnet(), [LAYER]), LAYER)
    before, after = (set(dict(part.named_modules())) for part in (parts.before, parts.after))
    assert "layer3.0.conv1" in after - before
    assert "layer1.0.conv1" in before - after
    assert LAYER not in before | after


class Weighed(nn.Module):
    """Its logits are scaled by weights of which there are as many as images in the trial."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.scale = nn.Conv2d(1, 2, 3, padding=1), nn.Parameter(torch.tensor([1.0, 3.0]))

    def forward(self, images):
        scale = self.scale * 2
        return self.conv(images).mean((2, 3)) * scale


class Turned(nn.Module):
    """What it uses after its layer has images along the columns: picking rows of it would pick none of them."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(1, 2, 3, padding=1)

    def forward(self, images):
        columns = images.mean((2, 3)).permute(1, 0).expand(2, -1).contiguous()
        return (self.conv(images).mean((2, 3)).permute(1, 0) + columns * torch.tensor([[1.0], [2.0]])).permute(1, 0)


class Normed(nn.Module):
    """Norms by the numbers of all images that are there, so that a choice of them gives others."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.norm, self.conv = nn.BatchNorm2d(1, track_running_stats=False), nn.Conv2d(1, 2, 3, padding=1)

    def forward(self, images):
        normed = self.norm(images)
        return (self.conv(normed) + normed).mean((2, 3))


@pytest.mark.parametrize("kind", [Turned, Normed])
@pytest.mark.parametrize("blank", [False, True])
@torch.no_grad()
def test_a_part_that_answers_otherwise_is_left_aside_with_a_line(kind, blank, images, caplog):
    model = fold(kind().eval(), ["conv"])
    with caplog.at_level("INFO", logger="camfolio"):
        start = onward_from(model, "conv", images[:1] * (0 if blank else 1))
    assert "passes from conv on run the whole network" in caplog.text
    rows, activations, logits = exchanged(model, "conv", images)
    torch.testing.assert_close(start(images)(rows, activations), logits)


class Late(nn.Module):
    """Overwrites, after its layer, what it had read before; and adds up, in place, what no image decides."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.stem, self.conv = nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 2, 3, padding=1)
        self.scale = nn.Parameter(torch.tensor([1.0, 3.0]))

    def forward(self, images):
        scale = self.scale * 2
        stem = self.stem(images)
        cells = self.conv(stem) + stem
        cut_off = nn.functional.hardtanh(stem, -0.1, 0.1, inplace=True)
        scale += 1
        return (cells + cut_off).mean((2, 3)) * scale


@torch.no_grad()
def test_steps_keep_their_order_and_operations_in_place_do_not_reach_the_next_question(images):
    model = fold(Late().eval(), ["conv"])
    start = onward_from(model, "conv", images[:1])
    assert isinstance(start.__self__, DividedNetwork)
    rows, activations, logits = exchanged(model, "conv", images)
    onward = start(images)
    for _ in range(2):
        torch.testing.assert_close(onward(rows, activations), logits)


@torch.no_grad()
def test_a_record_with_a_hook_runs_whole(images):
    model = fold(Weighed().eval(), ["conv"])
    model.register_forward_hook(lambda _module, _inputs, logits: logits.clamp(max=0.1))
    rows, activations, logits = exchanged(model, "conv", images)
    torch.testing.assert_close(onward_from(model, "conv", images[:1])(images)(rows, activations), logits)


def test_a_network_that_overwrites_its_images_explains_the_same_after_ablation_cam(images):
    torch.manual_seed(0)
    layers = [nn.Conv2d(1, 3, 3), nn.Conv2d(3, 3, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2)]
    model = nn.Sequential(nn.ELU(inplace=True), *layers).eval()
    both = explain(model, images, ["1", "2"], ["ablation_cam", "score_cam"])
    for layer in ("1", "2"):
        for method in ("ablation_cam", "score_cam"):
            alone = explain(model, images, layer, [method])
            torch.testing.assert_close(both.at(layer).signed[method], alone.signed[method], rtol=1e-5, atol=1e-6)


@torch.no_grad()
def test_numbers_that_no_image_decides_are_not_taken_apart_by_image(images):
    model = fold(Weighed().eval(), ["conv"])
    assert divided(model, "conv").by_image == (False,)
    start = onward_from(model, "conv", images[:1])
    assert isinstance(start.__self__, DividedNetwork)
    rows, activations, logits = exchanged(model, "conv", images)
    torch.testing.assert_close(start(images)(rows, activations), logits)


def test_a_layer_that_is_no_single_step_cannot_be_cut_at(resnet):
    with pytest.raises(ValueError, match=r"Expected layer2\.1\.conv2 to be one step, but it is 0"):
        divided(fold(resnet(), ["layer2.1"]), LAYER)


def test_passes_are_prepared_once_and_only_with_the_first():
    made = []

    def make():
        made.append(1)
        return lambda rows, activations: rows + activations

    onward = lazily(make)
    assert not made
    assert int(onward(torch.tensor(1), torch.tensor(2))) == 3
    assert int(onward(torch.tensor(2), torch.tensor(2))) == 4
    assert made == [1]


class Counting(nn.Module):
    """A first step that counts the images it is shown, over all copies."""

    shown = 0

    def forward(self, images):
        Counting.shown += len(images)
        return images


def test_ablation_cam_runs_the_steps_before_the_layer_twice_and_not_once_per_channel(images):
    torch.manual_seed(0)
    model = nn.Sequential(
        Counting(), nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, 2)
    )
    shown = []
    for method in ("grad_cam", "ablation_cam"):
        Counting.shown = 0
        explain(model.eval(), images, "1", [method])
        shown.append(Counting.shown)
    trial = 3 * 3  # three images, twice through the whole network and once through the steps before the layer
    assert shown[1] == shown[0] + trial + LARGEST
