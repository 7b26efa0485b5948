"""Items of reporting checklists, paraphrased, and the facts of a run that answer each.

Items are defined here only. A fact is a macro of the template `partials/facts.md`; where it is empty for a study, or
an item has none, the page shows "not assessed". An author answers an item in the study file by its key: `claim_34`, `tripod_18a`, `co12_context`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError


@dataclass(frozen=True)
class Item:
    """One item: its number or name in the checklist, what it asks, and the facts that answer it, in order."""

    number: str
    asks: str
    facts: tuple[str, ...] = ()


def item(number: str, asks: str, *facts: str) -> Item:
    """An `Item` with its facts as arguments."""
    return Item(number, asks, facts)


@dataclass(frozen=True)
class Checklist:
    """A checklist: prefix of its keys, name, key in the bibliography, and items by part."""

    prefix: str
    name: str
    citation: str
    parts: Mapping[str, tuple[Item, ...]]

    def key(self, item: Item) -> str:
        """The item's key in a study file."""
        return f"{self.prefix}_{item.number.lower().replace(' ', '_')}"

    @property
    def items(self) -> tuple[Item, ...]:
        """All items in order."""
        return tuple(item for items in self.parts.values() for item in items)


CLAIM = Checklist(
    "claim",
    "CLAIM 2024",
    "tejani2024",
    {
        "Title and abstract": (
            item("1", "Artificial intelligence named, with its kind", "title", "technique"),
            item("2", "Summary of design, methods, results, conclusions", "summary"),
        ),
        "Introduction": (
            item("3", "Background, intended use and role"),
            item("4", "Aims and hypotheses", "aims"),
        ),
        "Methods: design": (
            item("5", "Prospective or retrospective", "design"),
            item("6", "Goal of the study", "goal"),
        ),
        "Methods: data": (
            item("7", "Where the data come from", "origin"),
            item("8", "Who and what was included and excluded", "exclusions"),
            item("9", "Preprocessing", "preprocessing"),
            item("10", "Selection of subsets", "subsets"),
            item("11", "De-identification", "identities"),
            item("12", "Missing data", "missing"),
            item("13", "How the images were acquired", "acquisition"),
        ),
        "Methods: reference standard": (
            item("14", "How the reference standard was obtained", "reference", "label_rule"),
            item("15", "Why this reference standard"),
            item("16", "Who annotated", "annotators"),
            item("17", "Annotation of the test set", "test_labels"),
            item("18", "Agreement between and within annotators"),
        ),
        "Methods: partitions": (
            item("19", "How data were assigned to parts", "partition", "parts"),
            item("20", "Level at which the parts are disjoint", "disjoint"),
            item("21", "Intended sample size", "sample_size"),
        ),
        "Methods: model": (
            item("22", "Description of the model", "architecture", "output"),
            item("23", "Software and versions", "software"),
            item("24", "Initial parameters", "initialisation"),
            item("25", "Training: settings and augmentation", "optimisation", "augmentation"),
            item("26", "Choice of the final model", "final_model"),
            item("27", "Ensembles", "ensemble"),
        ),
        "Methods: evaluation": (
            item("28", "Measures of performance", "measures"),
            item("29", "Statistical uncertainty and significance", "uncertainty"),
            item("30", "Robustness or sensitivity analysis", "robustness"),
            item("31", "Methods of explanation and how they were checked", "explanation", "inside_nodule"),
            item("32", "Evaluation on internal data", "internal"),
            item("33", "Testing on external data", "elsewhere"),
            item("34", "Registration of the clinical trial"),
        ),
        "Results": (
            item("35", "Numbers included and excluded", "included", "exclusions"),
            item("36", "Demographic and clinical characteristics by part", "parts", "characteristics"),
            item("37", "Performance with its uncertainty", "performance", "calibration"),
            item("38", "Diagnostic performance and its precision", "diagnostic"),
            item("39", "Analysis of failures", "failures"),
        ),
        "Discussion": (
            item("40", "Limitations", "limitations"),
            item("41", "Implications for practice, intended use", "use"),
        ),
        "Other information": (
            item("42", "Protocol or further technical details", "details"),
            item("43", "Availability of software, model and data", "code", "data_access"),
            item("44", "Funding and the funders' role"),
        ),
    },
)

TRIPOD = Checklist(
    "tripod",
    "TRIPOD+AI",
    "collins2024",
    {
        "Title and abstract": (
            item("1", "Development or evaluation, population and outcome in the title", "title", "phase"),
            item("2", "Abstract with the items of TRIPOD+AI for abstracts"),
        ),
        "Introduction": (
            item("3a", "Healthcare context and rationale"),
            item("3b", "Target population, purpose in care, users"),
            item("3c", "Known health inequalities"),
            item("4", "Objectives: development, evaluation or both", "aims", "phase"),
        ),
        "Methods: data and participants": (
            item("5a", "Sources of the data and why these", "origin"),
            item("5b", "Dates of the data", "dates"),
            item("6a", "Setting, number and place of centres"),
            item("6b", "Eligibility", "exclusions"),
            item("6c", "Treatments received"),
            item("7", "Preparation and quality checks of the data", "preprocessing", "checks"),
        ),
        "Methods: outcome and predictors": (
            item("8a", "Definition of the outcome", "reference", "label_rule"),
            item("8b", "Who assessed the outcome", "annotators"),
            item("8c", "Blinding of the outcome's assessment"),
            item("9a", "Choice of predictors", "predictors"),
            item("9b", "Definition of predictors", "preprocessing"),
            item("9c", "Who assessed predictors that need judgement", "judgement"),
        ),
        "Methods: analysis": (
            item("10", "Sample size and its reasons", "sample_size"),
            item("11", "Missing data", "missing"),
            item("12a", "How the data were used and partitioned", "partition", "disjoint"),
            item("12b", "Handling of predictors", "preprocessing", "augmentation"),
            item(
                "12c", "Type of model, its building, internal validation", "architecture", "optimisation", "final_model"
            ),
            item("12d", "Differences between clusters", "clusters"),
            item("12e", "Measures and plots of performance", "measures"),
            item("12f", "Updating of the model", "updating"),
            item("12g", "How predictions were calculated", "output"),
            item("13", "Class imbalance", "imbalance"),
            item("14", "Fairness"),
            item("15", "Output of the model and its threshold", "output"),
            item("16", "Differences between development and evaluation data", "same_source"),
            item("17", "Ethical approval and consent"),
        ),
        "Open science and involvement": (
            item("18a", "Funding and the funders' role"),
            item("18b", "Conflicts of interest"),
            item("18c", "Protocol"),
            item("18d", "Registration"),
            item("18e", "Availability of the data", "data_access"),
            item("18f", "Availability of the code", "code"),
            item("19", "Involvement of patients and the public"),
        ),
        "Results": (
            item("20a", "Flow of participants", "included", "exclusions"),
            item("20b", "Characteristics of participants", "characteristics"),
            item("20c", "Development and evaluation data compared", "parts"),
            item("21", "Participants and events in each analysis", "parts"),
            item("22", "The full model, so that others can use it", "architecture", "weights"),
            item("23a", "Performance with intervals, also in subgroups", "performance", "calibration", "subgroups"),
            item("23b", "Differences in performance between clusters"),
            item("24", "Results of updating the model", "updating"),
        ),
        "Discussion": (
            item("25", "Interpretation, fairness, previous studies"),
            item("26", "Limitations and their effects", "limitations"),
            item("27a", "Poor or unavailable input data in use"),
            item("27b", "What users must do and know"),
            item("27c", "Next steps, applicability elsewhere"),
        ),
    },
)

CO12 = Checklist(
    "co12",
    "Co-12",
    "nauta2023",
    {
        "Content": (
            item("Correctness", "Does the map reflect what the network computes?", "correctness"),
            item("Completeness", "How much of the network's output does it explain?", "completeness"),
            item("Consistency", "Does the same input give the same map?", "consistency"),
            item("Continuity", "Do similar inputs give similar maps?", "continuity"),
            item("Contrastivity", "Does it discriminate between the classes?", "contrastivity"),
            item("Covariate complexity", "Are the concepts it uses understandable?", "vocabulary"),
        ),
        "Presentation": (
            item("Compactness", "Is it as short as possible?"),
            item("Composition", "How is it shown?", "presentation"),
            item("Confidence", "Does it come with a probability or an uncertainty?", "confidence"),
        ),
        "User": (
            item("Context", "Does it serve the needs of its users?"),
            item("Coherence", "Does it agree with prior knowledge?", "inside_nodule"),
            item("Controllability", "Can its users influence it?", "control"),
        ),
    },
)

CHECKLISTS = (CLAIM, TRIPOD, CO12)
KEYS = frozenset(checklist.key(entry) for checklist in CHECKLISTS for entry in checklist.items)
"""Keys that the section `reporting` of a study file may have."""


def known_item(key: str) -> str:
    """Accept the key of an item of a reporting checklist."""
    if key not in KEYS:
        raise PydanticCustomError("item", "an item")  # noqa: EM101 - its type, a literal for the type checker
    return key


ItemKey = Annotated[str, AfterValidator(known_item)]
