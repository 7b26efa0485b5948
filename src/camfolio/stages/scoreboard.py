"""Stage `scoreboard`: all scores with intervals, comparisons of methods, controls and layers, and their verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from camfolio.errors import StudyError, nearest
from camfolio.evidence.controls import CONTROLS, controls
from camfolio.evidence.faithfulness import FAITHFULNESS
from camfolio.evidence.localisation import LOCALISATION
from camfolio.evidence.scoreboard import Table, compare_families, mean_curves
from camfolio.results.arrays.slice_scores import SliceScores
from camfolio.results.files import write_csv
from camfolio.results.scoreboard import ComparisonRow, Comparisons, Counts, MeasureResult, ScoreboardResult, ScoreKind
from camfolio.results.subject import ORACLE, Subject, at_layers, others
from camfolio.stages.inputs.parts import part_slices
from camfolio.statistics.patients import Patients
from camfolio.study.evidence import Evidence
from camfolio.study.settings import Evaluation, ExplanationSettings

OTHERS_MEAN = "others"
"""The value of `evidence.control` for the mean of a method's maps of other patients."""


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
    """Write `ScoreboardResult`, and its comparisons as `comparisons.csv`.

    Raises:
        StudyError: if the study file names a control or a score that is not registered.
    """
    check_names(evidence)
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
    elsewhere = [others(method) for method in explanation.methods]
    subjects = sorted((*methods, *controls(), *elsewhere), key=lambda subject: not subject.in_focus)
    measured = described(tables, evidence.margins)
    margins = {name: measure.margin for name, measure in measured.items()}
    board = ScoreboardResult(
        measures=measured,
        methods=explanation.methods,
        controls={control.key: CONTROLS[control.name].title for control in controls()},
        others={others(method).key: method for method in explanation.methods},
        named_control={method: named_control(evidence.control, method) for method in explanation.methods},
        layers=explanation.layers,
        slices=Counts(localisation=len(test), faithfulness=len(sample)),
        patients=Counts(localisation=all_patients.count, faithfulness=sampled.count),
        resamples=evaluation.resamples,
        scores={score: row for table in tables.values() for score, row in table.intervals([*subjects, ORACLE]).items()},
        chance={
            name: table.patients.interval(table.scores.chance[name])
            for table in tables.values()
            for name in table.measures
            if name in table.scores.chance
        },
        comparisons=compare_families(list(tables.values()), subjects, margins),
        curves=mean_curves(faithfulness_scores.curves, sampled),
    )
    board.write(out)
    write_comparisons(out / "comparisons.csv", board.comparisons)


def check_names(evidence: Evidence) -> None:
    """Raise a StudyError for a control or a score that is not registered."""
    controls_known, scores_known = (OTHERS_MEAN, *CONTROLS), (*LOCALISATION, *FAITHFULNESS)
    named = [("evidence.control", evidence.control, "control", controls_known)]
    named += [("evidence.margins", name, "score", scores_known) for name in evidence.margins]
    for key, name, kind, known in named:
        if name not in known:
            msg = f"Expected the name of a {kind} in {key}, but got {name!r}. {nearest(name, known)}"
            raise StudyError(msg)


def named_control(name: str, method: str) -> str:
    """Key of the control that the headline compares a method with."""
    return others(method).key if name == OTHERS_MEAN else Subject(name, is_control=True).key


def described(tables: Mapping[ScoreKind, Table], margins: Mapping[str, float]) -> dict[str, MeasureResult]:
    """Title, unit, direction and margin of every score; `margins` are those of the study file."""
    return {
        name: MeasureResult(
            **vars(measure)
            | {
                "kind": kind,
                "margin": margins.get(name, measure.equivalence.value),
                "margin_reason": "named in the study file" if name in margins else measure.equivalence.reason,
            }
        )
        for kind, table in tables.items()
        for name, measure in table.measures.items()
    }


def write_comparisons(path: Path, comparisons: Comparisons) -> None:
    """Write all comparisons as one table: family, score and subjects, then numbers."""
    names = ("score", "first", "second")
    columns = [*names, *(name for name in ComparisonRow.model_fields if name not in names)]
    rows = [
        [name, *(getattr(row, column) for column in columns)]
        for name, family in comparisons.by_name.items()
        for row in family.rows
    ]
    write_csv(path, ["family", *columns], rows)
