import pytest

from camfolio.evidence.findings import (
    ComparedMethods,
    NetworkResults,
    TooFewPatients,
    UndefinedScore,
    best_control,
    compared,
    network_findings,
)
from camfolio.evidence.trainings import AcrossTrainings
from camfolio.evidence.verdicts import example_verdict, is_above, is_below, on_external_set, verdict_against
from camfolio.results.evaluation import AreaBaseline, AreaDifference, EvaluationResult
from camfolio.results.interval import Interval
from camfolio.results.layer import LayerCells, LayerResult
from camfolio.results.localisation import Following, LocalisationResult
from camfolio.results.masking import MaskedValue, MaskingResult
from camfolio.results.networks import NetworksInterval
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
from camfolio.results.similarity import NetworksSimilarity, Similarity
from camfolio.results.stability import StabilityResult, Trainings
from camfolio.results.subject import UNIFORM, others

METHODS = ("grad_cam", "score_cam")
CONTROLS = {"control/edges": "edges", "control/centre_blob": "a blob"}
NONE = Interval(value=None, low=None, high=None)
ALONE = Interval(value=0.9, low=None, high=None)


def around(value, width=0.1):
    return Interval(value=value, low=value - width, high=value + width)


def row(first, second, verdict, score="energy_share", value=0.0):
    return ComparisonRow(
        score=score, first=first, second=second, verdict=verdict, **dict(around(value)), low90=None, high90=None, p=None,
        p_holm=None, slices=9, patients=9, margin=0.05, equivalent=False,
    )  # fmt: skip


def family(*rows):
    return Family(tests=len(rows), patients_needed=7, rows=rows)


def measure(better):
    return MeasureResult(
        title="a score",
        unit="share",
        better=better,
        panel=False,
        by_layer=False,
        kind="localisation",
        margin=0.05,
        margin_reason="a twentieth",
    )


def board(*, lost=(), scores=None, methods=None, uniform=("better", "worse"), named="edges", **verdicts):
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
        for control in (*CONTROLS, others(method).key)
    ]
    chance = [
        row(method, UNIFORM.key, verdict, value=value)
        for method, verdict, value in zip(METHODS, uniform, (0.2, -0.2), strict=True)
    ]
    better, worse = row(*METHODS, "better", value=0.2), row(*METHODS, "worse", score="distance")
    return ScoreboardResult(
        measures={"energy_share": measure("higher"), "distance": measure("lower")},
        methods=METHODS,
        controls=CONTROLS,
        others={others(method).key: method for method in METHODS},
        named_control={method: others(method).key if named == "others" else f"control/{named}" for method in METHODS},
        layers=("layer4",),
        slices=Counts(localisation=9, faithfulness=9),
        patients=Counts(localisation=9, faithfulness=9),
        resamples=100,
        scores=values,
        chance={},
        comparisons=Comparisons(
            methods=methods or family(better, worse),
            uniform=family(*chance),
            controls=family(*against),
            layers=family(),
        ),
        curves={},
    )


def similar(value, size=NONE):
    """Similarities with this rank correlation of signed maps, and this size of it."""
    return Similarity(
        rank_signed=value, rank_magnitude=size, rank_absolute=NONE, ssim_signed=NONE, ssim_absolute=NONE, overlap=NONE
    )


def similar_networks(value, size=NONE):
    """The same of two equal networks."""
    twice = {name: NetworksInterval(**dict(each), by_network=(each, each)) for name, each in similar(value, size)}
    return NetworksSimilarity(**twice)


def randomised(last, size=NONE):
    """A randomisation with this rank correlation after all parts, and this size of it."""
    return RandomisationResult(
        slices=9,
        patients=9,
        networks=2,
        parts=("fc", "conv1"),
        example=ExampleSlice(id="s0", spacing_mm=1.0),
        ssim_window=7,
        similarity=dict.fromkeys(METHODS, (similar_networks(around(0.9)), similar_networks(last, size))),
    )


def stable(*, trainings=None, **changes):
    """A result of stage `stability` with this rank correlation, and size of it, for each change."""
    with_reference = {"other_slice": around(0.2)} | changes
    similarity = {change: dict.fromkeys(METHODS, similar(value, value)) for change, value in with_reference.items()}
    return StabilityResult(
        slices=9, patients=9, noise_hu=10.0, draws=2, seeds=int("seed" in changes), similarity=similarity,
        trainings=trainings,
    )  # fmt: skip


def case(ratio, share=0.1):
    return Case(
        slice=0, id="s0", true=0, predicted=0, probability=0.9, rank=1, among=1, energy_ratio=ratio, energy_share=share,
        area_share=0.1,
    )  # fmt: skip


def cases_of(correlation=0.9, **kinds):
    """The examples of one method."""
    chosen = {"misclassified": None, "good": case(3.0), "median": case(2.0), "bad": case(0.5)} | kinds
    return MethodCases(cases=chosen, undefined=0, size_groups=5, area_correlation=around(correlation))


def evaluated(difference, baseline):
    """An evaluation with these numbers and no other fields."""
    return EvaluationResult.model_construct(
        difference=AreaDifference(auc=difference),
        baseline=AreaBaseline(auc=baseline, direction="larger", cases=9),
        metrics={"auc": around(0.9)},
        patients=40,
    )


def layer_before_norm(before_norm):
    """The layer in focus, before a norm or not."""
    here = LayerCells(
        cells=(4, 4), first_px=(0.0, 0.0), step_px=(8.0, 8.0), shift_px=(3.5, 3.5), before_norm=before_norm
    )
    return LayerResult(layer="layer4", cells=(4, 4), layers={"layer4": here})


def masked(*differences):
    """Score-CAM with the study's value of masked pixels, and with 0, 1, ... HU with these differences to it."""
    values = [MaskedValue(hounsfield=-835.0, received=0.1, energy_share=around(0.3), difference=None)]
    values += [
        MaskedValue(hounsfield=float(number), received=0.5, energy_share=around(0.3), difference=difference)
        for number, difference in enumerate(differences)
    ]
    return MaskingResult(slices=9, patients=9, masked_hu=-835.0, values=tuple(values))


def results(**replaced):
    values = {
        "evaluation": evaluated(around(0.05), around(0.9)),
        "localisation": LocalisationResult(
            area_share=around(0.1),
            above_area={"grad_cam": around(0.2), "score_cam": around(-0.2)},
            energy_share={"grad_cam": around(0.3), "score_cam": around(0.1)},
            frame_share=0.2,
            frame_energy={"grad_cam": around(0.1), "score_cam": around(0.5)},
        ),
        "scoreboard": board(grad_cam="better", score_cam="not separable"),
        "layer": layer_before_norm(True),
        "masking": masked(around(-0.2), around(0.0)),
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


def test_methods_are_compared_with_a_uniform_map_by_the_scoreboard_s_verdicts():
    findings = network_findings(results())
    assert (findings.above_uniform, findings.below_uniform) == (("grad_cam",), ("score_cam",))
    assert findings.outside == pytest.approx(0.7)
    assert findings.has_masks
    # The uncorrected intervals of the same differences exclude zero, but decide nothing.
    findings = network_findings(results(scoreboard=board(uniform=("not separable", "not separable"))))
    assert (findings.above_uniform, findings.below_uniform) == ((), ())
    findings = network_findings(results(scoreboard=board(uniform=("not separable", "different within margin"))))
    assert (findings.above_uniform, findings.below_uniform) == ((), ("score_cam",))


def test_the_control_named_in_advance_decides_the_headline():
    verdicts = {"grad_cam": "better", "score_cam": "better"}
    lost = [("grad_cam", "control/edges")]
    findings = network_findings(results(scoreboard=board(lost=lost, **verdicts)))
    assert findings.beat_control == ("score_cam",)
    assert [(row.first, row.second) for row in findings.against_control] == [
        ("grad_cam", "control/edges"),
        ("score_cam", "control/edges"),
    ]
    other = network_findings(results(scoreboard=board(lost=lost, named="centre_blob", **verdicts)))
    assert other.beat_control == METHODS


def test_the_maps_of_others_are_a_control_of_one_method_each():
    lost = [("score_cam", others("score_cam").key)]
    beaten = board(grad_cam="better", score_cam="better", lost=lost, named="others")
    findings = network_findings(results(scoreboard=beaten))
    assert findings.beat_control == ("grad_cam",)
    assert [row.second for row in findings.against_control] == [others(method).key for method in METHODS]


def test_a_difference_within_the_margin_beats_no_control():
    within = board(grad_cam="different within margin")
    for sign, found in ((1, ("grad_cam",)), (-1, ())):
        signed = [row.model_copy(update=dict(around(sign * 0.02, 0.01))) for row in within.comparisons.controls.rows]
        comparisons = within.comparisons.model_copy(update={"controls": family(*signed)})
        findings = network_findings(results(scoreboard=within.model_copy(update={"comparisons": comparisons})))
        assert (findings.beat_control, findings.within_margin) == ((), found)


def test_a_masked_value_matters_only_if_the_interval_of_its_difference_excludes_zero():
    assert network_findings(results()).masked_value_matters == (0.0,)
    assert network_findings(results(masking=masked(NONE, around(0.0), around(0.2)))).masked_value_matters == (2.0,)
    assert network_findings(results(masking=None)).masked_value_matters == ()


def test_zero_is_arbitrary_before_a_norm():
    assert network_findings(results()).zero_is_arbitrary
    assert not network_findings(results(layer=layer_before_norm(False))).zero_is_arbitrary


def test_methods_that_mark_the_border_do_so_by_intervals():
    assert network_findings(results()).frame_above == ("score_cam",)


def test_methods_without_comparisons_beat_no_control():
    findings = network_findings(results(scoreboard=board()))
    assert (findings.beat_control, findings.against_control) == ((), ())


def test_few_patients_are_reported():
    assert network_findings(results()).few_patients == {"sample": 9}
    few = evaluated(around(0.05), around(0.9)).model_copy(update={"patients": 29})
    assert network_findings(results(evaluation=few)).few_patients == {"test": 29, "sample": 9}


def test_families_that_could_never_be_significant_are_reported():
    assert network_findings(results()).too_few_to_test == ()
    rows = family(row(*METHODS, "not separable")).model_copy(update={"tests": 100, "patients_needed": 12})
    findings = network_findings(results(scoreboard=board(methods=rows)))
    assert findings.too_few_to_test == (TooFewPatients("methods", 100, 9, 12),)


def test_the_best_control_follows_the_direction_of_the_score():
    assert best_control(board(), "energy_share") == "control/centre_blob"
    assert best_control(board(), "distance") == "control/edges"
    assert best_control(board(scores={"distance": dict.fromkeys(CONTROLS, NONE)}), "distance") is None


def test_the_method_with_more_energy_comes_first_if_a_difference_is_shown():
    lower = row(*METHODS, "worse", value=-0.2)
    assert compared(lower) == ComparedMethods("score_cam", "grad_cam", shown=True, row=lower)
    within = row(*METHODS, "different within margin", value=-0.01)
    assert compared(within) == ComparedMethods("score_cam", "grad_cam", shown=True, row=within)
    higher = row(*METHODS, "better", value=0.2)
    assert compared(higher) == ComparedMethods("grad_cam", "score_cam", shown=True, row=higher)
    undecided = row(*METHODS, "not separable", value=-0.2)
    assert compared(undecided) == ComparedMethods("grad_cam", "score_cam", shown=False, row=undecided)


def test_methods_are_compared_by_their_energy_only():
    assert [found.row.score for found in network_findings(results()).differences] == ["energy_share"]


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


def test_a_score_follows_the_size_if_its_correlation_with_area_is_shown():
    methods = {"grad_cam": cases_of(), "score_cam": cases_of(correlation=0.0)}
    cases = CasesResult(methods=methods, misclassified=0, correct=9)
    assert network_findings(results(cases=cases)).follows_size == ("grad_cam",)


def test_randomised_and_retrained_maps_are_compared_by_intervals():
    assert network_findings(results()).not_from_training == ()
    assert network_findings(results()).other_maps_when_retrained == METHODS
    assert network_findings(results(randomisation=randomised(around(0.4)))).not_from_training == METHODS
    assert network_findings(results(stability=stable(noise=around(0.3)))).other_maps_when_retrained == ()


def test_a_pattern_of_either_sign_is_compared_with_that_of_other_slices():
    for size, methods in ((around(0.5), METHODS), (around(0.35), ()), (NONE, ())):
        found = network_findings(results(randomisation=randomised(around(0.0), size)))
        assert found.same_pattern_when_random == methods


def test_energy_is_said_of_all_trainings():
    assert network_findings(results()).trainings == {}
    energy = {"grad_cam": (around(0.3), around(0.2), around(0.25)), "score_cam": (NONE, NONE, NONE)}
    found = network_findings(
        results(stability=stable(trainings=Trainings(auc=(0.9, 0.8), energy_share=energy)))
    ).trainings
    assert set(found) == {"grad_cam"}
    assert found["grad_cam"] == AcrossTrainings(networks=3, mean=(0.3 + 0.2 + 0.25) / 3, lowest=0.2, highest=0.3)


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


@pytest.mark.parametrize(("offset", "tested"), [(None, False), (0.0, False), (0.99, False), (1.0, True), (3.0, True)])
def test_position_is_tested_where_nodules_are_displaced_by_their_radius(offset, tested):
    findings = network_findings(results(localisation=followed(around(0.5), offset)))
    assert findings.position_tested is tested
    assert findings.following == (dict.fromkeys(METHODS, "follows partly") if tested else {})


@pytest.mark.parametrize(
    ("slope", "verdict"),
    [
        (around(1.0), "follows"),
        (around(0.85), "follows partly"),
        (around(0.43), "follows partly"),
        (around(0.05), "does not follow"),
        (Interval(value=0.3, low=-0.1, high=0.7), "not shown"),
        (NONE, "not defined"),
    ],
)
def test_whether_a_map_follows_the_nodule_is_decided_by_the_interval_of_its_maximum(slope, verdict):
    findings = network_findings(results(localisation=followed(slope, 2.0)))
    assert findings.following == dict.fromkeys(METHODS, verdict)


def followed(slope: Interval, offset: float | None) -> LocalisationResult:
    following = {name: Following(maximum=slope, centre_of_mass=around(1.0)) for name in METHODS}
    return results().localisation.model_copy(update={"offset_in_radii": offset, "following": following})
