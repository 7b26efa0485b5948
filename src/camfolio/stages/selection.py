"""Stage `selection`: the examples of every method, with the numbers of their captions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from camfolio.data.slices import Slices
from camfolio.evidence.selection import Answers, Case, choose, draw
from camfolio.network.evaluation import malignant_probability
from camfolio.results.files import write_json
from camfolio.stages.inputs.parts import part_slices
from camfolio.statistics.defined import or_none
from camfolio.study.settings import ExplanationSettings, Selection


def run(
    *,
    out: Path,
    slices: Path,
    split: Path,
    predictions: Path,
    localisation: Path,
    explanation: ExplanationSettings,
    selection: Selection,
    seed: int,
) -> None:
    """Write `cases.json`: `methods`, method -> `cases` (kind -> case or null, with every number of its caption), `random`
    (cases drawn at random, the same slices for every method), `undefined`; `misclassified` and `correct`, how many.
    """
    data, test = part_slices(slices, split, "test")
    answers = answers_of(data, np.load(predictions / "logits.npy", allow_pickle=False)[test])
    with np.load(localisation / "scores.npz", allow_pickle=False) as scores:
        result = {}
        for method in explanation.methods:
            chosen = choose(answers, scores[f"{selection.score}/{method}"])
            numbers = {name: scores[f"{name}/{method}"] for name in ("energy_share", "energy_ratio")}
            numbers["area_share"] = scores["area_share"]
            cases = {kind: describe(case, answers, numbers) for kind, case in chosen.cases.items()}
            drawn = [describe(case, answers, numbers) for case in draw(answers, selection.random, seed)]
            result[method] = {"cases": cases, "random": drawn, "undefined": chosen.undefined}
    wrong, right = int((~answers.correct).sum()), int(answers.correct.sum())
    write_json(out / "cases.json", {"methods": result, "misclassified": wrong, "correct": right})


def answers_of(data: Slices, logits: np.ndarray) -> Answers:
    """The network's predictions, from its logits (N, 2)."""
    malignant = malignant_probability(logits)
    predicted = logits.argmax(1).astype(np.int64)
    return Answers(data.id, data.patient, data.label, predicted, np.where(predicted == 1, malignant, 1 - malignant))


def describe(case: Case | None, answers: Answers, numbers: dict[str, np.ndarray]) -> dict[str, Any] | None:
    """A case with its numbers as plain JSON; a score that is not defined is null."""
    if case is None:
        return None
    return {
        "slice": case.slice,
        "id": str(answers.id[case.slice]),
        "true": int(answers.label[case.slice]),
        "predicted": int(answers.predicted[case.slice]),
        "probability": float(answers.probability[case.slice]),
        "rank": case.rank,
        "among": case.among,
        **{name: or_none(values[case.slice]) for name, values in numbers.items()},
    }
