"""Saving and loading of weights, with a check of names and shapes against the network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from camfolio.errors import NetworkError


def save_network(network: nn.Module, path: Path) -> None:
    """Write the weights as safetensors: plain tensors, the same bytes for the same weights."""
    save_file({name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}, path)


def load_weights(network: nn.Module, path: Path) -> None:
    """Load weights from a file into a network; only plain tensors are unpickled.

    Args:
        network: keeps its architecture.
        path: .safetensors, or a .ckpt / .pt / .pth that holds a state dict (Lightning's are read, too).

    Raises:
        NetworkError: if the file cannot be read, or for the first tensor that does not match the network.
    """
    expected = network.state_dict()
    loaded = without_prefix(read_weights(path), expected)
    for name in sorted(expected.keys() | loaded.keys()):
        check_tensor(name, expected.get(name), loaded.get(name), path)
    network.load_state_dict(loaded)


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors in a checkpoint by name.

    Raises:
        NetworkError: if the file cannot be read or contains no state dict.
    """
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # noqa: BLE001 - a damaged file makes torch's unpickler fail in a dozen ways
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        msg = f"Expected a checkpoint of plain tensors, but got {reason} for {path.name}. Save it as safetensors."
        raise NetworkError(msg) from None
    state = content.get("state_dict", content) if isinstance(content, dict) else {}
    named = state.items() if isinstance(state, dict) else ()
    tensors = {str(name): tensor for name, tensor in named if isinstance(tensor, Tensor)}
    if not tensors:
        msg = f"Expected a state dict of tensors, but {path.name} holds none. Save model.state_dict()."
        raise NetworkError(msg)
    return tensors


def without_prefix(weights: dict[str, Tensor], expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights of a network that was saved as an attribute of another module, without the attribute's name.

    Other attributes of that module, such as metrics, are dropped. Weights without such a prefix are returned unchanged.
    """
    for prefix in sorted({f"{name.partition('.')[0]}." for name in weights}):
        inner = {name.removeprefix(prefix): tensor for name, tensor in weights.items() if name.startswith(prefix)}
        if expected.keys() <= inner.keys() and not expected.keys() <= weights.keys():
            return inner
    return weights


def check_tensor(name: str, expected: Tensor | None, loaded: Tensor | None, path: Path) -> None:
    """Check one tensor of a checkpoint against the network.

    Raises:
        NetworkError: if it is unknown, missing or has another shape.
    """
    remedy = "Set network.width and network.blocks, or init_args, as in training."
    if expected is None and loaded is not None:
        msg = f"Expected no tensor {name}, but {path.name} has one. {remedy}"
    elif loaded is None:
        msg = f"Expected a tensor {name}, but {path.name} has none. {remedy}"
    elif expected is not None and expected.shape != loaded.shape:
        msg = (
            f"Expected {name} of shape {tuple(expected.shape)}, but got {tuple(loaded.shape)} in {path.name}. {remedy}"
        )
    else:
        return
    raise NetworkError(msg)
