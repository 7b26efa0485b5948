import numpy as np
import pytest
import torch
from torch import nn

from camfolio.evidence.randomisation import permuted_labels, randomised_networks


@pytest.fixture
def networks():
    def build(seed):
        torch.manual_seed(seed)
        return nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(12, 2)).eval()

    trained, fresh = build(0), build(1)
    with torch.no_grad():
        trained[1].running_mean += 1
    return trained, fresh


def same(first, second):
    return all(torch.equal(tensor, second.state_dict()[name]) for name, tensor in first.state_dict().items())


def test_parts_are_randomised_from_the_last_to_the_first(networks):
    trained, fresh = networks
    names = []
    for name, network in randomised_networks(trained, fresh):
        names.append(name)
        for part in ("0", "1", "4"):
            reference = fresh if part in names else trained
            assert same(network.get_submodule(part), reference.get_submodule(part))
    assert names == ["4", "1", "0"]
    assert same(network, fresh)


def test_the_trained_network_is_not_changed(networks):
    trained, fresh = networks
    before = {name: tensor.clone() for name, tensor in trained.state_dict().items()}
    list(randomised_networks(trained, fresh))
    assert all(torch.equal(tensor, before[name]) for name, tensor in trained.state_dict().items())


PART = np.array(["train"] * 60 + ["validation"] * 20 + ["test"] * 20)
LABEL = np.random.default_rng(0).integers(0, 2, 100)


def test_permuted_labels_keep_the_share_of_each_class_and_the_other_parts():
    permuted, parts = permuted_labels(LABEL, PART, 30, 3, 1)
    chosen, rest = parts == "train", parts != "train"
    assert 30 <= chosen.sum() <= 31
    assert permuted[chosen].sum() == LABEL[chosen].sum() == pytest.approx(LABEL[PART == "train"].sum() / 2, abs=0.5)
    assert (permuted[chosen] != LABEL[chosen]).any()
    np.testing.assert_array_equal(permuted[rest], LABEL[rest])
    np.testing.assert_array_equal(parts[PART != "train"], PART[PART != "train"])
    assert set(parts[PART == "train"]) == {"train", "unused"}


def test_all_training_slices_are_used_if_there_are_no_more():
    assert np.array_equal(permuted_labels(LABEL, PART, 400, 3, 1)[1], PART)


def test_a_rare_class_is_not_left_out():
    label = np.zeros(100, int)
    label[5] = 1
    permuted, parts = permuted_labels(label, PART, 10, 0, 1)
    assert permuted[parts == "train"].sum() == 1


def test_permuted_labels_depend_on_seed_and_number_and_not_on_the_true_labels():
    first, again, other, further = (
        permuted_labels(LABEL, PART, 60, *draw)[0] for draw in ((3, 1), (3, 1), (4, 1), (3, 2))
    )
    np.testing.assert_array_equal(first, again)
    assert (other != first).any()
    assert (further != first).any()
    train = PART == "train"
    correlations = [
        np.corrcoef(permuted_labels(LABEL, PART, 60, seed, 1)[0][train], LABEL[train])[0, 1] for seed in range(200)
    ]
    assert np.mean(correlations) == pytest.approx(0, abs=0.03)
