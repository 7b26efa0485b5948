"""What templates may use of one study: its results, and what is known about its data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, TypedDict

from camfolio.evidence.answers import Answers, answers
from camfolio.evidence.class_findings import ClassFindings, class_findings
from camfolio.evidence.findings import Findings, NetworkResults, network_findings
from camfolio.evidence.limits import Limits
from camfolio.evidence.shortcut_findings import ShortcutFindings, shortcut_findings
from camfolio.evidence.standing import Standings, standings
from camfolio.pipeline.portfolio import Portfolio, Results
from camfolio.results.by_class import ByClassResult
from camfolio.results.evaluation import EvaluationResult
from camfolio.results.faithfulness import FaithfulnessResult
from camfolio.results.layer import LayerResult
from camfolio.results.localisation import LocalisationResult
from camfolio.results.masking import MaskingResult
from camfolio.results.matrix import MatrixResult
from camfolio.results.memorised import MemorisedResult
from camfolio.results.overview import OverviewResult
from camfolio.results.randomisation import RandomisationResult
from camfolio.results.result import Key
from camfolio.results.retrained import RetrainedResult
from camfolio.results.scoreboard import ScoreboardResult
from camfolio.results.selection import CasesResult
from camfolio.results.shortcut import ShortcutResult
from camfolio.results.split import SplitResult
from camfolio.results.stability import StabilityResult
from camfolio.results.training import TrainingResult
from camfolio.site.data_values import Readers, about_data
from camfolio.site.lazy import Values
from camfolio.site.live import LivePage, live_page
from camfolio.site.recorded import NotRecorded, not_recorded
from camfolio.store.artefacts import Manifest
from camfolio.study.reduced import Reduced, reduced_networks
from camfolio.study.settings import Study

StageName = Annotated[str, Key("STAGE", "name of a stage, such as training")]


class StudyValues(TypedDict):
    """What templates may use of every study."""

    name: str
    """Name of the study's file, which is its folder in the site."""
    label: str
    """Title in the navigation."""
    study: Study
    """The study file: every key of it, such as `study.title` and `study.explanation.methods`."""
    classes: tuple[str, str]
    """Names of the first class, 0, and of the second, 1."""
    at_last_layer: bool
    """Whether only pooling and one linear layer follow the explained layer, as far as that is known: not of user code."""
    layer_words: str
    """The explained layer in words if it is the default layer of the residual network; else empty."""
    reduced: tuple[Reduced, ...]
    """Networks of which the study has fewer than with `evidence.effort: full`."""
    split: SplitResult
    """How many slices and patients are in each part."""
    provenance: Mapping[StageName, Manifest]
    """Manifest of every stage's result: its `key`, the `digest` of its `outputs`, and the `ingredients` of its key."""
    versions: Mapping[Annotated[str, Key("LIBRARY", "name of a Python package, such as torch")], str]
    """Version of each library that results were computed with."""
    live: LivePage | None
    """The page on which the network runs in the reader's browser; None if the study has none."""
    not_recorded: NotRecorded | None
    """Results that are not those of the study's results file; None if all are, or if there is no such file."""


class NetworkValues(TypedDict):
    """What templates may use of a study about one network and its maps."""

    training: TrainingResult
    """How the network was trained, or which file its weights were loaded from."""
    evaluation: EvaluationResult
    """Metrics of the network's predictions on the test part, and of the nodule's area alone as a baseline."""
    localisation: LocalisationResult
    """Energy of the maps inside the nodule's mask, as means over the test slices with intervals over patients."""
    layer_cells: LayerResult
    """Where the cells of every layer lie on a slice."""
    scoreboard: ScoreboardResult
    """Scores of methods, controls and layers, and their comparisons."""
    faithfulness: FaithfulnessResult
    """Settings and sizes of the perturbation of pixels."""
    masking: MaskingResult | None
    """Score-CAM with several values of masked pixels; None if it is not among the methods."""
    by_class: ByClassResult
    """Faithfulness of the maps of each explained class."""
    randomisation: RandomisationResult
    """Similarity of the maps after weight randomisation."""
    stability: StabilityResult
    """Similarity of the maps after perturbation of the input and after retraining."""
    retrained: Mapping[Annotated[str, Key("TRAINING", "seed-NUMBER")], RetrainedResult]
    """Comparisons with maps of networks of other seeds."""
    memorised: MemorisedResult | None
    """Comparison with maps of networks that memorised permuted labels; None if none was trained."""
    cases: CasesResult
    """The examples of every method, with every number of their captions."""
    overview: OverviewResult
    """One slice and its maps as small pictures."""
    matrix: MatrixResult
    """What the cells of the matrix of examples say."""
    teaser: Mapping[str, Any]
    """Case, kind and energy shares of the study's first picture, with its alternative text and size."""


class NetworkVerdicts(TypedDict):
    """What is decided from all of that."""

    findings: Findings
    """What the study may claim, decided from its results."""
    class_findings: ClassFindings
    """What it may claim of the faithfulness of the maps of each explained class."""
    standings: Standings
    """Where every score of every method and control stands between the controls, and the verdicts against the best of them."""
    answers: Answers
    """What else the questions of the evidence page are answered with."""
    limits: Limits
    """Conventions by which that is decided, the same for all studies."""


class ShortcutValues(TypedDict):
    """What templates may use of a study about a planted shortcut."""

    shortcut: ShortcutResult
    """Whether networks learned each cue, and whether maps reveal it."""
    overview: OverviewResult
    """A slice with the first cue, and the maps of a network that was trained with it."""


class ShortcutVerdicts(TypedDict):
    """What is decided from that."""

    findings: ShortcutFindings
    """What the study may claim, decided from its results."""


def results(portfolio: Portfolio) -> Values:
    """What templates may use of one study, each value read when a template asks for it."""
    read, study = portfolio.artefacts, portfolio.study
    known = {
        "name": portfolio.name,
        "label": portfolio.label,
        "study": study,
        "classes": study.classes,
        "at_last_layer": is_at_last_layer(study),
        "layer_words": layer_words(study),
        "reduced": reduced_networks(study),
    }
    readers: dict[str, Callable[[], Any]] = {
        **{name: partial(plain, value) for name, value in known.items()},
        **about_data(portfolio),
        "split": lambda: SplitResult.read(read["split"].folder),
        "provenance": lambda: Values({name: partial(manifest_of, read, name) for name in read}),
        "versions": lambda: versions(read),
        "live": lambda: live_page(portfolio),
        "not_recorded": lambda: not_recorded(portfolio),
        **(shortcut_results(read) if study.shortcut else network_results(read)),
        "findings": lambda: findings(values),
    }
    if not study.shortcut:
        readers["limits"] = Limits
        readers["class_findings"] = lambda: class_findings(values["by_class"], study.explanation.methods)
        readers["standings"] = lambda: standings(values["scoreboard"])
        readers["answers"] = lambda: answers_of(values)
    values = Values(readers)
    return values


def plain(value: object) -> object:
    """A value that is known without reading a result."""
    return value


def manifest_of(read: Results, name: str) -> Manifest:
    """The manifest of a stage's result."""
    return read[name].manifest


def is_at_last_layer(study: Study) -> bool:
    """Whether only pooling and one linear layer follow the explained layer, as far as that is known: not of user code."""
    last_block = f"layer4.{study.network.blocks[-1] - 1}"
    return not study.network.class_path and study.explanation.layer in {"layer4", last_block, "avgpool"}


def layer_words(study: Study) -> str:
    """The explained layer in words if it is the default layer of the residual network; else empty."""
    default = f"layer2.{study.network.blocks[1] - 1}.conv2"
    if study.network.class_path or study.explanation.layer != default:
        return ""
    return "layer 2, the last basic block, its second convolution"


def versions(read: Results) -> dict[str, str]:
    """Library -> the version that the study's results were computed with."""
    return {
        library: version
        for artefact in read.values()
        for library, version in artefact.manifest.ingredients.libraries.items()
    }


def answers_of(values: Mapping[str, Any]) -> Answers:
    """What the questions of the evidence page are answered with."""
    return answers(
        values["findings"], values["class_findings"], values["stability"], values["study"].explanation.methods
    )


def findings(values: Mapping[str, Any]) -> Findings | ShortcutFindings:
    """What the study may claim, decided from its results."""
    study: Study = values["study"]
    if study.shortcut:
        return shortcut_findings(values["shortcut"])
    external = values["external"]
    return network_findings(
        NetworkResults(
            evaluation=values["evaluation"],
            localisation=values["localisation"],
            scoreboard=values["scoreboard"],
            layer=values["layer_cells"],
            masking=values["masking"],
            randomisation=values["randomisation"],
            stability=values["stability"],
            cases=values["cases"],
            external=external["evaluation"] if external else None,
        )
    )


def network_results(read: Results) -> Readers:
    """Of a study about one network and its maps."""
    return {
        "training": lambda: TrainingResult.read(read["training"].folder),
        "evaluation": lambda: EvaluationResult.read(read["evaluation"].folder),
        "localisation": lambda: LocalisationResult.read(read["localisation"].folder),
        "layer_cells": lambda: LayerResult.read(read["layer"].folder),
        "scoreboard": lambda: ScoreboardResult.read(read["scoreboard"].folder),
        "by_class": lambda: ByClassResult.read(read["by_class"].folder),
        "faithfulness": lambda: FaithfulnessResult.read(read["faithfulness"].folder),
        "masking": lambda: MaskingResult.read(read["masking"].folder) if "masking" in read else None,
        "randomisation": lambda: RandomisationResult.read(read["randomisation"].folder),
        "stability": lambda: StabilityResult.read(read["stability"].folder),
        "retrained": lambda: {
            name.removeprefix("retrained-"): RetrainedResult.read(read[name].folder)
            for name in read
            if name.startswith("retrained-")
        },
        "memorised": lambda: MemorisedResult.read(read["memorised"].folder) if "memorised" in read else None,
        "cases": lambda: CasesResult.read(read["selection"].folder),
        "overview": lambda: OverviewResult.read(read["overview"].folder),
        "matrix": lambda: MatrixResult.read(read["matrix"].folder),
        "teaser": lambda: read["figure-teaser"].json("figure.json"),
    }


def shortcut_results(read: Results) -> Readers:
    """Of a study about a planted shortcut."""

    def shortcut() -> ShortcutResult:
        return ShortcutResult.read(read["shortcut"].folder)

    return {
        "shortcut": shortcut,
        "overview": lambda: OverviewResult.read(read["overview"].folder),
    }
