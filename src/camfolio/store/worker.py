"""The worker process that computes stages: jobs on standard input, an error on standard output.

Workers of loky or concurrent.futures would finish their job as orphans when the parent is killed.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from pydantic import validate_call

from camfolio.errors import CamfolioError, ChangedError
from camfolio.store.artefacts import MEMORY, Ingredients, Store
from camfolio.store.code import Code, CodeReader
from camfolio.store.files import file_error
from camfolio.store.inputs import InputReader
from camfolio.store.survey import changes
from camfolio.user_code import import_user_module


def main() -> int:
    """Read the jobs and compute them one after the other; returns the exit status."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends the worker at once; the parent reports it
    report = keep_standard_output()
    order = json.loads(sys.stdin.readline())
    threading.Thread(target=end_with_parent, daemon=True).start()
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    store = Store(Path(order["store"]))
    try:
        for job in order["jobs"]:
            compute(job, store)
    except (CamfolioError, OSError) as caught:
        error = file_error(caught) if isinstance(caught, OSError) else caught
        json.dump({"error": type(error).__name__, "message": str(error)}, report)
        return 1
    except Exception as caught:  # noqa: BLE001 - any exception of a stage is reported, as a sentence and a traceback
        traceback.print_exc()
        stage = job["ingredients"]["stage"]
        message = f"Expected a result of {stage}, but got {type(caught).__name__}: {caught}. The traceback is above."
        json.dump({"error": "StoreError", "message": message}, report)
        return 1
    finally:
        report.flush()
    return 0


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
    """Reserve standard output for the report; what libraries print goes to standard error."""
    report = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return report


def end_with_parent() -> None:
    """Exit when standard input is closed, so that no worker outlives its parent."""
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
