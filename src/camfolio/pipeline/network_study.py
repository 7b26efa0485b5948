"""The stages of a study about one network and its maps."""

from __future__ import annotations

from camfolio.pipeline.data import TRAINED_ON, data_stages
from camfolio.pipeline.declare import checkpoint, device, network_section, section, stage
from camfolio.pipeline.external import external_stages
from camfolio.pipeline.pictures import figure_stages, raster_stages
from camfolio.pipeline.sanity_checks import EVIDENCE, MAPS, again_stages
from camfolio.store.artefacts import Stage
from camfolio.study.settings import Study


def network_stages(study: Study) -> tuple[Stage, ...]:
    """Of a study about one network and its maps."""
    seed = {"seed": study.seed}
    network = network_section(study)
    explanation = section(study, "explanation", leave=("scaling",))
    evaluation = section(study, "evaluation")
    places = section(study, "evidence", only=("tolerance_mm", "centre_sigma_mm"))
    table = (
        *data_stages(study),
        stage("layer", network | explanation, "slices"),
        stage("training", network | section(study, "training") | seed, "slices", "split", files=checkpoint(study)),
        stage("predictions", network | device(study), "slices", "training"),
        stage("evaluation", evaluation | seed, "slices", "split", "predictions", renamed=TRAINED_ON),
        stage(
            "explanations",
            network | explanation | device(study),
            *("slices", "split", "training"),
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
    explanation = section(study, "explanation", leave=("scaling",))
    removing = section(study, "evidence", only=("centre_sigma_mm", "faithfulness"))
    compared = explanation | section(study, "evaluation") | section(study, "evidence", only=("margins",)) | seed
    return (
        stage(
            "faithfulness",
            network_section(study) | explanation | removing | seed | device(study),
            *MAPS,
            group=EVIDENCE,
        ),
        stage("scoreboard", compared, "slices", "split", "localisation", "faithfulness", group=EVIDENCE),
    )
