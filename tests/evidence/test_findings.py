import pytest

from camfolio.evidence.findings import (
    ComparedMethods,
    NetworkResults,
    UndefinedScore,
    best_control,
    by_interval,
    corrected,
    example_verdict,
    is_above,
    is_below,
    network_findings,
    on_external_set,
    verdict_against,
)
from camfolio.results.evaluation import AreaBaseline, AreaDifference, EvaluationResult
from camfolio.results.interval import Interval
from camfolio.results.localisation import LocalisationResult, MethodDifference
from camfolio.results.randomisation import ExampleSlice, RandomisationResult
from camfolio.results.scoreboard import (
    ComparisonRow,
    Comparisons,
    Counts,
    Family,
    MeasureResult,
    ScoreboardResult,
)
from camfolio.results.selection import Case, CasesResult, MethodCases
from camfolio.results.similarity import Similarity
from camfolio.results.stability import StabilityResult

METHODS = ("grad_cam", "score_cam")
CONTROLS = {"control/edges": "edges", "control/centre_blob": "a blob"}
NONE = Interval(value=None, low=None, high=None)
ALONE = Interval(value=0.9, low=None, high=None)


def around(value, width=0.1):
    return Interval(value=value, low=value - width, high=value + width)


def pair(value):
    """The first method minus the second."""
    return MethodDifference(first="grad_cam", second="score_cam", **dict(around(value)))


def row(first, second, verdict, score="energy_share", value=0.0):
    return ComparisonRow(
        score=score, first=first, second=second, verdict=verdict, **dict(around(value)), low90=None, high90=None, p=None,
        p_holm=None, slices=9, patients=9, margin=0.05, equivalent=False,
    )  # fmt: skip


def family(*rows):
    return Family(tests=len(rows), rows=rows)


def measure(better):
    return MeasureResult(
        title="a score", unit="share", better=better, panel=False, by_layer=False, kind="localisation", margin=0.05
    )


def board(*, lost=(), scores=None, methods=None, **verdicts):
    """A scoreboard whose methods have the given verdicts against every control; pairs in `lost` are equivalent."""
    energy = {"grad_cam": 0.3, "score_cam": 0.1, "control/edges": 0.2, "control/centre_blob": 0.4}
    distance = {"grad_cam": 3.0, "score_cam": 5.0, "control/edges": 2.0, "control/centre_blob": 9.0}
    values = {
        score: {subject: around(value) for subject, value in of_score.items()} | (scores or {}).get(score, {})
        for score, of_score in {"energy_share": energy, "distance": distance}.items()
    }
    against = [
        row(method, control, "equivalent" if (method, control) in lost else verdict)
        for method, verdict in verdicts.items()
        for control in CONTROLS
    ]
    better, worse = row(*METHODS, "better", value=0.2), row(*METHODS, "worse", score="distance")
    return ScoreboardResult(
        measures={"energy_share": measure("higher"), "distance": measure("lower")},
        methods=METHODS,
        controls=CONTROLS,
        layers=("layer4",),
        slices=Counts(localisation=9, faithfulness=9),
        patients=Counts(localisation=9, faithfulness=9),
        resamples=100,
        scores=values,
        chance={},
        comparisons=Comparisons(methods=methods or family(better, worse), controls=family(*against), layers=family()),
        curves={},
    )


def similar(value):
    """Similarities with this rank correlation of signed maps."""
    return Similarity(rank_signed=value, rank_absolute=NONE, ssim_signed=NONE, ssim_absolute=NONE)


def randomised(last):
    """A randomisation with this rank correlation after all parts."""
    return RandomisationResult(
        slices=9,
        patients=9,
        parts=("fc", "conv1"),
        example=ExampleSlice(id="s0", spacing_mm=1.0),
        similarity=dict.fromkeys(METHODS, (similar(around(0.9)), similar(last))),
    )


def stable(**changes):
    """A result of stage `stability` with this rank correlation for each change."""
    similarity = {change: dict.fromkeys(METHODS, similar(value)) for change, value in changes.items()}
    seeds = int("seed" in changes)
    return StabilityResult(slices=9, patients=9, noise_hu=10.0, draws=2, seeds=seeds, similarity=similarity)


def case(ratio, share=0.1):
    return Case(
        slice=0, id="s0", true=0, predicted=0, probability=0.9, rank=1, among=1, energy_ratio=ratio, energy_share=share,
        area_share=0.1,
    )  # fmt: skip


def cases_of(**kinds):
    """The examples of one method."""
    chosen = {"misclassified": None, "good": case(3.0), "bad": case(0.5)} | kinds
    return MethodCases(cases=chosen, undefined=0)


def evaluated(difference, baseline):
    """An evaluation with these numbers and no other fields."""
    return EvaluationResult.model_construct(
        difference=AreaDifference(auc=difference),
        baseline=AreaBaseline(auc=baseline, direction="larger", slices=9),
        metrics={"auc": around(0.9)},
    )


def results(**replaced):
    values = {
        "evaluation": evaluated(around(0.05), around(0.9)),
        "localisation": LocalisationResult(
            area_share=around(0.1),
            above_area={"grad_cam": around(0.2), "score_cam": around(-0.2)},
            energy_share={"grad_cam": around(0.3), "score_cam": around(0.1)},
            difference=(pair(-0.2),),
        ),
        "scoreboard": board(grad_cam="better", score_cam="not separable"),
        "randomisation": randomised(around(0.3, 0.15)),
        "stability": stable(noise=around(0.3, 0.15), seed=around(0.3, 0.15)),
        "cases": CasesResult(methods=dict.fromkeys(METHODS, cases_of()), misclassified=0, correct=9),
        "external": None,
    }
    return NetworkResults(**values | replaced)


def test_an_interval_is_above_or_below_a_limit_that_it_excludes():
    assert is_above(Interval(value=0.3, low=0.201, high=0.4), 0.2)
    assert not is_above(Interval(value=0.3, low=0.2, high=0.4), 0.2)
    assert is_below(Interval(value=0.1, low=0.0, high=0.199), 0.2)
    assert not is_below(Interval(value=0.1, low=0.0, high=0.2), 0.2)


def test_without_an_interval_nothing_is_claimed():
    for value in (NONE, ALONE):
        assert not is_above(value, 0.0)
        assert not is_below(value, 1.0)
    assert verdict_against(NONE, 0.0) == "not defined"
    assert verdict_against(ALONE, 0.0) == "not separable"


def test_methods_are_compared_with_a_uniform_map_by_intervals():
    findings = network_findings(results())
    assert (findings.above_uniform, findings.below_uniform) == (("grad_cam",), ("score_cam",))
    assert findings.outside == pytest.approx(0.7)
    assert findings.has_masks


def test_a_method_beats_controls_only_if_it_beats_each():
    assert network_findings(results()).beat_controls == ("grad_cam",)
    lost = board(grad_cam="better", score_cam="better", lost=[("grad_cam", "control/edges")])
    findings = network_findings(results(scoreboard=lost))
    assert findings.beat_controls == ("score_cam",)
    assert findings.beat_centre_blob == METHODS


def test_methods_without_comparisons_beat_no_control():
    assert network_findings(results(scoreboard=board())).beat_controls == ()


def test_the_best_control_follows_the_direction_of_the_score():
    assert best_control(board(), "energy_share") == "control/centre_blob"
    assert best_control(board(), "distance") == "control/edges"
    assert best_control(board(scores={"distance": dict.fromkeys(CONTROLS, NONE)}), "distance") is None


def test_the_method_with_more_energy_comes_first():
    lower = pair(-0.2)
    assert by_interval(lower) == ComparedMethods("score_cam", "grad_cam", shown=True, row=lower)
    undecided = pair(0.05)
    assert by_interval(undecided) == ComparedMethods("grad_cam", "score_cam", shown=False, row=undecided)
    assert [(compared.first, compared.second) for compared in corrected(board())] == [METHODS]
    worse = board(methods=family(row(*METHODS, "worse")))
    assert [(compared.first, compared.second) for compared in corrected(worse)] == [METHODS[::-1]]


@pytest.mark.parametrize(
    ("ratio", "share", "verdict"),
    [
        (None, None, "not defined"),
        (0.99, 0.49, "elsewhere"),
        (0.99, 0.5, "below uniform"),
        (1.0, 0.1, "hardly above"),
        (1.49, 0.1, "hardly above"),
        (1.5, 0.1, "above"),
    ],
)
def test_an_example_is_compared_with_a_uniform_map(ratio, share, verdict):
    assert example_verdict(case(ratio, share)) == verdict


def test_all_methods_miss_once_if_each_has_a_bad_example_below_a_uniform_map():
    assert network_findings(results()).all_miss_once
    for bad in (case(1.2), None):
        methods = {"grad_cam": cases_of(), "score_cam": cases_of(bad=bad)}
        cases = CasesResult(methods=methods, misclassified=0, correct=9)
        assert not network_findings(results(cases=cases)).all_miss_once


def test_randomised_and_retrained_maps_are_compared_by_intervals():
    assert network_findings(results()).not_from_training == ()
    assert network_findings(results()).other_maps_when_retrained == METHODS
    assert network_findings(results(randomisation=randomised(around(0.4)))).not_from_training == METHODS
    assert network_findings(results(stability=stable(noise=around(0.3)))).other_maps_when_retrained == ()


def test_an_external_test_set_is_compared_if_there_is_one():
    assert network_findings(results()).on_external is None
    external = EvaluationResult.model_construct(metrics={"auc": around(0.6)})
    assert network_findings(results(external=external)).on_external == "worse"


@pytest.mark.parametrize(
    ("external", "verdict"),
    [(around(0.7), "worse"), (around(0.85), "not separable"), (NONE, "not defined"), (around(1.2), "better")],
)
def test_external_auc_differs_only_if_intervals_do_not_overlap(external, verdict):
    assert on_external_set(around(0.95), external) == verdict


def test_the_area_is_a_baseline_in_both_directions():
    findings = network_findings(results())
    assert (findings.than_area, findings.area_separates) == ("not separable", True)
    findings = network_findings(results(evaluation=evaluated(around(0.2), around(0.55))))
    assert (findings.than_area, findings.area_separates) == ("better", False)


def test_scores_with_undefined_slices_are_listed_in_the_order_of_the_table():
    gaps = {"distance": {"score_cam": 2}, "energy_share": {"control/edges": 5}}
    scores = {
        score: {
            subject: Interval(value=1.0, low=None, high=None, slices_undefined=slices)
            for subject, slices in gap.items()
        }
        for score, gap in gaps.items()
    }
    findings = network_findings(results(scoreboard=board(scores=scores)))
    assert findings.undefined_scores == (UndefinedScore("distance", "score_cam", 2),)
