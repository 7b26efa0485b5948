"""Memory layout of a training: channels last, which is faster on a CPU, except where its gradients are wrong."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

log = logging.getLogger("camfolio")
FEWEST_CHANNELS = 16
"""A strided 1x1 convolution of fewer input channels runs in contiguous memory.

In channels-last memory oneDNN computes a wrong weight gradient for it, or writes past the end of its buffer: where
input channels do not fill a register (8 of float32 with AVX2, 16 with AVX-512), since it copies whole registers (oneDNN
issue 6035). `benchmarks/gradients.py` finds nothing else among 1826 convolutions. One number for all processors, so that
a study is computed alike on each.
"""
CONVOLUTIONS = {torch.conv1d, torch.conv2d}


@contextmanager
def channels_last(network: nn.Module) -> Iterator[None]:
    """The network's weights in channels-last memory; afterwards in contiguous memory."""
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's annotations
    try:
        yield
    finally:
        network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]  # as above


class SafeConvolutions(TorchFunctionMode):
    """While active, every convolution that is called has right gradients, in modules, functions and user code alike.

    Those that oneDNN would get wrong (see `FEWEST_CHANNELS`) run on contiguous copies of their input and weight; a GPU
    is left alone. Gradients with respect to activations, and so all maps, are right in either layout: they come from
    another kernel.

    Attributes:
        contiguous: the weights of the convolutions that were moved, by `id`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.contiguous: dict[int, Tensor] = {}

    def __torch_function__(
        self,
        func: Callable[..., object],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> object:
        if func not in CONVOLUTIONS:
            return func(*args, **(kwargs or {}))
        return self.convolve(func, *args, **(kwargs or {}))

    def convolve(
        self,
        convolution: Callable[..., object],
        input: Tensor,  # noqa: A002 - torch's name, which a caller may use
        weight: Tensor,
        bias: Tensor | None = None,
        stride: int | Sequence[int] = 1,
        *others: Any,  # noqa: ANN401 - padding, dilation, groups
        **named: Any,  # noqa: ANN401 - the same
    ) -> object:
        """`torch.conv1d` or `conv2d` with its own arguments, in contiguous memory if that is needed."""
        if weight.device.type == "cpu" and is_faulty(weight, stride):
            self.contiguous[id(weight)] = weight
            input, weight = laid_out(input), laid_out(weight)  # noqa: A001 - torch's name
        return convolution(input, weight, bias, stride, *others, **named)

    def names(self, network: nn.Module) -> list[str]:
        """Full names of the network's weights whose convolutions were moved."""
        return [name for name, weight in network.named_parameters() if id(weight) in self.contiguous]


def laid_out(tensor: Tensor) -> Tensor:
    """The tensor with the strides of contiguous memory; `contiguous` keeps others where an axis has one element."""
    return tensor.reshape(-1).view(tensor.shape)


def is_faulty(weight: Tensor, stride: int | Sequence[int]) -> bool:
    """Whether oneDNN gets the weight gradient of a convolution wrong in channels-last memory.

    Args:
        weight: (outputs, inputs per group, *kernel).
        stride: one number, or one per axis.

    >>> is_faulty(torch.zeros(8, 4, 1, 1), 2), is_faulty(torch.zeros(8, 4, 3, 3), 2), is_faulty(torch.zeros(8, 4, 1, 1), 1)
    (True, False, False)
    """
    pointwise = all(size == 1 for size in weight.shape[2:])
    strided = stride > 1 if isinstance(stride, int) else any(step > 1 for step in stride)
    return pointwise and strided and weight.shape[1] < FEWEST_CHANNELS
