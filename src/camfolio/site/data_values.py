"""What templates may use of a study's data: the card, the source's words, checks, and an external source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypedDict

from camfolio.pipeline.external import EXTERNAL
from camfolio.pipeline.portfolio import Portfolio
from camfolio.results.card import CardResult
from camfolio.results.evaluation import EvaluationResult
from camfolio.results.inspection import InspectionResult
from camfolio.results.localisation import LocalisationResult
from camfolio.results.overlap import OverlapResult
from camfolio.site.lazy import Values
from camfolio.site.source_words import about_source
from camfolio.study.source import WORDS, DataSource, SourceWords

Readers: TypeAlias = Mapping[str, Callable[[], Any]]
"""Name of a value -> function that reads it."""


class ExternalValues(TypedDict):
    """Results on the external source."""

    card: CardResult
    """Its data card."""
    evaluation: EvaluationResult
    """Metrics of the network's predictions on it."""
    localisation: LocalisationResult
    """Energy of the maps inside the nodule's mask on it."""


class DataValues(TypedDict):
    """What is known about the data."""

    card: CardResult
    """Data card: what the source says of its data, and counts and ranges of its slices."""
    source: SourceWords
    """Words of the source, or of user code, about the data; a page says them by the filter `filled`."""
    inspection: InspectionResult
    """Checks of the slices before anything is learned from them."""
    overlap: OverlapResult
    """Slices that look alike and are in different parts of the split."""
    external: ExternalValues | None
    """Results on an external source; None without one."""


def about_data(portfolio: Portfolio) -> Readers:
    """The data card, the words of the source, the inspection, and the results on an external source (None without one)."""
    read, data = portfolio.artefacts, portfolio.study.data

    def card() -> CardResult:
        return CardResult.read(read["slices"].folder)

    return {
        "card": lambda: described(card(), data),
        "source": lambda: about_source(data.words, card()),
        "inspection": lambda: InspectionResult.read(read["inspection"].folder),
        "overlap": lambda: OverlapResult.read(read["overlap"].folder),
        "external": lambda: elsewhere(portfolio),
    }


def elsewhere(portfolio: Portfolio) -> Values | None:
    """Data card, metrics and localisation on the external source."""
    read, source = portfolio.artefacts, portfolio.study.external
    if source is None:
        return None
    readers: Readers = {
        "card": lambda: described(CardResult.read(read[f"{EXTERNAL}slices"].folder), source),
        "evaluation": lambda: EvaluationResult.read(read[f"{EXTERNAL}evaluation"].folder),
        "localisation": lambda: LocalisationResult.read(read[f"{EXTERNAL}localisation"].folder),
    }
    return Values(readers)


def described(card: CardResult, data: DataSource) -> CardResult:
    """A data card with what is known about the data: the author's words before the source's."""
    source = about_source(data.words, card)
    words = {"labels_are": source.labels_are, "masks_are": source.masks_are}
    given = {field: getattr(data, field) for field in WORDS}
    return card.model_copy(update=words | {field: said for field, said in given.items() if said})
