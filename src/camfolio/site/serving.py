"""Background computation of missing results while a site is served, and when its pages are rendered again."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from camfolio.errors import CamfolioError, StoreError
from camfolio.pipeline.contents import stages
from camfolio.pipeline.portfolio import Portfolio
from camfolio.site.progress import ProgressFile, StudyProgress, study_progress
from camfolio.site.templates import Page, WaitingPage
from camfolio.store.artefacts import Store
from camfolio.store.build import build
from camfolio.store.files import file_error, replace_cache
from camfolio.store.partial_results import PartialResults
from camfolio.store.record import read_record
from camfolio.store.survey import State, needed, next_batch
from camfolio.store.watch import Moment
from camfolio.study.file import read_study

FOLDER = ".serving"
"""Folder in the store that the server watches: writing to it renders the pages again."""
REQUESTS = "requests.txt"
AGAIN = 5.0
"""Seconds after which a rendering that did not begin is asked for again: the server does not watch yet at its first one."""
LAST = 12
"""How often the last rendering is asked for."""


@dataclass
class Background:
    """Computation in a thread of the server, at most one at a time.

    Attributes:
        running: whether one is in progress.
        requests: number of renderings asked for.
        asked: when the latest one was asked for, in seconds; None once it began.
        failures: keys of the stages that were being computed when one failed -> its message.
        progress: study -> its progress, of those with missing results.
        file: the progress for the script of waiting pages.
        waiting: pages of the latest rendering that wait for results.
        results: study -> the results that these pages read.
    """

    running: bool = False
    requests: int = 0
    asked: float | None = None
    failures: dict[frozenset[str], str] = field(default_factory=dict)
    progress: dict[str, StudyProgress] = field(default_factory=dict)
    file: ProgressFile = field(default_factory=ProgressFile)
    waiting: Sequence[WaitingPage] = ()
    results: Mapping[str, PartialResults] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, opened: Mapping[Path, Portfolio], store: Store, overrides: Sequence[str]) -> None:
        """Start to compute the missing results of studies, unless that is in progress.

        Raises:
            StoreError: with the message of a stage that failed, until one of its inputs changes.
        """
        self.asked = None
        results = {one.name: one.artefacts for one in opened.values() if isinstance(one.artefacts, PartialResults)}
        missing = {name: one for name, one in results.items() if one.missing}
        before = self.progress if self.running else {}
        self.progress = {name: before.get(name) or study_progress(one.states) for name, one in missing.items()}
        for one in missing.values():
            if message := self.failure(one.states):
                raise StoreError(message)
        if missing and not self.running:
            self.running = True
            states = {path: results[one.name].states for path, one in opened.items() if one.name in results}
            threading.Thread(target=self.compute, args=(states, store, tuple(overrides)), daemon=True).start()

    def failure(self, states: Sequence[State]) -> str:
        """The message of a stage of this study that failed with the inputs that it has now; empty if there is none."""
        keys = {state.ingredients.key for state in states if state.ingredients}
        return next((message for failed, message in self.failures.items() if failed <= keys), "")

    def compute(self, studies: Mapping[Path, Sequence[State]], store: Store, overrides: Sequence[str]) -> None:
        """Compute every study; keep the message of the first failure."""
        latest: list[Moment] = []

        def watch(path: Path, moment: Moment) -> None:
            latest[:] = [moment]
            self.report(path.stem, moment, store)

        states: Sequence[State] = ()
        try:
            for path, found in studies.items():
                latest.clear()
                states = found
                declared = stages(read_study(path, overrides), path.parent)
                build(declared, store, partial(watch, path), read_record(path, store))
        except (CamfolioError, OSError) as caught:
            message = str(file_error(caught) if isinstance(caught, OSError) else caught)
            self.failures[keys_at_work(latest[0] if latest else None, states)] = message
        finally:
            self.running = False
            self.render_at_last(store)

    def report(self, study: str, moment: Moment, store: Store) -> None:
        """Show what is being done, and render again if a page that waits could now be rendered."""
        self.progress = {**self.progress, study: study_progress(moment.states, moment.running, moment.left)}
        self.file.write(self.progress)
        overdue = self.asked is not None and time.monotonic() - self.asked > AGAIN
        if self.can_change_a_page(study, moment) or overdue:
            self.render_again(store)

    def watch_pages(self, waiting: Sequence[WaitingPage], opened: Mapping[Path, Portfolio]) -> None:
        """Take these pages, and the results that they read, as those of the latest rendering."""
        with self.lock:
            self.waiting = waiting
            self.results = {
                one.name: one.artefacts for one in opened.values() if isinstance(one.artefacts, PartialResults)
            }

    def can_change_a_page(self, study: str, moment: Moment) -> bool:
        """Whether a waiting page has all its results now; it is found once, the others are tried again later."""
        with self.lock:
            if study in self.results:
                self.results[study].update(moment.states)
            tried = [self.tried(page) for page in self.waiting]
            self.waiting = [page for page in tried if isinstance(page, WaitingPage)]
            return len(self.waiting) < len(tried)

    def tried(self, page: WaitingPage) -> Page | None:
        """A page rendered again if the result is finished at which it stopped; None if that is an error, which a rendering shows."""
        read = self.results.get(page.study)
        if read is None or page.stage in read.missing or page.again is None:
            return page
        try:
            return page.again()
        except Exception:  # noqa: BLE001 - the server renders the page again and shows the error
            return None

    def render_again(self, store: Store) -> None:
        """Write to the folder that the server watches."""
        self.requests += 1
        self.asked = time.monotonic()
        replace_cache(store.root / FOLDER / REQUESTS, f"{self.requests}\n")

    def render_at_last(self, store: Store) -> None:
        """Ask for a rendering until one begins."""
        for _ in range(LAST):
            self.render_again(store)
            end = time.monotonic() + AGAIN
            while time.monotonic() < end:
                if self.asked is None:
                    return
                time.sleep(0.1)


def keys_at_work(moment: Moment | None, states: Sequence[State]) -> frozenset[str]:
    """Keys of the stages that were being computed, else of those that came next; they change only with one of their inputs."""
    states = moment.states if moment else states
    names = {one.stage for one in moment.running} if moment else set()
    at_work = [state for state in needed(states) if state.stage.name in names] or next_batch(states)
    return frozenset(state.ingredients.key for state in at_work if state.ingredients)
