"""Stage `scoreboard`: all scores with intervals, comparisons of methods, controls and layers, and their verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from camfolio.evidence.controls import CONTROLS, controls
from camfolio.evidence.faithfulness import FAITHFULNESS
from camfolio.evidence.localisation import LOCALISATION
from camfolio.evidence.scoreboard import Table, compare_families, mean_curves
from camfolio.results.arrays.slice_scores import SliceScores
from camfolio.results.files import write_csv
from camfolio.results.scoreboard import ComparisonRow, Comparisons, Counts, MeasureResult, ScoreboardResult, ScoreKind
from camfolio.results.subject import at_layers
from camfolio.stages.inputs.parts import part_slices
from camfolio.statistics.patients import Patients
from camfolio.study.evidence import Evidence
from camfolio.study.settings import Evaluation, ExplanationSettings


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
    """Write `ScoreboardResult`, and its comparisons as `comparisons.csv`."""
    test, _ = part_slices(slices, split, "test")
    localisation_scores, faithfulness_scores = SliceScores.read(localisation), SliceScores.read(faithfulness)
    all_patients = Patients(test.patient, evaluation.resamples, seed)
    sample = test.patient if faithfulness_scores.chosen is None else test.patient[faithfulness_scores.chosen]
    sampled = Patients(sample, evaluation.resamples, seed)
    measures = {name: score.measure for name, score in LOCALISATION.items()}
    tables: dict[ScoreKind, Table] = {
        "localisation": Table(measures, localisation_scores, all_patients),
        "faithfulness": Table(FAITHFULNESS, faithfulness_scores, sampled),
    }
    methods = at_layers(explanation.layers, explanation.methods)
    subjects = sorted((*methods, *controls()), key=lambda subject: not subject.in_focus)
    margins = evidence.margins.model_dump()
    board = ScoreboardResult(
        measures=described(tables, margins),
        methods=explanation.methods,
        controls={control.key: CONTROLS[control.name].title for control in controls()},
        layers=explanation.layers,
        slices=Counts(localisation=len(test), faithfulness=len(sample)),
        patients=Counts(localisation=all_patients.count, faithfulness=sampled.count),
        resamples=evaluation.resamples,
        scores={score: row for table in tables.values() for score, row in table.intervals(subjects).items()},
        chance={
            name: all_patients.interval(localisation_scores.chance[name])
            for name in measures
            if name in localisation_scores.chance
        },
        comparisons=compare_families(list(tables.values()), subjects, margins),
        curves=mean_curves(faithfulness_scores.curves, sampled),
    )
    board.write(out)
    write_comparisons(out / "comparisons.csv", board.comparisons)


def described(tables: Mapping[ScoreKind, Table], margins: Mapping[str, float]) -> dict[str, MeasureResult]:
    """Title, unit and direction of every score."""
    return {
        name: MeasureResult(**asdict(measure), kind=kind, margin=margins[measure.unit])
        for kind, table in tables.items()
        for name, measure in table.measures.items()
    }


def write_comparisons(path: Path, comparisons: Comparisons) -> None:
    """Write all comparisons as one table: family, score and subjects, then numbers."""
    names = ("score", "first", "second")
    columns = [*names, *(name for name in ComparisonRow.model_fields if name not in names)]
    families = {"methods": comparisons.methods, "controls": comparisons.controls, "layers": comparisons.layers}
    rows = [
        [name, *(getattr(row, column) for column in columns)]
        for name, family in families.items()
        for row in family.rows
    ]
    write_csv(path, ["family", *columns], rows)
