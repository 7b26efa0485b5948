"""What the checklists ask: every item once, under a key that a study file can use, answered by facts that exist."""

from __future__ import annotations

import re

import pytest

from camfolio.site.templates import TEMPLATES
from camfolio.study.checklists import CHECKLISTS, CLAIM, CO12, KEYS, TRIPOD

FACTS = TEMPLATES / "partials" / "facts.md"
LETTERS = {3: "abc", 5: "ab", 6: "abc", 8: "abc", 9: "abc", 12: "abcdefg", 18: "abcdef", 20: "abc", 23: "ab", 27: "abc"}
"""Number -> letters of those of TRIPOD+AI's 27 items that are several."""
PROPERTIES = (
    "correctness completeness consistency continuity contrastivity covariate_complexity "
    "compactness composition confidence context coherence controllability"
)


def test_claim_has_44_items_in_their_order():
    assert [one.number for one in CLAIM.items] == [str(number) for number in range(1, 45)]


def test_tripod_has_27_items_with_their_letters_in_their_order():
    expected = [f"{number}{letter}" for number in range(1, 28) for letter in LETTERS.get(number, [""])]
    assert [one.number for one in TRIPOD.items] == expected
    assert len(expected) == 52


def test_co12_has_its_twelve_properties_in_their_order():
    assert [CO12.key(one) for one in CO12.items] == [f"co12_{name}" for name in PROPERTIES.split()]


@pytest.mark.parametrize("checklist", CHECKLISTS, ids=lambda checklist: checklist.prefix)
def test_every_item_says_what_it_asks_in_words_of_its_own(checklist):
    asked = [one.asks for one in checklist.items]
    assert all(asked)
    assert len(set(asked)) == len(asked)


def test_every_item_of_every_checklist_has_a_key_of_its_own():
    assert len(KEYS) == 44 + 52 + 12
    assert [key for key in KEYS if not re.fullmatch(r"[a-z][a-z0-9]*_[a-z0-9_]+", key)] == []


def test_every_fact_that_an_item_names_is_written_and_every_written_one_is_used():
    written = set(re.findall(r"{% macro (\w+)\(\) %}", FACTS.read_text(encoding="utf-8")))
    named = {fact for checklist in CHECKLISTS for one in checklist.items for fact in one.facts}
    assert named == written
