"""Errors for users, one class per room. A message is "Expected X, but got Y", with the location and a remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LONGEST = 200
"""Characters of a value or text that a message repeats."""


class CamfolioError(Exception):
    """Base of all errors that a user can cause; the command line prints the message without a traceback."""

    exit_status = 1


class StudyError(CamfolioError):
    """An invalid study file: unknown key, wrong type, value out of range, missing file."""

    exit_status = 2


class DataError(CamfolioError):
    """Slices that cannot be read or do not fit together."""


class NetworkError(CamfolioError):
    """A network, layer or checkpoint that does not fit the study."""


class ExplanationError(CamfolioError):
    """A map that cannot be computed with the given method, layer or target."""


class StoreError(CamfolioError):
    """An artefact that is missing, damaged or could not be computed."""


class WaitingError(StoreError):
    """A result that is read while the site is served, and that is not finished yet.

    Attributes:
        study: name of the study's file.
        stage: name of the stage.
    """

    def __init__(self, study: str, stage: str) -> None:
        super().__init__(f"Expected the result of {stage} of the study {study}, but it is not finished yet.")
        self.study = study
        self.stage = stage


class ChangedError(StoreError):
    """Code or a file that changed while a result was computed from it; the result is discarded."""


class PageError(CamfolioError):
    """A template that cannot be rendered."""


def nearest(word: str, known: Iterable[str]) -> str:
    """A sentence that suggests the nearest known word and lists all known words.

    >>> nearest("epoch", ["epochs", "patience"])
    'Did you mean epochs? Known: epochs, patience.'
    """
    names = sorted(known)
    return f"{guess(word, names)}Known: {', '.join(names)}."


def guess(word: str, known: Iterable[str]) -> str:
    """A sentence that suggests the nearest known word, with a trailing space; empty if none is near.

    >>> guess("epoch", ["epochs", "patience"])
    'Did you mean epochs? '
    """
    close = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.5)
    return f"Did you mean {close[0]}? " if close else ""


def quoted(value: object) -> str:
    """A value as a message repeats it, shortened.

    >>> quoted("five"), len(quoted(list("five") * 1000)) <= LONGEST
    ("'five'", True)
    """
    try:
        return shortened(repr(value))
    except ValueError:  # a number of more digits than Python writes
        return f"a long {type(value).__name__}"


def shortened(text: str) -> str:
    """At most `LONGEST` characters of a text, cut in its middle.

    >>> shortened("short"), len(shortened("long" * 1000))
    ('short', 200)
    """
    half = (LONGEST - 3) // 2
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3 - half]}...{text[-half:]}"
