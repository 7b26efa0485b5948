"""Answers to the questions of the evidence page: small findings whose answer is known."""

from __future__ import annotations

import pytest

from camfolio.evidence.answers import Marked, Spread, marked, more_energy, spread
from camfolio.evidence.class_findings import ClassFindings, MarkedPixels
from camfolio.evidence.findings import compared
from camfolio.results.interval import Interval
from camfolio.results.scoreboard import ComparisonRow

METHODS = ("grad_cam", "hires_cam", "score_cam")
ZERO = Interval(value=0.0, low=-0.1, high=0.1)


def pair(first, second, value, verdict):
    return compared(
        ComparisonRow(
            score="energy_share", first=first, second=second, verdict=verdict, value=value, low=value - 0.01, high=value + 0.01,
            low90=None, high90=None, p=None, p_holm=None, slices=9, patients=9, margin=0.05, equivalent=False,
        )
    )  # fmt: skip


def test_more_energy_is_shown_beyond_the_margin_only_and_by_the_winner():
    pairs = [
        pair("grad_cam", "hires_cam", -0.2, "worse"),
        pair("grad_cam", "score_cam", 0.03, "different within margin"),
        pair("hires_cam", "score_cam", 0.2, "better"),
    ]
    assert more_energy(pairs, METHODS) == {"hires_cam": ("grad_cam", "score_cam")}
    unclear = [pair("grad_cam", "hires_cam", 0.2, "not separable"), pair("grad_cam", "score_cam", 0.0, "equivalent")]
    assert more_energy(unclear, METHODS) == {}
    assert more_energy([], METHODS[:1]) == {}


def test_methods_with_the_same_verdicts_on_both_classes_are_one_group():
    verdicts = {
        "grad_cam": ("better", "better"),
        "hires_cam": ("better", "not separable"),
        "score_cam": ("better", "better"),
    }
    found = ClassFindings({name: MarkedPixels(each, (ZERO, ZERO)) for name, each in verdicts.items()}, (), {})
    assert marked(found, METHODS) == [
        Marked(("grad_cam", "score_cam"), ("better", "better"), alike=True),
        Marked(("hires_cam",), ("better", "not separable"), alike=False),
    ]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [((0.4, None, 0.2), Spread(0.2, 0.4)), ((0.3, 0.3, 0.3), Spread(0.3, 0.3)), ((None,) * 3, None)],
)
def test_a_spread_is_over_the_methods_for_which_there_is_a_value(values, wanted):
    assert spread([Interval(value=value, low=None, high=None) for value in values]) == wanted
