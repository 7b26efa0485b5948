"""The stages that train a network, or the networks of an ensemble."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from camfolio.pipeline.declare import device, network_section, stage
from camfolio.store.stage import Stage
from camfolio.study.settings import Study
from camfolio.study.training import Training


def training_stages(study: Study, name: str, seed: int, *, intermediate: bool = True) -> tuple[Stage, ...]:
    """One training, or those of an ensemble's networks, which need not wait for one another, and what puts them together.

    Args:
        study: its settings.
        name: of the stage that later ones read.
        seed: of weights, order and augmentation; of an ensemble's further networks, see `member_seeds`.
        intermediate: no page reads the result.
    """
    network, count = network_section(study), study.training.ensemble
    alone = network | single(study.training)
    if study.network.checkpoint or count == 1:
        files = {"checkpoint": study.network.checkpoint} if study.network.checkpoint else {}
        return (stage(name, alone | {"seed": seed}, "slices", "split", files=files, intermediate=intermediate),)
    members = [
        stage(f"{name}-member-{number}", alone | {"seed": own, "exported": False}, "slices", "split", intermediate=True)
        for number, own in enumerate(member_seeds(seed, count), 1)
    ]
    folders = {f"member_{number:02}": member.name for number, member in enumerate(members, 1)}
    ensemble = stage(
        name,
        network | device(study),
        "slices",
        renamed=folders,
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
