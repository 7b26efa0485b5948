"""While a site is served: what is missing is computed beside the server, and its pages say how far that is."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Sequence
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
OUTCOME = "outcome.json"
THREAD = "camfolio-computing"
COMPUTING = """# Being computed: {names}

{done} of {all} results of {study} are there. How far it is stands in the terminal; this page reloads by itself.
"""
log = logging.getLogger("camfolio")


def in_background(studies: Sequence[Path], store: Store, overrides: Sequence[str]) -> str:
    """Start computing what is missing, unless that is under way; what a page says meanwhile, empty if nothing is missing.

    Raises:
        StoreError: with the sentence of a stage that failed, until something that it depends on changes.
        CamfolioError: for a mistake in a study file.
    """
    states = {path: inspect_study(path, store, overrides) for path in studies}
    first = next((path for path, found in states.items() if next_batch(found)), None)
    if first is None:
        return ""
    check_outcome(store, wanted(states[first]))
    if not any(thread.name == THREAD for thread in threading.enumerate()):
        arguments = (tuple(studies), store, tuple(overrides))
        threading.Thread(target=compute, args=arguments, name=THREAD, daemon=True).start()
    done = sum(state.artefact is not None for state in states[first])
    names = wording.listed([state.stage.name for state in next_batch(states[first])][:3])
    words = {"names": wording.as_text(names), "study": wording.as_text(first.stem)}
    return COMPUTING.format(done=done, all=len(states[first]), **words)


def compute(studies: Sequence[Path], store: Store, overrides: Sequence[str]) -> None:
    """Compute every study; say so at each step, and leave the sentence of the first failure for the next rendering."""
    latest: list[State] = []

    def tell(states: Sequence[State]) -> None:
        latest[:] = states
        leave_outcome(store, "", "")

    message = ""
    try:
        for path in studies:
            build(stages(read_study(path, overrides), path.parent), store, tell)
    except (CamfolioError, OSError) as caught:
        message = str(file_error(caught) if isinstance(caught, OSError) else caught)
    finally:
        threading.current_thread().name = f"{THREAD}-over"
        leave_outcome(store, wanted(latest), message)


def wanted(states: Sequence[State]) -> str:
    """One digest over what is to be computed next: the same as long as nothing that decides it changes."""
    return digest_of([state.ingredients.key for state in next_batch(states) if state.ingredients])


def leave_outcome(store: Store, digest: str, message: str) -> None:
    """Write down how it went, for this process only; the server sees that something was written."""
    outcome = {"process": os.getpid(), "wanted": digest, "message": message}
    replace_file(store.root / FOLDER / OUTCOME, json.dumps(outcome))


def check_outcome(store: Store, digest: str) -> None:
    """Whether just this was tried by this process and failed.

    Raises:
        StoreError: with the sentence it failed with.
    """
    file = store.root / FOLDER / OUTCOME
    outcome = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    if outcome.get("message") and (outcome["process"], outcome["wanted"]) == (os.getpid(), digest):
        raise StoreError(outcome["message"])
