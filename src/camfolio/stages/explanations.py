"""Stage `explanations`: maps of every test slice by every method."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from camfolio.config import Explanation, Network
from camfolio.explanation.explain import explain
from camfolio.network import device_for, through_window, trained_network
from camfolio.progress import tracked
from camfolio.stages.reading import part_slices


def run(
    *,
    out: Path,
    slices: Path,
    split: Path,
    training: Path,
    network: Network,
    explanation: Explanation,
    threads: int,
    accelerator: str,
) -> None:
    """Write `maps.npz`: per method the signed maps, float32 (n, h, w); `targets` and `logits` of the same slices."""
    torch.set_num_threads(threads)
    model = trained_network(network, training / "network.safetensors").to(device_for(accelerator))
    data, _ = part_slices(slices, split, "test")
    result = explain(
        model,
        through_window(torch.from_numpy(data.hounsfield), network.window_hu),
        explanation.layer,
        explanation.methods,
        torch.from_numpy(data.label) if explanation.target == "true" else None,
        track=tracked,
    )
    signed = {method: maps.numpy() for method, maps in result.signed.items()}
    np.savez(
        out / "maps.npz", allow_pickle=False, **signed, targets=result.targets.numpy(), logits=result.logits.numpy()
    )
