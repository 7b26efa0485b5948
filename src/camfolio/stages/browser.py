"""Stage `browser`: a trained network as ONNX graphs for the reader's browser, and how far a picture may be from the training slices."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from camfolio.data.slices import Slices
from camfolio.errors import NetworkError
from camfolio.evidence.input_check import MADE, QUANTILE, fit_familiarity, threshold
from camfolio.explanation.centres import measured_centres
from camfolio.explanation.graphs.compared import GraphDiffersError, check_graphs
from camfolio.explanation.graphs.features import mean_activations
from camfolio.explanation.graphs.written import BACKWARD, FORWARD, write_graphs
from camfolio.explanation.layout import Layout
from camfolio.explanation.probe import borrowed, read
from camfolio.network.agreement import trial_images
from camfolio.network.architecture import through_window
from camfolio.network.trained import Device, load_trained, weight_files
from camfolio.results.browser import (
    BrowserLayer,
    BrowserResult,
    GraphAgreement,
    GraphFile,
    InputCheck,
    MadePictures,
    PublishedFile,
)
from camfolio.shapes import Hounsfield
from camfolio.statistics.random_generators import sample_by_patient
from camfolio.study.settings import ExplanationSettings, Network

CHECK = "check.f32"
LARGEST_WEIGHTS = 200 * 10**6
"""Bytes of weights that a browser can be asked to fetch and hold."""
TRIED = 9
"""Inputs on which the graphs are compared with torch."""
MOST = 4000
"""Slices of one part that the measure is estimated from, or tried on, at most."""


def run(
    *,
    out: Path,
    slices: Path,
    split: Path,
    training: Path,
    network: Network,
    explanation: ExplanationSettings,
    device: Device,
    seed: int,
) -> None:
    """Write `BrowserResult` and, if the network can be exported, `forward.onnx`, `gradients.onnx` and `check.f32`.

    The graphs hold no weights: they read those of the training's result, from its own files.

    Args:
        out: gets the files.
        slices: folder of that stage, with the slices that the network was trained on.
        split: folder of that stage.
        training: folder of that stage.
        network: section of the study.
        explanation: section of the study.
        device: threads of the study.
        seed: of samples of slices, and of noise.

    Raises:
        NetworkError: if a graph gives other values than torch.
    """
    trained = load_trained(network, training, Device(device.threads, "cpu"))
    members = {file: one.model for file, one in zip(weight_files(training), trained.members, strict=True)}
    data, part = Slices.load(slices / "slices.npz"), np.load(split / "part.npy", allow_pickle=False)
    layout = Layout(explanation.reshape, explanation.class_tokens)
    images = trial_images(windowed(data.hounsfield[part == "train"][:1], network), TRIED)
    try:
        check_size(sum(file.stat().st_size for file in members))
        write_graphs(members, explanation.layers, images, out, layout)
        agreement = check_graphs(out, members, explanation.layers, images, layout)
    except GraphDiffersError:
        raise
    except NetworkError as error:
        for file in (FORWARD, BACKWARD):
            (out / file).unlink(missing_ok=True)
        BrowserResult(members=len(members), why_not=str(error)).write(out)
        return
    BrowserResult(
        members=len(members),
        layers=tuple(browser_layers(next(iter(members.values())), explanation.layers, images[:1], layout)),
        forward=graph_file(out / FORWARD, "per_member"),
        gradients=graph_file(out / BACKWARD, "shared"),
        weights=tuple(published(file) for file in members),
        agreement=GraphAgreement(inputs=TRIED, **vars(agreement)),
        input_check=input_check(out / CHECK, Pictures(members, explanation.layer, layout, network), data, part, seed),
    ).write(out)


def check_size(size: int) -> None:
    """Check that weights are not too large for a browser.

    Raises:
        NetworkError: with their size.
    """
    if size > LARGEST_WEIGHTS:
        msg = f"Expected weights of at most {LARGEST_WEIGHTS / 1e6:g} MB for a browser, but got {size / 1e6:.3g} MB"
        raise NetworkError(msg)


def windowed(hounsfield: Hounsfield, network: Network) -> Tensor:
    """The network's input."""
    return through_window(torch.from_numpy(np.ascontiguousarray(hounsfield)), network.window_hu)


@dataclass(frozen=True)
class Pictures:
    """Mean activations of pictures in HU, by every network of an ensemble."""

    members: Mapping[Path, nn.Module]
    layer: str
    layout: Layout
    network: Network

    def activations(self, hounsfield: Hounsfield) -> np.ndarray:
        """Float32 (members, pictures, features)."""
        images = windowed(hounsfield, self.network)
        found = [mean_activations(one, self.layer, images, self.layout) for one in self.members.values()]
        return torch.stack(found).numpy()


def browser_layers(network: nn.Module, layers: Sequence[str], image: Tensor, layout: Layout) -> Iterator[BrowserLayer]:
    """The layers with the places of their cells, in pixels."""
    pixels = (image.shape[2], image.shape[3])
    with borrowed(network):
        readings = read(
            network, {name: network.get_submodule(name) for name in layers}, image.clone(), None, [None], layout=layout
        )[0]
        for name, reading in readings.items():
            _, channels, rows, columns = reading.activations.shape
            centres = measured_centres(network, name, image, layout)
            first = [share * count - 0.5 for share, count in zip(centres.first, pixels, strict=True)]
            step = [share * count for share, count in zip(centres.step, pixels, strict=True)]
            yield BrowserLayer(
                name=name, channels=channels, cells=(rows, columns), first_px=tuple(first), step_px=tuple(step)
            )


def published(file: Path) -> PublishedFile:
    """A file with its size and digest."""
    return PublishedFile(
        file=file.name, bytes=file.stat().st_size, sha256=hashlib.sha256(file.read_bytes()).hexdigest()
    )


def graph_file(file: Path, images: Literal["shared", "per_member"]) -> GraphFile:
    """A graph with its size, digest and operators."""
    operators = Counter(node.op_type for node in onnx.load(file, load_external_data=False).graph.node)
    return GraphFile(**published(file).model_dump(), images=images, operators=dict(sorted(operators.items())))


def input_check(file: Path, pictures: Pictures, data: Slices, part: np.ndarray, seed: int) -> InputCheck:
    """Fit the measure on training slices, set its threshold on validation slices, and try it on test slices and on pictures that are none."""
    parts = (data.select(part == name) for name in ("train", "validation", "test"))
    train, validation, test = (one.select(sample_by_patient(one.patient, MOST, seed)) for one in parts)
    measure = fit_familiarity(pictures.activations(train.hounsfield), train.label)
    measure.write(file)

    def distance(hounsfield: Hounsfield) -> np.ndarray:
        return measure.distance(pictures.activations(hounsfield))

    near, tested = distance(validation.hounsfield), distance(test.hounsfield)
    largest = threshold(near)
    window = pictures.network.window_hu
    made = {title: distance(make(test.hounsfield, window, seed)) for title, make in MADE.items()}
    return InputCheck(
        **published(file).model_dump(),
        features=measure.features,
        groups=measure.count,
        training=len(train),
        quantile=QUANTILE,
        threshold=largest,
        validation=float(np.median(near)),
        test=float(np.median(tested)),
        test_far=float((tested > largest).mean()),
        made=tuple(MadePictures(title=title, far=float((far > largest).mean())) for title, far in made.items()),
    )
