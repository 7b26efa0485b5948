"""Stage `try`: what the page on which the network runs reads, a manifest and the test slices in HU with their masks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Int16
from matplotlib.colors import Colormap, to_hex

from camfolio.evidence.shortcut import BLUR_FADE, BLUR_SIDE, CUES, TAG, TAG_AT, TAG_HU
from camfolio.figures.drawing.looks import Looks
from camfolio.figures.drawing.panels import COLORMAP, GAMMA, OPACITY, SIGNED_COLORMAP
from camfolio.network.evaluation import malignant_probability
from camfolio.raster.pixels import grey
from camfolio.results.arrays.cue_outputs import PLAIN, CueOutputs
from camfolio.results.arrays.maps import SliceMaps
from camfolio.results.browser import BrowserResult, PublishedFile
from camfolio.stages.inputs.parts import part_slices

VERSION = 1
"""Of the manifest's form."""
FILE = "live.json"
"""The manifest; the site has it as `manifest.json`, a name that the store uses itself."""
PER_FILE = 64
"""Slices in one file."""
MOST = 5000
"""Slices on the page; of more test slices the first."""
DIGITS = 6
"""Significant digits of probabilities in the manifest."""
LEVELS = 255
"""Steps of grey values in pictures."""
LARGEST = 32767
"""What stands for a stored map's largest magnitude."""
METHODS = ("grad_cam", "hires_cam", "score_cam")
"""Methods that the page computes."""
SIGMA, RADIUS = 2.0, 8
"""Of the cue that smooths, pixels, as in `evidence.shortcut`; its filter ends at four standard deviations."""
CLEAN = "clean"


@dataclass(frozen=True)
class LiveSettings:
    """Settings of a study that decide what the page computes.

    Attributes:
        title: of the study.
        explains: `margin` or `logit`.
        masked_hu: value of pixels that Score-CAM masks, HU.
        slice_values: whether slices are published as they are, or with the grey values of pictures.
        target: the class that stored maps explain, `predicted` or `true`.
        cues: planted ones, of a study about a shortcut.
    """

    title: str
    explains: str
    masked_hu: float
    slice_values: bool
    target: str = "predicted"
    cues: tuple[str, ...] = ()


def run(*, out: Path, slices: Path, split: Path, looks: Looks, live: LiveSettings, **folders: Path) -> None:
    """Write `live.json`, `slices-NUMBER.f32` (HU, float32, little-endian) and `masks-NUMBER.u8` (0 or 1), 64 slices each, row by row;
    of a study about a network also its stored maps (see `stored_maps`).

    Without a network that can run in a browser there are no slices.

    Args:
        out: the stage's folder.
        slices: folder of that stage.
        split: folder of that stage.
        looks: methods, classes and window.
        live: further settings of the study.
        folders: `browser`, `predictions` and `localisation`; or, of a study about a shortcut, `browser_NETWORK` and `outputs_NETWORK`.
    """
    data, test = part_slices(slices, split, "test")
    data = data.select(np.arange(min(len(data), MOST)))
    names = (CLEAN, *live.cues) if live.cues else ("network",)
    networks = {name: BrowserResult.read(folders[f"browser_{name}" if live.cues else "browser"]) for name in names}
    logits = {name: stored_logits(folders, name, test, live)[: len(data)] for name in names}
    runs = not all(one.why_not for one in networks.values())
    methods = {method.key: method.name for method in looks.methods if method.key in METHODS}
    stored: dict[str, dict[str, Any]] = {name: {"probability": probabilities(logits[name])} for name in names}
    if runs and "localisation" in folders:
        explained = data.label if live.target == "true" else logits["network"].argmax(1)
        maps = stored_maps(out, folders["localisation"], tuple(methods), len(data))
        stored["network"] |= {"explained": explained.tolist(), "maps": maps}
    height, width = data.hounsfield.shape[1:]
    low, high = looks.window_hu
    spacing = np.median(data.spacing, 0).tolist()
    contents = {
        "version": VERSION,
        "title": live.title,
        "classes": list(looks.classes),
        "size": [height, width],
        "channels": 1,
        "window_hu": [low, high],
        "spacing_mm": spacing,
        "field_mm": [spacing[0] * height, spacing[1] * width],
        "input": {"low": 0.0, "high": 1.0},
        "networks": [network(name, networks[name]) for name in names],
        "target": "class" if live.explains == "logit" else "margin",
        "methods": [{"key": key, "title": title} for key, title in methods.items()],
        "score_cam": {"masked_input": (min(max(live.masked_hu, low), high) - low) / (high - low)},
        "mark": {cue: mark(cue, height, width) for cue in live.cues} or None,
        "slices": {"exact": live.slice_values, "stored": stored, **about_slices(data.id.tolist(), data.label.tolist())},
        "ramps": {"positive": ramp(COLORMAP), "signed": ramp(SIGNED_COLORMAP)},
        "opacity": OPACITY,
        "gamma": GAMMA,
    }
    compact = json.dumps(contents, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    (out / FILE).write_text(compact, encoding="utf-8", newline="\n")
    if runs:
        shown = data.hounsfield if live.slice_values else as_in_pictures(data.hounsfield, looks.window_hu)
        write_parts(out, "slices-{}.f32", shown.astype("<f4"))
        write_parts(out, "masks-{}.u8", data.mask.astype(np.uint8))


def about_slices(ids: list[str], labels: list[int]) -> dict[str, Any]:
    """What the manifest says of the slices: their names and labels, and which files hold how many of them."""
    return {
        "count": len(ids),
        "per_file": PER_FILE,
        "hounsfield": "slices-{}.f32",
        "masks": "masks-{}.u8",
        "ids": ids,
        "labels": labels,
    }


def stored_logits(folders: Mapping[str, Path], name: str, test: np.ndarray, live: LiveSettings) -> np.ndarray:
    """A network's logits of the test slices, as other pages have them."""
    if live.cues:
        return np.asarray(CueOutputs.read(folders[f"outputs_{name}"]).logits[PLAIN])
    logits: np.ndarray = np.load(folders["predictions"] / "logits.npy", allow_pickle=False)[test]
    return logits


def probabilities(logits: np.ndarray) -> list[float]:
    """Of the second class."""
    return [float(f"{value:.{DIGITS}g}") for value in malignant_probability(logits).tolist()]


def as_in_pictures(hounsfield: np.ndarray, window_hu: tuple[float, float]) -> np.ndarray:
    """The values that pictures of the slices show anyway: 256 levels of the window, HU."""
    low, high = window_hu
    return low + (high - low) * grey(hounsfield, window_hu).astype(np.float32) / LEVELS


def stored_maps(out: Path, localisation: Path, methods: Sequence[str], count: int) -> dict[str, dict[str, str]]:
    """Write the first `count` maps of every method as other pages have them, `stored-METHOD-KIND-NUMBER.i16`, 64 slices each.

    KIND is `positive`, after the ReLU, or `signed`, before it. Values are int16, little-endian, in shares of a map's largest magnitude, which
    is LARGEST.

    Returns:
        Method -> kind -> pattern of its files.
    """
    stored = SliceMaps.read(localisation)
    patterns = {
        method: {kind: f"stored-{method}-{kind}-{{}}.i16" for kind in ("positive", "signed")} for method in methods
    }
    for method, kinds in patterns.items():
        for kind, maps in (("positive", stored.enlarged[method]), ("signed", stored.signed[method])):
            write_parts(out, kinds[kind], as_shares(maps[:count]))
    return patterns


def as_shares(maps: Float32[np.ndarray, "slices height width"]) -> Int16[np.ndarray, "slices height width"]:
    """Maps as whole shares of their own largest magnitude, which is LARGEST; an empty map stays 0.

    >>> as_shares(np.array([[[0.5, -2.0]], [[0.0, 0.0]]], np.float32)).tolist()
    [[[8192, -32767]], [[0, 0]]]
    """
    limit = np.abs(maps).max((1, 2), keepdims=True)
    shares: Int16[np.ndarray, "slices height width"] = np.rint(LARGEST * maps / np.where(limit > 0, limit, 1)).astype(
        "<i2"
    )
    return shares


def ramp(colormap: Colormap) -> list[str]:
    """The 256 colours of a colormap, from its lower end."""
    return [to_hex(colour) for colour in colormap(np.arange(256))]


def write_parts(out: Path, pattern: str, values: np.ndarray) -> None:
    """Write the values of 64 slices a file."""
    for number, start in enumerate(range(0, len(values), PER_FILE)):
        (out / pattern.format(number)).write_bytes(values[start : start + PER_FILE].tobytes())


def network(name: str, result: BrowserResult) -> dict[str, Any]:
    """A network in the manifest; its files are in a folder of its name."""

    def placed(file: PublishedFile | None) -> dict[str, Any] | None:
        return None if file is None else {**file.model_dump(mode="json"), "file": f"{name}/{file.file}"}

    return {
        "name": name,
        "title": network_words(name, result.members),
        "members": result.members,
        "layers": [
            {
                "name": layer.name,
                "channels": layer.channels,
                "cells": list(layer.cells),
                "centres": {"start": list(layer.first_px), "step": list(layer.step_px)},
            }
            for layer in result.layers
        ],
        "focus": 0,
        "forward": placed(result.forward),
        "gradients": placed(result.gradients),
        "weights": [{**(placed(file) or {}), "location": file.file} for file in result.weights],
        "checked": result.agreement.model_dump(mode="json") if result.agreement else None,
        "why_not": result.why_not,
        "input_check": placed(result.input_check),
    }


def network_words(name: str, members: int) -> str:
    """What a network is called.

    >>> network_words("network", 5), network_words("tag", 1)
    ('the mean of 5 networks', 'trained with a small bright letter')
    """
    if name in CUES:
        return f"trained with {CUES[name].words}"
    if name == CLEAN:
        return "trained without a mark"
    return "the network" if members == 1 else f"the mean of {members} networks"


def mark(cue: str, height: int, width: int) -> dict[str, Any]:
    """How a cue is added to a slice: pixels that get a value, or a filter and the weight of what it gives.

    `blur`: a separable filter with `taps`, rows and columns beyond the border are those at it; the result replaces the slice with the weight
    rows[i] * columns[j].
    """
    about = {"title": CUES[cue].words, "side": CUES[cue].side}
    if cue == "tag":
        return {**about, "pixels": {"at": [TAG_AT, TAG_AT], "shape": TAG.astype(int).tolist(), "hounsfield": TAG_HU}}
    taps = np.exp(-0.5 * np.square(np.arange(-RADIUS, RADIUS + 1) / SIGMA))
    along = np.clip((BLUR_SIDE - np.arange(max(height, width))) / BLUR_FADE, 0, 1)
    return {
        **about,
        "blur": {
            "taps": (taps / taps.sum()).tolist(),
            "rows": along[:height].tolist(),
            "columns": along[:width].tolist(),
        },
    }
