"""Speed-up by each optimisation of the maps, switched on and off in turn, on the work of the default study.

Usage: python benchmarks/devices.py [--slices 64] [--rounds 5] [--only lanes malloc]

The work is that of `gen/studies/lung-nodules.yaml`: its network (random weights), its methods at its layers, and forward
passes of slices with replaced pixels, as many per slice as stage `faithfulness` runs. Figures are ratios of seconds
without and with the optimisation, per job: median and range over the rounds.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from unittest.mock import patch

import torch
from torch import Tensor, nn

from camfolio.explanation import explain as sweep
from camfolio.explanation.explain import explain
from camfolio.explanation.probabilities import NetworkProbabilities
from camfolio.explanation.speed import folding, lanes
from camfolio.explanation.speed.tail import whole_network
from camfolio.network.architecture import build_network
from camfolio.network.onnx import Forward, load_forward, write_onnx
from camfolio.network.trained import TrainedNetwork
from camfolio.store.workers import MEMORY_SETTINGS
from camfolio.study.file import read_study

STUDY = Path(__file__).parents[1] / "gen" / "studies" / "lung-nodules.yaml"
SIZE = 32
PASSES = 40
"""Forward passes per slice of the job `replaced pixels`, a tenth of those of the stage."""
STEPS = 10
"""Steps of training in the job `training`."""
Job = Callable[[], object]


def work(slices: int, folder: Path) -> dict[str, Job]:
    """Name of a job -> the job, for a number of slices of noise."""
    study = read_study(STUDY, ["network.width=16"])
    torch.manual_seed(0)
    network = build_network(study.network).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.1, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    images = torch.rand(slices, 1, SIZE, SIZE, generator=torch.Generator().manual_seed(1)) * 2 - 1
    write_onnx(network, images[:1], folder / "network.onnx")
    forward, layers = load_forward(folder / "network.onnx"), study.explanation.layers
    gradients = [name for name in study.explanation.methods if name not in {"score_cam", "ablation_cam", "eigen_cam"}]
    hounsfield = ((images[:, 0] + 1) * 750 - 1200).repeat(PASSES, 1, 1).numpy()

    def maps(*methods: str, forward: Forward | None = None) -> Job:
        return lambda: explain(network, images, layers, methods, forward=forward)

    def answers(forward: Forward | None) -> Job:
        trained = TrainedNetwork(network, torch.device("cpu"), forward)
        return lambda: NetworkProbabilities(trained, study.network.window_hu)(hounsfield)

    def training() -> None:
        learner = copy.deepcopy(network).train()
        optimizer = torch.optim.AdamW(learner.parameters())
        for _ in range(STEPS):
            batch = torch.rand(study.training.batch_size, 1, SIZE, SIZE) * 2 - 1
            optimizer.zero_grad()
            learner(batch).logsumexp(1).sum().backward()
            optimizer.step()

    return {
        "training": training,
        "gradient maps": maps(*gradients),
        "Score-CAM by torch": maps("score_cam"),
        "Score-CAM by ONNX Runtime": maps("score_cam", forward=forward),
        "Ablation-CAM": maps("ablation_cam"),
        "replaced pixels by torch": answers(None),
        "replaced pixels by ONNX Runtime": answers(forward),
    }


@contextmanager
def one_lane() -> Iterator[None]:
    """One pass at a time on all threads of torch."""

    def alone(*given: object) -> lanes.Lanes:
        many = lanes.make_lanes(*given)  # type: ignore[arg-type]  # handed on as given
        return lanes.Lanes(many.models[:1], many.size)

    with patch.object(sweep, "make_lanes", alone), patch("camfolio.explanation.probabilities.make_lanes", alone):
        yield


def whole(model: nn.Module, layer: str, image: Tensor) -> object:
    """Passes of the whole network instead of passes from a layer on."""
    del image
    return partial(whole_network, model, layer)


def switched_off() -> dict[str, AbstractContextManager[object]]:
    """Name of an optimisation -> context in which it is switched off."""
    return {
        "folded norms": patch.object(folding, "foldable", lambda *_: False),
        "channels last": patch.object(folding, "channels_last", lambda _model: None),
        "lanes": one_lane(),
        "the cut tail": patch.object(sweep, "onward_from", whole),
    }


def seconds(job: Job) -> float:
    """Wall seconds of a job."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def gains(job: Job, device: str, rounds: int) -> list[float]:
    """Per round, seconds of a job without an optimisation over its seconds with it, after one round for warm-up."""
    ratios: list[float] = []
    for _ in range(rounds + 1):
        with switched_off()[device]:
            without = seconds(job)
        ratios.append(without / seconds(job))
    return ratios[1:]


def applies(device: str, job: str) -> bool:
    """Whether an optimisation applies to a job.

    Training has none but malloc's settings, ONNX Runtime has its own norms and layout, and one method uses the tail.
    """
    if device == "the cut tail":
        return job == "Ablation-CAM"
    return job != "training" and (device == "lanes" or "ONNX" not in job)


def in_fresh_processes(slices: int, rounds: int) -> dict[str, list[float]]:
    """Job -> per round, seconds without the settings of malloc over seconds with them, each in a new process."""
    times: dict[str, list[dict[str, float]]] = {"without": [], "with": []}
    for _ in range(rounds):
        for name, settings in (("without", {}), ("with", MEMORY_SETTINGS)):
            command = [sys.executable, __file__, "--slices", str(slices), "--once"]
            done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **settings})
            times[name].append(json.loads(done.stdout.splitlines()[-1]))
    return {
        name: [off[name] / on[name] for off, on in zip(times["without"], times["with"], strict=True)]
        for name in times["with"][0]
    }


def measured(
    jobs: Mapping[str, Job], only: Collection[str], slices: int, rounds: int
) -> Iterator[tuple[str, str, list[float]]]:
    """Optimisation, job and ratios, each pair as soon as it is measured."""
    if "ONNX Runtime" in only:
        for name in ("Score-CAM", "replaced pixels"):
            pair = jobs[f"{name} by torch"], jobs[f"{name} by ONNX Runtime"]
            yield "ONNX Runtime", name, [seconds(pair[0]) / seconds(pair[1]) for _ in range(rounds + 1)][1:]
    for device in [one for one in switched_off() if one in only]:
        for name in [one for one in jobs if applies(device, one)]:
            yield device, name, gains(jobs[name], device, rounds)
    if "malloc" in only:
        for name, ratios in in_fresh_processes(slices, 3).items():
            yield "malloc", name, ratios


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slices", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--only", nargs="*", default=["ONNX Runtime", *switched_off(), "malloc"], metavar="OPTIMISATION"
    )
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    torch.set_num_threads(min(2, os.cpu_count() or 1))
    with tempfile.TemporaryDirectory() as folder:
        jobs = work(wanted.slices, Path(folder))
        if wanted.once:
            for job in jobs.values():
                job()
            print(json.dumps({name: seconds(job) for name, job in jobs.items()}))
            return
        for device, job, ratios in measured(jobs, wanted.only, wanted.slices, wanted.rounds):
            low, middle, high = min(ratios), statistics.median(ratios), max(ratios)
            print(f"{device:14} {job:32} {middle:5.2f} ({low:.2f} to {high:.2f})", flush=True)


if __name__ == "__main__":
    main()
