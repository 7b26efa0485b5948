"""A trained network as a torch module and, for passes without gradients, in ONNX Runtime."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from camfolio.network.architecture import build_network, device_for
from camfolio.network.onnx import FILE, Forward, load_forward
from camfolio.network.weights import load_weights
from camfolio.study.settings import Network


@dataclass(frozen=True)
class TrainedNetwork:
    """One network in its executable forms.

    Attributes:
        model: in evaluation mode, on `device`.
        device: of the model.
        forward: images to logits without gradients in ONNX Runtime; None if torch runs all passes.
    """

    model: nn.Module
    device: torch.device
    forward: Forward | None


@dataclass(frozen=True)
class Device:
    """Threads and accelerator on which a stage runs the network; results depend on both in their last digits.

    Attributes:
        threads: of torch.
        accelerator: `auto`, `cpu`, `gpu` or `mps`, as in the section `training`.
    """

    threads: int
    accelerator: str


def load_trained(settings: Network, training: Path, device: Device) -> TrainedNetwork:
    """The network of a study with the weights of a training; torch uses the threads of the device from here on.

    ONNX Runtime runs the passes without gradients if the training wrote an ONNX file and the device is the CPU. Both
    packages are required, so this does not depend on what is installed.

    Args:
        settings: section of the study.
        training: folder of that stage.
        device: threads and accelerator of the study.
    """
    torch.set_num_threads(device.threads)
    network = build_network(settings)
    load_weights(network, training / "network.safetensors")
    chosen, exported = device_for(device.accelerator), training / FILE
    forward = load_forward(exported) if chosen.type == "cpu" and exported.exists() else None
    return TrainedNetwork(network.eval().to(chosen), chosen, forward)
