"""Memory layout of a training: channels last, which is faster on a CPU, except for convolutions whose gradients would be wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode  # the documented way to see every operation

FEWEST_CHANNELS = 16
"""The gradients of a strided 1x1 convolution of fewer input channels are computed in contiguous memory.

In channels-last memory oneDNN computes a wrong weight gradient for it, or writes past the end of its buffer: where
input channels do not fill a register (8 of float32 with AVX2, 16 with AVX-512), since it copies whole registers (oneDNN
issue 6035). Of the 1826 convolutions in `benchmarks/gradients.py` no others are affected. The number is the same for
all processors, so that a study is computed alike on each.
"""
BACKWARD = torch.ops.aten.convolution_backward.default


@contextmanager
def channels_last(network: nn.Module) -> Iterator[None]:
    """The network's weights of four axes in channels-last memory; afterwards in contiguous memory."""
    lay_out(network, torch.channels_last)
    try:
        yield
    finally:
        lay_out(network, torch.contiguous_format)


def lay_out(network: nn.Module, memory_format: torch.memory_format) -> None:
    """Change the memory of all parameters and buffers of four axes; `Module.to` refuses networks with five, as of 3D convolutions."""
    for tensor in (*network.parameters(), *network.buffers()):
        if tensor.ndim == 4:  # noqa: PLR2004 - outputs, inputs, rows, columns
            tensor.data = tensor.data.to(memory_format=memory_format)


class SafeGradients(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch does not annotate its subclasses' hook
    """Context in which backward passes compute correct gradients of all convolutions.

    Gradients that oneDNN would compute wrongly (see `FEWEST_CHANNELS`) are computed from contiguous copies, whether the
    convolution is in a module, a function, TorchScript or a checkpointed part. Passes on a GPU are not changed. Maps do
    not need it: their gradients with respect to activations come from another kernel, which is correct in both layouts.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # the same
        self.made_contiguous: dict[int, tuple[int, ...]] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - torch's signature
        """Run an operation; for the backward pass of an affected convolution, on contiguous copies."""
        if func is BACKWARD:
            gradient, image, weight, bias_sizes, stride, *others = args
            if weight.device.type == "cpu" and is_faulty(weight, stride):
                self.made_contiguous[weight.data_ptr()] = tuple(weight.shape)
                safe = func(laid_out(gradient), laid_out(image), laid_out(weight), bias_sizes, stride, *others)
                return (laid_out_as(safe[0], image), laid_out_as(safe[1], weight), safe[2])
        return func(*args, **(kwargs or {}))

    def state(self, network: nn.Module) -> dict[str, list[Any]]:
        """What was computed in contiguous memory, for a checkpoint: names of weights, and shapes of computed weights."""
        parameters = {weight.data_ptr(): name for name, weight in network.named_parameters()}
        return {
            "names": [name for pointer, name in parameters.items() if pointer in self.made_contiguous],
            "shapes": sorted({shape for pointer, shape in self.made_contiguous.items() if pointer not in parameters}),
        }

    def restore(self, network: nn.Module, state: Mapping[str, Sequence[Any]]) -> None:
        """Take the state back from a checkpoint; a computed weight, whose memory is gone, gets a negative address."""
        parameters = dict(network.named_parameters())
        named = {parameters[name].data_ptr(): tuple(parameters[name].shape) for name in state["names"]}
        self.made_contiguous = named | {-1 - number: tuple(shape) for number, shape in enumerate(state["shapes"])}

    def names(self, network: nn.Module) -> list[str]:
        """Weights whose gradients were computed in contiguous memory: their names, or shapes if they are computed by the network.

        Args:
            network: with its weights at the same addresses as in the backward pass.
        """
        state = self.state(network)
        return state["names"] + [f"a computed weight {shape}" for shape in state["shapes"]]


def laid_out(tensor: Tensor) -> Tensor:
    """The tensor with the strides of contiguous memory; `Tensor.contiguous` keeps other strides of axes with one element."""
    return tensor.reshape(-1).view(tensor.shape)


def laid_out_as(gradient: Tensor | None, other: Tensor) -> Tensor | None:
    """A gradient in the memory layout of another tensor, so that later operations keep that layout."""
    return None if gradient is None else torch.empty_like(other).copy_(gradient)


def is_faulty(weight: Tensor, stride: Sequence[int]) -> bool:
    """Whether oneDNN computes a wrong weight gradient of a convolution in channels-last memory.

    Args:
        weight: (outputs, inputs per group, *kernel).
        stride: one number per axis.

    >>> is_faulty(torch.zeros(8, 4, 1, 1), [2, 2]), is_faulty(torch.zeros(8, 4, 3, 3), [2, 2])
    (True, False)
    """
    pointwise = all(size == 1 for size in weight.shape[2:])
    return pointwise and any(step > 1 for step in stride) and weight.shape[1] < FEWEST_CHANNELS
