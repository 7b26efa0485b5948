"""Logits from a layer's activations, running only the network after that layer, where a traced network can be divided there."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache, partial

import torch
from jaxtyping import Float, Int64
from torch import Tensor, fx, nn

from camfolio.explanation.speed.folding import has_hooks
from camfolio.network.agreement import CLOSE

Onward = Callable[[Int64[Tensor, " rows"], Tensor], Float[Tensor, "rows classes"]]
"""From the numbers of some of a chunk's images, and activations as the layer's output, to logits."""
log = logging.getLogger("camfolio")


@dataclass(frozen=True)
class DividedNetwork:
    """A traced network in two parts: the steps before a layer, and those after, which use some results of the former.

    Attributes:
        before: from images to these results.
        after: from the layer's output and these results to the logits.
        by_image: of each of these results, whether it depends on the images and so has a row for each.
    """

    before: fx.GraphModule
    after: fx.GraphModule
    by_image: tuple[bool, ...]

    def onward(self, images: Tensor) -> Onward:
        """Forward passes of these images from the layer on; the steps before it run once, with the first pass.

        A pass has as many rows as there are images: a size that `after` takes from `before` is right for both.
        """
        results = cache(lambda: self.before(images.clone()))  # a network may begin with an in-place operation

        def forward(rows: Tensor, activations: Tensor) -> Tensor:
            both = zip(results(), self.by_image, strict=True)
            # Copies, all of them: an in-place operation after the layer must not change the next pass.
            logits: Tensor = self.after(
                activations, *(picked(one, rows if by_image else None) for one, by_image in both)
            )
            return logits

        return forward


def picked(result: object, rows: Tensor | None) -> object:
    """The rows of a tensor, or a copy of all of it; anything else as it is."""
    if not isinstance(result, Tensor):
        return result
    return result.clone() if rows is None else result[rows]


def onward_from(model: nn.Module, layer: str, image: Tensor) -> Callable[[Tensor], Onward]:
    """The cheapest passes from a layer's activations to logits; a function of the images of a chunk.

    Args:
        model: frozen, in evaluation mode. Of a traced one (see `folding`) only the steps after the layer are run, if
            that gives the same logits; of any other all, with the layer's output replaced.
        layer: full name of a module that runs once.
        image: (1, ...) for a trial.
    """
    if isinstance(model, fx.GraphModule) and not has_hooks(model):
        try:
            parts = divided(model, layer)
            same = same_logits(parts.onward, partial(whole_network, model, layer), trial(model, layer, image))
        except Exception as error:  # noqa: BLE001 - dividing a graph may fail in any way; the whole network is used then
            log.info("passes from %s on run the whole network: %s", layer, str(error).partition("\n")[0])
        else:
            if same:
                return parts.onward
            log.info("passes from %s on run the whole network, since a part of it gives other logits", layer)
    return partial(whole_network, model, layer)


def lazily(make: Callable[[], Onward]) -> Onward:
    """Passes that are prepared only when the first of them is run."""
    made = cache(make)

    def forward(rows: Tensor, activations: Tensor) -> Tensor:
        return made()(rows, activations)

    return forward


def whole_network(model: nn.Module, layer: str, images: Tensor) -> Onward:
    """Passes of the whole model, with the layer's output replaced."""

    def forward(rows: Tensor, activations: Tensor) -> Tensor:
        handle = model.get_submodule(layer).register_forward_hook(lambda *_: activations)
        try:
            logits: Tensor = model(images[rows])
        finally:
            handle.remove()
        return logits

    return forward


def divided(model: fx.GraphModule, layer: str) -> DividedNetwork:
    """A traced network in two parts that share its modules; steps keep their order.

    Raises:
        ValueError: if the layer is not one step of the graph.
    """
    nodes = list(model.graph.nodes)
    places = [index for index, node in enumerate(nodes) if node.op == "call_module" and node.target == layer]
    if len(places) != 1:
        msg = f"Expected {layer} to be one step, but it is {len(places)}."
        raise ValueError(msg)
    before, here, after = nodes[: places[0]], nodes[places[0]], nodes[places[0] + 1 :]
    shared = [node for node in before if set(after) & set(node.users)]
    fed = fed_by_images(nodes)
    return DividedNetwork(
        before=part(model, [], before, shared),
        after=part(model, [here, *shared], after, None),
        by_image=tuple(node in fed for node in shared),
    )


def fed_by_images(nodes: Collection[fx.Node]) -> set[fx.Node]:
    """The inputs, and the steps that read one of them, directly or through others."""
    fed: set[fx.Node] = set()
    for node in nodes:
        if node.op == "placeholder" or fed & set(node.all_input_nodes):
            fed.add(node)
    return fed


def part(
    model: fx.GraphModule, inputs: Collection[fx.Node], steps: Collection[fx.Node], results: Collection[fx.Node] | None
) -> fx.GraphModule:
    """Some steps of a graph as a module; its output is `results`, or the network's if these are None."""
    graph = fx.Graph()
    copies = {node: graph.placeholder(node.name) for node in inputs}
    for step in steps:
        copies[step] = graph.node_copy(step, copies.__getitem__)
    if results is not None:
        graph.output(tuple(copies[node] for node in results))
    return fx.GraphModule(model, graph)


def trial(model: nn.Module, layer: str, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Three different images, whatever the given one is; the rows to run; and their activations."""
    noise = torch.rand(image.shape, generator=torch.Generator().manual_seed(0), device="cpu").to(image)
    images, rows = torch.cat([image, noise, -2 * noise]), torch.tensor([2, 0, 0], device=image.device)
    kept: list[Tensor] = []
    handle = model.get_submodule(layer).register_forward_hook(
        lambda _module, _inputs, cells: kept.append(cells.clone())
    )
    try:
        with torch.inference_mode():
            model(images.clone())
    finally:
        handle.remove()
    return images, rows, kept[0][rows]


def same_logits(
    one: Callable[[Tensor], Onward], other: Callable[[Tensor], Onward], sample: tuple[Tensor, Tensor, Tensor]
) -> bool:
    """Whether two kinds of passes give the same logits up to rounding, the first one also when it is repeated."""
    images, rows, activations = sample
    with torch.inference_mode():
        expected, onward = other(images)(rows, activations.clone()), one(images)
        found = [onward(rows, activations.clone()) for _ in range(2)]
    limit = CLOSE * float(expected.abs().max())
    return all(logits.shape == expected.shape and float((logits - expected).abs().max()) <= limit for logits in found)
