"""Stage `training` of an ensemble: its networks, trained as any one would be alone, as one result."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch

from camfolio.data.slices import Slices
from camfolio.network.architecture import through_window
from camfolio.network.onnx import FILE, write_onnx
from camfolio.network.trained import Device, load_trained, member_file
from camfolio.results.training import TrainingResult
from camfolio.study.settings import Network


def run(*, out: Path, slices: Path, network: Network, device: Device, **members: Path) -> None:
    """Write one file of weights for each network, `TrainingResult` and, as for a single network, `network.onnx` of all together.

    Args:
        out: gets the files.
        slices: folder of that stage.
        network: section of the study.
        device: threads and accelerator of the study.
        members: folders of the trainings, `member_01` and so on.
    """
    folders = [members[name] for name in sorted(members)]
    for number, folder in enumerate(folders):
        shutil.copyfile(folder / member_file(0), out / member_file(number))
    trained = load_trained(network, out, Device(device.threads, "cpu"))
    image = through_window(torch.from_numpy(Slices.load(slices / "slices.npz").hounsfield[:1]), network.window_hu)
    not_exported = write_onnx(trained.model, image, out / FILE)
    results = [TrainingResult.read(folder) for folder in folders]
    contiguous = dict.fromkeys(name for result in results for name in result.contiguous)
    update = {"members": len(results), "contiguous": tuple(contiguous), "not_exported": not_exported}
    results[0].model_copy(update=update).write(out)
