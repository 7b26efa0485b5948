"""Stage `selection`: the examples of every method, with the numbers of their captions."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from camfolio.data.slices import Slices
from camfolio.evidence.localisation import area_share
from camfolio.evidence.selection import Candidates, choose
from camfolio.network.evaluation import malignant_probability
from camfolio.results.arrays.slice_scores import SliceScores
from camfolio.results.selection import CasesResult
from camfolio.results.subject import Subject
from camfolio.stages.inputs.parts import part_slices
from camfolio.study.settings import Evaluation, ExplanationSettings, Selection


def run(
    *,
    out: Path,
    slices: Path,
    split: Path,
    predictions: Path,
    localisation: Path,
    explanation: ExplanationSettings,
    evaluation: Evaluation,
    selection: Selection,
    seed: int,
) -> None:
    """Write `CasesResult`."""
    data, test = part_slices(slices, split, "test")
    logits = np.load(predictions / "logits.npy", allow_pickle=False)[test]
    scores, area, methods = SliceScores.read(localisation), area_share(data.mask), {}
    for method in explanation.methods:
        share, ratio, score = (
            scores.of(name, Subject(method)) for name in ("energy_share", "energy_ratio", selection.score)
        )
        candidates = candidates_of(data, logits, share, ratio, area)
        methods[method] = choose(candidates, score, random=selection.random, seed=seed, resamples=evaluation.resamples)
    correct = int((logits.argmax(1) == data.label).sum())
    CasesResult(methods=methods, misclassified=len(data) - correct, correct=correct).write(out)


def candidates_of(
    data: Slices, logits: np.ndarray, energy_share: np.ndarray, energy_ratio: np.ndarray, area_share: np.ndarray
) -> Candidates:
    """The test slices with the network's predictions, from its logits (N, 2), and one method's scores."""
    malignant = malignant_probability(logits)
    predicted = logits.argmax(1).astype(np.int64)
    return Candidates(
        id=data.id,
        patient=data.patient,
        label=data.label,
        predicted=predicted,
        probability=np.where(predicted == 1, malignant, 1 - malignant),
        energy_share=energy_share,
        energy_ratio=energy_ratio,
        area_share=area_share,
    )
