"""What pages say about a study's data: counts, words of the author and of the source, what an inspection found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from camfolio.sources import WORDS, DataSource
from camfolio.sourcing import EXTERNAL
from camfolio.study import Portfolio


def about_data(portfolio: Portfolio) -> dict[str, Any]:
    """The data card, the inspection, and the results on an external source (None without one)."""
    read = portfolio.artefacts
    return {
        "card": described(read["slices"].json("card.json"), portfolio.study.data),
        "inspection": read["inspection"].json("inspection.json"),
        "overlap": read["overlap"].json("overlap.json"),
        "external": elsewhere(portfolio),
    }


def elsewhere(portfolio: Portfolio) -> dict[str, Any] | None:
    """Data card, metrics and localisation on the external source."""
    read, source = portfolio.artefacts, portfolio.study.external
    if source is None:
        return None
    return {
        "card": described(read[f"{EXTERNAL}slices"].json("card.json"), source),
        "evaluation": read[f"{EXTERNAL}evaluation"].json("evaluation.json"),
        "localisation": read[f"{EXTERNAL}localisation"].json("localisation.json"),
    }


def described(card: Mapping[str, Any], data: DataSource) -> dict[str, Any]:
    """The counts of a data card with what is known about the data: the author's words before the source's."""
    words = {"labels_are": data.about_labels, "masks_are": data.about_masks, "attribution": "", "date": ""}
    none: dict[str, Any] = {"steps": [], "readers": [], "skipped": {}, "notes": []}
    given = {field: getattr(data, field) for field in WORDS}
    return none | words | dict(card) | {field: said for field, said in given.items() if said}
