"""Stage `evaluation`: metrics of the test part."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from camfolio.config import Evaluation
from camfolio.data.slices import Slices
from camfolio.evaluation import evaluate, malignant_probability
from camfolio.stages.files import write_json


def run(*, out: Path, slices: Path, split: Path, predictions: Path, evaluation: Evaluation, seed: int) -> None:
    """Write `evaluation.json`."""
    test = np.load(split / "part.npy", allow_pickle=False) == "test"
    data = Slices.load(slices / "slices.npz").select(test)
    probability = malignant_probability(np.load(predictions / "logits.npy")[test])
    result = evaluate(
        probability,
        data.label,
        data.patient,
        data.area_mm2,
        resamples=evaluation.resamples,
        bins=evaluation.calibration_bins,
        seed=seed,
    )
    write_json(out / "evaluation.json", result)
