"""Definitions of scores: every registered score has one, in the words of its function."""

from __future__ import annotations

import pytest

from camfolio.evidence.faithfulness import FAITHFULNESS
from camfolio.evidence.localisation import LOCALISATION
from camfolio.site.definitions import definition


@pytest.mark.parametrize("score", [*LOCALISATION, *FAITHFULNESS])
def test_every_score_has_a_definition_of_one_or_two_sentences(score):
    words = definition(score)
    assert words[0].isupper() or words[0].isdigit()
    assert words.endswith(".")
    assert 40 < len(words) < 300
    assert "`" not in words
    assert " -1" not in words


def test_a_baseline_is_not_part_of_a_definition():
    assert definition("deletion_blur") == definition("deletion_parenchyma")
    assert definition("scaled_deletion_blur") != definition("deletion_blur")


def test_an_unknown_score_has_none():
    assert definition("deletion") == ""
    assert definition("localisation_score") == ""
