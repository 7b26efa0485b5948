"""Weights of a network in files: saved, loaded, compared with the place they go to."""

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
    """Fill the network with the weights of a file; nothing is ever unpickled except plain tensors.

    Args:
        network: keeps its architecture.
        path: .safetensors, or a .ckpt / .pt / .pth that holds a state dict (Lightning's are read, too).

    Raises:
        NetworkError: if the file cannot be read or does not fit, naming the first key that differs.
    """
    expected = network.state_dict()
    found = without_prefix(read_weights(path), expected)
    for name in sorted(expected.keys() | found.keys()):
        compare(name, expected.get(name), found.get(name), path)
    network.load_state_dict(found)


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors in a checkpoint by name."""
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


def without_prefix(found: dict[str, Tensor], expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights of a network that was an attribute of what was saved, as a LightningModule's: without its name.

    What the network does not have lies beside that attribute, such as a metric or a loss, and stays behind.
    """
    for prefix in sorted({f"{name.partition('.')[0]}." for name in found}):
        inner = {name.removeprefix(prefix): tensor for name, tensor in found.items() if name.startswith(prefix)}
        if expected.keys() <= inner.keys() and not expected.keys() <= found.keys():
            return inner
    return found


def compare(name: str, expected: Tensor | None, found: Tensor | None, path: Path) -> None:
    """One tensor of the checkpoint against its place in the network."""
    remedy = "Set network.width and network.blocks, or init_args, as in training."
    if expected is None and found is not None:
        msg = f"Expected no tensor {name}, but {path.name} has one. {remedy}"
    elif found is None:
        msg = f"Expected a tensor {name}, but {path.name} has none. {remedy}"
    elif expected is not None and expected.shape != found.shape:
        msg = f"Expected {name} of shape {tuple(expected.shape)}, but got {tuple(found.shape)} in {path.name}. {remedy}"
    else:
        return
    raise NetworkError(msg)
