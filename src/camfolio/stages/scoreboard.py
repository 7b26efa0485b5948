"""Stage `scoreboard`: all scores with intervals, comparisons of methods, controls and layers, and their verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np

from camfolio.evidence.controls import CONTROLS, controls
from camfolio.evidence.faithfulness import FAITHFULNESS
from camfolio.evidence.localisation import LOCALISATION
from camfolio.evidence.scoreboard import Table, compare, families, mean_curves
from camfolio.evidence.subject import at_layers
from camfolio.results.files import write_csv, write_json
from camfolio.stages.inputs.parts import part_slices
from camfolio.statistics.measures import Measure
from camfolio.statistics.patients import Patients
from camfolio.study.evidence import Evidence
from camfolio.study.settings import Evaluation, ExplanationSettings

CURVE = "curve/"


def run(
    *,
    out: Path,
    slices: Path,
    split: Path,
    localisation: Path,
    faithfulness: Path,
    explanation: ExplanationSettings,
    evaluation: Evaluation,
    evidence: Evidence,
    seed: int,
) -> None:
    """Write `scoreboard.json`, and its comparisons as `comparisons.csv`.

    - `measures`: score -> title, unit, better, kind (`localisation` or `faithfulness`), margin.
    - `methods`, `layers` (the one in focus first): names; `controls`: `control/NAME` -> words.
    - `slices`, `patients`: kind -> how many.
    - `scores`: score -> subject -> value, low, high, undefined, slices_undefined. Subjects are METHOD (layer in focus),
      LAYER/METHOD and control/NAME. Means over slices, intervals over patients.
    - `chance`: score -> the same for a uniform map; scores without a chance level are absent.
    - `comparisons`: family (`methods`, `controls`, `layers`) -> `tests` and `rows` (see `evidence.scoreboard.compare`);
      Holm's correction is within a family, over all its pairs and scores.
    - `curves`: curve (deletion_parenchyma, ..., road_lerf) -> subject -> value, low, high per step;
      the steps are in `faithfulness.json`.
    - `resamples`: of patients.

    What is not defined is null.
    """
    test, _ = part_slices(slices, split, "test")
    located, asked = read_scores(localisation), read_scores(faithfulness)
    measures = {name: score.measure for name, score in LOCALISATION.items()}
    everyone = Patients(test.patient, evaluation.resamples, seed)
    some = Patients(test.patient[asked["chosen"]], evaluation.resamples, seed)
    tables = {
        "localisation": Table(measures, of_measures(located, measures), everyone),
        "faithfulness": Table(FAITHFULNESS, of_measures(asked, FAITHFULNESS), some),
    }
    methods = at_layers(explanation.layers, explanation.methods)
    subjects = sorted((*methods, *controls()), key=lambda subject: not subject.in_focus)
    margins = evidence.margins.model_dump()
    chance = {name: located[f"chance/{name}"] for name in measures if f"chance/{name}" in located}
    curves = {name.removeprefix(CURVE): values for name, values in asked.items() if name.startswith(CURVE)}
    pairs = families(subjects)
    comparisons = {name: compare(list(tables.values()), family, margins) for name, family in pairs.items()}
    summary = {
        "measures": described(tables, margins),
        "methods": list(explanation.methods),
        "controls": {control.key: CONTROLS[control.name].title for control in controls()},
        "layers": list(explanation.layers),
        "slices": {"localisation": len(test), "faithfulness": int(asked["chosen"].sum())},
        "patients": {"localisation": everyone.count, "faithfulness": some.count},
        "resamples": evaluation.resamples,
        "scores": {
            score: found
            for t in tables.values()
            for score, found in t.intervals([subject.key for subject in subjects]).items()
        },
        "chance": {name: everyone.intervals(values[:, None])[0].model_dump() for name, values in chance.items()},
        "comparisons": comparisons,
        "curves": mean_curves(curves, some),
    }
    write_json(out / "scoreboard.json", summary)
    rows = [{"family": name, **row} for name, family in comparisons.items() for row in family["rows"]]
    write_csv(out / "comparisons.csv", list(rows[0]) if rows else [], [list(row.values()) for row in rows])


def read_scores(folder: Path) -> dict[str, np.ndarray]:
    """What a stage wrote about every slice, without its maps."""
    with np.load(folder / "scores.npz", allow_pickle=False) as stored:
        names = [name for name in stored if not name.startswith(("enlarged/", "signed/"))]
        return {name: stored[name] for name in names}


def of_measures(stored: Mapping[str, np.ndarray], measures: Mapping[str, Measure]) -> dict[str, np.ndarray]:
    """Only the arrays `SCORE/SUBJECT` of these scores."""
    return {name: values for name, values in stored.items() if name.partition("/")[0] in measures}


def described(tables: Mapping[str, Table], margins: Mapping[str, float]) -> dict[str, dict[str, object]]:
    """Score -> how to read it, as plain JSON."""
    return {
        name: asdict(measure) | {"kind": kind, "margin": margins[measure.unit]}
        for kind, table in tables.items()
        for name, measure in table.measures.items()
    }
