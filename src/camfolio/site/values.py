"""What templates may use of one study: its results, and what is known about its data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypedDict

from camfolio.evidence.findings import Findings, NetworkResults, network_findings
from camfolio.evidence.shortcut_findings import ShortcutFindings, shortcut_findings
from camfolio.pipeline.external import EXTERNAL
from camfolio.pipeline.portfolio import Portfolio
from camfolio.results.card import CardResult
from camfolio.results.evaluation import EvaluationResult
from camfolio.results.faithfulness import FaithfulnessResult
from camfolio.results.inspection import InspectionResult
from camfolio.results.localisation import LocalisationResult
from camfolio.results.matrix import MatrixResult
from camfolio.results.overlap import OverlapResult
from camfolio.results.randomisation import RandomisationResult
from camfolio.results.result import Key
from camfolio.results.retrained import RetrainedResult
from camfolio.results.scoreboard import ScoreboardResult
from camfolio.results.selection import CasesResult
from camfolio.results.shortcut import ShortcutResult
from camfolio.results.split import SplitResult
from camfolio.results.stability import StabilityResult
from camfolio.results.training import TrainingResult
from camfolio.site.recorded import NotRecorded, not_recorded
from camfolio.site.source_words import about_source
from camfolio.store.artefacts import Artefact, Manifest
from camfolio.study.settings import Study
from camfolio.study.source import WORDS, DataSource, SourceWords

StageName = Annotated[str, Key("STAGE", "name of a stage, such as training")]


class ExternalValues(TypedDict):
    """Results on the external source."""

    card: CardResult
    """Its data card."""
    evaluation: EvaluationResult
    """Metrics of the network's predictions on it."""
    localisation: LocalisationResult
    """Energy of the maps inside the nodule's mask on it."""


class DataValues(TypedDict):
    """What is known about the data."""

    card: CardResult
    """Data card: what the source says of its data, and counts and ranges of its slices."""
    source: SourceWords
    """Words of the source, or of user code, about the data; a page says them by the filter `filled`."""
    inspection: InspectionResult
    """Checks of the slices before anything is learned from them."""
    overlap: OverlapResult
    """Slices that look alike and are in different parts of the split."""
    external: ExternalValues | None
    """Results on an external source; None without one."""


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
    split: SplitResult
    """How many slices and patients are in each part."""
    provenance: Mapping[StageName, Manifest]
    """Manifest of every stage's result: its `key`, the `digest` of its `outputs`, and the `ingredients` of its key."""
    versions: Mapping[Annotated[str, Key("LIBRARY", "name of a Python package, such as torch")], str]
    """Version of each library that results were computed with."""
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
    scoreboard: ScoreboardResult
    """Scores of methods, controls and layers, and their comparisons."""
    faithfulness: FaithfulnessResult
    """Settings and sizes of the perturbation of pixels."""
    randomisation: RandomisationResult
    """Similarity of the maps after weight randomisation."""
    stability: StabilityResult
    """Similarity of the maps after perturbation of the input and after retraining."""
    retrained: Mapping[Annotated[str, Key("TRAINING", "permuted, or seed-NUMBER")], RetrainedResult]
    """Comparisons with maps of retrained networks, by `permuted` and `seed-NUMBER`."""
    cases: CasesResult
    """The examples of every method, with every number of their captions."""
    matrix: MatrixResult
    """What the cells of the matrix of examples say."""
    teaser: Mapping[str, Any]
    """Case, kind and energy shares of the study's first picture, with its alternative text and size."""


class NetworkVerdicts(TypedDict):
    """What is decided from all of that."""

    findings: Findings
    """What the study may claim, decided from its results."""


class ShortcutValues(TypedDict):
    """What templates may use of a study about a planted shortcut."""

    shortcut: ShortcutResult
    """Whether networks learned each cue, and whether maps reveal it."""
    teaser: Mapping[str, Any]
    """Alternative text and size of the study's first picture."""


class ShortcutVerdicts(TypedDict):
    """What is decided from that."""

    findings: ShortcutFindings
    """What the study may claim, decided from its results."""


def results(portfolio: Portfolio) -> dict[str, Any]:
    """What templates may use of one study."""
    read, study = portfolio.artefacts, portfolio.study
    values = {
        "name": portfolio.name,
        "label": portfolio.label,
        "study": study,
        "classes": study.classes,
        "at_last_layer": is_at_last_layer(study),
        "layer_words": layer_words(study),
        **about_data(portfolio),
        "split": SplitResult.read(read["split"].folder),
        "provenance": {name: artefact.manifest for name, artefact in read.items()},
        "versions": versions(read),
        "not_recorded": not_recorded(portfolio),
        **(shortcut_results(read) if study.shortcut else network_results(read)),
    }
    return values | {"findings": findings(values)}


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


def versions(read: Mapping[str, Artefact]) -> dict[str, str]:
    """Library -> the version that the study's results were computed with."""
    return {
        library: version
        for artefact in read.values()
        for library, version in artefact.manifest.ingredients.libraries.items()
    }


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
            randomisation=values["randomisation"],
            stability=values["stability"],
            cases=values["cases"],
            external=external["evaluation"] if external else None,
        )
    )


def network_results(read: Mapping[str, Artefact]) -> NetworkValues:
    """Of a study about one network and its maps."""
    return {
        "training": TrainingResult.read(read["training"].folder),
        "evaluation": EvaluationResult.read(read["evaluation"].folder),
        "localisation": LocalisationResult.read(read["localisation"].folder),
        "scoreboard": ScoreboardResult.read(read["scoreboard"].folder),
        "faithfulness": FaithfulnessResult.read(read["faithfulness"].folder),
        "randomisation": RandomisationResult.read(read["randomisation"].folder),
        "stability": StabilityResult.read(read["stability"].folder),
        "retrained": {
            name.removeprefix("retrained-"): RetrainedResult.read(artefact.folder)
            for name, artefact in read.items()
            if name.startswith("retrained-")
        },
        "cases": CasesResult.read(read["selection"].folder),
        "matrix": MatrixResult.read(read["matrix"].folder),
        "teaser": read["figure-teaser"].json("figure.json"),
    }


def shortcut_results(read: Mapping[str, Artefact]) -> ShortcutValues:
    """Of a study about a planted shortcut."""
    shortcut = ShortcutResult.read(read["shortcut"].folder)
    return {
        "shortcut": shortcut,
        "teaser": read[f"figure-shortcut-{next(iter(shortcut.cues))}"].json("figure.json"),
    }


def about_data(portfolio: Portfolio) -> DataValues:
    """The data card, the words of the source, the inspection, and the results on an external source (None without one)."""
    read, data = portfolio.artefacts, portfolio.study.data
    card = CardResult.read(read["slices"].folder)
    return {
        "card": described(card, data),
        "source": about_source(data.words, card),
        "inspection": InspectionResult.read(read["inspection"].folder),
        "overlap": OverlapResult.read(read["overlap"].folder),
        "external": elsewhere(portfolio),
    }


def elsewhere(portfolio: Portfolio) -> ExternalValues | None:
    """Data card, metrics and localisation on the external source."""
    read, source = portfolio.artefacts, portfolio.study.external
    if source is None:
        return None
    return {
        "card": described(CardResult.read(read[f"{EXTERNAL}slices"].folder), source),
        "evaluation": EvaluationResult.read(read[f"{EXTERNAL}evaluation"].folder),
        "localisation": LocalisationResult.read(read[f"{EXTERNAL}localisation"].folder),
    }


def described(card: CardResult, data: DataSource) -> CardResult:
    """A data card with what is known about the data: the author's words before the source's."""
    source = about_source(data.words, card)
    words = {"labels_are": source.labels_are, "masks_are": source.masks_are}
    given = {field: getattr(data, field) for field in WORDS}
    return card.model_copy(update=words | {field: said for field, said in given.items() if said})
