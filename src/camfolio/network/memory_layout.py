"""Memory layout of a training: channels last, which is faster on a CPU, except where its gradients are wrong."""

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
issue 6035). `benchmarks/gradients.py` finds nothing else among 1826 convolutions. One number for all processors, so that
a study is computed alike on each.
"""
BACKWARD = torch.ops.aten.convolution_backward.default


@contextmanager
def channels_last(network: nn.Module) -> Iterator[None]:
    """The network's weights in channels-last memory; afterwards in contiguous memory."""
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's annotations
    try:
        yield
    finally:
        network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]  # as above


class SafeGradients(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch does not annotate its subclasses' hook
    """While a backward pass runs inside, the gradients of all convolutions are right.

    Those that oneDNN would get wrong (see `FEWEST_CHANNELS`) are computed from contiguous copies, wherever the
    convolution stands: in a module, a function, TorchScript, a checkpointed part. A GPU is left alone. Maps need none of
    it: they ask for gradients with respect to activations only, which come from another kernel and are right in either
    layout.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # nor this
        self.moved: dict[int, tuple[int, ...]] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - torch's signature
        """Let an operation happen, the backward pass of a faulty convolution on contiguous copies."""
        if func is BACKWARD:
            gradient, image, weight, bias_sizes, stride, *others = args
            if weight.device.type == "cpu" and is_faulty(weight, stride):
                self.moved[weight.data_ptr()] = tuple(weight.shape)
                safe = func(laid_out(gradient), laid_out(image), laid_out(weight), bias_sizes, stride, *others)
                return (laid_out_as(safe[0], image), laid_out_as(safe[1], weight), safe[2])
        return func(*args, **(kwargs or {}))

    def names(self, network: nn.Module) -> list[str]:
        """What was computed in contiguous memory: names of weights of the network, and shapes of weights that it computes.

        Args:
            network: with its weights where they were in the backward pass.
        """
        own = {weight.data_ptr(): name for name, weight in network.named_parameters()}
        named = [name for place, name in own.items() if place in self.moved]
        computed = {shape for place, shape in self.moved.items() if place not in own}
        return named + [f"a computed weight {shape}" for shape in sorted(computed)]


def laid_out(tensor: Tensor) -> Tensor:
    """The tensor with the strides of contiguous memory; `contiguous` keeps others where an axis has one element."""
    return tensor.reshape(-1).view(tensor.shape)


def laid_out_as(gradient: Tensor | None, other: Tensor) -> Tensor | None:
    """A gradient in the memory layout of what it belongs to, so that whatever comes next stays in that layout."""
    return None if gradient is None else torch.empty_like(other).copy_(gradient)


def is_faulty(weight: Tensor, stride: Sequence[int]) -> bool:
    """Whether oneDNN gets the weight gradient of a convolution wrong in channels-last memory.

    Args:
        weight: (outputs, inputs per group, *kernel).
        stride: one number per axis.

    >>> is_faulty(torch.zeros(8, 4, 1, 1), [2, 2]), is_faulty(torch.zeros(8, 4, 3, 3), [2, 2])
    (True, False)
    """
    pointwise = all(size == 1 for size in weight.shape[2:])
    return pointwise and any(step > 1 for step in stride) and weight.shape[1] < FEWEST_CHANNELS
