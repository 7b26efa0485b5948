"""Stage `evaluation`: metrics of the test part."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from camfolio.network.cases import Cases
from camfolio.network.evaluation import evaluate, larger_is_second, malignant_probability
from camfolio.stages.inputs.parts import part_slices
from camfolio.study.settings import Evaluation


def run(
    *,
    out: Path,
    slices: Path,
    split: Path,
    predictions: Path,
    trained_slices: Path,
    trained_split: Path,
    evaluation: Evaluation,
    seed: int,
) -> None:
    """Write `EvaluationResult`.

    Whether larger or smaller nodules count as the second class is decided on the network's training part.
    """
    data, test = part_slices(slices, split, "test")
    train, _ = part_slices(trained_slices, trained_split, "train")
    probability = malignant_probability(np.load(predictions / "logits.npy", allow_pickle=False)[test])
    evaluate(
        Cases(probability, data.label, data.patient, data.nodule, data.area_mm2),
        larger=larger_is_second(train.area_mm2, train.label),
        resamples=evaluation.resamples,
        bins=evaluation.calibration_bins,
        seed=seed,
    ).write(out)
