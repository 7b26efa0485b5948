"""What can go wrong for a user, one class per room, and how it is said: *Expected X, but got Y*, where, what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class CamfolioError(Exception):
    """Base of every error a user can cause; the command line prints its sentence and no traceback."""

    exit_status = 1


class StudyError(CamfolioError):
    """A study file that cannot be used: unknown key, wrong type, value out of range, missing file."""

    exit_status = 2


class DataError(CamfolioError):
    """Slices that cannot be read or do not fit together."""


class NetworkError(CamfolioError):
    """A network, layer or checkpoint that does not fit the study."""


class ExplanationError(CamfolioError):
    """A map that cannot be computed as asked."""


class StoreError(CamfolioError):
    """An artefact that is missing, damaged or could not be computed."""


class ChangedError(StoreError):
    """Code or a file changed while a result was computed from it; the result was not kept."""


class PageError(CamfolioError):
    """A template that cannot be rendered."""


def nearest(word: str, known: Iterable[str]) -> str:
    """The sentence that offers the nearest known word and lists them all.

    >>> nearest("epoch", ["epochs", "patience"])
    'Did you mean epochs? Known: epochs, patience.'
    """
    names = sorted(known)
    return f"{guess(word, names)}Known: {', '.join(names)}."


def guess(word: str, known: Iterable[str]) -> str:
    """The sentence that offers the nearest known word, with a blank behind it; nothing if none is near.

    >>> guess("epoch", ["epochs", "patience"])
    'Did you mean epochs? '
    """
    close = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.5)
    return f"Did you mean {close[0]}? " if close else ""
