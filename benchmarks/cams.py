"""Speed of the maps: camfolio, captum and plain loops in one process, relative to the peak of the processor.

Usage: python benchmarks/cams.py [--images 512] [--rounds 9] [--page docs/performance.md]   (`make bench` writes the page)

All implementations have the same network, images and threads and alternate; figures are medians over the rounds. Work is
counted by torch's FLOP counter and given as forward passes of the network. The process has default settings, as a
user's program; the workers of a build also set parameters of malloc (see `store.workers`).
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

import captum.attr
import torch
from jinja2 import Template
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from camfolio.explanation.explain import explain
from camfolio.network.architecture import make_network
from camfolio.network.onnx import export_network, load_forward
from camfolio.site.numbers import counted, typeset
from camfolio.store.processor import processor

LAYER = "layer2.1.conv2"
GRADIENT = ("grad_cam", "hires_cam", "layer_cam")
SIZE = 32
WIDTH = 16
PEER_BATCH = 16
CAPTUM_BATCHES = (16, 32, 64, 128, 256)
PEAK_CONVOLUTIONS = ((32, 34), (64, 34), (64, 18), (128, 18), (128, 34), (256, 18))
"""Channels and rows of 3x3 convolutions without padding, for which all counted operations are computed."""


@dataclass(frozen=True)
class Timing:
    """Seconds of one implementation: medians over the rounds, and the wall time of every round."""

    wall: float
    processor: float
    walls: tuple[float, ...]


@dataclass(frozen=True)
class Row:
    """A line of the table: milliseconds per image, forward passes per image, share of the processor's peak; and the
    milliseconds of every round.
    """

    name: str
    wall: float
    processor: float
    passes: float
    share: float
    walls: tuple[float, ...]

    def times_as_long(self, other: Row) -> str:
        """Time relative to another row, in words: median and range of the ratios of corresponding rounds."""
        ratios = sorted(time / other_time for time, other_time in zip(self.walls, other.walls, strict=True))
        return f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}) times"


@dataclass(frozen=True)
class Result:
    """All values of the page; `peak` and `operations` in floating-point operations, `memory` in megabytes, `batch` the
    batch size with which captum is fastest.
    """

    rows: list[Row]
    peak: float
    exporting: float
    memory: dict[int, float]
    images: tuple[int, int]
    batch: int
    rounds: int
    parameters: int
    operations: float


def example_network() -> nn.Module:
    """The default network with seeded weights and norms that are not the identity."""
    torch.manual_seed(0)
    network = make_network(width=WIDTH, blocks=(2, 2, 2, 2)).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.1, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return network


def example_images(count: int) -> Tensor:
    """Images of noise, for which no channel is constant, so that no computation can be skipped."""
    return torch.rand(count, 1, SIZE, SIZE, generator=torch.Generator().manual_seed(1)) * 2 - 1


def logits_and_activations(network: nn.Module, images: Tensor) -> tuple[Tensor, Tensor]:
    """Logits, and the layer's activations by a forward hook."""
    activations: list[Tensor] = []
    layer = network.get_submodule(LAYER)
    handle = layer.register_forward_hook(lambda _module, _inputs, output: activations.append(output))
    logits = network(images)
    handle.remove()
    return logits, activations[0]


def plain_grad_cam(network: nn.Module, images: Tensor) -> Tensor:
    """One map per image, with one forward pass and one backward pass down to the layer."""
    logits, activations = logits_and_activations(network, images)
    (gradients,) = torch.autograd.grad(logits.max(1).values.sum(), activations)
    return (gradients.mean((2, 3), keepdim=True) * activations).sum(1).relu().detach()


def captum_grad_cam(network: nn.Module, images: Tensor) -> Tensor:
    """Captum's LayerGradCam of the predicted classes."""
    with torch.no_grad():
        predicted = network(images).argmax(1)
    maps = captum.attr.LayerGradCam(network, network.get_submodule(LAYER)).attribute(images, target=predicted)
    return maps.relu().detach()


def captum_known_target(network: nn.Module, images: Tensor) -> Tensor:
    """The same for a given class, which needs no forward pass for the prediction."""
    return captum.attr.LayerGradCam(network, network.get_submodule(LAYER)).attribute(images, target=1).relu().detach()


def captum_in_batches(network: nn.Module, size: int, images: Tensor) -> Tensor:
    """The same in batches."""
    return torch.cat([captum_known_target(network, part) for part in images.split(size)])


def best_batch(network: nn.Module, images: Tensor) -> int:
    """The batch size with which captum is fastest, in three rounds after one for warm-up."""
    sizes = {str(size): partial(captum_in_batches, network, size, images) for size in CAPTUM_BATCHES}
    timings = side_by_side(sizes, 3)
    return min(CAPTUM_BATCHES, key=lambda size: timings[str(size)].wall)


@torch.no_grad()
def plain_score_cam(network: nn.Module, images: Tensor) -> Tensor:
    """Score-CAM image by image, masked copies in batches of 16, as in the most used library."""
    maps = []
    for image in images:
        logits, activations = logits_and_activations(network, image[None])
        target = int(logits.argmax(1))
        masks = functional.interpolate(activations, (SIZE, SIZE), mode="bilinear")[0]
        low, high = masks.amin((1, 2), keepdim=True), masks.amax((1, 2), keepdim=True)
        masked = image * ((masks - low) / (high - low + 1e-8))[:, None]
        scores = torch.cat([network(part)[:, target] for part in masked.split(PEER_BATCH)])
        maps.append((scores.softmax(0)[:, None, None] * activations[0]).sum(0).relu())
    return torch.stack(maps)


@torch.no_grad()
def plain_ablation_cam(network: nn.Module, images: Tensor) -> Tensor:
    """Ablation-CAM image by image, each channel of the layer set to zero in turn, 16 channels per batch."""
    maps = []
    for image in images:
        logits, activations = logits_and_activations(network, image[None])
        target = int(logits.argmax(1))
        scores = torch.cat([without(network, image, activations, part) for part in channels(activations)])[:, target]
        weights = (logits[0, target] - scores) / logits[0, target]
        maps.append((weights[:, None, None] * activations[0]).sum(0).relu())
    return torch.stack(maps)


def channels(activations: Tensor) -> tuple[Tensor, ...]:
    """Indices of the layer's channels in batches of 16."""
    return torch.arange(activations.shape[1]).split(PEER_BATCH)


def without(network: nn.Module, image: Tensor, activations: Tensor, channel: Tensor) -> Tensor:
    """The logits of an image, each row with another channel set to zero."""
    cells = activations.repeat(len(channel), 1, 1, 1)
    cells[torch.arange(len(channel)), channel] = 0
    handle = network.get_submodule(LAYER).register_forward_hook(lambda *_: cells)
    logits = network(image.expand(len(channel), -1, -1, -1))
    handle.remove()
    return logits


def side_by_side(contestants: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Timing]:
    """Time all implementations in turn, `rounds` times after one round for warm-up."""
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in contestants}
    for _ in range(rounds + 1):
        for name, run in contestants.items():
            wall, processor = time.perf_counter(), time.process_time()
            run()
            seen[name].append((time.perf_counter() - wall, time.process_time() - processor))
    timings = {name: tuple(zip(*times[1:], strict=True)) for name, times in seen.items()}
    return {
        name: Timing(statistics.median(walls), statistics.median(processor), walls)
        for name, (walls, processor) in timings.items()
    }


def convolution(channels: int, rows: int, layout: torch.memory_format) -> tuple[Callable[[], object], float]:
    """Ten times a 3x3 convolution of 16 inputs, and the floating-point operations in it."""
    layer = nn.Conv2d(channels, channels, 3, bias=False).requires_grad_(requires_grad=False)
    layer, inputs = (
        layer.to(memory_format=layout),
        torch.randn(16, channels, rows, rows).contiguous(memory_format=layout),
    )
    return lambda: [layer(inputs) for _ in range(10)], 10 * 16 * 2 * 9 * channels**2 * (rows - 2) ** 2


def operations(run: Callable[[], object]) -> int:
    """Floating-point operations of a call, counted in one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with FlopCounterMode(display=False) as counter:
        run()
    torch.set_num_threads(before)
    return counter.get_total_flops()


def peak_megabytes(images: int) -> float:
    """Peak memory of a new process that computes Score-CAM maps of the given number of images."""
    command = [sys.executable, __file__, "--memory", str(images)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def largest_memory() -> float:
    """Peak memory of this process in megabytes; unlike `getrusage`, without that of its parent before the fork."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) / 1024


def measure(images: int, rounds: int) -> Result:
    """Run all measurements."""
    network, inputs = example_network(), example_images(images)
    few = inputs[: images // 2]
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        export_network(network, inputs[:1], Path(folder) / "network.onnx")
        exporting = time.perf_counter() - start
        faster = load_forward(Path(folder) / "network.onnx")
    batch = best_batch(network, inputs)
    jobs = {
        "camfolio, three gradient maps": (lambda part: explain(network, part, LAYER, GRADIENT), inputs),
        "captum, Grad-CAM of the predicted class": (partial(captum_grad_cam, network), inputs),
        "captum, Grad-CAM, class given": (partial(captum_known_target, network), inputs),
        f"the same in batches of {batch}": (partial(captum_in_batches, network, batch), inputs),
        "plain loop, Grad-CAM": (partial(plain_grad_cam, network), inputs),
        "camfolio, Score-CAM, torch": (lambda part: explain(network, part, LAYER, ["score_cam"]), few),
        "camfolio, Score-CAM, ONNX Runtime": (
            lambda part: explain(network, part, LAYER, ["score_cam"], forward=faster),
            few,
        ),
        "plain loop, Score-CAM": (partial(plain_score_cam, network), few),
        "camfolio, Ablation-CAM": (lambda part: explain(network, part, LAYER, ["ablation_cam"]), few),
        "plain loop, Ablation-CAM": (partial(plain_ablation_cam, network), few),
    }
    contestants = {name: partial(run, part) for name, (run, part) in jobs.items()}
    layouts = (torch.contiguous_format, torch.channels_last)
    peaks = {
        f"{channels} {rows} {layout}": convolution(channels, rows, layout)
        for channels, rows in PEAK_CONVOLUTIONS
        for layout in layouts
    }
    timings = side_by_side(contestants | {name: run for name, (run, _) in peaks.items()}, rounds)
    peak = max(count / timings[name].wall for name, (_, count) in peaks.items())
    with torch.no_grad():
        once = operations(lambda: network(inputs)) / images
    plain_twin = {"camfolio, Score-CAM, ONNX Runtime": jobs["camfolio, Score-CAM, torch"][0]}
    rows = []
    for name, (run, part) in jobs.items():
        wall, processor = timings[name].wall / len(part), timings[name].processor / len(part)
        passes = work_per_image(plain_twin.get(name, run), inputs) / once
        walls = tuple(one / len(part) * 1000 for one in timings[name].walls)
        rows.append(Row(name, wall * 1000, processor * 1000, passes, passes * once / wall / peak, walls))
    return Result(
        rows=rows,
        peak=peak,
        exporting=exporting,
        memory={count: peak_megabytes(count) for count in (64, 512)},
        images=(images, len(few)),
        batch=batch,
        rounds=rounds,
        parameters=sum(weight.numel() for weight in network.parameters()),
        operations=once,
    )


def work_per_image(run: Callable[[Tensor], object], inputs: Tensor) -> float:
    """Operations per additional image: the difference between 64 and 32 images, without operations that are done once.

    torch cannot count operations of ONNX Runtime, whose passes are those that torch counts for the same job.
    """
    return (operations(lambda: run(inputs[:64])) - operations(lambda: run(inputs[:32]))) / 32


def page(result: Result) -> str:
    """The page Performance of the documentation."""
    template = Template(Path(__file__).with_name("performance.md.jinja").read_text(), keep_trailing_newline=True)
    versions = {name: version(name) for name in ("torch", "captum", "onnxruntime")}
    here = {"processor": processor(), "python": platform.python_version(), **versions}
    return typeset(
        template.render(
            **vars(result),
            parameter_count=counted(result.parameters, "parameter"),
            here=here,
            size=SIZE,
            layer=LAYER,
            peer_batch=PEER_BATCH,
            sizes=CAPTUM_BATCHES,
        )
    )


def main() -> None:
    """Measure and print; with --page also write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--page", type=Path)
    parser.add_argument("--memory", type=int, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    torch.set_num_threads(min(2, os.cpu_count() or 1))
    if wanted.memory:
        explain(example_network(), example_images(wanted.memory), LAYER, ["score_cam"])
        print(largest_memory())
        return
    result = measure(wanted.images, wanted.rounds)
    print(page(result))
    if wanted.page:
        wanted.page.write_text(page(result), encoding="utf-8")


if __name__ == "__main__":
    main()
