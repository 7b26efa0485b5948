"""Sanity-check stages: maps after weight randomisation, after retraining, and of perturbed slices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from camfolio.pipeline.declare import device, network_section, section, stage
from camfolio.store.artefacts import Stage
from camfolio.study.settings import Study

EVIDENCE = "evidence"
"""Group of the stages that test maps: those that are ready together share a worker. Trainings have no group."""
MAPS = ("slices", "split", "training", "explanations")
"""Stages that a test of the maps reads."""


def sanity_check_stages(study: Study) -> tuple[Stage, ...]:
    """Maps after weight randomisation, after retraining, and of perturbed slices."""
    explanation = section(study, "explanation", leave=("scaling",))["explanation"]
    mapping = network_section(study) | section(study, "evaluation") | device(study) | {"seed": study.seed}
    mapping |= {"explanation": explanation | {"layers": [study.explanation.layer]}}
    retrainings = retraining_settings(study)
    seeds = {f"seed_{name.rpartition('-')[2]}": f"retrained-{name}" for name in retrainings if name != "permuted"}
    perturbed = mapping | section(study, "evidence", only=("slices", "stability"))
    return (
        stage("randomisation", mapping | section(study, "evidence", only=("slices",)), *MAPS, group=EVIDENCE),
        *(
            [stage("permuted", {"seed": study.seed}, "slices", "split", group=EVIDENCE, intermediate=True, local=True)]
            if "permuted" in retrainings
            else []
        ),
        *(stage for name in retrainings for stage in retraining_stages(study, name, mapping)),
        stage("stability", perturbed, *MAPS, group=EVIDENCE, renamed=seeds),
    )


def retraining_stages(study: Study, name: str, mapping: Mapping[str, Any]) -> tuple[Stage, Stage]:
    """One retraining, and the comparison of its maps with those of the study.

    Args:
        study: its settings.
        name: a key of `retraining_settings`.
        mapping: settings of the maps.
    """
    seed, slices = retraining_settings(study)[name]
    training = network_section(study) | section(study, "training") | {"seed": seed}
    scoring = {**mapping, **section(study, "evidence", only=("slices", "tolerance_mm"))}
    upstream = {stage_name: stage_name for stage_name in MAPS} | {"training": f"training-{name}"}
    return (
        stage(f"training-{name}", training, "split", renamed={"slices": slices}, intermediate=True),
        stage(f"retrained-{name}", scoring, group=EVIDENCE, renamed=upstream),
    )


def retraining_settings(study: Study) -> dict[str, tuple[int, str]]:
    """Name of a retraining -> its seed and the stage with its slices; empty if the network is loaded from a checkpoint."""
    if study.network.checkpoint:
        return {}
    permuted = {"permuted": (study.seed, "permuted")} if study.evidence.permuted_labels else {}
    seeds = [(study.seed + i) % 2**32 for i in range(1, study.evidence.seeds + 1)]
    return permuted | {f"seed-{seed}": (seed, "slices") for seed in seeds}
