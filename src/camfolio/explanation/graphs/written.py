"""Writes the gradients of several networks as ONNX: two small graphs that read all weights from the networks' own files."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, compose, helper
from torch import Tensor, fx, nn

from camfolio.errors import NetworkError
from camfolio.explanation.graphs.traced import CONSTANTS, gradient_graph
from camfolio.explanation.layout import FEATURE_MAPS, Layout
from camfolio.network.onnx import NOISY, first_cause, said, without_origin

IMAGES, LOGITS, ACTIVATIONS, GRADIENTS = "images", "logits", "activations", "gradients"
FORWARD, BACKWARD = "forward.onnx", "gradients.onnx"
FIRST_AXIS = "axis"
"""Name of the constant 0."""


@dataclass(frozen=True)
class StoredWeight:
    """Where a tensor lies in a file of weights."""

    file: str
    offset: int
    length: int


def write_graphs(
    members: Mapping[Path, nn.Module],
    layers: Sequence[str],
    images: Tensor,
    folder: Path,
    layout: Layout = FEATURE_MAPS,
) -> None:
    """Write `forward.onnx` and `gradients.onnx`, for any number of images of this size. The same networks give the same bytes.

    Both have the output `logits` (members, n, classes). The first takes images of its own for each network, `images` (members, n, 1,
    height, width), as Score-CAM needs them. The second takes the same for all, (n, 1, height, width), and has, of each layer L, `activations_L`
    (members, n, channels, rows, columns) and `gradients_L` (members, classes, n, channels, rows, columns). They hold no weights, but
    name, by their places in it, the file of each network, which has to lie beside them.

    Args:
        members: file of its weights, safetensors -> network of one architecture, in evaluation mode on the CPU.
        layers: full names of layers that run once.
        images: (n, channels, height, width), two or more inputs.
        folder: for the files.
        layout: of the layers' outputs.

    Raises:
        NetworkError: if the network cannot be exported.
    """
    first, *others = members.values()
    try:
        model = exported(gradient_graph(first, layers, images, layout), images, len(layers))
        again = [
            model
            if not own_constants(model)
            else exported(gradient_graph(one, layers, images, layout), images, len(layers))
            for one in others
        ]
    except Exception as error:
        msg = f"Expected a network whose gradients can be exported to ONNX, but got {said(first_cause(error))}"
        raise NetworkError(msg) from error
    graphs = [
        of_member(one.graph, number, stored_weights(file))
        for number, (one, file) in enumerate(zip([model, *again], members, strict=True))
    ]
    for file, apart in ((FORWARD, True), (BACKWARD, False)):
        joined = together(graphs, model, apart=apart)
        keep_outputs(joined.graph, {LOGITS} if apart else {output.name for output in joined.graph.output})
        (folder / file).write_bytes(joined.SerializeToString(deterministic=True))


def exported(graph: fx.GraphModule, images: Tensor, layers: int) -> ModelProto:
    """One network's graph as ONNX, with its weights; nothing is optimised, so that weights stay what they are in their file."""
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.ERROR)
    numbered = [f"{kind}_{number}" for kind in (ACTIVATIONS, GRADIENTS) for number in range(layers)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter uses deprecated functions of torch
        program = torch.onnx.export(
            graph,
            (images,),
            dynamo=True,
            verbose=False,
            optimize=False,
            input_names=[IMAGES],
            output_names=[LOGITS, *numbered],
            dynamic_shapes=({0: torch.export.Dim("count", min=1)},),
        )
    if program is None:
        msg = "no graph"
        raise TypeError(msg)
    without_origin(program)
    return program.model_proto


def own_constants(model: ModelProto) -> bool:
    """Whether a graph holds arrays of numbers that are no weights, and so may be those of one network only."""
    floating = {TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16}
    held = [one for one in model.graph.initializer if one.name.startswith(CONSTANTS)]
    return any(one.data_type in floating and len(one.dims) > 0 for one in held)


def stored_weights(file: Path) -> dict[str, StoredWeight]:
    """Where every tensor lies in a safetensors file: after eight bytes with the length of a header in JSON, and that."""
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        header = json.loads(opened.read(length))
    start = 8 + length
    ends = {name: one["data_offsets"] for name, one in header.items() if name != "__metadata__"}
    return {name: StoredWeight(file.name, start + begin, end - begin) for name, (begin, end) in ends.items()}


def of_member(graph: GraphProto, number: int, stored: Mapping[str, StoredWeight]) -> GraphProto:
    """A graph whose values have names of their own, and whose weights are in a file."""
    named: GraphProto = compose.add_prefix_graph(graph, f"{number}/")
    for tensor, before in zip(named.initializer, graph.initializer, strict=True):
        if place := stored.get(before.name):
            point_to(tensor, place)
    return named


def point_to(tensor: TensorProto, place: StoredWeight) -> None:
    """Replace a tensor's numbers by their place in a file."""
    if len(tensor.raw_data) != place.length:
        msg = f"Expected {len(tensor.raw_data)} bytes of {tensor.name} in {place.file}, but got {place.length}."
        raise NetworkError(msg)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", place.file), ("offset", place.offset), ("length", place.length)):
        tensor.external_data.add(key=key, value=str(value))


def together(graphs: Sequence[GraphProto], model: ModelProto, *, apart: bool) -> ModelProto:
    """One model of several graphs, whose outputs are stacked along a first axis; `apart`: so is their input, otherwise they share it."""
    numbers = range(len(graphs))
    nodes = [
        helper.make_node("Gather", [IMAGES, f"{number}/place"], [f"{number}/{IMAGES}"], axis=0)
        if apart
        else helper.make_node("Identity", [IMAGES], [f"{number}/{IMAGES}"])
        for number in numbers
    ]
    nodes += [node for graph in graphs for node in graph.node]
    for output in model.graph.output:
        parts = [f"{number}/{output.name}" for number in numbers]
        nodes += [helper.make_node("Unsqueeze", [part, FIRST_AXIS], [f"{part}/one"]) for part in parts]
        nodes.append(helper.make_node("Concat", [f"{part}/one" for part in parts], [output.name], axis=0))
    named = [NodeProto.FromString(node.SerializeToString()) for node in nodes]
    for node in named:
        node.ClearField("name")
        node.ClearField("doc_string")
    weights = [tensor for graph in graphs for tensor in graph.initializer]
    places = [helper.make_tensor(f"{number}/place", TensorProto.INT64, [], [number]) for number in numbers]
    axis = helper.make_tensor(FIRST_AXIS, TensorProto.INT64, [1], [0])
    joined = helper.make_graph(
        named,
        "camfolio",
        [stacked(value, len(graphs)) if apart else value for value in model.graph.input],
        [stacked(value, len(graphs)) for value in model.graph.output],
        [*weights, *places, axis],
    )
    return helper.make_model(
        joined, opset_imports=list(model.opset_import), ir_version=model.ir_version, producer_name="camfolio"
    )


def stacked(value: ValueInfoProto, members: int) -> ValueInfoProto:
    """An input or output of one network as that of several."""
    shape = [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]
    return helper.make_tensor_value_info(value.name, TensorProto.FLOAT, [members, *shape])


def keep_outputs(graph: GraphProto, names: Collection[str]) -> None:
    """Remove all other outputs of a graph, and whatever only they need."""
    needed, kept = set(names), []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(node.input)
    for part, left in (
        (graph.node, kept[::-1]),
        (graph.output, [one for one in graph.output if one.name in names]),
        (graph.initializer, [one for one in graph.initializer if one.name in needed]),
    ):
        copies = [type(one).FromString(one.SerializeToString()) for one in left]
        del part[:]
        part.extend(copies)
