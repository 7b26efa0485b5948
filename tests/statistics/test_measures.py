"""Every registered score has a margin with a reason."""

from __future__ import annotations

import pytest

from camfolio.evidence.faithfulness import FAITHFULNESS
from camfolio.evidence.localisation import LOCALISATION
from camfolio.statistics.measures import UNIT_MARGINS, Margin, Measure

MEASURES = {name: score.measure for name, score in LOCALISATION.items()} | FAITHFULNESS


def test_a_score_without_a_margin_has_that_of_its_unit():
    assert Measure("a score", "mm").equivalence == UNIT_MARGINS["mm"]
    assert Measure("a score", "mm", margin=Margin(3.0, "why not")).equivalence.value == 3.0


@pytest.mark.parametrize("name", MEASURES)
def test_every_score_has_a_margin_with_a_reason(name):
    margin = MEASURES[name].margin
    assert margin is not None
    assert margin.value > 0
    assert len(margin.reason.split()) > 3
