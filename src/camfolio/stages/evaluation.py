"""Stage `evaluation`: metrics of the test part."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from camfolio.config import Evaluation
from camfolio.data.slices import Slices
from camfolio.evaluation import evaluate, larger_is_second, malignant_probability
from camfolio.stages.files import write_json
from camfolio.stages.reading import part_slices


def run(*, out: Path, slices: Path, split: Path, predictions: Path, evaluation: Evaluation, seed: int) -> None:
    """Write `evaluation.json`."""
    data, test = part_slices(slices, split, "test")
    train, _ = part_slices(slices, split, "train")
    probability = malignant_probability(np.load(predictions / "logits.npy", allow_pickle=False)[test])
    result = evaluate(
        probability,
        data.label,
        data.patient,
        known_area(data),
        larger=larger_is_second(known_area(train), train.label),
        resamples=evaluation.resamples,
        bins=evaluation.calibration_bins,
        seed=seed,
    )
    write_json(out / "evaluation.json", result)


def known_area(slices: Slices) -> np.ndarray:
    """Area in mm2, float64 (N,); NaN where the mask is empty, since then it is not known."""
    return np.where(slices.mask.any((1, 2)), slices.area_mm2, np.nan)
