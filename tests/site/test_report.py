"""What `camfolio show --json` prints is what the stages wrote."""

from __future__ import annotations

import json

import pytest

from camfolio.commands.show import example, summary
from camfolio.results.selection import Case

KINDS = ["misclassified", "good", "median", "bad"]
METHODS = ["grad_cam", "hires_cam", "score_cam"]


def test_metrics_and_confusion_are_those_of_the_evaluation(portfolio):
    evaluation = portfolio.artefacts["evaluation"].json("evaluation.json")
    counts = evaluation["confusion"]
    found = summary(portfolio)
    assert found["metrics"] == evaluation["metrics"]
    assert found["confusion_matrix"] == [
        [counts["true_negatives"], counts["false_positives"]],
        [counts["false_negatives"], counts["true_positives"]],
    ]
    assert found["difference_to_baseline"] == evaluation["difference"]
    assert found["baseline"] == {"area": evaluation["baseline"]}
    assert sum(map(sum, found["confusion_matrix"])) == found["test"]["cases"]


def test_every_metric_has_an_interval_around_its_value(portfolio):
    rows = summary(portfolio)["metrics"]
    assert {"accuracy", "balanced_accuracy", "sensitivity", "specificity", "auc"} <= set(rows)
    assert rows.pop("calibration_error")["low"] is None  # resampling enlarges a distance
    defined = [row for row in rows.values() if row["value"] is not None]
    assert len(defined) >= 6  # the recalibration of a tiny study may have no fit
    for row in defined:
        assert row["low"] <= row["value"] <= row["high"]


def test_examples_stand_by_method_and_kind(portfolio):
    examples = summary(portfolio)["examples"]
    assert list(examples) == METHODS
    assert [list(kinds) for kinds in examples.values()] == [KINDS] * 3


@pytest.mark.parametrize("method", METHODS)
def test_a_misclassified_example_is_wrong_and_the_others_are_right(portfolio, method):
    kinds = summary(portfolio)["examples"][method]
    assert {kind: case["true"] == case["predicted"] for kind, case in kinds.items()} == {
        "misclassified": False,
        "good": True,
        "median": True,
        "bad": True,
    }


@pytest.mark.parametrize("method", METHODS)
def test_a_good_example_has_no_less_energy_on_the_nodule_than_a_bad_one(portfolio, method):
    kinds = summary(portfolio)["examples"][method]
    assert 0 <= kinds["bad"]["energy_share"] <= kinds["good"]["energy_share"] <= 1


def test_a_kind_without_a_slice_stays_empty():
    assert example(None, ("benign", "malignant")) is None


def test_classes_are_named():
    numbers = dict.fromkeys(("slice", "probability", "energy_share", "energy_ratio", "area_share", "rank", "among"), 1)
    found = example(Case(id="s1", true=0, predicted=1, **numbers), ("round", "spiky"))
    assert (found["slice"], found["true"], found["predicted"]) == ("s1", "round", "spiky")


def test_the_summary_is_plain_json(portfolio):
    found = summary(portfolio)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
