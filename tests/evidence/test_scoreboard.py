import numpy as np
import pytest

from camfolio.evidence.scoreboard import Table, compare, families, mean_curves
from camfolio.results.arrays.slice_scores import SliceScores
from camfolio.results.interval import Interval
from camfolio.results.scoreboard import VerdictCounts
from camfolio.results.subject import ORACLE, UNIFORM, Subject, at_layers
from camfolio.statistics.measures import Measure
from camfolio.statistics.patients import Patients

PATIENTS = Patients(np.repeat(np.arange(20), 2).astype(str), 200, 0)
NOISE = np.random.default_rng(0).normal(0, 0.01, (4, 40))
MEASURES = {"share": Measure("a share", "share"), "distance": Measure("a distance", "mm", "lower")}
MARGINS = {"share": 0.05, "distance": 1.0}


def counted(better=0, worse=0, within=0, equivalent=0, not_separable=0):
    return VerdictCounts(better, worse, within, equivalent, not_separable)


def table(**scores):
    nested = {}
    for name, values in scores.items():
        score, subject = name.split("__")
        nested.setdefault(score, {})[Subject(subject)] = np.asarray(values)
    return Table(MEASURES, SliceScores(nested), PATIENTS)


def pairs(*names):
    return [(Subject(first), Subject(second)) for first, second in names]


@pytest.fixture
def scored():
    return table(
        share__a=0.8 + NOISE[0],
        share__b=0.5 + NOISE[1],
        share__c=0.5 + NOISE[2],
        distance__a=5.0 + NOISE[0],
        distance__b=1.0 + NOISE[1],
    )


def rows_of(result):
    return {(row.score, row.first, row.second): row for row in result.rows}


def test_verdicts_follow_the_direction_of_the_score(scored):
    result = compare([scored], pairs("ab", "ba", "bc"), MARGINS)
    verdicts = {key: row.verdict for key, row in rows_of(result).items()}
    assert verdicts == {
        ("share", "a", "b"): "better",
        ("share", "b", "a"): "worse",
        ("share", "b", "c"): "equivalent",
        ("distance", "a", "b"): "worse",
        ("distance", "b", "a"): "better",
    }
    assert result.tests == 5


def test_a_comparison_has_its_numbers_and_margin(scored):
    row = rows_of(compare([scored], pairs("ab"), MARGINS))["distance", "a", "b"]
    assert row.value == pytest.approx(4.0, abs=0.01)
    assert row.low < row.low90 < row.value < row.high90 < row.high
    assert (row.margin, row.equivalent, row.slices, row.patients) == (1.0, False, 40, 20)
    assert row.p_holm == pytest.approx(2 * row.p)


def test_margins_are_those_of_each_score(scored):
    wide = compare([scored], pairs("ab"), {"share": 0.4, "distance": 1.0})
    verdicts = {key: (row.margin, row.verdict) for key, row in rows_of(wide).items()}
    assert verdicts == {
        ("share", "a", "b"): (0.4, "different within margin"),
        ("distance", "a", "b"): (1.0, "worse"),
    }
    assert wide.count() == counted(worse=1, within=1)
    assert wide.count().without_difference == 0


def test_a_uniform_map_is_compared_by_its_levels_of_chance():
    scores = SliceScores({"share": {Subject("a"): 0.8 + NOISE[0]}}, chance={"share": np.full(40, 0.1)})
    family = compare([Table(MEASURES, scores, PATIENTS)], [(Subject("a"), UNIFORM)], MARGINS)
    assert [(row.score, row.verdict, round(row.value, 1)) for row in family.rows] == [("share", "better", 0.7)]


def test_a_family_states_how_many_patients_its_tests_need(scored):
    assert compare([scored], pairs("ab"), MARGINS).patients_needed == 7


def test_the_correction_counts_all_pairs_scores_and_tables_of_the_family(scored):
    few = compare([scored], pairs("ab"), MARGINS)
    many = compare([scored, table(share__a=NOISE[0], share__b=NOISE[1])], pairs("ab", "ac"), MARGINS)
    assert (few.tests, many.tests) == (2, 4)
    assert rows_of(many)["distance", "a", "b"].p_holm > rows_of(few)["distance", "a", "b"].p_holm


def test_undefined_comparisons_are_not_tested():
    result = compare([table(share__a=np.full(40, np.nan), share__b=NOISE[1])], pairs("ab"), MARGINS)
    row = result.rows[0]
    assert result.tests == 0
    assert (row.verdict, row.value, row.p, row.p_holm) == ("not defined", None, None, None)
    assert row.slices_undefined == 40


def test_intervals_count_undefined_slices():
    gap = np.where(np.arange(40) < 3, np.nan, 0.5)
    result = table(share__a=gap, share__b=np.full(40, np.nan)).intervals(
        [Subject(name) for name in ("a", "b", "absent")]
    )
    assert result["distance"] == {}
    assert result["share"]["a"] == Interval(value=0.5, low=0.5, high=0.5, slices_undefined=3)
    assert (result["share"]["b"].value, result["share"]["b"].slices_undefined) == (None, 40)


def test_families_compare_methods_controls_and_layers():
    subjects = at_layers(["layer2", "layer1", "layer3"], ["a", "b", "c"])
    result = {
        name: [(first.key, second.key) for first, second in pairs]
        for name, pairs in families([*subjects, Subject("x", is_control=True), ORACLE]).items()
    }
    assert result["methods"] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert result["uniform"] == [(name, "control/uniform") for name in "abc"]
    assert result["controls"] == [("a", "control/x"), ("b", "control/x"), ("c", "control/x")]
    assert result["layers"][:2] == [("a", "layer1/a"), ("b", "layer1/b")]
    assert len(result["layers"]) == 6


def test_mean_curves_have_an_interval_at_every_step():
    values = np.stack([np.full(40, 1.0), 0.5 + NOISE[0]], axis=1)
    result = mean_curves({"deletion_blur": {Subject("random", is_control=True): values}}, PATIENTS)["deletion_blur"][
        "control/random"
    ]
    assert (result[0].value, result[0].low) == (1.0, 1.0)
    assert result[1].low < result[1].value < result[1].high


def test_verdicts_are_counted_by_pair_and_in_total():
    values = {"share": {}, "distance": {}}
    for name, share, distance in (("a", 0.8, 5.0), ("b", 0.5, 1.0), ("C", 0.5, 1.0)):
        values["share"][Subject(name)] = share + NOISE[0] * (name != "b")
        values["distance"][Subject(name)] = distance + NOISE[1]
    family = compare([Table(MEASURES, SliceScores(values), PATIENTS)], pairs("aC", "ab", "bC"), MARGINS)
    assert family.pairs == [("a", "b"), ("a", "C"), ("b", "C")]
    assert family.count("a", "b") == counted(better=1, worse=1)
    assert family.count("b", "C") == counted(equivalent=2)
    assert family.count() == counted(better=2, worse=2, equivalent=2)
    assert family.count().without_difference == 2
    assert (family.verdict("share", "b"), family.verdict("share", "x")) == ("better", None)


def test_undefined_comparisons_count_as_not_separable():
    family = compare([table(share__a=np.full(40, np.nan), share__b=NOISE[1])], pairs("ab"), MARGINS)
    assert family.count("a", "b").not_separable == family.count().without_difference == 1
