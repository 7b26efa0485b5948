"""Export of the network to ONNX; ONNX Runtime runs forward passes faster than torch, without gradients."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from camfolio.errors import NetworkError
from camfolio.network.agreement import CLOSE, difference

FILE = "network.onnx"
Forward = Callable[[Tensor], Tensor]
"""From images (n, channels, height, width) to logits (n, classes), without gradients."""
BATCH = 4
"""Images in the exporter's example and in the comparison; the exported network accepts any number."""
NOISY = ("torch.onnx", "onnxscript", "onnx_ir", "torch.fx.experimental.symbolic_shapes")
"""Loggers that report every operator of packages that are not installed; set to errors only."""
log = logging.getLogger("camfolio")


def write_onnx(network: nn.Module, image: Tensor, path: Path) -> str:
    """Write a network as ONNX if it can be exported and gives the same logits.

    Args:
        network: in evaluation mode, on the CPU.
        image: (1, channels, height, width), one input; the comparison adds random ones of its size.
        path: the file; it does not exist afterwards if the export fails.

    Returns:
        The reason why there is no file; empty if there is one. Without the file torch runs all passes.
    """
    try:
        export_network(network, image, path)
        check_logits(network, load_forward(path), image)
    except Exception as error:  # noqa: BLE001 - a user's network may fail in any way here, and none matters
        path.unlink(missing_ok=True)
        ours = isinstance(error, NetworkError)
        reason = str(error) if ours else f"Expected a file that can be run, but got {said(error)}"
        log.info("no %s is written, torch runs all passes: %s", path.name, reason)
        return reason
    return ""


def export_network(network: nn.Module, image: Tensor, path: Path) -> None:
    """Write a network as ONNX, for any number of images of this size. The same network gives the same bytes.

    Raises:
        NetworkError: if the network cannot be exported.
    """
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the exporter uses deprecated functions of torch
            program = traced(network, image.expand(BATCH, *image.shape[1:]).contiguous())
        without_origin(program)
        program.save(path, external_data=False)
    except Exception as error:
        msg = f"Expected a network that can be exported to ONNX, but got {said(first_cause(error))}"
        raise NetworkError(msg) from error


def said(error: BaseException) -> str:
    """The kind of an error and the first line of its message."""
    first, *_ = [*str(error).strip().splitlines(), ""]
    return f"{type(error).__name__}: {first}"


def first_cause(error: BaseException) -> BaseException:
    """The first exception in a chain; the later ones only name a step of the exporter."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def traced(network: nn.Module, example: Tensor) -> torch.onnx.ONNXProgram:
    """The network's graph for any number of images."""
    program = torch.onnx.export(
        network,
        (example,),
        dynamo=True,
        verbose=False,
        input_names=["images"],
        output_names=["logits"],
        dynamic_shapes=({0: torch.export.Dim("count", min=1)},),
    )
    if program is None:
        msg = "no graph"
        raise TypeError(msg)
    return program


def without_origin(program: torch.onnx.ONNXProgram) -> None:
    """Remove the exporter's metadata, which contain paths of the machine."""
    for node in program.model.graph.all_nodes():
        node.metadata_props.clear()
        for value in node.outputs:
            value.metadata_props.clear()
    for value in (*program.model.graph.inputs, *program.model.graph.initializers.values()):
        value.metadata_props.clear()
    program.model.metadata_props.clear()
    program.model.graph.metadata_props.clear()


def load_forward(path: Path) -> Forward:
    """The forward pass of a network's ONNX file, float32, on the CPU.

    A call runs in the caller's thread only, so that several passes can run in parallel (see `explanation.speed.lanes`)
    and results do not depend on the number of threads.

    Raises:
        NetworkError: if ONNX Runtime cannot read the file.
    """
    import onnxruntime  # takes half a second to import and is not always needed

    try:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(os.fspath(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        msg = f"Expected ONNX Runtime to read {path.name}, but got {type(error).__name__}: {error}"
        raise NetworkError(msg) from error
    (name,) = (entry.name for entry in session.get_inputs())

    def forward(images: Tensor) -> Tensor:
        (logits,) = session.run(None, {name: images.numpy(force=True)})
        return torch.from_numpy(logits).to(images.device)

    return forward


def check_logits(network: nn.Module, forward: Forward, image: Tensor) -> None:
    """Compare the logits of torch and ONNX Runtime on an image and on random images, which detect a constant graph.

    Raises:
        NetworkError: if their logits differ by more than rounding.
    """
    noise = torch.rand((BATCH - 1, *image.shape[1:]), generator=torch.Generator().manual_seed(0), device="cpu") * 2 - 1
    images = torch.cat([image, noise.to(image)])
    with torch.inference_mode():
        differing = difference(network(images.clone()), forward(images))
    if not differing <= CLOSE:
        msg = f"Expected the same logits from ONNX Runtime, but they differ by {differing:.1g} of the largest"
        raise NetworkError(msg)
