"""The network: a residual network for small slices, the window it looks through, and the names of its layers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from jaxtyping import Float32
from monai.networks.nets.resnet import ResNet
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from camfolio.config import Network
from camfolio.errors import NetworkError, nearest


def make_network(*, width: int, blocks: Sequence[int], dropout: float = 0.0) -> nn.Module:
    """MONAI's ResNet with basic blocks, a 3x3 stem of stride 1 and no pooling behind it.

    On a 32x32 slice `layer1` keeps 32x32 cells, `layer2` 16x16, `layer3` 8x8 and `layer4` 4x4.

    Args:
        width: channels of `layer1`; each further layer doubles them.
        blocks: basic blocks per layer, four numbers.
        dropout: share of the features dropped in training before the last layer.

    Returns:
        A network from (batch, 1, height, width), window-scaled to about -1 to 1, to two logits.
    """
    planes = [width << depth for depth in range(4)]
    network = ResNet(
        "basic",
        list(blocks),
        planes,
        spatial_dims=2,
        n_input_channels=1,
        conv1_t_size=3,
        conv1_t_stride=1,
        no_max_pool=True,
        num_classes=2,
    )
    network.fc = DroppedLinear(planes[-1], 2, dropout)
    return network


class DroppedLinear(nn.Linear):
    """A linear layer that in training sees only a part of its features; its weights have the names of a plain one."""

    def __init__(self, inputs: int, outputs: int, dropout: float) -> None:
        super().__init__(inputs, outputs)
        self.dropout = dropout

    def forward(self, features: Tensor) -> Tensor:
        """(batch, inputs) to (batch, outputs)."""
        return super().forward(functional.dropout(features, self.dropout, self.training))


def trained_network(settings: Network, weights: Path) -> nn.Module:
    """The network of a study with the weights of a file, in evaluation mode, on the CPU."""
    network = make_network(width=settings.width, blocks=settings.blocks, dropout=settings.dropout)
    load_weights(network, weights)
    return network.eval()


def device_for(accelerator: str) -> torch.device:
    """Where predictions and maps are computed: `auto` takes a GPU if there is one, as Lightning does in training."""
    if accelerator in {"auto", "gpu"} and torch.cuda.is_available():
        return torch.device("cuda")
    if accelerator in {"auto", "mps"} and torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def through_window(
    hounsfield: Float32[Tensor, "batch height width"], window_hu: tuple[float, float]
) -> Float32[Tensor, "batch 1 height width"]:
    """What the network sees: HU clipped to the window and scaled so that its ends become -1 and 1."""
    low, high = window_hu
    return ((hounsfield.clamp(low, high) - low) * (2 / (high - low)) - 1).unsqueeze(1)


def find_layer(network: nn.Module, name: str) -> nn.Module:
    """A layer by its full name.

    Raises:
        NetworkError: for an unknown name, with the nearest one and the list of those that can be explained.
    """
    layers: dict[str, nn.Module] = {layer: module for layer, module in network.named_modules() if layer}
    if name not in layers:
        spatial = [layer for layer, module in layers.items() if isinstance(module, nn.Conv2d) or "." not in layer]
        msg = f"Expected the name of a layer, but got {name!r}. {nearest(name, spatial)}"
        raise NetworkError(msg)
    return layers[name]


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
    found = read_weights(path)
    expected = network.state_dict()
    for name in sorted(expected.keys() | found.keys()):
        compare(name, expected.get(name), found.get(name), path)
    network.load_state_dict(found)


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors in a checkpoint by name, without the prefix that Lightning puts before them."""
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
    return {name.removeprefix("network."): tensor for name, tensor in tensors.items()}


def compare(name: str, expected: Tensor | None, found: Tensor | None, path: Path) -> None:
    """One tensor of the checkpoint against its place in the network."""
    remedy = "Set network.width and network.blocks as in training."
    if expected is None and found is not None:
        msg = f"Expected no tensor {name}, but {path.name} has one. {remedy}"
    elif found is None:
        msg = f"Expected a tensor {name}, but {path.name} has none. {remedy}"
    elif expected is not None and expected.shape != found.shape:
        msg = f"Expected {name} of shape {tuple(expected.shape)}, but got {tuple(found.shape)} in {path.name}. {remedy}"
    else:
        return
    raise NetworkError(msg)
