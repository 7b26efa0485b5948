"""While a site is served: what is missing is computed beside the server, and its pages say how far that is."""

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
from camfolio.store.build import State, build, next_batch
from camfolio.store.files import file_error, replace_file
from camfolio.study.file import read_study

FOLDER = ".serving"
"""In the store; the server watches it, so that writing there renders the pages again."""
STEPS = "steps.txt"
COMPUTING = """# Being computed: {names}

{done} of {all} results of {study} are there. How far it is stands in the terminal; this page reloads by itself.
"""
log = logging.getLogger("camfolio")


@dataclass
class Background:
    """The computation beside a server: at most one at a time.

    Attributes:
        running: whether there is one now.
        steps: how many were taken, all computations together.
        failures: digest over what was to be computed next -> the sentence with which that failed.
    """

    running: bool = False
    steps: int = 0
    failures: dict[str, str] = field(default_factory=dict)

    def notice(self, studies: Sequence[Path], store: Store, overrides: Sequence[str]) -> str:
        """Start computing what is missing, unless that is under way; what pages say meanwhile, empty if nothing is missing.

        Raises:
            StoreError: with the sentence of a stage that failed, until something that it depends on changes.
            CamfolioError: for a mistake in a study file.
        """
        states = {path: inspect_study(path, store, overrides) for path in studies}
        first = next((path for path, found in states.items() if next_batch(found)), None)
        if first is None:
            return ""
        if message := self.failures.get(wanted(states[first])):
            raise StoreError(message)
        if not self.running:
            self.running = True
            arguments = (tuple(studies), store, tuple(overrides))
            threading.Thread(target=self.compute, args=arguments, daemon=True).start()
        done = sum(state.artefact is not None for state in states[first])
        names = wording.listed([state.stage.name for state in next_batch(states[first])][:3])
        words = {"names": wording.as_text(names), "study": wording.as_text(first.stem)}
        return COMPUTING.format(done=done, all=len(states[first]), **words)

    def compute(self, studies: Sequence[Path], store: Store, overrides: Sequence[str]) -> None:
        """Compute every study; render at each step, and remember the sentence of the first failure."""
        latest: list[State] = []

        def tell(states: Sequence[State]) -> None:
            latest[:] = states
            self.render_again(store)

        try:
            for path in studies:
                build(stages(read_study(path, overrides), path.parent), store, tell)
        except (CamfolioError, OSError) as caught:
            self.failures[wanted(latest)] = str(file_error(caught) if isinstance(caught, OSError) else caught)
        finally:
            self.running = False
            self.render_again(store)

    def render_again(self, store: Store) -> None:
        """Write into the folder that the server watches."""
        self.steps += 1
        replace_file(store.root / FOLDER / STEPS, f"{self.steps}\n")


def wanted(states: Sequence[State]) -> str:
    """One digest over what is to be computed next: the same as long as nothing that decides it changes."""
    return digest_of([state.ingredients.key for state in next_batch(states) if state.ingredients])
