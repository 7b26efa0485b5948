"""Stage `evaluation`: metrics of the test part."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from camfolio.config import Evaluation
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
        data.area_mm2,
        larger=larger_is_second(train.area_mm2, train.label),
        resamples=evaluation.resamples,
        bins=evaluation.calibration_bins,
        seed=seed,
    )
    write_json(out / "evaluation.json", result)
