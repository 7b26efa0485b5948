"""Coverage of intervals and type-I error of tests, as in `benchmarks/intervals.py`, with few repetitions."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[2] / "benchmarks" / "intervals.py"


@pytest.fixture(scope="module")
def simulation():
    spec = spec_from_file_location("intervals", PROGRAM)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("kind", ["normal", "larger with more slices"])
def test_intervals_over_few_patients_cover_the_mean_more_often_than_percentiles(simulation, kind):
    covered = simulation.coverage(kind, 12, 100)
    assert covered["BCa, Student's quantiles"] >= 0.88
    assert covered["BCa, Student's quantiles"] > covered["percentile"]


def test_intervals_of_an_auc_cover_it(simulation):
    covered = simulation.auc_coverage(0.0, 20, 150)
    assert covered["BCa, Student's quantiles"] >= 0.9


def test_the_test_of_the_mean_over_slices_holds_its_level_where_a_test_of_patients_means_does_not(simulation):
    rejected = simulation.type_one_error("larger with more slices", 16, 150)
    assert rejected["sign flips"] <= 0.15
    assert rejected["equivalence"] <= 0.15
    assert rejected["Wilcoxon, patients' means"] > 0.2
