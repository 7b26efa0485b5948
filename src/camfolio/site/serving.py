"""Background computation of missing results while a site is served; pages show its progress."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from camfolio.errors import CamfolioError, StoreError
from camfolio.pipeline.contents import stages
from camfolio.pipeline.portfolio import inspect_study
from camfolio.site import wording
from camfolio.store.artefacts import Store, digest_of
from camfolio.store.build import build
from camfolio.store.files import file_error, replace_file
from camfolio.store.record import read_record
from camfolio.store.survey import State, needed, next_batch
from camfolio.study.file import read_study

FOLDER = ".serving"
"""Folder in the store that the server watches: writing to it renders the pages again."""
STEPS = "steps.txt"
COMPUTING = """# Being computed: {names}

{done} of {all} results of {study} are finished. Progress is shown in the terminal; this page reloads by itself.
"""
log = logging.getLogger("camfolio")


@dataclass
class Background:
    """Computation in a thread of the server, at most one at a time.

    Attributes:
        running: whether one is in progress.
        steps: number of steps of all computations.
        failures: digest of the next stages (see `next_digest`) -> the message with which they failed.
    """

    running: bool = False
    steps: int = 0
    failures: dict[str, str] = field(default_factory=dict)

    def notice(self, studies: Sequence[Path], store: Store, overrides: Sequence[str]) -> str:
        """Start to compute missing results, unless that is in progress.

        Returns:
            Markdown for all pages meanwhile; empty if no result is missing.

        Raises:
            StoreError: with the message of a stage that failed, until one of its inputs changes.
            CamfolioError: for a mistake in a study file.
        """
        states = {path: inspect_study(path, store, overrides) for path in studies}
        first = next((path for path, study_states in states.items() if next_batch(study_states)), None)
        if first is None:
            return ""
        if message := self.failures.get(next_digest(states[first])):
            raise StoreError(message)
        if not self.running:
            self.running = True
            arguments = (tuple(studies), store, tuple(overrides))
            threading.Thread(target=self.compute, args=arguments, daemon=True).start()
        every = len(states[first])
        names = wording.listed([state.stage.name for state in next_batch(states[first])][:3])
        words = {"names": wording.as_text(names), "study": wording.as_text(first.stem)}
        return COMPUTING.format(done=every - len(needed(states[first])), all=every, **words)

    def compute(self, studies: Sequence[Path], store: Store, overrides: Sequence[str]) -> None:
        """Compute every study; render at each step, and keep the message of the first failure."""
        latest: list[State] = []

        def report(states: Sequence[State]) -> None:
            latest[:] = states
            self.render_again(store)

        try:
            for path in studies:
                build(stages(read_study(path, overrides), path.parent), store, report, read_record(path, store))
        except (CamfolioError, OSError) as caught:
            self.failures[next_digest(latest)] = str(file_error(caught) if isinstance(caught, OSError) else caught)
        finally:
            self.running = False
            self.render_again(store)

    def render_again(self, store: Store) -> None:
        """Write to the folder that the server watches."""
        self.steps += 1
        replace_file(store.root / FOLDER / STEPS, f"{self.steps}\n")


def next_digest(states: Sequence[State]) -> str:
    """One digest of the keys of the stages to compute next; it changes only with one of their inputs."""
    return digest_of([state.ingredients.key for state in next_batch(states) if state.ingredients])
