"""Stage `explorer`: every test slice with its maps and scores, as one JSON and sprite sheets for the browser."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import to_hex

from camfolio.evidence.faithfulness import FAITHFULNESS
from camfolio.evidence.localisation import LOCALISATION, area_share
from camfolio.explanation.scaling import Scaling, scaled
from camfolio.figures.drawing.looks import Looks
from camfolio.figures.drawing.panels import COLORMAP, GAMMA, OPACITY, SIGNED_COLORMAP, scale_bar
from camfolio.network.evaluation import malignant_probability
from camfolio.raster.pixels import grey
from camfolio.raster.sheets import COLUMNS, TILES, write_sheets
from camfolio.results.arrays.maps import SliceMaps
from camfolio.results.arrays.slice_scores import SliceScores
from camfolio.results.subject import Subject
from camfolio.stages.inputs.parts import part_slices
from camfolio.statistics.measures import Measure
from camfolio.vocabulary import SCALING_NAMES

DIGITS = 4
"""Significant digits of numbers in the JSON."""
COLUMN_NAMES = {"probability": "probability of the predicted class", "area_share": "nodule's share of the area"}


def run(
    *,
    out: Path,
    slices: Path,
    split: Path,
    predictions: Path,
    localisation: Path,
    looks: Looks,
    primary: str,
    **evidence: Path,
) -> None:
    """Write `explorer.json` and the sheets `slice-*.png`, `mask-*.png`, `map-NUMBER-*.png` (NUMBER of the method).

    The JSON has one list per column, in the order of the test slices: `id`, `label`, `predicted`, `probability` (of
    the predicted class), `area_share`; `scores`: key -> one list per method, null where not defined; `first`: keys of the
    scores that the page shows at once; `lower`: keys of those of which lower values are better; `names`: key of a score or
    column -> its name on the page; and how to read the sheets: `size` (rows and columns of a tile), `columns` and `tiles`
    (of a sheet), `ramp` (256 colours), `signed`, `opacity`, `gamma`, `bar` (mm and pixels, per slice).

    Args:
        out: the stage's folder.
        slices: folder of that stage.
        split: folder of that stage.
        predictions: folder of that stage.
        localisation: folder of that stage.
        looks: methods, classes, window and scaling.
        primary: key of the score that ranks the study's examples.
        evidence: folders of further stages with `SliceScores`.
    """
    data, test = part_slices(slices, split, "test")
    logits = np.load(predictions / "logits.npy", allow_pickle=False)[test]
    malignant, predicted = malignant_probability(logits), logits.argmax(1)
    write_sheets(out, "slice", grey(data.hounsfield, looks.window_hu))
    write_sheets(out, "mask", 255 * data.mask.astype(np.uint8))
    methods = [method.key for method in looks.methods]
    for number, method in enumerate(methods):
        write_sheets(out, f"map-{number}", map_tiles(localisation, method, looks.scaling))
    signed = looks.scaling == "signed"
    scores: dict[str, list[list[float | None]]] = {}
    for folder in (localisation, *evidence.values()):
        scores |= read_scores(folder, methods, len(data))
    contents = {
        "methods": [method.name for method in looks.methods],
        "classes": list(looks.classes),
        "scaling": SCALING_NAMES[looks.scaling],
        "window_hu": list(looks.window_hu),
        "size": list(data.hounsfield.shape[1:]),
        "columns": COLUMNS,
        "tiles": TILES,
        "signed": signed,
        "ramp": [to_hex(colour) for colour in (SIGNED_COLORMAP if signed else COLORMAP)(np.arange(256))],
        "opacity": OPACITY,
        "gamma": GAMMA,
        "bar": [scale_bar(float(spacing), data.hounsfield.shape[2]) for spacing in data.spacing[:, 1]],
        "id": data.id.tolist(),
        "label": data.label.tolist(),
        "predicted": predicted.tolist(),
        "probability": column(np.where(predicted == 1, malignant, 1 - malignant)),
        "area_share": column(area_share(data.mask)),
        "scores": scores,
        "first": first_scores(list(scores), primary),
        "lower": [key for key in scores if (measure := measure_of(key)) and measure.better == "lower"],
        "names": COLUMN_NAMES | {key: score_name(key) for key in scores},
    }
    compact = json.dumps(contents, allow_nan=False, separators=(",", ":"))
    (out / "explorer.json").write_text(compact, encoding="utf-8", newline="\n")


def map_tiles(localisation: Path, method: str, scaling: Scaling) -> np.ndarray:
    """All scaled maps of a method as 0 to 255: for shares of 0 to 1; if the scaling is signed, for -1 to 1, 128 for 0."""
    stored = SliceMaps.read(localisation)
    enlarged = stored.enlarged[method]
    maps, largest = stored.signed[method] if scaling == "signed" else enlarged, float(enlarged.max())
    shares = np.stack([scaled(values, scaling, largest).share for values in maps])
    levels: np.ndarray = np.rint(128 + 127 * shares if scaling == "signed" else 255 * shares).astype(np.uint8)
    return levels


def read_scores(folder: Path, methods: Sequence[str], count: int) -> dict[str, list[list[float | None]]]:
    """Score -> one column per method, for scores that are given for all methods and all `count` slices."""
    stored, subjects = SliceScores.read(folder), [Subject(method) for method in methods]
    if stored.chosen is not None and stored.chosen.sum() < count:
        return {}
    return {
        name: [column(stored.of(name, subject)) for subject in subjects]
        for name in stored.scores
        if stored.has(name, *subjects)
    }


def first_scores(keys: Sequence[str], primary: str) -> list[str]:
    """The primary score, and those that have a panel in the figure of scores; the first of all if there is none of them.

    >>> first_scores(["energy_share", "iou_area", "pixel_auc", "our_score"], "energy_share")
    ['energy_share', 'pixel_auc']
    """
    shown = [key for key in keys if key != primary and (measure := measure_of(key)) and measure.panel]
    return [primary, *shown] if primary in keys else shown or list(keys[:1])


def measure_of(key: str) -> Measure | None:
    """The measure of a registered score."""
    return LOCALISATION[key].measure if key in LOCALISATION else FAITHFULNESS.get(key)


def score_name(key: str) -> str:
    """The title of a score as in the tables, with its unit if that is mm; a score without a title is named after its key.

    >>> score_name("pointing_game"), score_name("our_score")
    ('maximum inside the nodule', 'our score')
    """
    measure = measure_of(key)
    if measure is None:
        return key.replace("_", " ")
    return f"{measure.title}, mm" if measure.unit == "mm" else measure.title


def column(values: np.ndarray) -> list[Any]:
    """Numbers rounded to four significant digits; None, null in JSON, where not finite."""
    return [float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None for value in values.tolist()]
