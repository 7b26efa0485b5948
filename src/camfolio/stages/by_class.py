"""Stage `by_class`: faithfulness of the maps of each explained class."""

from __future__ import annotations

from pathlib import Path

from camfolio.errors import StoreError
from camfolio.evidence.by_class import SlicesOfClass, of_class
from camfolio.evidence.controls import controls
from camfolio.evidence.faithfulness import FAITHFULNESS
from camfolio.results.arrays.slice_scores import SliceScores
from camfolio.results.by_class import ByClassResult
from camfolio.results.subject import Subject
from camfolio.stages.inputs.parts import part_slices
from camfolio.statistics.patients import Patients
from camfolio.study.settings import Evaluation, ExplanationSettings


def run(
    *,
    out: Path,
    slices: Path,
    split: Path,
    faithfulness: Path,
    explanation: ExplanationSettings,
    evaluation: Evaluation,
    seed: int,
) -> None:
    """Write `ByClassResult`, of the methods at the layer in focus and of the controls."""
    scores = SliceScores.read(faithfulness)
    if scores.chosen is None or scores.target is None:
        msg = f"Expected the scored slices and their explained classes in {faithfulness}. Delete this folder."
        raise StoreError(msg)
    test, _ = part_slices(slices, split, "test")
    patient = test.patient[scores.chosen]
    subjects = [*map(Subject, explanation.methods), *controls()]
    explained = []
    for label in (0, 1):
        own = scores.target == label
        patients = Patients(patient[own], evaluation.resamples, seed) if own.any() else None
        explained.append(of_class(scores, SlicesOfClass(own, patients), FAITHFULNESS, subjects))
    ByClassResult(explained=(explained[0], explained[1])).write(out)
