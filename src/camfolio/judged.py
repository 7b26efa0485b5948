"""The stages that make maps again to judge them: of a network that forgets, of further trainings, of changed slices."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from camfolio.config import Study
from camfolio.plan import again, section, stage
from camfolio.store.artefacts import Stage

EVIDENCE = "evidence"
"""Group of the stages that judge maps: those that can be computed together share a worker; trainings never do."""
MAPS = ("slices", "split", "training", "explanations")


def again_stages(study: Study, own: Mapping[str, Path]) -> tuple[Stage, ...]:
    """Maps made again: by a network that forgets, by further trainings, and of slices that are changed a little."""
    explanation = {"explanation": section(study, "explanation", leave=("scaling", "layers", "engine"))["explanation"]}
    explanation["explanation"]["layers"] = [study.explanation.layer]
    device = {"threads": study.training.threads, "accelerator": study.training.accelerator}
    shown = section(study, "network") | explanation | section(study, "evaluation") | device | {"seed": study.seed}
    sampled = section(study, "evidence", only=("slices",))
    scored = section(study, "evidence", only=("slices", "tolerance_mm"))
    changed = section(study, "evidence", only=("slices", "stability"))
    learned = section(study, "network") | section(study, "training")
    further = further_trainings(study)
    seeds = {f"seed_{name.rpartition('-')[2]}": f"retrained-{name}" for name in further if name != "permuted"}
    maps = {name: name for name in MAPS}
    return (
        stage("randomisation", shown | sampled, *MAPS, files=own, group=EVIDENCE),
        *(
            [stage("permuted", {"seed": study.seed}, "slices", "split", group=EVIDENCE)]
            if "permuted" in further
            else []
        ),
        *(
            one
            for name, (seed, slices) in further.items()
            for one in (
                again("training", name, learned | {"seed": seed}, {"slices": slices, "split": "split"}),
                again(
                    "retrained",
                    name,
                    shown | scored,
                    maps | {"training": f"training-{name}"},
                    files=own,
                    group=EVIDENCE,
                ),
            )
        ),
        again("stability", "", shown | changed, maps | seeds, files=own, group=EVIDENCE),
    )


def further_trainings(study: Study) -> dict[str, tuple[int, str]]:
    """Name -> seed and the stage whose slices it learns from; none where the study's network is loaded, not trained."""
    if study.network.checkpoint:
        return {}
    permuted = {"permuted": (study.seed, "permuted")} if study.evidence.permuted_labels else {}
    seeds = [(study.seed + i) % 2**32 for i in range(1, study.evidence.seeds + 1)]
    return permuted | {f"seed-{seed}": (seed, "slices") for seed in seeds}
