"""The stages that train a network, or the networks of an ensemble."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from camfolio.pipeline.declare import device, network_section, stage
from camfolio.store.stage import Stage
from camfolio.study.settings import Study
from camfolio.study.training import Training


def training_stages(
    study: Study,
    name: str,
    seed: int,
    *,
    renamed: Mapping[str, str] | None = None,
    group: str = "",
    intermediate: bool = True,
) -> tuple[Stage, ...]:
    """One training, or those of an ensemble's networks, which need not wait for one another, and what puts them together.

    Args:
        study: its settings.
        name: of the stage that later ones read.
        seed: of weights, order and augmentation; of an ensemble's further networks, see `member_seeds`.
        renamed: argument -> stage, for slices that are not those of the stage `slices`.
        group: of the trainings (see `Stage`).
        intermediate: no page reads the result.
    """
    upstream = {"slices": "slices", "split": "split"} | dict(renamed or {})
    network, count = network_section(study), study.training.ensemble
    alone = network | single(study.training)
    if study.network.checkpoint or count == 1:
        files = {"checkpoint": study.network.checkpoint} if study.network.checkpoint else {}
        parameters = alone | {"seed": seed}
        return (stage(name, parameters, files=files, group=group, renamed=upstream, intermediate=intermediate),)
    members = [
        stage(
            f"{name}-member-{number}",
            alone | {"seed": own, "exported": False},
            group=group,
            renamed=upstream,
            intermediate=True,
        )
        for number, own in enumerate(member_seeds(seed, count), 1)
    ]
    folders = {f"member_{number:02}": member.name for number, member in enumerate(members, 1)}
    ensemble = stage(
        name,
        network | device(study),
        renamed={"slices": upstream["slices"]} | folders,
        intermediate=intermediate,
        local=True,  # a copy of its networks
    )
    return (*members, replace(ensemble, module="camfolio.stages.ensemble"))


def single(training: Training, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - values of any setting
    """The section `training` of one network, with other values for some keys."""
    return {"training": training.model_copy(update={"ensemble": 1, **more}).model_dump(mode="json")}


def member_seeds(seed: int, count: int) -> list[int]:
    """Seeds of the members' trainings; the first is that of a single network.

    They are far from `seed + 1`, `seed + 2` and so on, the seeds of retrainings.

    >>> member_seeds(7, 3)
    [7, 1007, 2007]
    """
    return [(seed + 1000 * number) % 2**32 for number in range(count)]
