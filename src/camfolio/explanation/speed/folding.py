"""The same network with less work: batch norms folded into the convolutions before them, memory laid out channels last."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Collection, Mapping
from itertools import chain
from typing import cast

import torch
from torch import Tensor, fx, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils.fusion import fuse_conv_bn_weights

from camfolio.network.agreement import CLOSE, difference
from camfolio.network.architecture import answer_in_two_logits, two_logits

Convolution = nn.Conv1d | nn.Conv2d | nn.Conv3d
log = logging.getLogger("camfolio")


def folded(model: nn.Module, keep: Collection[str], image: Tensor) -> fx.GraphModule | None:
    """A copy of a model in evaluation mode that gives the same logits up to rounding, with less work.

    Args:
        model: float32 or float64, frozen, without hooks, on the CPU or a GPU; it is not touched.
        keep: full names of layers whose outputs stay what they are: nothing in or next to them is folded.
        image: (1, ...) on which both are compared.

    Returns:
        The copy, or None where the model has to be used as it is: it cannot be traced, or its logits differ.
    """
    try:
        lean = fold(model, keep)
        channels_last(lean)
        with torch.inference_mode():
            before, after = model(image.clone()), lean(image.clone())
        distance = difference(before, after)
    except Exception as error:  # noqa: BLE001 - a user's model may fail to be traced in any way, and none matters
        log.info("the network is used as it is, since it cannot be traced: %s", str(error).partition("\n")[0])
        return None
    if not distance <= CLOSE:
        log.info("the network is used as it is, since tracing it moves the logits by %.1g of the largest", distance)
        return None
    # A layer that is never run is in no graph; the model's own error is clearer.
    return lean if set(keep) <= {name for name, _ in lean.named_modules()} else None


def channels_last(model: nn.Module) -> None:
    """Give a model filters, and so all it computes with them, laid out channel by channel last; the old ones stay."""
    for module in model.modules():
        for name, weight in module.named_parameters(recurse=False):
            if weight.ndim == 4:  # noqa: PLR2004 - outputs, inputs, rows, columns
                laid_out = weight.detach().contiguous(memory_format=torch.channels_last)
                setattr(module, name, nn.Parameter(laid_out, requires_grad=False))


def fold(model: nn.Module, keep: Collection[str]) -> fx.GraphModule:
    """The model's graph with every batch norm in it whose only input is a convolution's only output folded into that.

    It has modules of its own, which share the model's weights where nothing was folded; what a model may write while it
    runs, its buffers, it has for itself.
    """
    tracer = KeepingTracer(keep)
    graph = tracer.trace(copy.deepcopy(model, {id(weight): weight for weight in model.parameters()}))
    if answer_in_two_logits in model._forward_hooks.values():  # noqa: SLF001 - torch has no public way to find out
        append(graph, two_logits)
    modules = dict(tracer.root.named_modules())
    for norm in [node for node in graph.nodes if foldable(node, modules, keep)]:
        convolution = norm.args[0]
        absorb(cast("Convolution", modules[convolution.target]), cast("_BatchNorm", modules[norm.target]))
        norm.replace_all_uses_with(convolution)
        graph.erase_node(norm)
    return fx.GraphModule(tracer.root, graph)


def append(graph: fx.Graph, function: Callable[[object], Tensor]) -> None:
    """One more step, of what the graph puts out."""
    output = graph.output_node()
    with graph.inserting_before(output):
        output.args = (graph.call_function(function, output.args),)


def absorb(convolution: Convolution, norm: _BatchNorm) -> None:
    """Give a convolution new weights with which it does a norm's work as well."""
    mean, variance = norm.get_buffer("running_mean"), norm.get_buffer("running_var")
    convolution.weight, convolution.bias = fuse_conv_bn_weights(
        convolution.weight, convolution.bias, mean, variance, norm.eps, norm.weight, norm.bias
    )


class KeepingTracer(fx.Tracer):
    """Records a forward pass; the layers to keep stay modules of their own, with everything in them."""

    def __init__(self, keep: Collection[str]) -> None:
        super().__init__()
        self.keep = keep

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        """Whether a module is one step of the graph: so is one without parts, whatever it computes."""
        whole = module_qualified_name in self.keep or next(m.children(), None) is None
        return whole or super().is_leaf_module(m, module_qualified_name)


def foldable(node: fx.Node, modules: Mapping[str, nn.Module], keep: Collection[str]) -> bool:
    """Whether a step is a batch norm with statistics, run once, directly after a convolution that is run only for it."""
    if node.op != "call_module" or not isinstance(modules[str(node.target)], _BatchNorm):
        return False
    norm, before = modules[str(node.target)], node.args[0]
    tracked = getattr(norm, "running_mean", None) is not None
    if not tracked or not isinstance(before, fx.Node) or before.op != "call_module":
        return False
    convolution = isinstance(modules[str(before.target)], Convolution)
    alone = len(before.users) == 1 and all(runs(step) == 1 for step in (node, before))
    return convolution and alone and not {str(node.target), str(before.target)} & set(keep)


def runs(step: fx.Node) -> int:
    """How often the module of a step is run."""
    return sum(node.op == "call_module" and node.target == step.target for node in step.graph.nodes)


def has_hooks(model: nn.Module) -> bool:
    """Whether any module has hooks of the caller; the hook that camfolio adds to a network does not count."""
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    hooks = (hook for module in model.modules() for kind in kinds for hook in getattr(module, kind).values())
    return any(hook is not answer_in_two_logits for hook in hooks)


def shares(model: nn.Module) -> nn.Module:
    """Another model of the same tensors: hooks on one are not on the other."""
    tensors = chain(model.parameters(), model.buffers())
    return copy.deepcopy(model, {id(tensor): tensor for tensor in tensors})
