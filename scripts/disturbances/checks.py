"""What is checked after a fault: files of results against their manifests, and results against those of an undisturbed build."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from camfolio.pipeline.portfolio import inspect_study
from camfolio.store.artefacts import NAMED, Manifest, Store, read_manifest
from camfolio.store.files import PART, file_digest
from camfolio.store.survey import State
from disturbances.builds import start

CACHES = ("code.json", "store.json", ".inputs", ".locks")
"""Of a store, what a build writes beside results."""


@dataclass
class Tally:
    """What a fault led to.

    Attributes:
        tried: how often.
        orphans: processes that outlived their build.
        half_written: results under their final names, or taken for finished, whose files are not those of their manifest.
        others: results that one more build did not give, or with other bytes than an undisturbed build.
        remarks: other things that were wrong.
        impossible: why it could not be tried.
    """

    tried: int = 0
    orphans: int = 0
    half_written: int = 0
    others: int = 0
    remarks: list[str] = field(default_factory=list)
    impossible: str = ""

    @property
    def wrong(self) -> bool:
        """Whether anything was."""
        return bool(self.orphans or self.half_written or self.others or self.remarks)


@dataclass(frozen=True)
class Calm:
    """An undisturbed build.

    Attributes:
        study: its file.
        store: its results.
        seconds: how long it took.
        folder: for the stores of disturbed builds.
        seed: of what is drawn at random.
        outputs: stage -> digests of its result's files.
    """

    study: Path
    store: Path
    seconds: float
    folder: Path
    seed: int
    outputs: Mapping[str, Mapping[str, str]]

    def copy(self, name: str) -> Path:
        """A new store with its results, their times, and no caches."""
        return Path(shutil.copytree(self.store, self.folder / name, ignore=shutil.ignore_patterns(*CACHES)))

    def others(self, store: Path) -> int:
        """How many results that are needed are missing in a store or have other bytes, by their manifests."""
        found = {state.stage.name: state for state in states(self.study, store)}
        return sum(outputs != outputs_of(found[name], outputs) for name, outputs in self.outputs.items())

    def once_more(self, store: Path, tally: Tally) -> None:
        """Build once more, now undisturbed, and count what is not as it was."""
        if status := start(self.study, store).wait():
            tally.remarks.append(f"one more build ended with {status}")
        tally.half_written += len(list(half_written(store)))
        tally.others += self.others(store)


def calm(study: Path, folder: Path, seed: int) -> Calm:
    """Build a study undisturbed.

    Raises:
        RuntimeError: if it cannot be built.
    """
    begin, store = time.monotonic(), folder / "calm"
    if start(study, store).wait() != 0:
        msg = f"Expected a study that can be built, but camfolio build {study} failed."
        raise RuntimeError(msg)
    seconds = time.monotonic() - begin
    outputs = {state.stage.name: made.outputs for state in states(study, store) if (made := manifest_of(state))}
    return Calm(study, store, seconds, folder, seed, outputs)


def states(study: Path, store: Path) -> list[State]:
    """The states of all stages."""
    return inspect_study(study, Store(store))


def manifest_of(state: State) -> Manifest | None:
    """The manifest of a result in the store."""
    return state.artefact.manifest if state.artefact else None


def outputs_of(state: State, absent: Mapping[str, str]) -> Mapping[str, str]:
    """Digests of a result's files as its manifest states them; `absent` for one that is not here and not needed."""
    if made := manifest_of(state):
        return made.outputs
    return absent if state.stage.intermediate else {}


def half_written(store: Path) -> Iterator[str]:
    """Results under their final name whose files are not those of their manifest."""
    for folder in sorted(store.glob("[!.]*/*/")):
        if not NAMED.fullmatch(folder.name) or folder.name.endswith(PART):
            continue
        manifest = read_manifest(folder)
        if manifest is None or not is_whole(folder, manifest):
            yield str(folder.relative_to(store))


def is_whole(folder: Path, manifest: Manifest) -> bool:
    """Whether the files of a result are those of its manifest."""
    return all(
        (folder / name).is_file() and file_digest(folder / name) == digest for name, digest in manifest.outputs.items()
    )


Fault = Callable[[Calm, int], Tally]
"""Disturbs builds so many times."""
