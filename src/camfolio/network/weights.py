"""Saving and loading of weights, with a check of names, shapes and values against the network."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from camfolio.errors import NetworkError
from camfolio.network.checkpoints import find_network, place, printable, read_weights


def save_network(network: nn.Module, path: Path) -> None:
    """Write the weights as safetensors: plain tensors, the same bytes for the same weights; tied ones under each of their names.

    Raises:
        NetworkError: if the state dict holds something else.
    """
    tensors = {}
    for name, tensor in network.state_dict().items():
        if not isinstance(tensor, Tensor) or tensor.layout != torch.strided:
            kind = "sparse tensor" if isinstance(tensor, Tensor) else type(tensor).__name__
            msg = f"Expected a network with plain tensors as weights, but {name} is a {kind}. Register dense tensors."
            raise NetworkError(msg)
        tensors[name] = tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
    save_file(tensors, path)


def load_weights(network: nn.Module, path: Path) -> None:
    """Load weights from a file into a network; only plain tensors are unpickled.

    Args:
        network: keeps its architecture.
        path: .safetensors, or a .ckpt / .pt / .pth that holds the network's tensors at any place (see `find_network`).

    Raises:
        NetworkError: if the file cannot be read, or for the first tensor that does not match the network.
    """
    expected = network.state_dict()
    loaded = find_network(read_weights(path), expected, path)
    for name in sorted(expected.keys() | loaded.keys()):
        check_tensor(name, expected.get(name), loaded.get(name), path)
    check_tied(expected, loaded, path)
    network.load_state_dict(loaded)


def check_tensor(name: str, expected: Tensor | None, loaded: Tensor | None, path: Path) -> None:
    """Check one tensor of a checkpoint against the network.

    Raises:
        NetworkError: if it is unknown, missing, has another shape, is quantised, or not finite where the network is (masks may not be).
    """
    remedy = "Set network.width and network.blocks, or init_args, as in training."
    if expected is None and loaded is not None:
        msg = f"Expected no tensor {printable(name)}, but {path.name} has one. {remedy}"
    elif expected is None or loaded is None:
        msg = f"Expected a tensor {name}, but {path.name} has none. {remedy}"
    elif expected.shape != loaded.shape:
        msg = (
            f"Expected {name} of shape {tuple(expected.shape)}, but got {tuple(loaded.shape)} in {path.name}. {remedy}"
        )
    elif expected.is_floating_point() and not loaded.is_floating_point():
        msg = f"Expected {name} of {expected.dtype}, but got {loaded.dtype} in {path.name}. Save the weights as they are before quantisation."
    elif (expected.isfinite() & ~loaded.to(expected.dtype).isfinite()).any():
        msg = f"Expected finite weights, but {name} holds NaN or infinity in {path.name}. Save an earlier epoch."
    else:
        return
    raise NetworkError(msg)


def check_tied(expected: dict[str, Tensor], loaded: dict[str, Tensor], path: Path) -> None:
    """Check that names of one tensor of the network have one value in a checkpoint.

    Raises:
        NetworkError: if they have several, of which only the last would be loaded.
    """
    first: dict[tuple[object, ...], str] = {}
    for name, tensor in expected.items():
        other = first.setdefault(place(tensor), name)
        if not torch.equal(loaded[name], loaded[other]):
            msg = f"Expected {name} to be the same tensor as {other}, as in the network, but they differ in {path.name}. Build the network as in training."
            raise NetworkError(msg)
