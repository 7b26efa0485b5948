"""Shorthand for declaring stages and figures with the settings and files that decide their results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from camfolio.store.artefacts import Stage
from camfolio.study.settings import Study


def stage(
    name: str,
    parameters: Mapping[str, Any],
    *upstream: str,
    files: Mapping[str, Path] | None = None,
    group: str = "",
    renamed: Mapping[str, str] | None = None,
) -> Stage:
    """The stage whose `run` is in `camfolio.stages.NAME` and takes each stage before it under that stage's name;
    those in `renamed` (argument -> stage) under another one. A name with a dash, `MODULE-WHICH`, is one of several stages with the same `run`.
    """
    return Stage(
        name=name,
        module=f"camfolio.stages.{name.partition('-')[0]}",
        parameters=parameters,
        upstream={before: before for before in upstream} | dict(renamed or {}),
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
    if values.get("checkpoint"):
        values["checkpoint"] = Path(values["checkpoint"]).name
    return {name: values}


def network_section(study: Study) -> dict[str, Any]:
    """The section `network` without the layer, which the section `explanation` says, too."""
    return section(study, "network", leave=("layer",))


def device(study: Study) -> dict[str, Any]:
    """The parameter `device` of stages that run the network."""
    return {"device": {"threads": study.training.threads, "accelerator": study.training.accelerator}}


def checkpoint(study: Study) -> dict[str, Path]:
    """The file of weights that is loaded instead of training, if the study names one."""
    return {"checkpoint": study.network.checkpoint} if study.network.checkpoint else {}
