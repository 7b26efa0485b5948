"""The stages that draw: figures, and small pictures of slices and maps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from camfolio.method_words import method_looks
from camfolio.pipeline.data import data_figures
from camfolio.pipeline.declare import figure
from camfolio.store.stage import Stage
from camfolio.study.settings import Study
from camfolio.vocabulary import EXAMPLE_KINDS

SCORED = ("localisation", "faithfulness")
"""Stages with `SliceScores`, which the explorer shows."""
EXAMPLES = ("slices", "split", "localisation", "selection")
"""Stages that pictures of examples are made from."""


def figure_stages(study: Study) -> tuple[Stage, ...]:
    """All figures of a study; they share a worker, since importing matplotlib takes longer than drawing."""
    classes = {"classes": list(study.classes)}
    methods = {"methods": methods_shown(study)}
    looks, values = looks_of(study), {"slice_values": study.selection.slice_values}
    return (
        *data_figures(study),
        figure("training_curves", {}, "training"),
        figure("confusion", classes, "evaluation"),
        figure("roc", {}, "evaluation"),
        figure("calibration", classes, "evaluation"),
        figure("distributions", methods | {"score": study.selection.score}, "localisation", "selection"),
        figure("scores", methods, "scoreboard"),
        figure("removal", methods | classes, "scoreboard", "by_class", "faithfulness"),
        figure("randomisation", methods, "randomisation"),
        figure("randomised_maps", {"window_hu": list(study.network.window_hu)} | methods, "randomisation"),
        figure("random_examples", looks, *EXAMPLES),
        figure("teaser", looks, *EXAMPLES),
        figure("strip", looks, *EXAMPLES),
        *(
            figure("case", looks | {"method": method, "kind": kind} | values, *EXAMPLES, name=f"{method['key']}-{kind}")
            for method in methods_shown(study)
            for kind in EXAMPLE_KINDS
        ),
        *method_figures(study),
    )


def method_figures(study: Study) -> tuple[Stage, ...]:
    """How each method of a study makes its map, for the page on methods."""
    looks = {"classes": list(study.classes), "window_hu": list(study.network.window_hu)}
    return tuple(
        figure("method", looks | {"method": method}, "anatomy", name=f"method-{method['key']}")
        for method in methods_shown(study)
    )


def raster_stages(study: Study) -> tuple[Stage, ...]:
    """The small pictures: a study at a glance, cells of the matrix of examples, and the explorer's sheets; drawn by the figures' worker."""
    looks = looks_of(study)
    return (
        raster("card", looks | {"title": study.title}, *EXAMPLES, "evaluation"),
        raster("overview", looks, *EXAMPLES),
        raster("matrix", looks, *EXAMPLES),
        raster("explorer", looks | {"primary": study.selection.score}, "slices", "split", "predictions", *SCORED),
    )


def methods_shown(study: Study) -> list[dict[str, str]]:
    """The parameter `methods` of pictures: the study's methods as `MethodLook` in JSON."""
    return [asdict(look) for look in method_looks(study.explanation.methods)]


def looks_of(study: Study) -> dict[str, Any]:
    """The parameter `looks` of pictures of examples, from several sections of the study."""
    looks = {
        "methods": methods_shown(study),
        "classes": list(study.classes),
        "window_hu": list(study.network.window_hu),
        "scaling": study.explanation.scaling,
    }
    return {"looks": looks}


def raster(
    name: str, parameters: Mapping[str, Any], *upstream: str, module: str = "", renamed: Mapping[str, str] | None = None
) -> Stage:
    """The stage whose `run` is in `camfolio.raster.MODULE`, NAME unless given; `renamed` is argument -> stage."""
    before = {stage: stage for stage in upstream}
    return Stage(
        name,
        f"camfolio.raster.{module or name}",
        parameters=parameters,
        upstream=before | dict(renamed or {}),
        group="figures",
        local=True,
    )
