"""The network: a residual network for small slices or user code, its intensity window, and its layers by name."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float32
from monai.networks.nets.resnet import ResNet
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.parameter import is_lazy

from camfolio.errors import NetworkError, nearest
from camfolio.study.settings import Network
from camfolio.user_code import Wanted, create_user_object

MODULE = Wanted("a subclass of torch.nn.Module", lambda found: issubclass(found, nn.Module))
"""What `network.class_path` may name, besides a function that returns a module."""


def make_network(*, width: int, blocks: Sequence[int], dropout: float = 0.0) -> nn.Module:
    """MONAI's ResNet with basic blocks, a 3x3 stem of stride 1 and no pooling after it.

    On a 32x32 slice `layer1` keeps 32x32 cells, `layer2` 16x16, `layer3` 8x8 and `layer4` 4x4.

    Args:
        width: channels of `layer1`; each further layer doubles them.
        blocks: basic blocks per layer, four numbers.
        dropout: share of the features dropped in training before the last layer.

    Returns:
        A network from (batch, 1, height, width), window-scaled to 0 to 1, to two logits.
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
    """A linear layer with dropout of its input features; its weights are named as those of `nn.Linear`."""

    def __init__(self, inputs: int, outputs: int, dropout: float) -> None:
        super().__init__(inputs, outputs)
        self.dropout = dropout

    def forward(self, features: Tensor) -> Tensor:
        """(batch, inputs) to (batch, outputs)."""
        return super().forward(functional.dropout(features, self.dropout, self.training))


def build_network(settings: Network) -> nn.Module:
    """The network of a study with random weights: the residual network, or user code.

    User code receives (batch, 1, height, width), window-scaled, and returns two logits (batch, 2), or one (batch, 1) or
    (batch,) for the second class; of a LightningModule only `forward` is used. One logit z is converted to
    (-z/2, z/2), which give the same probabilities; the layers keep their names.

    Raises:
        NetworkError: if a function returns no torch module, or a layer gets its shape only when it is run.
        StudyError: if `class_path` is neither a torch module nor a function, cannot be found, or raises an exception.
    """
    if not settings.class_path:
        return make_network(width=settings.width, blocks=settings.blocks, dropout=settings.dropout)
    network = create_user_object(settings.class_path, settings.init_args, MODULE)
    if not isinstance(network, nn.Module):
        msg = f"Expected a torch module, but {settings.class_path} returns {type(network).__name__}. Derive it from torch.nn.Module."
        raise NetworkError(msg)
    lazy = [name for name, weight in (*network.named_parameters(), *network.named_buffers()) if is_lazy(weight)]
    if lazy:
        msg = f"Expected layers of known shapes, but {lazy[0]} has none yet. Run the network on zeros at the end of its __init__."
        raise NetworkError(msg)
    network.register_forward_hook(answer_in_two_logits)
    return network


def answer_in_two_logits(_network: nn.Module, _images: object, logits: object) -> Tensor:
    """The forward hook of every user network; in a traced copy it is the last step (see `folding`)."""
    return two_logits(logits)


def two_logits(logits: object) -> Tensor:
    """The logits of a binary classifier as (batch, 2).

    Raises:
        NetworkError: for any output other than one or two numbers per slice.
    """
    if isinstance(logits, Tensor):
        if logits.ndim == 1 or (logits.ndim == 2 and logits.shape[1] == 1):  # noqa: PLR2004 - batch and logit
            half = logits.reshape(-1, 1) / 2
            return torch.cat([-half, half], 1)
        if logits.ndim == 2 and logits.shape[1] == 2:  # noqa: PLR2004 - batch and two logits
            return logits
    got = f"shape {tuple(logits.shape)}" if isinstance(logits, Tensor) else type(logits).__name__
    msg = f"Expected one or two logits per slice from the network, but got {got}. Return a tensor (batch, 1) or (batch, 2)."
    raise NetworkError(msg)


def device_for(accelerator: str) -> torch.device:
    """The device for predictions and maps: `auto` is a GPU if there is one, as for Lightning in training."""
    if accelerator in {"auto", "gpu"} and torch.cuda.is_available():
        return torch.device("cuda")
    if accelerator in {"auto", "mps"} and torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def through_window(
    hounsfield: Float32[Tensor, "batch height width"], window_hu: tuple[float, float]
) -> Float32[Tensor, "batch 1 height width"]:
    """Input of the network: HU clipped to the window, and scaled so that its ends become 0 and 1.

    The zeros with which convolutions pad their input are the window's lower end, and no bright frame.
    """
    low, high = window_hu
    return ((hounsfield.clamp(low, high) - low) / (high - low)).unsqueeze(1)


def in_window(hounsfield: float, window_hu: tuple[float, float]) -> float:
    """What the network receives for one value in HU.

    >>> in_window(-300.0, (-1000.0, 400.0)), in_window(-2000.0, (-1000.0, 400.0))
    (0.5, 0.0)
    """
    return float(through_window(torch.tensor([[[hounsfield]]]), window_hu))


def find_layer(network: nn.Module, name: str) -> nn.Module:
    """A layer by its full name.

    Raises:
        NetworkError: for an unknown name, with the nearest name and a list of layers that can be explained.
    """
    layers: dict[str, nn.Module] = {layer: module for layer, module in network.named_modules() if layer}
    if name not in layers:
        spatial = [layer for layer, module in layers.items() if isinstance(module, nn.Conv2d) or "." not in layer]
        msg = f"Expected the name of a layer, but got {name!r}. {nearest(name, spatial)}"
        raise NetworkError(msg)
    return layers[name]
