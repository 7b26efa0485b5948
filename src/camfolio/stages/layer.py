"""Stage `layer`: layers and methods are there and can be used; known before anything is trained."""

from __future__ import annotations

from pathlib import Path

import torch

from camfolio.config import Explanation, Network
from camfolio.data.slices import Slices
from camfolio.explanation.explain import explain
from camfolio.explanation.registry import import_methods
from camfolio.network import make_network, through_window
from camfolio.stages.files import write_json


def run(*, out: Path, slices: Path, network: Network, explanation: Explanation, **modules: Path) -> None:
    """Write `layer.json`: the focus layer's cells for a slice of the study; the weights play no part.

    Methods of the user's own (`module:NAME` -> file) are tried on that slice.

    Raises:
        NetworkError, ExplanationError: if no map can be made at one of the layers, or a method is not there.
    """
    for name, file in modules.items():
        import_methods(name.removeprefix("module:"), file)
    model = make_network(width=network.width, blocks=network.blocks, dropout=network.dropout)
    one = through_window(torch.from_numpy(Slices.load(slices / "slices.npz").hounsfield[:1]), network.window_hu)
    found = explain(model, one, explanation.layers, ("grad_cam", *explanation.own_methods))
    write_json(out / "layer.json", {"layer": found.layer, "cells": list(found.maps["grad_cam"].shape[1:])})
