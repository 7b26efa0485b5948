"""Shorthand for declaring stages and figures with the settings and files that decide their results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from camfolio.store.stage import Stage
from camfolio.study.settings import Study


def stage(
    name: str,
    parameters: Mapping[str, Any],
    *upstream: str,
    files: Mapping[str, Path] | None = None,
    group: str = "",
    renamed: Mapping[str, str] | None = None,
    intermediate: bool = False,
    local: bool = False,
) -> Stage:
    """The stage with the function `run` of `camfolio.stages.NAME`.

    Args:
        name: of the stage; `MODULE-VARIANT` for one of several stages with the same `run`.
        parameters: settings, part of the key.
        upstream: stages whose results it reads, each passed under its name.
        files: input files outside the store, by argument.
        group: stages of one group may share a worker (see `Stage`).
        renamed: argument -> stage, for upstream stages passed under another name.
        intermediate: no page reads its result.
        local: its result is never kept beside a study (see `Stage`).
    """
    torch_settings = parameters.get("device", parameters.get("training", {}))
    return Stage(
        name=name,
        module=f"camfolio.stages.{name.partition('-')[0]}",
        parameters=parameters,
        upstream={stage_name: stage_name for stage_name in upstream} | dict(renamed or {}),
        files=files or {},
        group=group,
        intermediate=intermediate,
        local=local,
        threads=torch_settings.get("threads", 1),
    )


def figure(module: str, parameters: Mapping[str, Any], *upstream: str, name: str = "") -> Stage:
    """The stage `figure-NAME` with the function `run` of `camfolio.figures.MODULE`; NAME is MODULE unless given."""
    return Stage(
        name=f"figure-{name or module}",
        module=f"camfolio.figures.{module}",
        parameters=parameters,
        upstream={stage_name: stage_name for stage_name in upstream},
        group="figures",
        local=True,
    )


def section(study: Study, name: str, leave: Sequence[str] = (), only: Sequence[str] = ()) -> dict[str, Any]:
    """One section of the study as JSON, `{name: values}`; a checkpoint is reduced to its file name, since its digest is an input.

    Keys in `leave`, or not in `only` if that is given, are omitted: a change of them does not recompute the stage.
    """
    values = getattr(study, name).model_dump(mode="json", exclude=set(leave), include=set(only) or None)
    if values.get("checkpoint"):
        values["checkpoint"] = Path(values["checkpoint"]).name
    return {name: values}


def network_section(study: Study) -> dict[str, Any]:
    """The section `network` without its key `layer`, a short form of `explanation.layers`."""
    return section(study, "network", leave=("layer",))


def device(study: Study) -> dict[str, Any]:
    """The parameter `device` of stages that run the network."""
    return {"device": {"threads": study.training.threads, "accelerator": study.training.accelerator}}
