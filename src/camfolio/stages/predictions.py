"""Stage `predictions`: the network's logits for every slice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from camfolio.data.slices import Slices
from camfolio.network.architecture import through_window
from camfolio.network.trained import Device, load_trained
from camfolio.study.settings import Network

CHUNK = 256


def run(*, out: Path, slices: Path, training: Path, network: Network, device: Device) -> None:
    """Write `logits.npy`, float32 (N, 2), in chunks of one size, the last one padded."""
    trained = load_trained(network, training, device)
    hounsfield = torch.from_numpy(Slices.load(slices / "slices.npz").hounsfield)
    chunks = []
    with torch.inference_mode():
        for start in range(0, len(hounsfield), CHUNK):
            index = torch.arange(start, start + CHUNK).clamp_max(len(hounsfield) - 1)
            logits = trained.model(through_window(hounsfield[index].to(trained.device), network.window_hu)).cpu()
            chunks.append(logits[: len(hounsfield) - start].numpy())
    np.save(out / "logits.npy", np.concatenate(chunks), allow_pickle=False)
