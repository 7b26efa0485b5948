"""Stage `layer`: checks before training that layers and methods exist and give maps."""

from __future__ import annotations

from pathlib import Path

import torch

from camfolio.data.slices import Slices
from camfolio.explanation.explain import explain
from camfolio.network.architecture import build_network, through_window
from camfolio.results.layer import LayerResult
from camfolio.study.settings import ExplanationSettings, Network


def run(*, out: Path, slices: Path, network: Network, explanation: ExplanationSettings) -> None:
    """Write `LayerResult`, from the first slice and an untrained network.

    Methods from user code are tried on that slice, too.

    Raises:
        NetworkError, ExplanationError: if a layer gives no map, or a method does not exist.
    """
    model = build_network(network)
    image = through_window(torch.from_numpy(Slices.load(slices / "slices.npz").hounsfield[:1]), network.window_hu)
    result = explain(model, image, explanation.layers, ("grad_cam", *explanation.user_methods))
    rows, columns = result.maps["grad_cam"].shape[1:]
    LayerResult(layer=result.layer, cells=(rows, columns)).write(out)
