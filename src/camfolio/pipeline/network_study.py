"""The stages of a study about one network and its maps."""

from __future__ import annotations

from camfolio.pipeline.data import TRAINED_ON, data_stages
from camfolio.pipeline.declare import device, network_section, section, stage
from camfolio.pipeline.external import external_stages
from camfolio.pipeline.live import live_stages
from camfolio.pipeline.pictures import figure_stages, raster_stages
from camfolio.pipeline.sanity_checks import EVIDENCE, MAPS, sanity_check_stages
from camfolio.pipeline.trainings import training_stages
from camfolio.store.stage import Stage
from camfolio.study.settings import Study


def network_stages(study: Study) -> tuple[Stage, ...]:
    """All stages of a study about one network and its maps, in the order in which they run."""
    seed = {"seed": study.seed}
    network = network_section(study)
    explanation = section(study, "explanation", leave=("scaling",))
    evaluation = section(study, "evaluation")
    localisation = section(study, "evidence", only=("tolerance_mm", "centre_sigma_mm"))
    table = (
        *data_stages(study),
        stage("layer", network | explanation, "slices"),
        *training_stages(study, "training", study.seed, intermediate=False),
        stage("predictions", network | device(study), "slices", "training", intermediate=True),
        stage("evaluation", evaluation | seed, "slices", "split", "predictions", renamed=TRAINED_ON),
        stage(
            "explanations",
            network | explanation | device(study),
            *("slices", "split", "training"),
            intermediate=True,
        ),
        stage(
            "localisation",
            network | explanation | evaluation | localisation | seed,
            *("slices", "split", "explanations"),
            group=EVIDENCE,
        ),
        *scoring_stages(study),
        *sanity_check_stages(study),
        stage(
            "selection",
            explanation | evaluation | section(study, "selection", leave=("slice_values",)) | seed,
            *("slices", "split", "predictions", "localisation"),
        ),
        stage(
            "anatomy",
            network | explanation | device(study),
            *("slices", "split", "training", "selection"),
            local=True,  # it has a slice
        ),
        *figure_stages(study),
        *raster_stages(study),
        *live_stages(study),
    )
    external_data, external_results = external_stages(study, table)
    return (*external_data, *table, *external_results)


def scoring_stages(study: Study) -> tuple[Stage, ...]:
    """Faithfulness of the maps, together and by explained class, and the table of all scores with comparisons."""
    seed = {"seed": study.seed}
    explanation = section(study, "explanation", leave=("scaling",))
    perturbation = section(study, "evidence", only=("centre_sigma_mm", "faithfulness"))
    comparison = (
        explanation | section(study, "evaluation") | section(study, "evidence", only=("control", "margins")) | seed
    )
    return (
        stage(
            "faithfulness",
            network_section(study) | explanation | perturbation | seed | device(study),
            *MAPS,
            group=EVIDENCE,
        ),
        stage(
            "by_class",
            explanation | section(study, "evaluation") | seed,
            *("slices", "split", "faithfulness"),
            group=EVIDENCE,
        ),
        stage("scoreboard", comparison, "slices", "split", "localisation", "faithfulness", group=EVIDENCE),
    )
