"""Checkpoints as others write them: where the network's tensors are, what is left out, and files that are none."""

from __future__ import annotations

import argparse
import pathlib
import pickle
import re

import numpy as np
import pytest
import torch
from safetensors.torch import save_file, save_model
from torch import nn

from camfolio.errors import NetworkError
from camfolio.network.weights import load_weights, save_network


class Small(nn.Module):
    """A convolution, a batch norm and a linear layer."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)
        self.norm = nn.BatchNorm2d(2)
        self.head = nn.Linear(2, 2)


class Tied(Small):
    """Two names of one tensor, and two of one module."""

    def __init__(self):
        super().__init__()
        self.other = nn.Linear(2, 2)
        self.other.weight = self.head.weight
        self.layers = nn.ModuleList([self.conv])


def small(seed, kind=Small):
    torch.manual_seed(seed)
    network = kind()
    network.norm.running_mean.normal_()
    return network


ONE, OTHER = small(1).state_dict(), small(2).state_dict()


def below(prefix, state=ONE):
    return {prefix + name: tensor for name, tensor in state.items()}


def without_counters(state=ONE):
    return {name: tensor for name, tensor in state.items() if not name.endswith("num_batches_tracked")}


def loaded(content, path, network=None):
    network = small(3) if network is None else network
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    load_weights(network, path)
    return network.state_dict()


def same(found, expected=ONE):
    return all(torch.equal(found[name], tensor) for name, tensor in without_counters(expected).items())


PREFIXES = ["model._orig_mod.", "module._orig_mod.", "_orig_mod.module.", "module.module.", "net.backbone.encoder."]
LAID_OUT = {
    "model_state_dict": {"model_state_dict": ONE, "epoch": 3},
    "model": {"model": ONE, "optimizer": torch.optim.SGD(small(1).parameters()).state_dict()},
    "nested": {"state": {"net": below("module.")}},
    "without_counters": without_counters(),
    "without_counters_below_a_prefix": {"state_dict": below("model.", without_counters())},
    "averaged": {"n_averaged": torch.tensor(1), **below("module.")},
    "twice_the_same": below("student.") | below("teacher."),
    "average_of_parameters_only": below("model.") | below("shadow.", dict(small(2).named_parameters())),
    "wrapped_parts": {
        "_fsdp_wrapped_module." + name.replace("norm.", "norm._checkpoint_wrapped_module._orig_mod."): tensor
        for name, tensor in ONE.items()
    },
    "lightning_average": {
        "pytorch-lightning_version": "2.6.0",
        "state_dict": below("network."),
        "current_model_state": below("network.", OTHER),
    },
    "another_size": below("model.") | below("larger.", OTHER | {"conv.weight": torch.zeros(3, 1, 3, 3)}),
}


@pytest.mark.parametrize("prefix", PREFIXES)
def test_the_network_is_found_below_any_prefix(prefix, tmp_path):
    assert same(loaded({"state_dict": below(prefix)}, tmp_path / "weights.ckpt"))


@pytest.mark.parametrize("name", LAID_OUT)
def test_the_network_is_found_wherever_it_lies(name, tmp_path):
    assert same(loaded(LAID_OUT[name], tmp_path / "weights.pt"))


@pytest.mark.parametrize(
    ("content", "places"),
    [
        ({"state_dict": below("student.") | below("teacher.", OTHER)}, "state_dict.student, state_dict.teacher"),
        ({"teacher": OTHER, "student": ONE}, "student, teacher"),
        ({"state_dict": ONE, "state_dict_ema": OTHER}, "state_dict, state_dict_ema"),
        (ONE | below("ema.", OTHER), "its root, ema"),
        (below("a.", without_counters()) | below("b.", OTHER), "a, b"),
    ],
)
def test_two_networks_in_one_file_are_refused_with_their_places(content, places, tmp_path):
    network = small(3)
    with pytest.raises(
        NetworkError, match=rf"Expected one network, but two.pt holds 2 that fit, at {places}\. Save the"
    ):
        loaded(content, tmp_path / "two.pt", network)
    assert same(network.state_dict(), small(3).state_dict())


def test_the_remedy_for_two_networks_works(tmp_path):
    torch.save({"student": ONE, "teacher": OTHER}, tmp_path / "two.pt")
    assert same(loaded(torch.load(tmp_path / "two.pt", weights_only=True)["student"], tmp_path / "one.pt"))


@pytest.mark.parametrize("compiled", ["whole", "a part"])
def test_weights_of_a_plain_network_fit_a_compiled_one(compiled, tmp_path):
    network = small(3)
    if compiled == "whole":
        network = torch.compile(network, backend="eager")
    else:
        network.conv = torch.compile(network.conv, backend="eager")
    found = loaded(ONE, tmp_path / "weights.pt", network)
    assert same({name.replace("_orig_mod.", ""): tensor for name, tensor in found.items()})


def test_tied_tensors_are_saved_under_each_name_and_loaded(tmp_path):
    network = small(1, Tied)
    save_network(network, tmp_path / "tied.safetensors")
    other = small(2, Tied)
    load_weights(other, tmp_path / "tied.safetensors")
    assert same(other.state_dict(), network.state_dict())
    assert other.head.weight is other.other.weight


def test_a_file_with_one_name_of_tied_tensors_is_complete(tmp_path):
    network = small(1, Tied)
    save_model(network, str(tmp_path / "tied.safetensors"))
    other = small(2, Tied)
    load_weights(other, tmp_path / "tied.safetensors")
    assert same(other.state_dict(), network.state_dict())


def test_tied_tensors_with_two_values_are_refused(tmp_path):
    state = dict(small(1, Tied).state_dict())
    state["other.weight"] = state["other.weight"] + 1
    with pytest.raises(NetworkError, match=r"Expected other.weight to be the same tensor as head.weight, .* in two.pt"):
        loaded(state, tmp_path / "two.pt", small(2, Tied))


@pytest.mark.parametrize(
    ("tensor", "words"),
    [
        (torch.tensor([1.0, torch.nan]), "Expected finite weights, but head.bias holds NaN or infinity in bad.pt"),
        (torch.tensor([1, 2], dtype=torch.int8), r"Expected head.bias of torch.float32, but got torch.int8 in bad.pt"),
    ],
)
def test_what_is_no_weight_is_refused(tensor, words, tmp_path):
    with pytest.raises(NetworkError, match=words):
        loaded(ONE | {"head.bias": tensor}, tmp_path / "bad.pt")


def test_an_infinite_mask_of_the_network_is_no_damage(tmp_path):
    network = small(1)
    network.register_buffer("mask", torch.tensor([0.0, -torch.inf]))
    other = small(2)
    other.register_buffer("mask", torch.tensor([0.0, -torch.inf]))
    assert same(loaded(network.state_dict(), tmp_path / "masked.pt", other))


def test_weights_of_half_precision_are_loaded(tmp_path):
    half = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in ONE.items()}
    assert same(loaded(half, tmp_path / "half.pt"), {name: tensor.to(ONE[name].dtype) for name, tensor in half.items()})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n", "a pointer of Git LFS for {}. Fetch"),
        (b"\n<!DOCTYPE html><html></html>", "a web page for {}. Download the file itself"),
        (b"<html><body>404</body></html>", "a web page for {}. Download the file itself"),
        (b"Entry not found", "text for {}. Download the file again"),
        (b"", "an empty file for {}. Download the file again"),
        (b"\x89HDF\r\n\x1a\n" + bytes(99), "something else, or a damaged file, for {}. Save model.state_dict"),
    ],
)
@pytest.mark.parametrize("name", ["weights.safetensors", "weights.ckpt"])
def test_what_is_no_checkpoint_is_named(content, words, name, tmp_path):
    with pytest.raises(NetworkError, match=re.escape(words.format(name))):
        loaded(content, tmp_path / name)


def test_a_folder_and_a_missing_file_are_named_without_their_path(tmp_path):
    (tmp_path / "shards.ckpt").mkdir()
    for name, words in (("shards.ckpt", "a folder for shards.ckpt. Merge"), ("none.pt", "no such file or directory")):
        with pytest.raises(NetworkError, match=words) as caught:
            load_weights(small(1), tmp_path / name)
        assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ({"state_dict": ONE, "hyper_parameters": argparse.Namespace(width=4)}, "argparse.Namespace besides tensors"),
        ({"state_dict": ONE, "best": np.float64(1)}, "numpy._core.multiarray.scalar, numpy.dtype besides tensors"),
        ({"state_dict": ONE, "folder": pathlib.PurePosixPath("a")}, "pathlib.PurePosixPath besides tensors"),
    ],
)
def test_objects_are_named_and_nothing_of_torch_s_advice_is_passed_on(content, names, tmp_path):
    with pytest.raises(NetworkError, match=names) as caught:
        loaded(content, tmp_path / "objects.ckpt")
    assert not re.search(r"weights_only|trust|add_safe_globals|allow|issue|[^ -~]", str(caught.value))


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_a_torchscript_program_is_named_and_torch_does_not_warn(tmp_path):
    torch.jit.save(torch.jit.trace(nn.Linear(2, 2), torch.zeros(1, 2)), tmp_path / "script.pt")
    with pytest.raises(NetworkError, match=r"but got a TorchScript program for script.pt\. Save"):
        load_weights(small(1), tmp_path / "script.pt")
    (tmp_path / "protocol-4.pt").write_bytes(pickle.dumps({"a": print}, protocol=4))
    with pytest.raises(NetworkError, match=r"but got something else, or a damaged file, for protocol-4.pt"):
        load_weights(small(1), tmp_path / "protocol-4.pt")


def test_names_in_a_file_cannot_control_a_terminal(tmp_path):
    with pytest.raises(NetworkError, match=r"Expected no tensor \\x1b\[2J\\x1b\[31m, but codes.pt has one"):
        loaded(ONE | {"\x1b[2J\x1b[31m": torch.zeros(1)}, tmp_path / "codes.pt")


def test_the_content_decides_and_not_the_suffix(tmp_path):
    save_file(ONE, tmp_path / "one")
    assert same(loaded((tmp_path / "one").read_bytes(), tmp_path / "weights.pt"))
    torch.save(ONE, tmp_path / "two")
    assert same(loaded((tmp_path / "two").read_bytes(), tmp_path / "weights.safetensors"))


def test_a_mapping_that_holds_itself_is_read(tmp_path):
    content = {"model": ONE}
    content["me"] = content
    assert same(loaded(content, tmp_path / "cyclic.pt"))


def test_the_best_prefix_decides_which_tensor_is_said_to_be_missing(tmp_path):
    state = {name: tensor for name, tensor in ONE.items() if name != "head.bias"}
    with pytest.raises(NetworkError, match=r"Expected a tensor head.bias, but less.pt has none"):
        loaded({"state_dict": below("model.", state)}, tmp_path / "less.pt")


@pytest.mark.parametrize(
    ("extra", "kind"), [({"a": 1}, "dict"), (print, "builtin_function_or_method"), (torch.eye(2).to_sparse(), "sparse")]
)
def test_a_state_dict_with_more_than_plain_tensors_is_refused(extra, kind, tmp_path):
    class Extra(Small):
        def get_extra_state(self):
            return extra

    with pytest.raises(NetworkError, match=rf"with plain tensors as weights, but _extra_state is a {kind}"):
        save_network(Extra(), tmp_path / "extra.safetensors")
    assert not (tmp_path / "extra.safetensors").exists()
