"""Class probabilities for slices in HU, in fixed-size batches on all threads."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from jaxtyping import Float32, Float64
from torch import Tensor, nn

from camfolio.explanation.probe import borrowed
from camfolio.explanation.speed.lanes import Lanes, make_lanes
from camfolio.network.architecture import through_window
from camfolio.network.trained import TrainedNetwork
from camfolio.shapes import Hounsfield


class NetworkProbabilities:
    """Class probabilities of a network, and the number of slices that it has classified.

    Args:
        network: from images to two logits.
        window_hu: lower and upper end of the intensity window, HU.
    """

    def __init__(self, network: TrainedNetwork, window_hu: tuple[float, float]) -> None:
        self.network = network
        self.window_hu = window_hu
        self.classified = 0
        self.lanes: Lanes | None = None

    def __call__(self, hounsfield: Hounsfield) -> Float64[np.ndarray, "slices 2"]:
        """The probability of each class, (N, 2)."""
        self.classified += len(hounsfield)
        slices = torch.from_numpy(hounsfield)
        lanes = self.lanes or self.prepared(slices[:1])
        passes = lanes.run(partial(self.one_pass, slices, lanes.size), range(0, len(slices), lanes.size))
        return torch.cat(list(passes)).numpy()

    def prepared(self, one: Float32[Tensor, "1 height width"]) -> Lanes:
        """The lanes, made once."""
        with borrowed(self.network.model):
            self.lanes = make_lanes(self.network.model, (), self.windowed(one))
        return self.lanes

    def one_pass(
        self, slices: Float32[Tensor, "slices height width"], size: int, model: nn.Module, start: int
    ) -> Tensor:
        """The probabilities of up to `size` slices; the last slice fills the pass up."""
        index = torch.arange(start, start + size, device="cpu").clamp_max(len(slices) - 1)
        with torch.inference_mode():
            logits: Tensor = (self.network.forward or model)(self.windowed(slices[index]))
            return logits[: len(slices) - start].double().softmax(1).cpu()

    def windowed(self, hounsfield: Float32[Tensor, "slices height width"]) -> Tensor:
        """The network's input: (slices, 1, height, width), scaled by the window."""
        return through_window(hounsfield.to(self.network.device), self.window_hu)
