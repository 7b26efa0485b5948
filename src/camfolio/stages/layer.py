"""Stage `layer`: checks before training that layers and methods exist and give maps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from camfolio.data.slices import Slices
from camfolio.explanation.centres import CellCentres
from camfolio.explanation.explain import explain
from camfolio.explanation.maps import Explanation
from camfolio.explanation.probe import borrowed
from camfolio.network.architecture import build_network, through_window
from camfolio.results.layer import LayerCells, LayerResult
from camfolio.study.settings import ExplanationSettings, Network

NORMS = (nn.BatchNorm2d, nn.InstanceNorm2d, nn.GroupNorm, nn.LayerNorm)


def run(*, out: Path, slices: Path, network: Network, explanation: ExplanationSettings) -> None:
    """Write `LayerResult`, from the first slice and an untrained network.

    Methods from user code are tried on that slice, too.

    Raises:
        NetworkError, ExplanationError: if a layer gives no map, or a method does not exist.
    """
    model = build_network(network)
    image = through_window(torch.from_numpy(Slices.load(slices / "slices.npz").hounsfield[:1]), network.window_hu)
    result = explain(
        model,
        image,
        explanation.layers,
        ("grad_cam", *explanation.user_methods),
        reshape=explanation.reshape,
        class_tokens=explanation.class_tokens,
    )
    layers = {
        name: placed(result.at(name), (image.shape[2], image.shape[3]), before_norm=is_before_norm(model, name, image))
        for name in result.layers
    }
    LayerResult(layer=result.layer, cells=layers[result.layer].cells, layers=layers).write(out)


def is_before_norm(model: nn.Module, layer: str, image: Tensor) -> bool:
    """Whether a normalisation receives just the layer's output, and nothing else, such as a shortcut, receives it, too."""
    outputs: list[Tensor] = []
    normalised: list[object] = []

    def keep(_module: nn.Module, _inputs: object, output: Tensor) -> Tensor:
        outputs.append(output.detach().requires_grad_())
        return outputs[-1]

    handles = [model.get_submodule(layer).register_forward_hook(keep)]
    handles += [
        module.register_forward_pre_hook(lambda _module, inputs: normalised.append(inputs[0]))
        for module in model.modules()
        if isinstance(module, NORMS)
    ]
    try:
        with borrowed(model):
            logits = model(image)
    finally:
        for handle in handles:
            handle.remove()
    (output,) = outputs
    return any(found is output for found in normalised) and uses(logits, output) == 1


def uses(result: Tensor, leaf: Tensor) -> int:
    """How many steps of a result's graph read a leaf."""
    todo, seen, count = [result.grad_fn], set(), 0
    while todo:
        step = todo.pop()
        if step is None or step in seen:
            continue
        seen.add(step)
        for previous, _ in step.next_functions:
            count += getattr(previous, "variable", None) is leaf
            todo.append(previous)
    return count


def placed(found: Explanation, pixels: tuple[int, int], *, before_norm: bool) -> LayerCells:
    """Where the cells of the layer in focus lie on a slice of so many rows and columns."""
    rows, columns = found.maps["grad_cam"].shape[1:]
    centres, plain = found.centres[found.layer], CellCentres.tiling((rows, columns))
    return LayerCells(
        cells=(rows, columns),
        first_px=on_both(lambda axis: centres.first[axis] * pixels[axis] - 0.5),
        step_px=on_both(lambda axis: centres.step[axis] * pixels[axis]),
        before_norm=before_norm,
        shift_px=on_both(lambda axis: (plain.first[axis] - centres.first[axis]) * pixels[axis]),
    )


def on_both(value: Callable[[int], float]) -> tuple[float, float]:
    """A number of rows and of columns."""
    return round(value(0), 4), round(value(1), 4)
