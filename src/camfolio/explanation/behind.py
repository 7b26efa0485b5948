"""From activations in a layer's place to logits: only the steps behind the layer, where a recorded network can be cut."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache, partial

import torch
from jaxtyping import Float, Int64
from torch import Tensor, fx, nn

from camfolio.explanation.folding import CLOSE, moved

Onward = Callable[[Int64[Tensor, " rows"], Tensor], Float[Tensor, "rows classes"]]
"""From the numbers of some of a chunk's images, and activations in place of the layer's, to logits."""
log = logging.getLogger("camfolio")


@dataclass(frozen=True)
class Cut:
    """A recorded network in two: `ahead` goes from images to all that `behind` reads beside the layer's output.

    Attributes:
        by_image: of each of these values, whether it depends on the images and so has a row for each.
    """

    ahead: fx.GraphModule
    behind: fx.GraphModule
    by_image: tuple[bool, ...]

    def onward(self, images: Tensor) -> Onward:
        """What can be asked about these images; the steps ahead of the layer run once, with the first question."""
        values = cache(lambda: self.ahead(images))

        def answer(rows: Tensor, activations: Tensor) -> Tensor:
            beside = [
                value[rows] if by_image and isinstance(value, Tensor) else value
                for value, by_image in zip(values(), self.by_image, strict=True)
            ]
            logits: Tensor = self.behind(activations, *beside)
            return logits

        return answer


def onward_from(model: nn.Module, layer: str, image: Tensor) -> Callable[[Tensor], Onward]:
    """The cheapest way from a layer's activations to logits; a function of the images of a chunk.

    Args:
        model: frozen, in evaluation mode. Of one that is recorded (see `folding`) the steps behind the layer are run, if
            that gives the same logits; of any other all, with the layer's output exchanged on the way.
        layer: full name of a module that runs once.
        image: (1, ...) for a trial.
    """
    if isinstance(model, fx.GraphModule):
        try:
            parts = cut(model, layer)
            distance = moved(*trial(model, layer, parts, image))
        except Exception as error:  # noqa: BLE001 - a graph may resist being cut in any way; the whole network is there
            log.info("passes from %s on run the whole network: %s", layer, str(error).partition("\n")[0])
        else:
            if distance <= CLOSE:
                return parts.onward
            log.info("passes from %s on run the whole network, since a part moves logits by %.1g", layer, distance)
    return partial(whole_network, model, layer)


def when_asked(make: Callable[[], Onward]) -> Onward:
    """What answers only once it is asked for the first time is made only then."""
    made = cache(make)

    def answer(rows: Tensor, activations: Tensor) -> Tensor:
        return made()(rows, activations)

    return answer


def whole_network(model: nn.Module, layer: str, images: Tensor) -> Onward:
    """All of the model, the layer's output exchanged on the way."""

    def answer(rows: Tensor, activations: Tensor) -> Tensor:
        handle = model.get_submodule(layer).register_forward_hook(lambda *_: activations)
        try:
            logits: Tensor = model(images[rows])
        finally:
            handle.remove()
        return logits

    return answer


def cut(model: fx.GraphModule, layer: str) -> Cut:
    """A recorded network in two parts, before a layer's output is read and after; they share its modules.

    Raises:
        ValueError: if the layer is not one step of the record.
    """
    nodes = list(model.graph.nodes)
    places = [node for node in nodes if node.op == "call_module" and node.target == layer]
    if len(places) != 1:
        msg = f"Expected {layer} to be one step, but it is {len(places)}."
        raise ValueError(msg)
    behind = reached_from(places, nodes)
    fed = reached_from([node for node in nodes if node.op == "placeholder"], nodes)
    ahead = [node for node in nodes if node not in behind and node is not places[0]]
    beside = [node for node in ahead if behind & set(node.users)]
    return Cut(
        ahead=part(model, {}, ahead, beside),
        behind=part(model, {node: node.name for node in (*places, *beside)}, [n for n in nodes if n in behind], None),
        by_image=tuple(node in fed for node in beside),
    )


def reached_from(starts: Collection[fx.Node], nodes: Collection[fx.Node]) -> set[fx.Node]:
    """The steps that read one of the given ones, directly or through others."""
    reached: set[fx.Node] = set()
    for node in nodes:
        if any(before in reached or before in starts for before in node.all_input_nodes):
            reached.add(node)
    return reached


def part(
    model: fx.GraphModule,
    inputs: Mapping[fx.Node, str],
    steps: Collection[fx.Node],
    results: Collection[fx.Node] | None,
) -> fx.GraphModule:
    """Some steps of a graph as a module; what it puts out, if not the network's own output, is `results`."""
    graph = fx.Graph()
    copies = {node: graph.placeholder(name) for node, name in inputs.items()}
    for step in steps:
        copies[step] = graph.node_copy(step, copies.__getitem__)
    if results is not None:
        graph.output(tuple(copies[node] for node in results))
    return fx.GraphModule(model, graph)


def trial(model: nn.Module, layer: str, parts: Cut, image: Tensor) -> tuple[Tensor, Tensor]:
    """The logits of two images in exchanged order, from the whole model and from its part behind the layer."""
    images, exchanged = torch.cat([image, -image]), torch.tensor([1, 0], device=image.device)
    kept: list[Tensor] = []
    handle = model.get_submodule(layer).register_forward_hook(
        lambda _module, _inputs, cells: kept.append(cells.clone())
    )
    with torch.inference_mode():
        try:
            whole = model(images.clone())
        finally:
            handle.remove()
        return whole[exchanged], parts.onward(images)(exchanged, kept[0][exchanged])
