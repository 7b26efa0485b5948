"""Stages that read, split and inspect the slices, and the figures of the data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from camfolio.pipeline.declare import figure, section, stage
from camfolio.store.stage import Stage
from camfolio.study.settings import Study
from camfolio.study.source import WORDS, DataSource
from camfolio.study.sources import PATHS

TRAINED_ON = {"trained_slices": "slices", "trained_split": "split"}
"""Argument of a stage -> stage with the data of the training, which an external test set does not replace."""


def data_stages(study: Study) -> tuple[Stage, ...]:
    """Reading, split and checks of the slices; no network is needed."""
    return (
        reading("slices", study, study.data),
        stage("split", section(study, "split") | {"seed": study.seed}, "slices"),
        stage("inspection", {}, "slices"),
        stage("overlap", {}, "inspection", "split"),
    )


def data_figures(study: Study) -> tuple[Stage, ...]:
    """Figures of the slices before training."""
    looks = {"classes": list(study.classes), "window_hu": list(study.network.window_hu)}
    return (
        figure("contact_sheet", looks | {"seed": study.seed}, "slices"),
        figure("hounsfield", looks, "slices"),
    )


def reading(name: str, study: Study, data: DataSource) -> Stage:
    """The stage `name` that reads a source; of all readers only the code of this source is part of its key."""
    parameters = {"data": without_words(data), "seed": study.seed} | {"labels": study.labels.model_dump(mode="json")}
    return Stage(
        name=name,
        module="camfolio.stages.slices",
        also=(data.reader,),
        parameters=parameters,
        files=data.inputs(),
        local=True,
        threads=0,
    )


def without_words(data: DataSource) -> dict[str, Any]:
    """A source's settings as JSON, without texts for pages, which change no result, and with paths reduced to file names."""
    values = data.model_dump(mode="json", exclude=set(WORDS))
    for key in PATHS:
        if values.get(key):
            values[key] = "." if data.folder and key == "path" else Path(values[key]).name
    return values
