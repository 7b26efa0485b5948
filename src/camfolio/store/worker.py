"""The fresh interpreter that computes stages: jobs come in on standard input, a failure goes out on standard output."""

from __future__ import annotations

import importlib
import json
import logging
import os
import sys
import threading
import traceback
from pathlib import Path
from typing import Any, TextIO

from pydantic import validate_call

from camfolio.errors import CamfolioError
from camfolio.store.artefacts import Ingredients, Store


def main() -> int:
    """Read the jobs, compute them one after the other; the exit status says whether all went well."""
    report = keep_standard_output()
    order = json.loads(sys.stdin.readline())
    threading.Thread(target=end_with_parent, daemon=True).start()
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    store = Store(Path(order["store"]))
    try:
        for job in order["jobs"]:
            compute(job, store)
    except CamfolioError as error:
        json.dump({"error": type(error).__name__, "message": str(error)}, report)
        return 1
    except Exception as error:  # noqa: BLE001 - whatever a stage raises is reported, in one sentence and a traceback
        traceback.print_exc()
        stage = job["ingredients"]["stage"]
        message = f"Expected a result of {stage}, but got {type(error).__name__}: {error}. The traceback is above."
        json.dump({"error": "StoreError", "message": message}, report)
        return 1
    finally:
        report.flush()
    return 0


def compute(job: dict[str, Any], store: Store) -> None:
    """Run one stage; `validate_call` turns JSON parameters back into the settings that `run` declares."""
    ingredients = Ingredients.model_validate(job["ingredients"])
    run = validate_call(importlib.import_module(job["module"]).run)
    paths = {name: Path(path) for name, path in job["paths"].items()}
    store.make(ingredients, lambda out: run(out=out, **paths, **ingredients.parameters))


def keep_standard_output() -> TextIO:
    """Move standard output out of the way of libraries that print: theirs goes to standard error."""
    report = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return report


def end_with_parent() -> None:
    """Stop at once when the other end of standard input closes, so that no worker outlives its parent."""
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
