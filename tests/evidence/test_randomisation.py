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


def test_permuted_labels_keep_class_counts_and_the_test_part():
    permuted = permuted_labels(LABEL, PART, 3)
    for name in ("train", "validation"):
        assert sorted(permuted[name == PART]) == sorted(LABEL[name == PART])
        assert (permuted[name == PART] != LABEL[name == PART]).any()
    np.testing.assert_array_equal(permuted[PART == "test"], LABEL[PART == "test"])


def test_permuted_labels_depend_on_the_seed_and_not_on_the_true_labels():
    np.testing.assert_array_equal(permuted_labels(LABEL, PART, 3), permuted_labels(LABEL, PART, 3))
    assert (permuted_labels(LABEL, PART, 4) != permuted_labels(LABEL, PART, 3)).any()
    train = PART == "train"
    correlations = [np.corrcoef(permuted_labels(LABEL, PART, seed)[train], LABEL[train])[0, 1] for seed in range(200)]
    assert np.mean(correlations) == pytest.approx(0, abs=0.03)
