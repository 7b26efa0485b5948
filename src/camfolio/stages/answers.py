"""A network as somebody to ask: slices in HU in, probabilities out, in passes of one fixed size."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float64
from torch import nn

from camfolio.network import through_window
from camfolio.shapes import Hounsfield

PASS = 64
"""Slices per forward pass; the last one is filled up, so that an answer does not depend on what is asked beside it."""


class NetworkAnswers:
    """Probabilities of a network, and how many slices it was asked about.

    Args:
        model: from images to two logits, in evaluation mode.
        window_hu: lower and upper end of the intensity window, HU.
        device: where the network is.
    """

    def __init__(self, model: nn.Module, window_hu: tuple[float, float], device: torch.device) -> None:
        self.model = model
        self.window_hu = window_hu
        self.device = device
        self.asked = 0

    @torch.inference_mode()
    def __call__(self, hounsfield: Hounsfield) -> Float64[np.ndarray, "slices 2"]:
        """The probability of each class, (N, 2)."""
        self.asked += len(hounsfield)
        given = torch.from_numpy(hounsfield)
        found = []
        for start in range(0, len(given), PASS):
            index = torch.arange(start, start + PASS).clamp_max(len(given) - 1)
            logits = self.model(through_window(given[index].to(self.device), self.window_hu))
            found.append(logits[: len(given) - start].double().softmax(1).cpu())
        return torch.cat(found).numpy()
