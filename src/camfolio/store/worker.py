"""The worker of a build: orders on standard input, an answer to each on standard output.

Where the system can, every order is computed in a process of its own that is forked from one which has imported the
libraries, so that they are imported once per build and no order meets what an earlier one left behind. Executors of loky
and concurrent.futures would finish their job as orphans when the build is killed.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import logging
import os
import select
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn, TextIO

from pydantic import validate_call

from camfolio.errors import CamfolioError, ChangedError
from camfolio.store.artefacts import MEMORY, Ingredients, Store
from camfolio.store.code import Code, CodeReader
from camfolio.store.files import file_error
from camfolio.store.inputs import InputReader
from camfolio.store.survey import changes
from camfolio.user_code import import_user_module

FORKS = sys.platform == "linux"
"""Whether a process may be forked after libraries were imported; elsewhere every order has a new interpreter."""
IMPORTED = {
    "matplotlib": ("matplotlib.figure", "matplotlib.backends.backend_agg", "matplotlib.backends.backend_svg"),
    "monai": ("monai.networks.nets",),
    "scipy": ("scipy.stats", "scipy.ndimage"),
    "torchmetrics": ("torchmetrics.functional.classification",),
}
"""Library -> the modules that stages import of it, where that is not all of them."""
SIGNAL_OF_PARENT = 1
"""PR_SET_PDEATHSIG of Linux' prctl: the signal that a process gets when the thread that started it ends."""


def main() -> int:
    """Answer orders until standard input is closed; returns the exit status."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends the worker at once; the build reports it
    if FORKS:
        end_with(int(sys.argv[1]))
    answers = keep_standard_output()
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    while line := sys.stdin.readline():
        order = json.loads(line)
        status, report = forked(order) if FORKS else alone(order)
        answers.write(json.dumps({"status": status, "report": report, "last": not FORKS}) + "\n")
        answers.flush()
        if not FORKS:
            break
    return 0


def forked(order: Mapping[str, Any]) -> tuple[int, str]:
    """Exit status and report of processes forked for one order; they are killed when standard input is closed."""
    preload(order["libraries"])
    children = [fork({**order, "jobs": order["jobs"][lane :: order["lanes"]]}) for lane in range(order["lanes"])]
    reports = dict.fromkeys((receiver for _, receiver in children), b"")
    unread = set(reports)
    while unread:
        ready, _, _ = select.select([*unread, sys.stdin.fileno()], [], [])
        if sys.stdin.fileno() in ready:
            for child, _ in children:
                os.kill(child, signal.SIGKILL)
            os._exit(1)
        for receiver in ready:
            part = os.read(receiver, 2**16)
            reports[receiver] += part
            unread -= set() if part else {receiver}
    ended = [
        (os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), reports[receiver].decode("utf-8", "replace"))
        for child, receiver in children
    ]
    for receiver in reports:
        os.close(receiver)
    return next((one for one in ended if one[0] != 0), (0, ""))


def fork(order: Mapping[str, Any]) -> tuple[int, int]:
    """A process that computes an order: its number, and where its report can be read."""
    receiver, sender = os.pipe()
    server = os.getpid()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # idle threads of linear algebra, which know forks
        child = os.fork()
    if child == 0:
        os.close(receiver)
        end_forked(order, sender, server)
    os.close(sender)
    return child, receiver


def end_forked(order: Mapping[str, Any], sender: int, server: int) -> NoReturn:
    """Compute an order in the forked process, report, and exit without what the server would do at its end."""
    end_with(server)
    status = 1
    try:
        status, report = computed(order)
        os.write(sender, report.encode())
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    finally:
        sys.stderr.flush()
        os._exit(status)


def end_with(parent: int) -> None:
    """Have the system kill this process when its parent ends, also while a library is imported and nothing else can run."""
    ctypes.CDLL(None).prctl(SIGNAL_OF_PARENT, signal.SIGKILL)
    if os.getppid() != parent:  # it had ended before
        os._exit(1)


def alone(order: Mapping[str, Any]) -> tuple[int, str]:
    """Exit status and report of an order that is computed in this process, which ends when standard input is closed."""
    threading.Thread(target=end_with_parent, daemon=True).start()
    return computed(order)


def end_with_parent() -> None:
    """Exit when standard input is closed, so that no worker outlives its parent."""
    sys.stdin.read()
    os._exit(1)


def preload(libraries: Iterable[str]) -> None:
    """Import libraries; one that is missing is reported by the stage that needs it."""
    for library in libraries:
        for module in (library, *IMPORTED.get(library, ())):
            with contextlib.suppress(ImportError):
                importlib.import_module(module)


def computed(order: Mapping[str, Any]) -> tuple[int, str]:
    """Compute the jobs of an order one after the other; exit status, and the error as JSON if one failed."""
    store = Store(Path(order["store"]))
    for job in order["jobs"]:
        try:
            compute(job, store)
        except (CamfolioError, OSError) as caught:
            error = file_error(caught) if isinstance(caught, OSError) else caught
            return 1, json.dumps({"error": type(error).__name__, "message": str(error)})
        except Exception as caught:  # noqa: BLE001 - any exception of a stage is reported, as a sentence and a traceback
            traceback.print_exc()
            stage = job["ingredients"]["stage"]
            message = (
                f"Expected a result of {stage}, but got {type(caught).__name__}: {caught}. The traceback is above."
            )
            return 1, json.dumps({"error": "StoreError", "message": message})
    return 0, ""


def compute(job: dict[str, Any], store: Store) -> None:
    """Run one stage; `validate_call` converts JSON parameters to the settings that `run` declares."""
    ingredients = Ingredients.model_validate(job["ingredients"])
    run = validate_call(importlib.import_module(job["modules"][0]).run)
    paths = {name: Path(path) for name, path in job["paths"].items()}
    outside = {name: Path(path) for name, path in job["outside"].items()}

    def fill(out: Path) -> None:
        for name, file in job["user_modules"].items():
            import_user_module(name, Path(file))
        run(out=out, **paths, **ingredients.parameters)
        check_unchanged(
            ingredients, digests_of(outside, store), CodeReader(store.root / MEMORY).closure(tuple(job["modules"]))
        )

    store.make(ingredients, fill)


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


def keep_standard_output() -> TextIO:
    """Reserve standard output for answers; what libraries print goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return answers


if __name__ == "__main__":
    sys.exit(main())
