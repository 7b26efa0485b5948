"""Stage `layer`: the layer to be explained is there and has feature maps; known before anything is trained."""

from __future__ import annotations

from pathlib import Path

import torch

from camfolio.config import Explanation, Network
from camfolio.data.slices import Slices
from camfolio.explanation.explain import explain
from camfolio.network import make_network, through_window
from camfolio.stages.files import write_json


def run(*, out: Path, slices: Path, network: Network, explanation: Explanation) -> None:
    """Write `layer.json`: the layer's cells for a slice of the study; the weights play no part.

    Raises:
        NetworkError, ExplanationError: if no map can be made at this layer.
    """
    model = make_network(width=network.width, blocks=network.blocks, dropout=network.dropout)
    one = torch.from_numpy(Slices.load(slices / "slices.npz").hounsfield[:1])
    maps = explain(model, through_window(one, network.window_hu), explanation.layer, ("grad_cam",)).maps["grad_cam"]
    write_json(out / "layer.json", {"layer": explanation.layer, "cells": list(maps.shape[1:])})
