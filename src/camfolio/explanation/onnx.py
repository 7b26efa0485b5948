"""ONNX Runtime for the masked passes: the network as a file that it runs faster than torch does. An extra (`onnx`)."""

from __future__ import annotations

import logging
import os
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from camfolio.errors import ExplanationError
from camfolio.explanation.speed.lanes import LARGEST, Answers

INSTALL = "Install camfolio[onnx], or set explanation.engine to torch."
NOISY = ("torch.onnx", "onnxscript", "onnx_ir")
"""Loggers of the exporter, which report every operator of packages that are not there."""


def export_network(model: nn.Module, images: Tensor, path: Path) -> None:
    """Write a network as ONNX, for any number of images of this size.

    Args:
        model: in evaluation mode, on the CPU.
        images: (n, channels, height, width), n >= 1; only their size matters.
        path: the file.

    Raises:
        ExplanationError: if the packages are not installed or the network cannot be exported.
    """
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the exporter's own use of what torch has deprecated
            traced(model, images[:1].expand(LARGEST, *images.shape[1:]).contiguous()).save(path, external_data=False)
    except Exception as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        msg = f"Expected a network that can be exported to ONNX, but got {type(error).__name__}: {reason}. {INSTALL}"
        raise ExplanationError(msg) from error


def traced(model: nn.Module, example: Tensor) -> torch.onnx.ONNXProgram:
    """The network's graph for any number of images."""
    program = torch.onnx.export(
        model,
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


def load_network(path: Path) -> Answers:
    """A function from images (n, channels, height, width), float32, to logits (n, classes), on the CPU.

    Every call runs in its caller's thread alone: passes stand side by side (see `engine`).

    Raises:
        ExplanationError: if ONNX Runtime is not installed or cannot read the file.
    """
    try:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(os.fspath(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        msg = f"Expected ONNX Runtime to read {path.name}, but got {type(error).__name__}: {error}. {INSTALL}"
        raise ExplanationError(msg) from error
    (name,) = (entry.name for entry in session.get_inputs())

    def answers(images: Tensor) -> Tensor:
        (logits,) = session.run(None, {name: images.numpy(force=True)})
        return torch.from_numpy(logits).to(images.device)

    return answers
