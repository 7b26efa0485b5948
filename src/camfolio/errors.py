"""Errors for users, one class per room. A message is "Expected X, but got Y", with the location and a remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


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
