"""One network's logits, activations of layers, and gradients of every logit, as one graph of torch operators."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch._decomp import get_decompositions
from torch.fx.experimental.proxy_tensor import make_fx
from torch.nn.attention import SDPBackend, sdpa_kernel

from camfolio.explanation.layout import FEATURE_MAPS, Layout
from camfolio.explanation.probe import borrowed, read

CONSTANTS = "constants"
"""Name of the tensors of a graph that are no weights of its network: `constants_0`, `constants_1`, ..."""
aten = torch.ops.aten
Convolved = tuple[Tensor, None, None]


def gradient_graph(
    network: nn.Module, layers: Sequence[str], images: Tensor, layout: Layout = FEATURE_MAPS
) -> fx.GraphModule:
    """The graph from images to logits, activations and gradients.

    Gradients are vector-Jacobian products by autograd, recorded by `make_fx`: operators of the backward pass become operators of
    the graph (`torch.func.vjp` would fix the number of images, where a linear layer has three axes). The gradient of a convolution by its
    input is a transposed convolution (see `convolution_backward`).

    Args:
        network: from images to logits (n, classes), on the CPU; it comes back as it was.
        layers: full names of layers that run once.
        images: (n, channels, height, width), two or more inputs; the graph may be exported for any number.
        layout: of the layers' outputs.

    Returns:
        A module from images to a tuple: logits (n, classes), activations of each layer (n, channels, rows, columns), gradients
        of every logit by those of each layer (classes, n, channels, rows, columns). Its weights have their names in the network.
    """
    with borrowed(network):
        modules = {name: network.get_submodule(name) for name in layers}
        readings = read(network, modules, images.clone(), None, [None], layout=layout)[0]
        shapes = {name: readings[name].activations.shape[1:] for name in layers}
        function = Differentiated(network, shapes, layout)
        table: dict[Any, Any] = {**get_decompositions([aten.native_batch_norm_backward, aten.threshold_backward])}
        table[aten.convolution_backward.default] = convolution_backward
        table[aten.max_pool2d_with_indices_backward.default] = max_pool2d_backward
        with symbolic_lengths(), plain_attention():
            graph = make_fx(function, table, tracing_mode="symbolic", _allow_non_fake_inputs=True)(images)
    return with_names(graph, network)


@contextmanager
def symbolic_lengths() -> Iterator[None]:
    """`len` of a tensor is its first size, a symbol that stays one; Python's own would make it the number of the traced images."""
    plain = builtins.len

    def length(value: Any) -> Any:  # noqa: ANN401 - the signature of a built-in function
        return value.shape[0] if isinstance(value, Tensor) else plain(value)

    builtins.len = length
    try:
        yield
    finally:
        builtins.len = plain


@contextmanager
def plain_attention() -> Iterator[None]:
    """Attention as products and softmax: fused operators have no translation."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


@dataclass(frozen=True)
class Differentiated:
    """From images to logits, activations and gradients.

    A gradient by a layer's activations is one by zeros that are added to them.

    Attributes:
        network: borrowed (see `probe.borrowed`).
        shapes: full name of a layer -> channels, rows and columns.
        layout: of the layers' outputs.
    """

    network: nn.Module
    shapes: Mapping[str, Sequence[int]]
    layout: Layout

    def __call__(self, images: Tensor) -> tuple[Tensor, ...]:
        """Logits, activations and gradients of a batch, as in `gradient_graph`."""
        zeros = [images.new_zeros((images.shape[0], *shape)).requires_grad_() for shape in self.shapes.values()]
        logits, activations = self.shifted(images, zeros)
        gradients = [
            torch.autograd.grad(logits, zeros, only(logits, column), retain_graph=True, materialize_grads=True)
            for column in range(logits.shape[1])
        ]
        by_layer = [torch.stack(of_layer) for of_layer in zip(*gradients, strict=True)]
        return tuple(output.detach() for output in (logits, *activations, *by_layer))

    def shifted(self, images: Tensor, shifts: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Logits of images with something added to the activations of the layers, and these activations, float32."""
        found: dict[str, Tensor] = {}
        handles = [
            self.network.get_submodule(name).register_forward_hook(partial(self.shift, found, name, by))
            for name, by in zip(self.shapes, shifts, strict=True)
        ]
        try:
            logits: Tensor = self.network(images.clone())
        finally:
            for handle in handles:
                handle.remove()
        return logits.float(), [found[name].float() for name in self.shapes]

    def shift(
        self, found: dict[str, Tensor], name: str, by: Tensor, _module: nn.Module, _inputs: object, output: Tensor
    ) -> Tensor:
        """A hook that adds something to the cells of a layer's output, and keeps a copy: what follows may change its input in place."""
        cells = self.cells(output, self.shapes[name]) + by
        found[name] = cells.clone()
        return self.layout.output(cells, self.layout.apart(output))

    def cells(self, output: Tensor, shape: Sequence[int]) -> Tensor:
        """The cells of a layer's output; its sizes may be symbols, which `Layout.cells` does not take."""
        if self.layout.reshape == "tokens":
            return output[:, self.layout.class_tokens :].transpose(1, 2).reshape(output.shape[0], *shape)
        return output.movedim(3, 1) if self.layout.reshape else output


def only(logits: Tensor, column: int) -> Tensor:
    """One in one column and zero in the others."""
    columns = [torch.full_like(logits[:, :1], float(other == column)) for other in range(logits.shape[1])]
    return torch.cat(columns, 1)


def convolution_backward(gradient: Tensor, images: Tensor, weight: Tensor, *settings: Any) -> Convolved:  # noqa: ANN401 - of aten's operator
    """The gradient of a convolution by its input, as a convolution in the other direction.

    Rows and columns at the end that the convolution did not reach have a gradient of zero: they are the output padding.

    Args:
        gradient: by the convolution's output.
        images: its input.
        weight: its filters.
        settings: sizes of the bias, stride, padding, dilation, whether it is itself transposed, output padding, groups, and which
            gradients are asked for; those by weight and bias never are, since they are frozen.
    """
    _, stride, padding, dilation, transposed, _, groups, asked = settings
    if asked[1] or asked[2]:
        msg = "gradients by weights, which are frozen"
        raise NotImplementedError(msg)
    uncovered = [0] * len(stride)
    if not transposed:
        sizes = zip(images.shape[2:], gradient.shape[2:], weight.shape[2:], stride, padding, dilation, strict=True)
        uncovered = [
            size - ((out - 1) * by - 2 * pad + apart * (taps - 1) + 1) for size, out, taps, by, pad, apart in sizes
        ]
    back = aten.convolution(gradient, weight, None, stride, padding, dilation, not transposed, uncovered, groups)
    return back, None, None


def max_pool2d_backward(gradient: Tensor, images: Tensor, *settings: Any) -> Tensor:  # noqa: ANN401 - of aten's operator
    """The gradient of a max pooling by its input: that by each output is added where its maximum was.

    Args:
        gradient: by the pooling's output.
        images: its input.
        settings: window, stride, padding, dilation, rounding, and last the place of every maximum in its channel.
    """
    places: Tensor = settings[-1]
    found = torch.zeros_like(images).flatten(2).scatter_add(2, places.flatten(2), gradient.flatten(2))
    return found.reshape(images.shape)


def with_names(graph: fx.GraphModule, network: nn.Module) -> fx.GraphModule:
    """The graph with its weights under their names in the network; other tensors are `constants_0` and so on."""
    graph.graph.eliminate_dead_code()
    weights: dict[tuple[Any, ...], str] = {}
    for name, tensor in network.state_dict(keep_vars=True).items():
        weights.setdefault(memory_of(tensor), name)
    root, others = nn.Module(), dict[tuple[Any, ...], str]()
    held: dict[str, Tensor] = {}
    for node in graph.graph.nodes:
        if node.op == "get_attr":
            tensor = getattr(graph, node.target)
            place = memory_of(tensor)
            name = weights.get(place) or others.setdefault(place, f"{CONSTANTS}_{len(others)}")
            held[name] = tensor.detach()
            node.target = name
    for name, tensor in held.items():
        attach(root, name, tensor)
    return fx.GraphModule(root, graph.graph).eval()


def memory_of(tensor: Tensor) -> tuple[Any, ...]:
    """Where a tensor lies, and how."""
    return tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype


def attach(root: nn.Module, name: str, tensor: Tensor) -> None:
    """Make a tensor a buffer of a module under a dotted name."""
    *parents, last = name.split(".")
    for part in parents:
        if not hasattr(root, part):
            root.add_module(part, nn.Module())
        root = root.get_submodule(part)
    root.register_buffer(last, tensor)
