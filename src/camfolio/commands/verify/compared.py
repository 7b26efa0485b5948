"""A result beside its recomputation: byte-identical, close, different, damaged or not comparable."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from camfolio.pipeline.portfolio import Portfolio
from camfolio.results.differences import UNEQUAL, difference
from camfolio.store.artefacts import Artefact
from camfolio.store.files import file_digest
from camfolio.store.record import Record, Recorded

IDENTICAL, CLOSE, DIFFERENT = "identical", "close", "different"
DAMAGED, UNSEEN, TAKEN = "damaged", "not comparable", "not recomputed"
VERDICTS = {
    IDENTICAL: "every file has the same bytes",
    CLOSE: "its numbers and pixels differ by at most the tolerance",
    DIFFERENT: "a number, a word or a picture differs by more, or other bytes are not explained by another processor",
    DAMAGED: "the stored files were not those that had been computed; they were computed again",
    UNSEEN: "other bytes than the recorded ones, from another processor or font library; the recorded files are not here",
    TAKEN: "a kept result that counts as it is, or one that no other result needed",
}
"""Verdict -> what it means."""
BAD = (DIFFERENT, DAMAGED)
PICTURES = (".png", ".svg")


@dataclass(frozen=True)
class Compared:
    """A result beside its recomputation.

    Attributes:
        stage: its name.
        verdict: one of those above.
        difference: the largest relative difference of a file; infinite if no number tells it, NaN if the recorded files
            are not here.
        files: the files that differ.
    """

    stage: str
    verdict: str
    difference: float = 0.0
    files: tuple[str, ...] = ()

    @property
    def is_measured(self) -> bool:
        """Whether files differ of which both versions are here and undamaged."""
        return self.verdict in {CLOSE, DIFFERENT} and not math.isnan(self.difference)


@dataclass(frozen=True)
class Verification:
    """All results of a study beside their recomputation.

    Attributes:
        known: the study with its results as they are stored.
        again: the study with its recomputed results, whose files exist only while the study is verified.
        results: one comparison per stage.
        tolerance: relative difference of numbers up to which a result is close.
        quick: whether kept results counted as they are.
    """

    known: Portfolio
    again: Portfolio
    results: Sequence[Compared]
    tolerance: float
    quick: bool

    @property
    def bad(self) -> int:
        """Number of results that are different or damaged."""
        return sum(result.verdict in BAD for result in self.results)

    @property
    def changed(self) -> list[Compared]:
        """The results that were compared and are not identical."""
        return [result for result in self.results if result.verdict not in {IDENTICAL, TAKEN}]

    @property
    def summary(self) -> str:
        """One line for a log: the number of results of each verdict."""
        count = Counter(result.verdict for result in self.results)
        words = ", ".join(
            f"{count[verdict]} {verdict}{self.largest(verdict)}" for verdict in VERDICTS if count[verdict]
        )
        return f"{self.known.name}: {len(self.results)} results: {words}."

    def largest(self, verdict: str) -> str:
        """The largest difference of the results of a verdict, in brackets; empty if numbers do not tell it or there is none."""
        shares = [result.difference for result in self.results if result.verdict == verdict]
        return (
            f" (largest difference {words_for(max(shares))})" if any(shares) and all(map(math.isfinite, shares)) else ""
        )

    def folders(self, result: Compared) -> tuple[Path, Path]:
        """The folders of a result: stored, and recomputed."""
        return self.known.artefacts[result.stage].folder, self.again.artefacts[result.stage].folder


def compared(
    record: Record, stage: str, before: Artefact, after: Artefact, tolerance: float, *, quick: bool
) -> Compared:
    """One result: what is recorded of it, or else stored, beside the recomputed one."""
    here = stored_digests(before)
    if here and here != before.manifest.outputs:
        return Compared(stage, DAMAGED, UNEQUAL, differing(here, before.manifest.outputs))
    recorded = record.find(stage, before.manifest.key)
    if not after.folder.is_dir() or (quick and recorded and recorded.kept):
        return Compared(stage, TAKEN)
    expected = dict(recorded.outputs) if recorded else before.manifest.outputs
    files = differing(expected, after.manifest.outputs)
    if not files:
        return Compared(stage, IDENTICAL)
    if here != expected:
        repeatable = here in ({}, after.manifest.outputs)
        varies = repeatable and recorded and may_vary(recorded, after, files)
        return Compared(stage, UNSEEN if varies else DIFFERENT, math.nan, files)
    most = max(file_difference(before, after, file) for file in files)
    return Compared(stage, CLOSE if most <= tolerance else DIFFERENT, most, files)


def may_vary(recorded: Recorded, after: Artefact, files: Sequence[str]) -> bool:
    """Whether other bytes than the recorded ones are expected: pictures, whose letters a font library draws, or those of another processor."""
    is_elsewhere = recorded.processor not in {"", after.manifest.processor}
    return is_elsewhere or all(file.endswith(PICTURES) for file in files)


def stored_digests(artefact: Artefact) -> dict[str, str]:
    """Digests of a result's files as they are now; empty if they are not in the store."""
    if not artefact.folder.is_dir():
        return {}
    return {name: file_digest(artefact / name) for name in artefact.manifest.outputs}


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Names of files with different digests, or in one of the two only."""
    return tuple(name for name in sorted({*before, *after}) if before.get(name) != after.get(name))


def file_difference(before: Artefact, after: Artefact, name: str) -> float:
    """The relative difference of one file; infinite if one of the two does not exist."""
    files = before.folder / name, after.folder / name
    return difference(*files) if all(file.is_file() for file in files) else UNEQUAL


def words_for(share: float) -> str:
    """A difference in words.

    >>> words_for(0.0123), words_for(UNEQUAL), words_for(math.nan)
    ('1.2 %', 'no number', 'recorded files not here')
    """
    if math.isnan(share):
        return "recorded files not here"
    return f"{100 * share:.2g} %" if math.isfinite(share) else "no number"


def number(value: float | None) -> str:
    """A number with six significant digits.

    >>> number(0.25), number(None), number(-1e-7) == "\N{MINUS SIGN}1e\N{MINUS SIGN}07"
    ('0.25', 'not defined', True)
    """
    return "not defined" if value is None else f"{value:.6g}".replace("-", "\N{MINUS SIGN}")
