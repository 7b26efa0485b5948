"""Trial of a network before it is trained: whatever would fail after hours, or give wrong results, fails here."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from camfolio.errors import NetworkError, shortened
from camfolio.network.agreement import SAME, beyond, check_answers, trial_images
from camfolio.network.weights import load_weights, save_network

IMAGES = 16
"""In the trial; chance that leaves out parts of a network at a rate of 0.1 is then found with a probability above 0.95."""


def rehearse(build: Callable[[], nn.Module], image: Tensor, file: Path) -> None:
    """Check that a network always gives the same answers, and also when it was saved, built again and loaded.

    Random numbers are drawn, as they are when a network is built.

    Args:
        build: the network with random weights, other ones each time.
        image: (1, channels, height, width), one input.
        file: weights are written to it.

    Raises:
        NetworkError: if it does not, or its weights cannot be saved.
    """
    network, again = build().eval(), build().eval()
    images = trial_images(image, IMAGES)
    check_answers(network, images)
    save_network(network, file)
    load_weights(again, file)
    with torch.no_grad():
        differing = beyond(network(images.clone()), again(images.clone()), SAME)
    if differing:
        msg = (
            f"Expected a network whose state dict decides its logits, but saved and loaded those of {type(network).__name__} differ by "
            f"{differing:.1g} of the largest. Hold layers in nn.ModuleList or nn.ModuleDict, and register tensors as parameters or persistent buffers."
        )
        raise NetworkError(msg)


def check_trainable(network: nn.Module, *, copied: bool) -> None:
    """Check that a network has weights to train and, if their average is kept, can be copied.

    Raises:
        NetworkError: if it cannot.
    """
    name = type(network).__name__
    if not any(parameter.requires_grad for parameter in network.parameters()):
        msg = f"Expected weights to train, but all of {name} are frozen. Set requires_grad, or network.checkpoint."
        raise NetworkError(msg)
    try:
        if copied:
            copy.deepcopy(network)
    except (RuntimeError, TypeError) as error:
        msg = (
            f"Expected a network that can be copied, but for {name} got {type(error).__name__}: {shortened(str(error))} "
            "Keep no locks, files and computed tensors in it, use weight_norm of torch.nn.utils.parametrizations, or set training.average to 0."
        )
        raise NetworkError(msg) from error
