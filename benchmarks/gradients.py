"""Gradients of many convolutions in channels-last memory, compared with contiguous memory, on this processor.

    python benchmarks/gradients.py [--isa AVX2] [--threads 1 2]

Prints every convolution whose gradients differ by more than 1e-5 of the largest, or that crashes the process. oneDNN can
be restricted to an older instruction set: `--isa AVX2` on a processor with AVX-512. `camfolio.network.memory_layout` is
based on the results.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator

import torch
from torch import Tensor, nn

TOLERANCE = 1e-5
PATIENCE = 30.0
"""Seconds after which a convolution that does not return counts as a crash: its threads are in a deadlock."""
KERNELS = [(1, 1, 0, 1), (1, 2, 0, 1), (1, 3, 0, 1), (2, 2, 0, 1), (3, 1, 1, 1), (3, 2, 1, 1), (3, 1, 2, 2), (5, 1, 2, 1), (5, 2, 2, 1), (7, 2, 3, 1), (4, 4, 0, 1)]  # fmt: skip
"""Kernel size, stride, padding, dilation."""
CHANNELS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 24)
SHAPES = ((32, 32), (3, 15))
"""Images and rows."""
GROUPS = ((2, 8), (2, 16), (4, 16), (8, 64), (4, 12))
"""Groups and input channels."""
Layer = tuple[str, int, int, int, int, int, int, int, int, int]


def layers() -> Iterator[Layer]:
    """Kind, images, inputs, outputs, rows, kernel, stride, padding, dilation, groups."""
    for kind, kernel in itertools.product(("Conv2d", "ConvTranspose2d"), KERNELS):
        for (images, rows), channels in itertools.product(SHAPES, CHANNELS):
            for outputs in (2 * channels, 7):
                yield (kind, images, channels, outputs, rows, *kernel, 1)
            yield (kind, images, channels, channels, rows, *kernel, channels)
        for groups, channels in GROUPS:
            yield (kind, 16, channels, 2 * channels, 16, *kernel, groups)


def error(layer: Layer) -> float:
    """Largest difference of output and gradients relative to the largest value, the maximum of two passes."""
    kind, images, inputs, outputs, rows, kernel, stride, padding, dilation, groups = layer
    torch.manual_seed(0)
    make = getattr(nn, kind)
    convolution = make(inputs, outputs, kernel, stride, padding, dilation=dilation, groups=groups, bias=False)
    image = torch.randn(images, inputs, rows, rows)
    expected = gradients(convolution, image)
    convolution.to(memory_format=torch.channels_last)
    found = [gradients(convolution, image.contiguous(memory_format=torch.channels_last)) for _ in range(2)]
    return max(distance(one, two) for again in found for one, two in zip(expected, again, strict=True))


def gradients(convolution: nn.Module, image: Tensor) -> tuple[Tensor, ...]:
    """Output, and gradients of a fixed weighted sum of it with respect to weight and image."""
    image = image.detach().requires_grad_()
    output = convolution(image)
    weighting = torch.randn(output.shape, generator=torch.Generator().manual_seed(1))
    return output.detach(), *torch.autograd.grad((output * weighting).sum(), (*convolution.parameters(), image))


def distance(expected: Tensor, found: Tensor) -> float:
    """Largest difference relative to the largest value; infinite for NaN."""
    share = float((expected - found).abs().max() / expected.abs().max().clamp_min(1e-9))
    return share if share == share else float("inf")  # noqa: PLR0124 - NaN differs from itself


def work(threads: int, start: int) -> None:
    """In a new process: print one line before and one after every convolution, since any may crash the process."""
    torch.set_num_threads(threads)
    for number, layer in itertools.islice(enumerate(layers()), start, None):
        print(json.dumps({"layer": number}), flush=True)
        print(json.dumps({"layer": number, "error": error(layer)}), flush=True)


def survey(threads: int, environment: dict[str, str]) -> list[tuple[int, str]]:
    """Index and fault of every faulty convolution."""
    faults, start, total = [], 0, sum(1 for _ in layers())
    while start < total:
        command = [sys.executable, __file__, "--work", str(threads), str(start)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True
        ) as process:
            last = start
            for line in answers(process):
                last, found = line["layer"], line.get("error", 0.0)
                if found > TOLERANCE:
                    faults.append((last, f"off by {found:.1g}"))
        if process.returncode and last < total:
            faults.append((last, f"ended its process ({process.returncode})"))
        start = last + 1
    return faults


def answers(process: subprocess.Popen[str]) -> Iterator[dict[str, float]]:
    """Lines of a process's output until it ends; it is killed after a time without output."""
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in process.stdout or ():
            lines.put(line)
        lines.put("")

    threading.Thread(target=read, daemon=True).start()
    try:
        while line := lines.get(timeout=PATIENCE):
            yield json.loads(line)
    except queue.Empty:
        process.kill()


def main() -> None:
    """Test all convolutions with each number of threads."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--isa", default="DEFAULT", help="oneDNN's name of an instruction set, such as AVX2")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--work", type=int, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(*options.work)
        return
    every = list(layers())
    for threads in options.threads:
        faults = survey(threads, {**os.environ, "ONEDNN_MAX_CPU_ISA": options.isa})
        print(f"{options.isa}, {threads} threads: {len(every)} convolutions, {len(faults)} faults")
        for number, fault in faults:
            kind, images, inputs, outputs, rows, kernel, stride, *_, groups = every[number]
            print(
                f"  {kind} {inputs} -> {outputs} channels, {kernel} x {kernel}, stride {stride}, {groups} groups, "
                f"{images} images of {rows} x {rows}: {fault}"
            )


if __name__ == "__main__":
    main()
