"""How much is computed for the evidence: how many networks `quick` and `full` stand for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Effort = Literal["quick", "full"]
NETWORKS: Mapping[str, Mapping[Effort, int]] = {
    "reinitialisations": {"quick": 3, "full": 10},
    "permuted_labels": {"quick": 1, "full": 5},
    "seeds": {"quick": 2, "full": 4},
}
"""Key of the section `evidence` -> number of networks."""
SHORTCUT_NETWORKS: Mapping[Effort, int] = {"quick": 3, "full": 5}
"""Networks of each kind in a study about a planted shortcut."""


def with_effort(evidence: Mapping[Any, Any]) -> dict[Any, Any]:
    """A section `evidence` as it is written, with the numbers that its `effort` stands for; numbers that are written win."""
    effort: Effort = "full" if evidence.get("effort") == "full" else "quick"
    return {key: numbers[effort] for key, numbers in NETWORKS.items()} | dict(evidence)


def with_networks(study: Mapping[Any, Any]) -> dict[Any, Any]:
    """A study as it is written, with the number of networks of a planted shortcut with full effort, unless it is written."""
    evidence, shortcut = study.get("evidence"), study.get("shortcut")
    if not (isinstance(evidence, dict) and isinstance(shortcut, dict) and evidence.get("effort") == "full"):
        return dict(study)
    return {**study, "shortcut": {"seeds": SHORTCUT_NETWORKS["full"]} | shortcut}
