"""Answers to a checklist: from the run, from the author, or none; every item counts once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from camfolio.site.components.checklist import answered
from camfolio.study.checklists import CHECKLISTS, Checklist, Item

TWO = Checklist(
    "two", "Two", "x", {"A": (Item("1", "One?", ("known", "empty")),), "B": (Item("2 b", "Two?", ("empty",)),)}
)
FACTS = {"known": "\n  It is\n\n 3 *times* so. \n", "empty": " \n"}


def by_key(answers):
    return {answer.key: answer for part in answers.parts.values() for answer in part}


def test_answers_of_the_run_are_on_one_line_and_keep_their_markup():
    said = by_key(answered(TWO, FACTS.__getitem__, {}))["two_1"].run
    assert said == "It is 3 *times* so."
    assert isinstance(said, Markup)


def test_a_narrow_blank_between_thousands_stays():
    assert by_key(answered(TWO, lambda _: "2\u202f545 slices", {}))["two_1"].run.startswith("2\u202f545 slices")


def test_the_author_s_answer_is_kept_as_text():
    found = by_key(answered(TWO, FACTS.__getitem__, {"two_2_b": "<b>Words</b>"}))["two_2_b"]
    assert (found.run, found.author) == ("", "<b>Words</b>")
    assert not isinstance(found.author, Markup)


def test_an_item_answered_by_both_counts_for_the_run_and_as_added():
    found = answered(TWO, FACTS.__getitem__, {"two_1": "More."})
    assert (found.by_run, found.by_author, found.added, found.not_assessed) == (1, 0, 1, 1)


def test_words_for_another_checklist_answer_nothing():
    found = answered(TWO, FACTS.__getitem__, {"claim_1": "Words"})
    assert (found.by_run, found.by_author, found.added, found.not_assessed) == (1, 0, 0, 1)


@given(st.data())
def test_counts_are_those_of_a_walk_through_the_items(data):
    checklist = data.draw(st.sampled_from(CHECKLISTS))
    facts = sorted({fact for one in checklist.items for fact in one.facts})
    known = data.draw(st.sets(st.sampled_from(facts)))
    keys = [checklist.key(one) for one in checklist.items]
    words = dict.fromkeys(data.draw(st.sets(st.sampled_from(keys))), "Words")
    found = answered(checklist, lambda fact: "It is so." if fact in known else "", words)
    run = author = added = not_assessed = 0
    for key, one in zip(keys, checklist.items, strict=True):
        machine = any(fact in known for fact in one.facts)
        run += machine
        added += machine and key in words
        author += not machine and key in words
        not_assessed += not machine and key not in words
    assert (found.by_run, found.by_author, found.added, found.not_assessed) == (run, author, added, not_assessed)
    assert found.total == len(keys)
    assert list(by_key(found)) == keys
