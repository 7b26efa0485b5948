"""The stages of a study in their order: what each one reads and what decides its result. No torch here."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from camfolio.config import Study
from camfolio.errors import DataError, StudyError, nearest
from camfolio.judged import EVIDENCE, MAPS, again_stages
from camfolio.names import KINDS, MASKING
from camfolio.plan import checkpoint, figure, network_section, section, stage
from camfolio.planted import shortcut_stages
from camfolio.sourcing import TRAINED_ON, data_figures, data_stages, external_stages, own_modules, with_own
from camfolio.store.artefacts import Artefact, Stage, Store
from camfolio.store.build import State, build, run_worker, survey
from camfolio.studyfile import read_study

SCORED = ("localisation", "faithfulness")
"""Stages with a `scores.npz`, whose scores of single slices the explorer shows."""


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
    table = shortcut_stages(study, study.shortcut) if study.shortcut else network_stages(study)
    own = own_modules(study, folder)
    return tuple(with_own(one, own) for one in table)


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


def figure_stages(study: Study) -> tuple[Stage, ...]:
    """All figures of a study; they share a worker, since importing matplotlib takes longer than drawing."""
    classes = {"classes": list(study.classes)}
    window = {"window_hu": list(study.network.window_hu)}
    methods = {"methods": list(study.explanation.methods)}
    looks = classes | window | {"scaling": study.explanation.scaling}
    examples = ("slices", "split", "localisation", "selection")
    return (
        *data_figures(study),
        figure("training_curves", {}, "training"),
        figure("confusion", classes, "evaluation"),
        figure("roc", {}, "evaluation"),
        figure("calibration", classes, "evaluation"),
        figure("distributions", methods | {"score": study.selection.score}, "localisation", "selection"),
        figure("scores", {}, "scoreboard"),
        figure("removal", {}, "scoreboard", "faithfulness"),
        figure("randomisation", {}, "randomisation"),
        figure("forgetting", window | methods, "randomisation"),
        figure("drawn", looks | methods, *examples),
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
