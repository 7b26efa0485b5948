"""Sanity-check stages: maps after weight randomisation, after retraining, of perturbed slices, and with other masked values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from camfolio.pipeline.declare import device, network_section, section, stage
from camfolio.pipeline.trainings import single, training_stages
from camfolio.store.stage import Stage
from camfolio.study.settings import Study
from camfolio.study.training import Augmentation

EVIDENCE = "evidence"
"""Group of the stages that test maps: those that are ready together share a worker. Trainings have no group."""
MAPS = ("slices", "split", "training", "explanations")
"""Stages that a test of the maps reads."""


def sanity_check_stages(study: Study) -> tuple[Stage, ...]:
    """Maps after weight randomisation, after retraining, of perturbed slices, and, for Score-CAM, with other masked values."""
    explanation = section(study, "explanation", leave=("scaling",))["explanation"]
    mapping = network_section(study) | section(study, "evaluation") | device(study) | {"seed": study.seed}
    mapping |= {"explanation": explanation | {"layers": [study.explanation.layer]}}
    seeds = retraining_seeds(study)
    retrained = {f"seed_{seed}": f"retrained-seed-{seed}" for seed in seeds}
    perturbed = mapping | section(study, "evidence", only=("slices", "stability"))
    randomised = mapping | section(study, "evidence", only=("slices", "reinitialisations"))
    return (
        stage("randomisation", randomised, *MAPS, group=EVIDENCE),
        *(
            [stage("masking", mapping | section(study, "evidence", only=("slices",)), *MAPS, group=EVIDENCE)]
            if "score_cam" in study.explanation.methods
            else []
        ),
        *memorising_stages(study, mapping),
        *(stage for seed in seeds for stage in retraining_stages(study, seed, mapping)),
        stage("stability", perturbed, *MAPS, group=EVIDENCE, renamed=retrained),
    )


def retraining_seeds(study: Study) -> list[int]:
    """Seeds of the retrainings; none if the network is loaded from a checkpoint."""
    if study.network.checkpoint:
        return []
    return [(study.seed + i) % 2**32 for i in range(1, study.evidence.seeds + 1)]


def retraining_stages(study: Study, seed: int, mapping: Mapping[str, Any]) -> tuple[Stage, ...]:
    """One retraining, and the comparison of its maps with those of the study.

    Args:
        study: its settings.
        seed: of the retraining.
        mapping: settings of the maps.
    """
    name = f"seed-{seed}"
    scoring = {**mapping, **section(study, "evidence", only=("slices", "tolerance_mm"))}
    upstream = {stage_name: stage_name for stage_name in MAPS} | {"training": f"training-{name}"}
    return (
        *training_stages(study, f"training-{name}", seed),
        stage(f"retrained-{name}", scoring, group=EVIDENCE, renamed=upstream),
    )


def memorising_stages(study: Study, mapping: Mapping[str, Any]) -> tuple[Stage, ...]:
    """Trainings on permuted labels until they are memorised, and the comparison of their maps with those of the study.

    Args:
        study: its settings.
        mapping: settings of the maps.
    """
    evidence, count = study.evidence, 0 if study.network.checkpoint else study.evidence.permuted_labels
    if not count:
        return ()
    training = network_section(study) | memorising(study) | {"fit": evidence.permuted_accuracy}
    drawing = section(study, "evidence", only=("permuted_slices",))
    scoring = {
        **mapping,
        **section(study, "evidence", only=("slices", "tolerance_mm", "permuted_slices", "permuted_accuracy")),
    }
    stages = []
    for number in range(1, count + 1):
        name = f"permuted-{number}"
        labels = {**drawing, "seed": study.seed, "number": number}
        seed = {"seed": (study.seed + number) % 2**32}
        stages += [
            stage(name, labels, "slices", "split", group=EVIDENCE, intermediate=True, local=True),
            stage(f"training-{name}", training | seed, renamed={"slices": name, "split": name}, intermediate=True),
        ]
    trainings = {f"training_{number}": f"training-permuted-{number}" for number in range(1, count + 1)}
    return (*stages, stage("memorised", scoring, "slices", "split", "explanations", group=EVIDENCE, renamed=trainings))


def memorising(study: Study) -> dict[str, Any]:
    """The section `training` without what keeps a network from memorising labels."""
    evidence, training = study.evidence, study.training
    none = Augmentation(rotation_degrees=0, flips=False, shift_pixels=0, zoom=0, noise_hu=0)
    without = {"augmentation": none, "weight_decay": 0.0, "label_smoothing": 0.0}
    return single(training, max_epochs=evidence.permuted_epochs, average=0.0, **without)
