"""Class probabilities for slices in HU, in fixed-size batches on all threads."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from jaxtyping import Float32, Float64
from torch import Tensor, nn

from camfolio.explanation.probe import borrowed
from camfolio.explanation.speed.lanes import Engine, make_engine
from camfolio.network.architecture import through_window
from camfolio.shapes import Hounsfield


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
        self.engine: Engine | None = None

    def __call__(self, hounsfield: Hounsfield) -> Float64[np.ndarray, "slices 2"]:
        """The probability of each class, (N, 2)."""
        self.asked += len(hounsfield)
        given = torch.from_numpy(hounsfield)
        engine = self.engine or self.prepared(given[:1])
        passes = engine.run(partial(self.one_pass, given, engine.size), range(0, len(given), engine.size))
        return torch.cat(list(passes)).numpy()

    def prepared(self, one: Float32[Tensor, "1 height width"]) -> Engine:
        """The engine, made once."""
        with borrowed(self.model):
            self.engine = make_engine(self.model, (), self.seen(one))
        return self.engine

    def one_pass(
        self, given: Float32[Tensor, "slices height width"], size: int, model: nn.Module, start: int
    ) -> Tensor:
        """The probabilities of up to `size` slices; the last one fills the pass up."""
        index = torch.arange(start, start + size).clamp_max(len(given) - 1)
        with torch.inference_mode():
            logits: Tensor = model(self.seen(given[index]))
            return logits[: len(given) - start].double().softmax(1).cpu()

    def seen(self, hounsfield: Float32[Tensor, "slices height width"]) -> Tensor:
        """What the network sees."""
        return through_window(hounsfield.to(self.device), self.window_hu)
