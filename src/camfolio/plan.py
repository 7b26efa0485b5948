"""The words of a study's table of contents: stages and figures, and what of the settings and files decides them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from camfolio.config import DataDescription, Study
from camfolio.store.artefacts import Stage
from camfolio.studyfile import module_file

EMBEDDED = Path(__file__).parent / "data" / "lidc_annotations.npz"


def stage(
    name: str,
    parameters: Mapping[str, Any],
    *upstream: str,
    files: Mapping[str, Path] | None = None,
    group: str = "",
    **renamed: str,
) -> Stage:
    """The stage whose `run` is in `camfolio.stages.NAME` and takes each stage before it under that stage's name, or by
    keyword under another one. A name with a dash, `MODULE-WHICH`, is one of several stages with the same `run`.
    """
    return Stage(
        name=name,
        module=f"camfolio.stages.{name.partition('-')[0]}",
        parameters=parameters,
        upstream={before: before for before in upstream} | renamed,
        files=files or {},
        group=group,
    )


def figure(module: str, parameters: Mapping[str, Any], *upstream: str, name: str = "") -> Stage:
    """The figure whose `run` is in `camfolio.figures.MODULE`."""
    return Stage(
        name=f"figure-{name or module}",
        module=f"camfolio.figures.{module}",
        parameters=parameters,
        upstream={before: before for before in upstream},
        group="figures",
    )


def section(study: Study, name: str, leave: Sequence[str] = (), only: Sequence[str] = ()) -> dict[str, Any]:
    """One section as JSON under its name; of files only the names, since their digests are inputs of the stage.

    Keys in `leave`, or not in `only` if it is given, are for other stages: changing them recomputes nothing here.
    """
    values = getattr(study, name).model_dump(mode="json", exclude=set(leave), include=set(only) or None)
    for key in ("path", "checkpoint"):
        if values.get(key):
            values[key] = Path(values[key]).name
    return {name: values}


def without_words(study: Study) -> dict[str, Any]:
    """The `data` section without the author's words about it: they are on pages and decide no result."""
    values: dict[str, Any] = section(study, "data")["data"]
    return {key: value for key, value in values.items() if key not in DataDescription.model_fields}


def named_files(study: Study, folder: Path) -> dict[str, dict[str, Path]]:
    """Stage -> files outside the store that it reads; modules with methods of the user's own by `module:NAME`."""
    path, checkpoint = getattr(study.data, "path", None), study.network.checkpoint
    modules = [method.rpartition(".")[0] for method in study.explanation.own_methods]
    own = {f"module:{module}": file for module in modules if (file := module_file(module, folder))}
    return {
        "slices": {"path": path} if path else {"embedded": EMBEDDED},
        "training": {"checkpoint": checkpoint} if checkpoint else {},
        "explanations": own,
    }
