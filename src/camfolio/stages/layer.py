"""Stage `layer`: layers and methods are there and can be used; known before anything is trained."""

from __future__ import annotations

from pathlib import Path

import torch

from camfolio.data.slices import Slices
from camfolio.explanation.explain import explain
from camfolio.network.architecture import build_network, through_window
from camfolio.results.layer import LayerResult
from camfolio.study.settings import ExplanationSettings, Network


def run(*, out: Path, slices: Path, network: Network, explanation: ExplanationSettings) -> None:
    """Write `LayerResult`: the focus layer's cells for a slice of the study; the weights play no part.

    Methods of the user's own are tried on that slice.

    Raises:
        NetworkError, ExplanationError: if no map can be made at one of the layers, or a method is not there.
    """
    model = build_network(network)
    one = through_window(torch.from_numpy(Slices.load(slices / "slices.npz").hounsfield[:1]), network.window_hu)
    found = explain(model, one, explanation.layers, ("grad_cam", *explanation.user_methods))
    rows, columns = found.maps["grad_cam"].shape[1:]
    LayerResult(layer=found.layer, cells=(rows, columns)).write(out)
