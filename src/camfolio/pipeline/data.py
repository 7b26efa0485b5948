"""The stages that read and split the study's slices, and the figures of the data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from camfolio.pipeline.declare import figure, section, stage
from camfolio.store.artefacts import Stage
from camfolio.study.settings import Study
from camfolio.study.source import WORDS, DataSource
from camfolio.study.sources import PATHS

TRAINED_ON = {"trained_slices": "slices", "trained_split": "split"}


def data_stages(study: Study) -> tuple[Stage, ...]:
    """The study's slices, their parts, and what can be known of both before anything is learned."""
    return (
        reading("slices", study, study.data),
        stage("split", section(study, "split") | {"seed": study.seed}, "slices"),
        stage("inspection", {}, "slices"),
        stage("overlap", {}, "inspection", "split"),
    )


def data_figures(study: Study) -> tuple[Stage, ...]:
    """Pictures of the slices as they are."""
    looks = {"classes": list(study.classes), "window_hu": list(study.network.window_hu)}
    return (
        figure("contact_sheet", looks | {"seed": study.seed}, "slices"),
        figure("hounsfield", looks, "slices"),
    )


def reading(name: str, study: Study, data: DataSource) -> Stage:
    """The stage that reads a source: the code of that source alone is behind it."""
    parameters = {"data": without_words(data), "seed": study.seed} | {"labels": study.labels.model_dump(mode="json")}
    return Stage(
        name=name,
        module="camfolio.stages.slices",
        also=(data.reader,),
        parameters=parameters,
        files=data.inputs(),
    )


def without_words(data: DataSource) -> dict[str, Any]:
    """A source's settings as JSON without the author's words about it, which decide no result, and without folders."""
    values = data.model_dump(mode="json", exclude=set(WORDS))
    for key in PATHS:
        if key in values:
            values[key] = "." if data.folder and key == "path" else Path(values[key]).name
    return values
