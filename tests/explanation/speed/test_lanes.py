import time

import pytest
import torch
from torch import nn

from camfolio.explanation.explain import explain
from camfolio.explanation.probe import borrowed
from camfolio.explanation.speed import lanes as room
from camfolio.explanation.speed.lanes import LARGEST, Lanes, images_in_a_pass, make_lanes


@pytest.fixture
def two_threads():
    torch.set_num_threads(2)  # the fixture of all these tests puts the number back


def test_results_come_in_the_order_of_the_items_whatever_takes_longer(two_threads):
    def slow_first(_model, item):
        time.sleep(0.02 if item == 0 else 0)
        return item * item

    assert list(Lanes((nn.Identity(), nn.Identity()), 4).run(slow_first, range(6))) == [0, 1, 4, 9, 16, 25]


def test_a_model_works_on_one_item_at_a_time(two_threads):
    busy, together = set(), []

    def task(model, _item):
        together.append(model in busy)
        busy.add(model)
        time.sleep(0.002)
        busy.remove(model)
        return torch.get_num_threads()

    threads = set(Lanes((nn.Identity(), nn.Identity()), 4).run(task, range(20)))
    assert not any(together)
    assert threads == {1}
    assert torch.get_num_threads() == 2


def test_a_mistake_in_one_item_is_raised_and_threads_are_as_before(two_threads):
    def task(_model, item):
        if item == 3:
            raise KeyError(item)

    with pytest.raises(KeyError):
        list(Lanes((nn.Identity(), nn.Identity()), 4).run(task, range(50)))
    assert torch.get_num_threads() == 2


def test_there_is_a_model_for_every_thread_with_the_same_weights(two_threads, resnet, images):
    with borrowed(resnet()) as network:
        lanes = make_lanes(network, ["layer2.1.conv2"], images[:1])
    first, second = lanes.models
    assert first is not second
    assert all(a is b for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert lanes.size == LARGEST


@pytest.mark.parametrize("change", ["hook", "half"])
def test_a_model_with_hooks_or_in_half_precision_runs_as_it_is(change, two_threads, plain_cnn, images):
    network = plain_cnn()
    if change == "half":
        network.half()
    else:
        network[0].register_forward_hook(lambda *_: None)
    with borrowed(network):
        assert make_lanes(network, ["2"], images[:1].to(next(network.parameters()).dtype)).models == (network,)


def test_a_pass_holds_as_many_images_as_fit_and_at_least_one(resnet, images, monkeypatch):
    network = resnet()
    sizes = []
    for megabytes in (1000, 4, 1, 0.01):
        monkeypatch.setattr(room, "MEMORY", int(megabytes * 2**20))
        sizes.append(images_in_a_pass(network, images[:1]))
    assert sizes[0] == LARGEST
    assert sizes[-1] == 1
    assert sizes == sorted(sizes, reverse=True)
    assert all(size & (size - 1) == 0 for size in sizes)


def test_a_larger_image_gets_a_smaller_share_of_the_same_memory(resnet, monkeypatch):
    monkeypatch.setattr(room, "MEMORY", 2**22)
    small, large = (images_in_a_pass(resnet(), torch.zeros(1, 1, side, side)) for side in (16, 64))
    assert large < small


class Recording(nn.Module):
    """Notes how many images it is shown at once."""

    def __init__(self):
        super().__init__()
        self.conv, self.seen = nn.Conv2d(1, 3, 3, padding=1), []

    def forward(self, images):
        self.seen.append(len(images))
        cells = self.conv(images)
        assert bool(torch.isfinite(cells).all())  # asks its numbers: no copy can be made, every call is seen here
        return cells.mean((2, 3))


@pytest.mark.parametrize("count", [1, LARGEST, 3 * LARGEST + 5])
def test_no_pass_is_larger_whatever_the_number_of_images(count):
    network = Recording().eval()
    explain(network, torch.rand(count, 1, 8, 8), "conv", ["score_cam", "ablation_cam", "grad_cam"])
    assert max(network.seen) == LARGEST


def test_score_cam_looks_once_per_channel_that_varies_and_once_through_all_constant_ones():
    torch.manual_seed(0)
    network = Recording().eval()
    with torch.no_grad():
        network.conv.weight[1] = 0
    explain(network, torch.rand(2 * LARGEST, 1, 8, 8), "conv", ["score_cam"])
    masked = [size for size in network.seen if size == LARGEST]
    # per chunk: itself, two channels of every image, and one row for the constant one, in a pass that is filled up
    assert masked == [LARGEST] * 2 * (1 + 3)
