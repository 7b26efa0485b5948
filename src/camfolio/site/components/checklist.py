"""Answers to a checklist from the run and from the author, and how many items each answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from camfolio.study.checklists import CHECKLISTS, Checklist, Item


@dataclass(frozen=True)
class Answer:
    """The answers to one item from the run and from the author; an empty string if there is none."""

    key: str
    item: Item
    run: Markup
    author: str


@dataclass(frozen=True)
class Answers:
    """All answers to a checklist by part. Each item counts once: as answered by the run, else by the author, else not assessed.

    Attributes:
        parts: part of the checklist -> its answers.
        by_run: number of items that the run answers.
        by_author: number of items that only the author answers.
        added: number of items that both answer.
        not_assessed: number of items without an answer.
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
        checklist: the items.
        say: renders a fact of the run by its name, escaped; only white space if the fact is not known.
        words: item's key -> the author's answer.
    """
    parts = {
        part: tuple(answer(checklist.key(item), item, say, words) for item in items)
        for part, items in checklist.parts.items()
    }
    given = [(bool(entry.run), bool(entry.author)) for part in parts.values() for entry in part]
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


def answer(key: str, item: Item, say: Callable[[str], str], words: Mapping[str, str]) -> Answer:
    """The answers to one item, each on one line for the cell of a table."""
    lines = [line.strip() for fact in item.facts for line in say(fact).splitlines()]
    run = Markup(" ").join(Markup(line) for line in lines if line)  # noqa: S704 - rendered by a template, values escaped
    return Answer(key, item, run, words.get(key, ""))
