"""A trained network as a torch module and, for passes without gradients, in ONNX Runtime."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from camfolio.network.architecture import build_network, device_for
from camfolio.network.ensembles import members_of, together
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

    @property
    def members(self) -> tuple[TrainedNetwork, ...]:
        """The networks of an ensemble, without their forms in ONNX Runtime; any other network is its only member."""
        members = members_of(self.model)
        return (self,) if len(members) == 1 else tuple(TrainedNetwork(one, self.device, None) for one in members)


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
    members = []
    for file in weight_files(training):
        members.append(build_network(settings))
        load_weights(members[-1], file)
    network = together(members)
    chosen, exported = device_for(device.accelerator), training / FILE
    forward = load_forward(exported) if chosen.type == "cpu" and exported.exists() else None
    return TrainedNetwork(network.eval().to(chosen), chosen, forward)


def weight_files(training: Path) -> list[Path]:
    """The weights of a training: one file, or one for each member of an ensemble, in their order."""
    return [training / member_file(0), *sorted(training.glob("network-*.safetensors"))]


def member_file(number: int) -> str:
    """Name of the weights of a network: the first, or a further member of an ensemble.

    >>> member_file(0), member_file(1)
    ('network.safetensors', 'network-02.safetensors')
    """
    return f"network-{number + 1:02}.safetensors" if number else "network.safetensors"
