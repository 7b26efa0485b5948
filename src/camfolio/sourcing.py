"""Stages that read sources: the study's own, and another one on which everything is done again; code of the user's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from camfolio.config import Study
from camfolio.named import module_file, own_names
from camfolio.plan import figure, section, stage
from camfolio.sources import PATHS, WORDS, DataSource
from camfolio.store.artefacts import Stage

TRAINED_ON = {"trained_slices": "slices", "trained_split": "split"}
EXTERNAL = "external-"
AGAIN = ("predictions", "evaluation", "engine", "explanations", "localisation")
"""Stages that are run a second time, on the slices of another source."""


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


def external_stages(study: Study, table: Sequence[Stage]) -> tuple[tuple[Stage, ...], tuple[Stage, ...]]:
    """The network and its maps on the slices of another source, all of them test slices; none without `external`.

    Returns:
        What can be done before anything is learned, and what has to wait for it.
    """
    if study.external is None:
        return (), ()
    elsewhere = {name: EXTERNAL + name for name in ("slices", "split", *AGAIN)}
    own = reading("slices", study, study.data)
    other = reading("slices", study, study.external)
    both = {
        f"{part}_{name}": file for part, one in (("own", own), ("other", other)) for name, file in one.files.items()
    }
    first = Stage(
        name=elsewhere["slices"],
        module="camfolio.stages.external",
        also=tuple(sorted({*own.also, *other.also})),
        parameters={**own.parameters, "external": other.parameters["data"]},
        files=both,
    )
    split = Stage(name=elsewhere["split"], module="camfolio.stages.whole", upstream={"slices": first.name})
    again = [one for one in table if one.name in AGAIN]
    return (first, split), tuple(moved(one, elsewhere) for one in again)


def moved(one: Stage, elsewhere: Mapping[str, str]) -> Stage:
    """A stage that reads other slices; what the network was trained on stays what it was."""
    upstream = {
        name: before if name.startswith("trained_") else elsewhere.get(before, before)
        for name, before in one.upstream.items()
    }
    return replace(one, name=elsewhere[one.name], upstream=upstream)


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


def own_modules(study: Study, folder: Path) -> dict[str, dict[str, Path]]:
    """Section of the study -> the user's modules that it names, with their files."""
    found: dict[str, dict[str, Path]] = {}
    for place, name in own_names(study).items():
        module = name.rpartition(".")[0]
        if file := module_file(module, folder):
            found.setdefault(str(place[0]), {})[module] = file
    return found


def with_own(one: Stage, own: Mapping[str, Mapping[str, Path]]) -> Stage:
    """A stage with the user's modules of those sections that are among its parameters; methods run with a network."""
    parts = [part for part in own if part in one.parameters and (part != "explanation" or "network" in one.parameters)]
    modules = {name: file for part in parts for name, file in own[part].items()}
    return replace(one, modules=modules) if modules else one
