"""The worker of a build: orders on standard input, lines about them on standard output.

Where the system can, every order is computed in a process of its own (see `forks`); elsewhere every worker computes one
order after another, of one group.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

from pydantic import validate_call

from camfolio import progress
from camfolio.errors import CamfolioError, ChangedError, StoreError
from camfolio.processes import end_with, name_user
from camfolio.store.artefacts import MEMORY, Ingredients, Store
from camfolio.store.code import Code, CodeReader
from camfolio.store.files import file_error, system_error
from camfolio.store.forks import Server
from camfolio.store.inputs import InputReader
from camfolio.store.survey import changes
from camfolio.store.unfinished import Unfinished
from camfolio.user_code import import_user_module

FORKS = sys.platform == "linux"
"""Whether a process may be forked after libraries were imported; elsewhere every worker computes by itself."""


def main() -> int:
    """Follow orders until standard input is closed; returns the exit status."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends the worker at once; the build reports it
    orders, answers = keep_standard_streams()
    os.umask(0o077)  # what stages write is this user's alone
    name_user()
    if FORKS:
        end_with(int(sys.argv[1]))
        Server(follow, orders, answers).serve()
    else:
        follow_alone(orders, answers)
    return 0


def follow(order: Mapping[str, Any], sender: int) -> int:
    """Compute an order and write lines about it to a file descriptor; returns the exit status."""
    lock = threading.Lock()

    def say(**values: Any) -> None:  # noqa: ANN401 - JSON values
        with lock:
            os.write(sender, (json.dumps(values) + "\n").encode())

    return computed(order["job"], Store(Path(order["store"])), say)


def follow_alone(orders: TextIO, answers: TextIO) -> None:
    """Compute orders in this process, which ends when there can be no more, so that it does not outlive its parent."""
    received: queue.Queue[str] = queue.Queue()

    def receive() -> None:
        for line in orders:
            received.put(line)
        os._exit(0)

    threading.Thread(target=receive, daemon=True).start()
    while True:
        order = json.loads(received.get())

        def say(number: int = order["number"], **values: Any) -> None:  # noqa: ANN401 - JSON values
            answers.write(json.dumps({"number": number, **values}) + "\n")
            answers.flush()

        say(status=computed(order["job"], Store(Path(order["store"])), say))


class Messages(logging.Handler):
    """Passes log messages of stages on to the build.

    Args:
        say: writes one line.
    """

    def __init__(self, say: Callable[..., None]) -> None:
        super().__init__()
        self.say = say

    def emit(self, record: logging.LogRecord) -> None:
        """Pass on one message: all of camfolio, warnings of other libraries."""
        if record.name.startswith("camfolio") or record.levelno >= logging.WARNING:
            self.say(level=record.levelno, words=record.getMessage())


def computed(job: dict[str, Any], store: Store, say: Callable[..., None]) -> int:
    """Compute a job and say how it goes and ends; returns the exit status, 1 after an error."""
    progress.listen(lambda done, words: say(done=done, words=words))
    logging.basicConfig(level=logging.INFO, handlers=[Messages(say)], force=True)
    try:
        compute(job, store)
    except Exception as caught:  # noqa: BLE001 - any exception of a stage is reported
        error = reported(caught, job["ingredients"]["stage"], store)
        say(error=type(error).__name__, message=str(error))
    else:
        say(finished=True)
        return 0
    return 1


def reported(error: Exception, stage: str, store: Store) -> CamfolioError:
    """An error of a stage as a sentence; after one that is neither ours nor the system's, the traceback is printed."""
    if isinstance(error, CamfolioError):
        return error
    if system := error if isinstance(error, OSError) else system_error(error):
        return file_error(system, store.root)
    traceback.print_exception(error)
    return StoreError(f"Expected a result of {stage}, but got {type(error).__name__}: {error}. The traceback is above.")


def compute(job: dict[str, Any], store: Store) -> None:
    """Run one stage; `validate_call` converts JSON parameters to the settings that `run` declares."""
    ingredients = Ingredients.model_validate(job["ingredients"])
    stage = importlib.import_module(job["modules"][0])
    run, unfinished = validate_call(stage.run), Unfinished(store, ingredients, stage.run)
    paths = {name: Path(path) for name, path in job["paths"].items()}
    outside = {name: Path(path) for name, path in job["outside"].items()}

    def check() -> None:
        code = CodeReader(store.root / MEMORY).closure(tuple(job["modules"]))
        check_unchanged(ingredients, digests_of(outside, store), code)

    def fill(out: Path) -> None:
        for name, file in job["user_modules"].items():
            import_user_module(name, Path(file))
        with unfinished.argument() as folder:
            if folder:
                check()  # what is kept there, and outlives a killed process, comes from the code and files of the key
            run(out=out, **folder, **paths, **ingredients.parameters)
        check()

    store.make(ingredients, fill)
    unfinished.discard()


def digests_of(outside: Mapping[str, Path], store: Store) -> dict[str, str]:
    """Current digests of files and folders outside the store."""
    reader = InputReader(store.root / ".inputs")
    return {name: reader.digest(path) for name, path in outside.items()}


def check_unchanged(ingredients: Ingredients, outside: Mapping[str, str], code: Code) -> None:
    """Check that code and files have not changed since the key was computed.

    Raises:
        ChangedError: naming what has changed.
    """
    inputs = {**ingredients.inputs, **outside}
    changed = [name for name, _, _ in (*changes(ingredients.code, code.modules), *changes(ingredients.inputs, inputs))]
    if changed:
        msg = f"Expected nothing to change while {ingredients.stage} is computed, but {', '.join(changed)} did."
        raise ChangedError(msg)


def keep_standard_streams() -> tuple[TextIO, TextIO]:
    """Reserve standard input for orders and standard output for answers: stages read nothing there, and what they print goes to standard error."""
    orders, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    return orders, answers


if __name__ == "__main__":
    sys.exit(main())
