"""Sanity-check stages: maps after weight randomisation, after retraining, and of perturbed slices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from camfolio.pipeline.declare import device, network_section, section, stage
from camfolio.store.artefacts import Stage
from camfolio.study.settings import Study

EVIDENCE = "evidence"
"""Group of the stages that judge maps: those that can be computed together share a worker; trainings never do."""
MAPS = ("slices", "split", "training", "explanations")


def again_stages(study: Study) -> tuple[Stage, ...]:
    """Maps after weight randomisation, after retraining, and of slices that are changed a little."""
    explanation = section(study, "explanation", leave=("scaling",))["explanation"]
    shown = network_section(study) | section(study, "evaluation") | device(study) | {"seed": study.seed}
    shown |= {"explanation": explanation | {"layers": [study.explanation.layer]}}
    further = further_trainings(study)
    seeds = {f"seed_{name.rpartition('-')[2]}": f"retrained-{name}" for name in further if name != "permuted"}
    changed = shown | section(study, "evidence", only=("slices", "stability"))
    return (
        stage("randomisation", shown | section(study, "evidence", only=("slices",)), *MAPS, group=EVIDENCE),
        *(
            [stage("permuted", {"seed": study.seed}, "slices", "split", group=EVIDENCE)]
            if "permuted" in further
            else []
        ),
        *(one for name in further for one in further_stages(study, name, shown)),
        stage("stability", changed, *MAPS, group=EVIDENCE, renamed=seeds),
    )


def further_stages(study: Study, name: str, shown: Mapping[str, Any]) -> tuple[Stage, Stage]:
    """One further training, and its maps beside the study's own."""
    seed, slices = further_trainings(study)[name]
    learned = network_section(study) | section(study, "training") | {"seed": seed}
    scored = {**shown, **section(study, "evidence", only=("slices", "tolerance_mm"))}
    here = {before: before for before in MAPS} | {"training": f"training-{name}"}
    return (
        stage(f"training-{name}", learned, "split", renamed={"slices": slices}),
        stage(f"retrained-{name}", scored, group=EVIDENCE, renamed=here),
    )


def further_trainings(study: Study) -> dict[str, tuple[int, str]]:
    """Name -> seed and the stage whose slices it learns from; none where the study's network is loaded, not trained."""
    if study.network.checkpoint:
        return {}
    permuted = {"permuted": (study.seed, "permuted")} if study.evidence.permuted_labels else {}
    seeds = [(study.seed + i) % 2**32 for i in range(1, study.evidence.seeds + 1)]
    return permuted | {f"seed-{seed}": (seed, "slices") for seed in seeds}
