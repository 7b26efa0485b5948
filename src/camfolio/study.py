"""The stages of a study in their order: what each one reads and what decides its result. No torch here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from camfolio.config import DataDescription, Study
from camfolio.names import KINDS
from camfolio.store.artefacts import Artefact, Stage, Store
from camfolio.store.build import State, build, survey
from camfolio.studyfile import module_file, read_study

EVIDENCE = "evidence"
"""Group of the stages that judge maps: those that can be computed together share a worker; trainings never do."""
MAPS = ("slices", "split", "training", "explanations")
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


def stages(study: Study, folder: Path = Path()) -> tuple[Stage, ...]:
    """The table of contents of a study, whose file stands in `folder`."""
    seed = {"seed": study.seed}
    device = {"threads": study.training.threads, "accelerator": study.training.accelerator}
    network = section(study, "network")
    training = section(study, "training")
    explanation = section(study, "explanation", leave=("scaling",))
    evaluation = section(study, "evaluation")
    selection = section(study, "selection")
    places = section(study, "evidence", only=("tolerance_mm", "centre_sigma_mm"))
    margins = section(study, "evidence", only=("margins",))
    scores = ("slices", "split", "localisation", "faithfulness")
    removing = section(study, "evidence", only=("centre_sigma_mm", "faithfulness"))
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
        stage(
            "localisation",
            network | explanation | evaluation | places | seed,
            *("slices", "split", "explanations"),
            group=EVIDENCE,
        ),
        stage("faithfulness", network | explanation | removing | seed | device, *MAPS, group=EVIDENCE),
        stage("scoreboard", explanation | evaluation | margins | seed, *scores, group=EVIDENCE),
        *again_stages(study, files["explanations"]),
        stage("selection", explanation | selection | seed, "slices", "split", "predictions", "localisation"),
        *figure_stages(study),
    )


def again_stages(study: Study, own: Mapping[str, Path]) -> tuple[Stage, ...]:
    """Maps made again: by a network that forgets, by further trainings, and of slices that are changed a little."""
    explanation = section(study, "explanation", leave=("scaling",))["explanation"]
    device = {"threads": study.training.threads, "accelerator": study.training.accelerator}
    shown = section(study, "network") | section(study, "evaluation") | device | {"seed": study.seed}
    shown |= {"explanation": explanation | {"layers": [study.explanation.layer]}}
    further = further_trainings(study)
    seeds = {f"seed_{name.rpartition('-')[2]}": f"retrained-{name}" for name in further if name != "permuted"}
    changed = shown | section(study, "evidence", only=("slices", "stability"))
    return (
        stage("randomisation", shown | section(study, "evidence", only=("slices",)), *MAPS, files=own, group=EVIDENCE),
        *(
            [stage("permuted", {"seed": study.seed}, "slices", "split", group=EVIDENCE)]
            if "permuted" in further
            else []
        ),
        *(one for name in further for one in further_stages(study, name, shown, own)),
        stage("stability", changed, *MAPS, files=own, group=EVIDENCE, **seeds),
    )


def further_stages(study: Study, name: str, shown: Mapping[str, Any], own: Mapping[str, Path]) -> tuple[Stage, Stage]:
    """One further training, and its maps beside the study's own."""
    seed, slices = further_trainings(study)[name]
    learned = section(study, "network") | section(study, "training") | {"seed": seed}
    scored = {**shown, **section(study, "evidence", only=("slices", "tolerance_mm"))}
    here = {before: before for before in MAPS} | {"training": f"training-{name}"}
    return (
        stage(f"training-{name}", learned, "split", slices=slices),
        stage(f"retrained-{name}", scored, files=own, group=EVIDENCE, **here),
    )


def further_trainings(study: Study) -> dict[str, tuple[int, str]]:
    """Name -> seed and the stage whose slices it learns from; none where the study's network is loaded, not trained."""
    if study.network.checkpoint:
        return {}
    permuted = {"permuted": (study.seed, "permuted")} if study.evidence.permuted_labels else {}
    seeds = [(study.seed + i) % 2**32 for i in range(1, study.evidence.seeds + 1)]
    return permuted | {f"seed-{seed}": (seed, "slices") for seed in seeds}


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


def stage(
    name: str,
    parameters: Mapping[str, Any],
    *upstream: str,
    files: Mapping[str, Path] | None = None,
    group: str = "",
    **renamed: str,
) -> Stage:
    """The stage whose `run` is in `camfolio.stages.NAME` and takes each stage before it under that stage's name, or by
    keyword under another one. A name with a dash, `MODULE-WHICH`, is one of several stages with the same `run`.
    """
    return Stage(
        name=name,
        module=f"camfolio.stages.{name.partition('-')[0]}",
        parameters=parameters,
        upstream={before: before for before in upstream} | renamed,
        files=files or {},
        group=group,
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


def section(study: Study, name: str, leave: Sequence[str] = (), only: Sequence[str] = ()) -> dict[str, Any]:
    """One section as JSON under its name; of files only the names, since their digests are inputs of the stage.

    Keys in `leave`, or not in `only` if it is given, are for other stages: changing them recomputes nothing here.
    """
    values = getattr(study, name).model_dump(mode="json", exclude=set(leave), include=set(only) or None)
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
