"""`browser.json`: a network as graphs for the reader's browser, how close they are to torch, and how far pictures may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from camfolio.results.layer import Cells, Distance
from camfolio.results.result import Count, Key, Number, Result, ResultFile, Share


class PublishedFile(Result):
    """A file that the page fetches."""

    file: str
    """Its name."""
    bytes: Count
    """Its size."""
    sha256: str
    """SHA-256 of its bytes, in hexadecimal."""


class GraphFile(PublishedFile):
    """A graph in ONNX."""

    images: Literal["shared", "per_member"]
    """Whether all networks take the same images, or each its own."""
    operators: Mapping[Annotated[str, Key("OPERATOR", "name of an ONNX operator, such as Conv")], Count]
    """How many nodes of the graph run each operator."""


class BrowserLayer(Result):
    """A layer whose activations the graphs put out."""

    name: str
    """Full name."""
    channels: Count
    """Channels of its activations."""
    cells: tuple[Cells, Cells]
    """Rows and columns of its activations."""
    first_px: tuple[Distance, Distance]
    """Centre of the first cell, row and column; 0 is the centre of the first pixel."""
    step_px: tuple[Distance, Distance]
    """Distance from one cell's centre to the next."""


class GraphAgreement(Result):
    """Differences between the graphs and torch, as shares of the range of the values."""

    inputs: Count
    """Different inputs on which both were run."""
    logits: Share
    """Of the logits."""
    activations: Share
    """Of the activations of all layers."""
    gradients: Share
    """Of the gradients of every class's logit by the activations of all layers: of a network the median over inputs."""
    largest_gradient: Share
    """The same on any input. Where an activation before a ReLU is zero up to rounding, both gradients are right and differ by more."""


class MadePictures(Result):
    """Pictures that are no slices, to try the measure on."""

    title: str
    """What they are."""
    far: Share
    """Share of them that the measure finds far from the training slices."""


class InputCheck(PublishedFile):
    """The measure of how far a picture is from the training slices: a Mahalanobis distance of mean activations.

    The file holds float32 numbers, little-endian: for each network the mean of each class (groups, features), then a whitening matrix
    (features, features), row by row.
    """

    features: Count
    """Channels of the layer in focus, of which the mean over all cells is taken."""
    groups: Count
    """Classes with a mean of their own."""
    training: Count
    """Training slices from which means and covariance are estimated."""
    quantile: Share
    """Share of the validation slices that are not far."""
    threshold: Number
    """The largest distance of a picture that is not far, in units of the spread of the training slices; 1 is typical of those."""
    validation: Number
    """Median distance of the validation slices."""
    test: Number
    """Median distance of the test slices."""
    test_far: Share
    """Share of the test slices that are far."""
    made: tuple[MadePictures, ...]
    """The measure on pictures that are no slices."""


class BrowserResult(ResultFile):
    """A network as graphs for the reader's browser; or why there are none."""

    FILE: ClassVar[str] = "browser.json"

    members: Count
    """Networks whose probabilities and maps are averaged."""
    why_not: str = ""
    """Why the network cannot run in a browser; empty if it can."""
    layers: tuple[BrowserLayer, ...] = ()
    """The study's layers, the one in focus first."""
    forward: GraphFile | None = None
    """The graph from images to logits and activations."""
    gradients: GraphFile | None = None
    """The same with gradients of every class's logit."""
    weights: tuple[PublishedFile, ...] = ()
    """The files of weights, one per network, of the training's result, that both graphs read."""
    agreement: GraphAgreement | None = None
    """How close the graphs are to torch."""
    input_check: InputCheck | None = None
    """How far a picture is from the training slices."""
