"""Whether a study's pages show the results of its results file, and which results are others."""

from __future__ import annotations

from dataclasses import dataclass

from camfolio.pipeline.portfolio import Portfolio
from camfolio.store.artefacts import Manifest, Store
from camfolio.store.record import Record, read_record


@dataclass(frozen=True)
class NotRecorded:
    """Results that are not those of the study's results file.

    Attributes:
        stages: names of their stages, in the order in which these are computed.
        processors: the processors on which they were computed.
        computed: the date, UTC, on which the last of them was computed; empty if it is not known.
    """

    stages: tuple[str, ...]
    processors: tuple[str, ...]
    computed: str

    @property
    def first(self) -> str:
        """The first of these stages."""
        return self.stages[0]

    @property
    def later(self) -> int:
        """Number of the other stages, which come later."""
        return len(self.stages) - 1

    @property
    def origin(self) -> str:
        """Processors and date in words; empty if neither is known."""
        return "; ".join(filter(None, (*self.processors, self.computed)))


def not_recorded(portfolio: Portfolio) -> NotRecorded | None:
    """The finished results of a study that are not the recorded ones; None if all are, or if the study has no results file.

    A result is the recorded one if its key is recorded and its files have the recorded digests.
    """
    if not portfolio.record.file.is_file():
        return None
    record, manifests = record_beside(portfolio), {name: one.manifest for name, one in portfolio.finished.items()}
    others = {name: manifest for name, manifest in manifests.items() if not is_recorded(record, name, manifest)}
    if not others:
        return None
    processors = dict.fromkeys(manifest.processor for manifest in others.values() if manifest.processor)
    return NotRecorded(tuple(others), tuple(processors), max(manifest.computed for manifest in others.values()))


def is_recorded(record: Record, stage: str, manifest: Manifest) -> bool:
    """Whether the results file has this key and these digests for a stage."""
    recorded = record.find(stage, manifest.key)
    return recorded is not None and recorded.digest == manifest.digest


def record_beside(portfolio: Portfolio) -> Record:
    """The study's results file, also where everything was computed from nothing, so that it did not count."""
    record = portfolio.record
    if record.stages:
        return record
    return read_record(record.file.with_name(f"{portfolio.name}.yaml"), Store(record.folder))
