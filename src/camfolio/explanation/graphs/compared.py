"""Compares written graphs with torch: logits, activations and gradients of every class, on several inputs."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor, nn

from camfolio.errors import NetworkError
from camfolio.explanation.graphs.written import ACTIVATIONS, BACKWARD, FORWARD, GRADIENTS, IMAGES, LOGITS
from camfolio.explanation.layout import FEATURE_MAPS, Layout
from camfolio.explanation.probe import borrowed, read
from camfolio.network.onnx import said


class GraphDiffersError(NetworkError):
    """A written graph gives other values than torch."""


LARGEST = 1e-5
"""Largest difference from torch that is due to rounding, as a share of the range of the values."""
Values = dict[str, np.ndarray]


@dataclass(frozen=True)
class Agreement:
    """Differences from torch, as shares of the range of the values: of a network the largest on any input, or the median over inputs of the largest.

    Attributes:
        logits: on any input.
        activations: on any input.
        gradients: median over inputs. Where an activation before a ReLU is zero up to rounding, torch and ONNX Runtime may take different
            sides, and each has a right gradient; so do equal values below a maximum.
        largest_gradient: on any input, with those.
    """

    logits: float
    activations: float
    gradients: float
    largest_gradient: float


def check_graphs(
    folder: Path,
    members: Mapping[Path, nn.Module],
    layers: Sequence[str],
    images: Tensor,
    layout: Layout = FEATURE_MAPS,
) -> Agreement:
    """Run both graphs in ONNX Runtime, on all images together and on each alone, and compare them with torch's autograd.

    Args:
        folder: with `forward.onnx` and `gradients.onnx`.
        members: file of its weights -> network, as in `write_graphs`.
        layers: full names.
        images: (n, channels, height, width), several different inputs: a gradient that became a constant is right for one at most.
        layout: of the layers' outputs.

    Raises:
        GraphDiffersError: if values differ from torch's by more than rounding.
        NetworkError: if ONNX Runtime cannot run a graph.
    """
    expected = by_torch(list(members.values()), layers, images, layout)
    found = {LOGITS: [0.0], ACTIVATIONS: [0.0], GRADIENTS: [0.0]}
    single = [0.0]
    for file in (FORWARD, BACKWARD):
        for outputs in by_runtime(folder / file, list(members), images):
            for name, values in outputs.items():
                kind = name.partition("_")[0]
                by_input = shares_of_range(expected[name], values, axis=inputs_axis(name))
                of_network = np.median(by_input, 1) if kind == GRADIENTS else by_input
                differing = float(of_network.max())
                if not differing <= LARGEST:
                    raise GraphDiffersError(difference_words(file, name, layers, differing))
                found[kind].append(differing)
                single += [float(by_input.max())] if kind == GRADIENTS else []
    return Agreement(
        logits=max(found[LOGITS]),
        activations=max(found[ACTIVATIONS]),
        gradients=max(found[GRADIENTS]),
        largest_gradient=max(single),
    )


def inputs_axis(name: str) -> int:
    """The axis of an output along which the inputs lie."""
    return 2 if name.startswith(GRADIENTS) else 1


def by_torch(members: Sequence[nn.Module], layers: Sequence[str], images: Tensor, layout: Layout) -> Values:
    """What the outputs of the graphs should be, by torch's autograd."""
    found: dict[str, list[Tensor]] = {}
    for network in members:
        with borrowed(network):
            modules = {name: network.get_submodule(name) for name in layers}
            classes = network(images.clone()).shape[1]
            readings = [
                read(network, modules, images.clone(), torch.full((len(images),), target), layout=layout)[0]
                for target in range(classes)
            ]
        first = next(iter(readings[0].values()))
        found.setdefault(LOGITS, []).append(first.logits)
        for number, name in enumerate(layers):
            found.setdefault(f"{ACTIVATIONS}_{number}", []).append(readings[0][name].activations)
            gradients = torch.stack([reading[name].gradients for reading in readings])
            found.setdefault(f"{GRADIENTS}_{number}", []).append(gradients)
    return {name: torch.stack(values).float().numpy(force=True) for name, values in found.items()}


def by_runtime(file: Path, members: Sequence[Path], images: Tensor) -> tuple[Values, Values]:
    """The outputs of a graph for all images in one run, and in one run for each, joined.

    If every network takes images of its own, each gets them in another order in the first run.

    Raises:
        NetworkError: if ONNX Runtime cannot run it.
    """
    import onnxruntime  # takes half a second to import

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    try:
        with tempfile.TemporaryDirectory() as folder:
            for origin in (file, *members):
                shutil.copyfile(origin, Path(folder, origin.name))
            session = onnxruntime.InferenceSession(
                os.fspath(Path(folder, file.name)), options, providers=["CPUExecutionProvider"]
            )
            (given,) = session.get_inputs()
            names = [output.name for output in session.get_outputs()]
            shared = len(given.shape) == images.ndim
            batches = [batch if shared else in_turn(batch, len(members)) for batch in (images, *torch.split(images, 1))]
            runs = [session.run(None, {IMAGES: batch.numpy(force=True)}) for batch in batches]
    except Exception as error:
        msg = f"Expected ONNX Runtime to run {file.name}, but got {said(error)}"
        raise NetworkError(msg) from error
    whole, *single = [dict(zip(names, values, strict=True)) for values in runs]
    if not shared:
        whole = {
            name: np.stack([np.roll(one, -number, 0) for number, one in enumerate(values)])
            for name, values in whole.items()
        }
    alone = {name: np.concatenate([one[name] for one in single], axis=inputs_axis(name)) for name in names}
    return whole, alone


def in_turn(images: Tensor, members: int) -> Tensor:
    """Images for every network (members, n, ...), for each begun with another one."""
    return torch.stack([images.roll(number, 0) for number in range(members)])


def shares_of_range(expected: np.ndarray, found: np.ndarray, *, axis: int) -> Float64[np.ndarray, "members inputs"]:
    """Largest difference of every network and input, as a share of the range of what is expected of all.

    Infinite if shapes differ, and where values differ that should all be the same.

    Args:
        expected: (members, ...).
        found: the same by the graph.
        axis: of the inputs.
    """
    members, inputs = expected.shape[0], expected.shape[axis]
    if expected.shape != found.shape:
        return np.full((members, inputs), np.inf)
    differing = np.moveaxis(np.abs(expected - found), axis, 1).reshape(members, inputs, -1).max(2).astype(np.float64)
    span = float(np.ptp(expected))
    shares: Float64[np.ndarray, "members inputs"] = differing / span if span else np.where(differing > 0, np.inf, 0.0)
    shares[np.isnan(shares)] = np.inf
    return shares


def difference_words(file: str, name: str, layers: Sequence[str], differing: float) -> str:
    """The sentence about a graph that does not compute what torch does."""
    kind, _, number = name.partition("_")
    where = f" at {layers[int(number)]}" if number else ""
    return (
        f"Expected {file} to give the {kind} of torch{where}, but they differ by {differing:.1g} of their range, where {LARGEST:g} is rounding: "
        "the exporter has written another network. Install torch and onnxscript in the versions of constraints.txt, or build the site without this page by live: false in the study."
    )
