"""The stages of a study in their order: what each one reads and what decides its result. No torch here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from camfolio.config import Study
from camfolio.errors import DataError
from camfolio.names import KINDS
from camfolio.sourcing import TRAINED_ON, external_stages, own_modules, reading, with_own
from camfolio.store.artefacts import Artefact, Stage, Store
from camfolio.store.build import State, build, survey
from camfolio.studyfile import read_study


@dataclass(frozen=True)
class Portfolio:
    """A study with its name and the results of all its stages."""

    name: str
    study: Study
    artefacts: Mapping[str, Artefact]

    @property
    def label(self) -> str:
        """The study's short name in the navigation."""
        return self.study.label or self.name.replace("-", " ").capitalize()


def open_portfolio(path: Path, store: Store, overrides: Sequence[str] = ()) -> Portfolio:
    """Read a study file and compute whatever is missing.

    Raises:
        CamfolioError: the sentence of the first mistake, in the file or in a stage.
    """
    study = read_study(path, overrides)
    return Portfolio(path.stem, study, build(stages(study, path.parent), store))


def inspect_study(path: Path, store: Store, overrides: Sequence[str] = ()) -> list[State]:
    """Where every stage of a study stands; nothing is computed."""
    return survey(stages(read_study(path, overrides), path.parent), store)


LOOKED_AT = ("inspection", "figure-contact_sheet", "figure-hounsfield")


def open_inspection(path: Path, store: Store, overrides: Sequence[str] = ()) -> tuple[Portfolio, str]:
    """What a study's data are like: everything that can be known before anything is learned.

    Returns:
        The study with these results, and the sentence why it cannot be split, empty if it can.

    Raises:
        CamfolioError: the sentence of the first mistake, in the file or in what it names.
    """
    study = read_study(path, overrides)
    table = stages(study, path.parent)
    found = build(behind(LOOKED_AT, table), store)
    try:
        return Portfolio(path.stem, study, {**found, **build(behind(("overlap",), table), store)}), ""
    except DataError as error:
        return Portfolio(path.stem, study, found), str(error)


def behind(names: Sequence[str], table: Sequence[Stage]) -> list[Stage]:
    """The named stages and all that they read, in the order of the table."""
    wanted = set(names)
    for one in reversed(table):
        if one.name in wanted:
            wanted |= set(one.upstream.values())
    return [one for one in table if one.name in wanted]


def stages(study: Study, folder: Path = Path()) -> tuple[Stage, ...]:
    """The table of contents of a study, whose file stands in `folder`."""
    seed = {"seed": study.seed}
    device = {"threads": study.training.threads, "accelerator": study.training.accelerator}
    network = section(study, "network", leave=("layer",))
    training = section(study, "training")
    explanation = section(study, "explanation", leave=("scaling",))
    evaluation = section(study, "evaluation")
    selection = section(study, "selection")
    checkpoint = {"checkpoint": study.network.checkpoint} if study.network.checkpoint else {}
    table = (
        reading("slices", study, study.data),
        stage("split", section(study, "split") | seed, "slices"),
        stage("layer", network | explanation, "slices"),
        stage("training", network | training | seed, "slices", "split", files=checkpoint),
        stage("predictions", network | device, "slices", "training"),
        stage("evaluation", evaluation | seed, "slices", "split", "predictions", renamed=TRAINED_ON),
        stage("explanations", network | explanation | device, "slices", "split", "training"),
        stage("localisation", explanation | evaluation | seed, "slices", "split", "explanations"),
        stage("selection", explanation | selection, "slices", "split", "predictions", "localisation"),
        stage("inspection", {}, "slices"),
        stage("overlap", {}, "inspection", "split"),
        *figure_stages(study),
    )
    read, *rest = table
    first, later = external_stages(study, table)
    own = own_modules(study, folder)
    return tuple(with_own(one, own) for one in (read, *first, *rest, *later))


def figure_stages(study: Study) -> tuple[Stage, ...]:
    """All figures of a study; they share a worker, since importing matplotlib takes longer than drawing."""
    classes = {"classes": list(study.classes)}
    window = {"window_hu": list(study.network.window_hu)}
    methods = {"methods": list(study.explanation.methods)}
    looks = classes | window | {"scaling": study.explanation.scaling}
    examples = ("slices", "split", "localisation", "selection")
    return (
        figure("contact_sheet", {**classes, **window, "seed": study.seed}, "slices"),
        figure("hounsfield", classes | window, "slices"),
        figure("training_curves", {}, "training"),
        figure("confusion", classes, "evaluation"),
        figure("roc", {}, "evaluation"),
        figure("calibration", classes, "evaluation"),
        figure("teaser", looks | methods, *examples),
        figure("strip", looks | methods, *examples),
        *(
            figure("case", looks | {"method": method, "kind": kind}, *examples, name=f"{method}-{kind}")
            for method in study.explanation.methods
            for kind in KINDS
        ),
    )


def stage(
    name: str,
    parameters: Mapping[str, Any],
    *upstream: str,
    files: Mapping[str, Path] | None = None,
    renamed: Mapping[str, str] | None = None,
) -> Stage:
    """The stage whose `run` is in `camfolio.stages.NAME` and takes each stage before it under that stage's name;
    those in `renamed` under another one.
    """
    return Stage(
        name=name,
        module=f"camfolio.stages.{name}",
        parameters=parameters,
        upstream={before: before for before in upstream} | dict(renamed or {}),
        files=files or {},
    )


def figure(module: str, parameters: Mapping[str, Any], *upstream: str, name: str = "") -> Stage:
    """The figure whose `run` is in `camfolio.figures.MODULE`."""
    return Stage(
        name=f"figure-{name or module}",
        module=f"camfolio.figures.{module}",
        parameters=parameters,
        upstream={before: before for before in upstream},
        group="figures",
    )


def section(study: Study, name: str, leave: Sequence[str] = ()) -> dict[str, Any]:
    """One section as JSON under its name; of files only the names, since their digests are inputs of the stage.

    Keys in `leave` are for other stages, so that changing them recomputes nothing here.
    """
    values = getattr(study, name).model_dump(mode="json", exclude=set(leave))
    if values.get("checkpoint"):
        values["checkpoint"] = Path(values["checkpoint"]).name
    return {name: values}
