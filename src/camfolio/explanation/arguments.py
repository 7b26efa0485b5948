"""Images, targets and layers as a caller gives them, brought into the one form that maps are computed from."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from camfolio.errors import ExplanationError, NetworkError, quoted
from camfolio.network.architecture import find_layer

COMPILED = "_orig_mod"
"""Attribute of a network from `torch.compile` that holds the network itself."""


def the_network(model: nn.Module) -> nn.Module:
    """The network itself, where a compiled one is given: a compiled graph runs no hooks.

    Raises:
        ExplanationError: for weights that allow no gradients.
    """
    network: nn.Module = getattr(model, COMPILED, model)
    for name, tensor in (*network.named_parameters(), *network.named_buffers()):
        if tensor.is_inference():
            msg = (
                f"Expected weights that allow gradients, but {name} was made under torch.inference_mode. "
                "Make or load the network outside of it, or pass copy.deepcopy(model)."
            )
            raise ExplanationError(msg)
    return network


def as_images(images: object, model: nn.Module) -> Float[Tensor, "images channels height width"]:
    """Images as a plain tensor: an array in the precision of the weights, a tensor as it is.

    Args:
        images: (images, channels, height, width), or (1, height, width) for one image of one channel.
        model: the network.

    Raises:
        ExplanationError: for anything else, none at all, or values that are not finite.
    """
    if isinstance(images, np.ndarray) and images.dtype.kind in "fiub":
        tensor = torch.tensor(images)
        weight = next((weight for weight in model.parameters() if weight.is_floating_point()), None)
        if weight is not None and tensor.is_floating_point():
            tensor = tensor.to(weight.dtype)
    elif isinstance(images, Tensor):
        tensor = images.as_subclass(Tensor)  # a subclass with metadata would hand them on to the maps
    else:
        got = f"an array of {images.dtype}" if isinstance(images, np.ndarray) else f"a {type(images).__name__}"
        remedy = " Stack them: torch.stack(images)." if isinstance(images, list | tuple) else ""
        msg = f"Expected images as a tensor or an array (images, channels, rows, columns), but got {got}.{remedy}"
        raise ExplanationError(msg)
    if tensor.ndim == 3 and len(tensor) == 1:  # noqa: PLR2004 - one image of one channel, in either reading
        tensor = tensor.unsqueeze(0)
    check_shape(tuple(tensor.shape))
    check_finite(tensor)
    return tensor


def check_shape(shape: tuple[int, ...]) -> None:
    """Check that images have four axes and that there are some."""
    if len(shape) != 4:  # noqa: PLR2004 - images, channels, rows, columns
        remedy = " Add the axes: images[None, None]." if len(shape) == 2 else ""  # noqa: PLR2004 - rows and columns
        if len(shape) == 3:  # noqa: PLR2004 - two readings
            remedy = f" Add an axis: images[:, None] for {shape[0]} images of one channel, images[None] for one of {shape[0]} channels."
        msg = f"Expected images (images, channels, rows, columns), but got shape {shape}.{remedy}"
        raise ExplanationError(msg)
    if shape[0] == 0:
        msg = "Expected at least one image, but got a batch of none."
        raise ExplanationError(msg)


def check_finite(images: Tensor) -> None:
    """Raises if a value is not finite."""
    if not bool(torch.isfinite(images).all()):
        first = int((~torch.isfinite(images)).flatten(1).any(1).nonzero()[0])
        msg = f"Expected finite images, but image {first} holds NaN or infinity."
        raise ExplanationError(msg)


def as_targets(targets: object, count: int) -> Int64[Tensor, " images"]:
    """One class per image; a single number applies to all of them.

    Raises:
        ExplanationError: if they are not whole numbers, or not as many as images.
    """
    try:
        wanted = torch.as_tensor(targets)
    except (TypeError, ValueError, RuntimeError) as error:
        msg = f"Expected the number of a class, or one for each of the {count} images, but got {quoted(targets)}."
        raise ExplanationError(msg) from error
    if wanted.ndim == 0:
        wanted = wanted.expand(count)
    if wanted.shape != (count,):
        msg = f"Expected one target for each of the {count} images, but got shape {tuple(wanted.shape)}."
        raise ExplanationError(msg)
    if wanted.is_floating_point() or wanted.is_complex():
        msg = f"Expected whole numbers as targets, but got {wanted.dtype}."
        raise ExplanationError(msg)
    return wanted.long()


def layer_names(layer: object, model: nn.Module) -> list[str]:
    """Full names of layers that are given by name or as modules of the network: one, or several, each once.

    Raises:
        NetworkError: for a layer that the network does not have.
        ExplanationError: for no layers, or one of them twice.
    """
    given = list(layer) if isinstance(layer, Iterable) and not isinstance(layer, str | nn.Module) else [layer]
    names = [name_of(one, model) for one in given]
    if not names or len(set(names)) < len(names):
        msg = f"Expected at least one layer and every layer once, but got {names}."
        raise ExplanationError(msg)
    for name in names:
        find_layer(model, name)
        check_python(model, name)
    return names


def name_of(layer: object, model: nn.Module) -> str:
    """The full name of one layer."""
    if isinstance(layer, str):
        return layer.removeprefix(f"{COMPILED}.")
    name = next((name for name, module in model.named_modules() if module is layer), None)
    if name is None:
        got = f"a {type(layer).__name__} that is none of them" if isinstance(layer, nn.Module) else quoted(layer)
        msg = f"Expected a module of the network or its full name, but got {got}."
        raise NetworkError(msg)
    return str(name)


def check_python(model: nn.Module, layer: str) -> None:
    """Check that a layer runs as a module of Python: inside of TorchScript hooks do not."""
    parts = layer.split(".")
    modules = dict(model.named_modules())
    for above in (".".join(parts[:end]) for end in range(len(parts))):
        if isinstance(modules[above], torch.jit.ScriptModule):
            msg = (
                f"Expected a network of Python modules, but {above or 'the network'} is TorchScript, "
                "whose layers cannot be read. Pass the network from which it was made."
            )
            raise NetworkError(msg)
