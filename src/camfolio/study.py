"""The stages of a study in their order: what each one reads and what decides its result. No torch here."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from camfolio.config import DataDescription, Study
from camfolio.errors import StudyError, nearest
from camfolio.names import KINDS
from camfolio.store.artefacts import Artefact, Stage, Store
from camfolio.store.build import State, build, run_worker, survey
from camfolio.studyfile import module_file, read_study

SCORED = ("localisation",)
"""Stages with a `scores.npz`, whose scores of single slices the explorer shows."""
EMBEDDED = Path(__file__).parent / "data" / "lidc_annotations.npz"


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


def redraw(path: Path, names: Sequence[str], store: Store, target: Path, overrides: Sequence[str] = ()) -> list[Path]:
    """Draw figures anew, all of the study's if none is named, from the results before them.

    Returns:
        The files `STUDY-FIGURE-FILE` in the folder `target`.

    Raises:
        StudyError: for a figure that the study does not have.
        CamfolioError: the sentence of a stage that failed.
    """
    open_portfolio(path, store, overrides)
    states = {state.stage.name.removeprefix("figure-"): state for state in inspect_study(path, store, overrides)}
    drawn = {name: state for name, state in states.items() if state.stage.name.startswith("figure-")}
    for name in names:
        if name not in drawn:
            msg = f"Expected a figure of {path}, but got {name!r}. {nearest(name, drawn)}"
            raise StudyError(msg)
    wanted = {name: drawn[name] for name in names or drawn}
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        elsewhere = Store(Path(folder))
        run_worker(list(wanted.values()), elsewhere)
        return [
            shutil.copyfile(artefact / file, target / f"{path.stem}-{name}-{file}")
            for name, state in wanted.items()
            if state.ingredients and (artefact := elsewhere.find(state.ingredients))
            for file in artefact.manifest.outputs
        ]


def stages(study: Study, folder: Path = Path()) -> tuple[Stage, ...]:
    """The table of contents of a study, whose file stands in `folder`."""
    seed = {"seed": study.seed}
    device = {"threads": study.training.threads, "accelerator": study.training.accelerator}
    network = section(study, "network")
    training = section(study, "training")
    explanation = section(study, "explanation", leave=("scaling",))
    evaluation = section(study, "evaluation")
    selection = section(study, "selection")
    data = {"data": without_words(study)} | section(study, "labels")
    files = named_files(study, folder)
    return (
        stage("slices", data | seed, files=files["slices"]),
        stage("split", section(study, "split") | seed, "slices"),
        stage("layer", network | explanation, "slices", files=files["explanations"]),
        stage("training", network | training | seed, "slices", "split", files=files["training"]),
        stage("predictions", network | device, "slices", "training"),
        stage("evaluation", evaluation | seed, "slices", "split", "predictions"),
        stage(
            "explanations", network | explanation | device, "slices", "split", "training", files=files["explanations"]
        ),
        stage("localisation", explanation | evaluation | seed, "slices", "split", "explanations"),
        stage("selection", explanation | selection, "slices", "split", "predictions", "localisation"),
        *figure_stages(study),
        *raster_stages(study),
    )


def figure_stages(study: Study) -> tuple[Stage, ...]:
    """All figures of a study; they share a worker, since importing matplotlib takes longer than drawing."""
    classes = {"classes": list(study.classes)}
    window = {"window_hu": list(study.network.window_hu)}
    methods = {"methods": list(study.explanation.methods)}
    looks = classes | window | {"scaling": study.explanation.scaling}
    examples = ("slices", "split", "localisation", "selection")
    return (
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


def raster_stages(study: Study) -> tuple[Stage, ...]:
    """The small pictures: cells of the matrix of examples, and the explorer's sheets; drawn by the figures' worker."""
    looks = {
        "classes": list(study.classes),
        "window_hu": list(study.network.window_hu),
        "methods": list(study.explanation.methods),
        "scaling": study.explanation.scaling,
    }
    examples = ("slices", "split", "localisation", "selection")
    pictures = {key: value for key, value in looks.items() if key != "classes"}
    return (
        raster("card", pictures | {"title": study.title}, *examples, "evaluation"),
        raster("matrix", looks, *examples),
        raster("explorer", looks, "slices", "split", "predictions", *SCORED),
    )


def raster(name: str, parameters: Mapping[str, Any], *upstream: str) -> Stage:
    """The stage whose `run` is in `camfolio.raster.NAME`."""
    before = {stage: stage for stage in upstream}
    return Stage(name, f"camfolio.raster.{name}", parameters=parameters, upstream=before, group="figures")


def stage(name: str, parameters: Mapping[str, Any], *upstream: str, files: Mapping[str, Path] | None = None) -> Stage:
    """The stage whose `run` is in `camfolio.stages.NAME` and takes each stage before it under that stage's name."""
    return Stage(
        name=name,
        module=f"camfolio.stages.{name}",
        parameters=parameters,
        upstream={before: before for before in upstream},
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
    for key in ("path", "checkpoint"):
        if values.get(key):
            values[key] = Path(values[key]).name
    return {name: values}


def without_words(study: Study) -> dict[str, Any]:
    """The `data` section without the author's words about it: they are on pages and decide no result."""
    values: dict[str, Any] = section(study, "data")["data"]
    return {key: value for key, value in values.items() if key not in DataDescription.model_fields}


def named_files(study: Study, folder: Path) -> dict[str, dict[str, Path]]:
    """Stage -> files outside the store that it reads; modules with methods of the user's own by `module:NAME`."""
    path, checkpoint = getattr(study.data, "path", None), study.network.checkpoint
    modules = [method.rpartition(".")[0] for method in study.explanation.own_methods]
    own = {f"module:{module}": file for module in modules if (file := module_file(module, folder))}
    return {
        "slices": {"path": path} if path else {"embedded": EMBEDDED},
        "training": {"checkpoint": checkpoint} if checkpoint else {},
        "explanations": own,
    }
