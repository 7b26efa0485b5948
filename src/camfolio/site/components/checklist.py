"""A checklist with its answers: what the run says, what the author says, and who answered how many items."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from camfolio.study.checklists import CHECKLISTS, Checklist, Item


@dataclass(frozen=True)
class Answer:
    """One item answered: in the run's words, the author's, both, or neither (empty)."""

    key: str
    item: Item
    run: Markup
    author: str


@dataclass(frozen=True)
class Answers:
    """All answers to a checklist by part; every item counts once: answered by the run, else by the author, else not assessed.

    Attributes:
        parts: part of the checklist -> its answers.
        by_run: items that the run answers.
        by_author: items that the author alone answers.
        added: items to whose answer by the run the author added something.
        not_assessed: items that are not assessed.
    """

    parts: Mapping[str, tuple[Answer, ...]]
    by_run: int
    by_author: int
    added: int
    not_assessed: int

    @property
    def total(self) -> int:
        """All items of the checklist."""
        return self.by_run + self.by_author + self.not_assessed


def answered(checklist: Checklist, say: Callable[[str], str], words: Mapping[str, str]) -> Answers:
    """Answer every item of a checklist.

    Args:
        checklist: what is asked.
        say: gives a fact of the run by its name, escaped; nothing but white space where the run does not know it.
        words: item's key -> the author's words.
    """
    parts = {
        part: tuple(answer(checklist.key(one), one, say, words) for one in items)
        for part, items in checklist.parts.items()
    }
    given = [(bool(one.run), bool(one.author)) for part in parts.values() for one in part]
    return Answers(
        parts,
        by_run=sum(run for run, _ in given),
        by_author=given.count((False, True)),
        added=given.count((True, True)),
        not_assessed=given.count((False, False)),
    )


def answered_all(say: Callable[[str], str], words: Mapping[str, str]) -> dict[str, Answers]:
    """The answers to every checklist, by its prefix (see `answered`)."""
    return {checklist.prefix: answered(checklist, say, words) for checklist in CHECKLISTS}


def answer(key: str, one: Item, say: Callable[[str], str], words: Mapping[str, str]) -> Answer:
    """One item's answer; the run's words stand on one line, as the cell of a table must."""
    lines = [line.strip() for fact in one.facts for line in say(fact).splitlines()]
    run = Markup(" ").join(Markup(line) for line in lines if line)  # noqa: S704 - the templates' words, values escaped
    return Answer(key, one, run, words.get(key, ""))
