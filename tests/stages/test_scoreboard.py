"""Names that a study file gives to the scoreboard: the control of the headline, and scores with their own margins."""

from __future__ import annotations

import numpy as np
import pytest

from camfolio.errors import StudyError
from camfolio.evidence.localisation import LOCALISATION
from camfolio.evidence.scoreboard import Table
from camfolio.results.arrays.slice_scores import SliceScores
from camfolio.stages.scoreboard import check_names, described, named_control
from camfolio.statistics.patients import Patients
from camfolio.study.evidence import Evidence


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"control": "blob"}, r"name of a control in evidence\.control, but got 'blob'\..*centre_blob"),
        ({"margins": {"energy": 0.1}}, r"name of a score in evidence\.margins, but got 'energy'\..*energy_share"),
    ],
)
def test_names_that_are_not_registered_are_refused(given, said):
    with pytest.raises(StudyError, match=said):
        check_names(Evidence.model_validate(given))


def test_registered_names_are_accepted():
    check_names(Evidence())
    check_names(Evidence.model_validate({"control": "centre_blob", "margins": {"road_gap": 0.1, "energy_share": 1}}))


def test_the_control_of_the_headline_is_one_for_all_methods_or_each_method_s_own():
    assert named_control("others", "grad_cam") == "control/others/grad_cam"
    assert named_control("centre_blob", "grad_cam") == "control/centre_blob"


def test_the_study_file_replaces_the_margin_of_a_score():
    measures = {name: score.measure for name, score in LOCALISATION.items()}
    tables = {"localisation": Table(measures, SliceScores({}), Patients(np.array(["a", "b"]), 10, 0))}
    result = described(tables, {"energy_share": 0.2})
    assert (result["energy_share"].margin, result["energy_share"].margin_reason) == (0.2, "named in the study file")
    assert result["pixel_auc"].margin == LOCALISATION["pixel_auc"].measure.margin.value
    assert result["pixel_auc"].margin_reason == LOCALISATION["pixel_auc"].measure.margin.reason
