"""Networks of which a study has fewer than with full effort, for its pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from camfolio.study.effort import NETWORKS, SHORTCUT_NETWORKS
from camfolio.study.settings import Study

WORDS = {
    "reinitialisations": "networks with random weights",
    "permuted_labels": "networks trained on permuted labels",
    "seeds": "further trainings with other seeds",
    "shortcut": "networks of each kind",
}
FULL = {key: numbers["full"] for key, numbers in NETWORKS.items()} | {"shortcut": SHORTCUT_NETWORKS["full"]}


@dataclass(frozen=True)
class Reduced:
    """Networks of which a study has fewer than with full effort.

    Attributes:
        words: what they are.
        networks: how many the study has.
        full: how many `evidence.effort: full` has.
    """

    words: str
    networks: int
    full: int


def reduced_networks(study: Study) -> tuple[Reduced, ...]:
    """What a study has less of; a network that is loaded is never trained again."""
    evidence = study.evidence
    if study.shortcut:
        return reduced({"shortcut": study.shortcut.seeds})
    trained = {} if study.network.checkpoint else {"seeds": evidence.seeds, "permuted_labels": evidence.permuted_labels}
    return reduced({"reinitialisations": evidence.reinitialisations} | trained)


def reduced(here: Mapping[str, int]) -> tuple[Reduced, ...]:
    """What of these numbers of networks, by the keys of `WORDS`, is fewer than with full effort.

    >>> [one.words for one in reduced({"seeds": 1, "permuted_labels": 5})]
    ['further trainings with other seeds']
    """
    return tuple(Reduced(WORDS[key], number, FULL[key]) for key, number in here.items() if number < FULL[key])
