"""The stages of a study about one network and its maps."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from camfolio.errors import StudyError
from camfolio.pipeline.data import TRAINED_ON, data_stages
from camfolio.pipeline.declare import checkpoint, network_section, section, stage
from camfolio.pipeline.external import external_stages
from camfolio.pipeline.pictures import figure_stages, raster_stages
from camfolio.pipeline.sanity_checks import EVIDENCE, MAPS, again_stages
from camfolio.store.artefacts import Stage
from camfolio.study.settings import Study
from camfolio.vocabulary import MASKING


def network_stages(study: Study) -> tuple[Stage, ...]:
    """Of a study about one network and its maps."""
    seed = {"seed": study.seed}
    device = {"threads": study.training.threads, "accelerator": study.training.accelerator}
    network = network_section(study)
    explanation = section(study, "explanation", leave=("scaling", "engine"))
    evaluation = section(study, "evaluation")
    engine = engine_stages(study, network | explanation | device)
    places = section(study, "evidence", only=("tolerance_mm", "centre_sigma_mm"))
    table = (
        *data_stages(study),
        stage("layer", network | explanation, "slices"),
        stage("training", network | section(study, "training") | seed, "slices", "split", files=checkpoint(study)),
        stage("predictions", network | device, "slices", "training"),
        stage("evaluation", evaluation | seed, "slices", "split", "predictions", renamed=TRAINED_ON),
        *engine,
        stage(
            "explanations",
            network | explanation | device,
            *("slices", "split", "training", *(one.name for one in engine)),
        ),
        stage(
            "localisation",
            network | explanation | evaluation | places | seed,
            *("slices", "split", "explanations"),
            group=EVIDENCE,
        ),
        *scoring_stages(study),
        *again_stages(study),
        stage(
            "selection",
            explanation | section(study, "selection") | seed,
            *("slices", "split", "predictions", "localisation"),
        ),
        *figure_stages(study),
        *raster_stages(study),
    )
    first, later = external_stages(study, table)
    return (*first, *table, *later)


def scoring_stages(study: Study) -> tuple[Stage, ...]:
    """What else is measured of the maps as they are, and all scores side by side."""
    seed = {"seed": study.seed}
    device = {"threads": study.training.threads, "accelerator": study.training.accelerator}
    explanation = section(study, "explanation", leave=("scaling", "engine"))
    removing = section(study, "evidence", only=("centre_sigma_mm", "faithfulness"))
    compared = explanation | section(study, "evaluation") | section(study, "evidence", only=("margins",)) | seed
    return (
        stage("faithfulness", network_section(study) | explanation | removing | seed | device, *MAPS, group=EVIDENCE),
        stage("scoreboard", compared, "slices", "split", "localisation", "faithfulness", group=EVIDENCE),
    )


def engine_stages(study: Study, parameters: Mapping[str, Any]) -> tuple[Stage, ...]:
    """The network as ONNX, where a method makes masked images and ONNX Runtime may run them; else nothing.

    Raises:
        StudyError: if the study asks for ONNX Runtime and it is not installed.
    """
    wanted = study.explanation.engine
    masking = {*MASKING, *study.explanation.own_methods} & set(study.explanation.methods)
    if wanted == "torch" or not masking:
        return ()
    if find_spec("onnxruntime") is None:
        if wanted == "auto":
            return ()
        msg = "Expected explanation.engine auto or torch, since ONNX Runtime is not installed, but got onnxruntime. Install camfolio[onnx]."
        raise StudyError(msg)
    return (stage("engine", {**parameters, "wanted": wanted}, "slices", "split", "training"),)
