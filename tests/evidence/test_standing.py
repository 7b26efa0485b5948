"""Where scores stand between controls, and which verdict they are marked with: scoreboards made by hand, whose truth is known."""

from __future__ import annotations

import pytest

from camfolio.evidence.standing import BETWEEN, placed, score_row, standings, step
from camfolio.results.interval import Interval
from camfolio.results.scoreboard import ComparisonRow, Comparisons, Counts, Family, MeasureResult, ScoreboardResult
from camfolio.results.subject import UNIFORM, others

METHODS = ("grad_cam", "score_cam")
CONTROLS = {"control/edges": "edges", "control/blob": "a blob"}
OTHERS = {others(method).key: method for method in METHODS}
NONE = Interval(value=None, low=None, high=None)


def at(value):
    return NONE if value is None else Interval(value=value, low=value - 0.1, high=value + 0.1)


def measure(better="higher", kind="localisation", *, panel=False):
    return MeasureResult(
        title="a score", unit="share", better=better, panel=panel, by_layer=False, kind=kind, margin=0.05, margin_reason="small"
    )  # fmt: skip


def row(score, first, second, verdict):
    return ComparisonRow(
        score=score, first=first, second=second, verdict=verdict, **dict(at(0.0)), low90=None, high90=None, p=None,
        p_holm=None, slices=9, patients=9, margin=0.05, equivalent=False,
    )  # fmt: skip


def family(rows=()):
    return Family(tests=len(rows), patients_needed=7, rows=tuple(rows))


def board(scores, verdicts=(), measures=None, named="control/edges", uniform=()):
    """A scoreboard of these means by score and subject; `verdicts` are (score, method, control, verdict)."""
    return ScoreboardResult(
        measures=measures or {score: measure() for score in scores},
        methods=METHODS,
        controls=CONTROLS,
        others=OTHERS,
        named_control=dict.fromkeys(METHODS, named),
        layers=("layer2",),
        slices=Counts(localisation=9, faithfulness=9),
        patients=Counts(localisation=9, faithfulness=9),
        resamples=100,
        scores={score: {key: at(value) for key, value in means.items()} for score, means in scores.items()},
        chance={},
        comparisons=Comparisons(
            methods=family(),
            uniform=family([row(score, method, UNIFORM.key, verdict) for score, method, verdict in uniform]),
            controls=family([row(*each) for each in verdicts]),
            layers=family(),
        ),
        curves={},
    )


def rows_of(found):
    return {each.score: each for group in found.groups for each in group.rows}


MEANS = {
    "grad_cam": 0.3,
    "score_cam": 0.7,
    "control/edges": 0.2,
    "control/blob": 0.6,
    "control/others/grad_cam": 0.1,
    "control/others/score_cam": 0.4,
}


def test_a_cell_is_shaded_by_its_way_from_the_worst_control_to_the_best():
    (found,) = rows_of(standings(board({"energy_share": MEANS}))).values()
    assert (found.worst, found.best) == ("control/edges", "control/blob")
    grad_cam, score_cam = found.methods
    assert (grad_cam.place, grad_cam.step) == ("between", 2)
    assert grad_cam.along == pytest.approx(0.25)
    assert (score_cam.place, score_cam.step, score_cam.along) == ("beyond the best", BETWEEN + 1, None)
    assert [(one.subject, one.place, one.step) for one in found.controls] == [
        ("control/edges", "the worst", 1),
        ("control/blob", "the best", BETWEEN),
        ("control/others/score_cam", "between", 3),
    ]


def test_where_lower_is_better_the_lowest_control_is_the_best():
    means = {name: 1 - value for name, value in MEANS.items()}
    (found,) = rows_of(standings(board({"distance": means}, measures={"distance": measure("lower")}))).values()
    assert (found.worst, found.best) == ("control/edges", "control/blob")
    assert [one.step for one in found.methods] == [2, 6]
    worse = means | {"grad_cam": 0.95}
    (found,) = rows_of(standings(board({"distance": worse}, measures={"distance": measure("lower")}))).values()
    assert (found.methods[0].place, found.methods[0].step) == ("beyond the worst", 0)


def test_steps_between_the_controls_cover_equal_shares_and_grow_with_the_value():
    steps = [step(*placed(share / 100, 0.0, 1.0)) for share in range(101)]
    assert steps == sorted(steps)
    assert [steps.count(each) for each in range(1, BETWEEN + 1)] == [20, 20, 20, 20, 21]  # the best belongs to the last
    assert step(*placed(-0.01, 0.0, 1.0)) == 0
    assert step(*placed(1.01, 0.0, 1.0)) == BETWEEN + 1


def test_with_a_single_value_of_all_controls_a_method_is_better_worse_or_as_good():
    assert [placed(value, 0.5, 0.5)[0] for value in (0.6, 0.5, 0.4)] == [
        "beyond the best",
        "the best",
        "beyond the worst",
    ]


def test_the_mark_is_the_verdict_against_the_best_control_that_the_method_is_compared_with():
    verdicts = [
        ("energy_share", "grad_cam", "control/edges", "better"),
        ("energy_share", "grad_cam", "control/blob", "worse"),
        ("energy_share", "grad_cam", "control/others/grad_cam", "better"),
        ("energy_share", "score_cam", "control/edges", "better"),
        ("energy_share", "score_cam", "control/blob", "not separable"),
        ("energy_share", "score_cam", "control/others/score_cam", "equivalent"),
    ]
    uniform = [("energy_share", "grad_cam", "better"), ("other", "grad_cam", "worse")]
    (found,) = rows_of(standings(board({"energy_share": MEANS}, verdicts, uniform=uniform))).values()
    assert [one.verdict for one in found.methods] == ["worse", "not separable"]
    assert [pair.second for pair in found.methods[0].comparisons] == ["control/blob", "control/edges", UNIFORM.key]
    assert [one.verdict for one in found.controls] == [None, None, None]
    assert [[pair.first for pair in one.comparisons] for one in found.controls] == [
        ["grad_cam", "score_cam"],
        ["grad_cam", "score_cam"],
        ["score_cam"],
    ]


def test_the_own_mean_map_of_others_is_the_opponent_where_it_is_the_best():
    means = MEANS | {"control/others/grad_cam": 0.9}
    verdicts = [
        ("energy_share", "grad_cam", "control/blob", "better"),
        ("energy_share", "grad_cam", "control/others/grad_cam", "worse"),
        ("energy_share", "score_cam", "control/blob", "better"),
        ("energy_share", "score_cam", "control/others/score_cam", "better"),
    ]
    found = standings(board({"energy_share": means}, verdicts, named="control/blob"))
    (only,) = rows_of(found).values()
    assert only.best == "control/others/grad_cam"
    assert [one.verdict for one in only.methods] == ["worse", "better"]
    assert [pair.second for pair in only.methods[1].comparisons] == [
        "control/blob"
    ]  # the named one is not listed twice
    assert [one.subject for one in found.leading] == list(METHODS)


def test_a_score_without_any_value_has_no_shade_and_no_mark():
    found = score_row(board({"energy_share": dict.fromkeys(MEANS)}), "energy_share")
    assert (found.worst, found.best, found.is_defined) == (None, None, False)
    assert {(one.place, one.step, one.verdict, one.comparisons) for one in found.columns} == {
        ("not defined", None, None, ())
    }
    assert standings(board({"energy_share": dict.fromkeys(MEANS)})).groups == ()
    measured = {"grad_cam": 0.3, "score_cam": None, "control/edges": None, "control/blob": None}
    found = standings(board({"road_gap": measured}))
    (only,) = rows_of(found).values()
    assert [one.place for one in only.methods] == ["not compared", "not defined"]
    assert only.controls[-1].value is None  # the mean map of others is not measured by this score
    assert (found.compared, found.leading) == ({}, ())


def test_verdicts_are_counted_per_method_over_all_scores():
    scores = {"energy_share": MEANS, "second": MEANS, "third": MEANS, "fourth": MEANS}
    given = {
        "energy_share": "better",
        "second": "different within margin",
        "third": "not defined",
        "fourth": "equivalent",
    }
    verdicts = [(score, "grad_cam", "control/blob", verdict) for score, verdict in given.items()]
    found = standings(board(scores, verdicts))
    counts = found.counts["grad_cam"]
    assert (counts.better, counts.worse, counts.different_within_margin) == (1, 0, 1)
    assert (counts.equivalent, counts.not_separable) == (1, 1)
    assert found.compared == {"grad_cam": 4}


def test_leading_scores_stand_before_the_others_of_their_kind():
    measures = {
        "iou": measure(),
        "energy_share": measure(),
        "road": measure(kind="faithfulness"),
        "deletion": measure(kind="faithfulness", panel=True),
    }
    found = standings(board(dict.fromkeys(measures, MEANS), measures=measures))
    assert [(group.kind, group.leading, [each.score for each in group.rows]) for group in found.groups] == [
        ("localisation", True, ["energy_share"]),
        ("localisation", False, ["iou"]),
        ("faithfulness", True, ["deletion"]),
        ("faithfulness", False, ["road"]),
    ]
    assert (found.between, found.beyond) == ((1, 2, 3, 4, 5), 6)
