"""Output of `camfolio show`: the main results of a study, as tables or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from camfolio.pipeline.external import EXTERNAL
from camfolio.pipeline.portfolio import Portfolio
from camfolio.results.evaluation import EvaluationResult
from camfolio.results.localisation import LocalisationResult
from camfolio.results.selection import Case, CasesResult
from camfolio.results.shortcut import ShortcutResult

WHOLE = {"method", "kind", "slice", "stage", "state"}
"""Columns of names that are not broken while another column can be narrower."""
SIZE = ("cases", "slices", "patients", "positives")
"""Counts of a test set."""


def summary(portfolio: Portfolio) -> dict[str, Any]:
    """Metrics over nodules and over slices with intervals, confusion matrix, baseline, and the chosen examples by method and kind.

    For a study about a planted shortcut: the result of its stage `shortcut`.
    """
    if portfolio.study.shortcut:
        shortcut = ShortcutResult.read(portfolio.artefacts["shortcut"].folder)
        return {"study": portfolio.name, **shortcut.model_dump(mode="json")}
    evaluation = EvaluationResult.read(portfolio.artefacts["evaluation"].folder)
    chosen = CasesResult.read(portfolio.artefacts["selection"].folder).methods
    localisation = LocalisationResult.read(portfolio.artefacts["localisation"].folder)
    numbers = evaluation.model_dump(mode="json")
    classes = portfolio.study.classes
    return {
        "study": portfolio.name,
        "classes": list(classes),
        "test": {"unit": evaluation.unit} | {name: numbers[name] for name in SIZE},
        "metrics": numbers["metrics"],
        "baseline": {"area": numbers["baseline"]},
        "difference_to_baseline": numbers["difference"],
        "by_slice": numbers["by_slice"],
        "largest_slice": numbers["largest_slice"],
        "confusion_matrix": [list(row) for row in evaluation.confusion.matrix],
        "localisation": localisation.model_dump(mode="json"),
        "external": external(portfolio),
        "examples": {
            method: {kind: example(case, classes) for kind, case in selection.cases.items()}
            for method, selection in chosen.items()
        },
    }


def external(portfolio: Portfolio) -> dict[str, Any] | None:
    """Size and metrics of the external test set; None without one."""
    if portfolio.study.external is None:
        return None
    evaluation = EvaluationResult.read(portfolio.artefacts[f"{EXTERNAL}evaluation"].folder)
    numbers = evaluation.model_dump(mode="json")
    return {"unit": evaluation.unit} | {name: numbers[name] for name in (*SIZE, "metrics", "by_slice")}


def example(case: Case | None, classes: tuple[str, str]) -> dict[str, Any] | None:
    """One chosen example with names of classes; None if there is none."""
    if case is None:
        return None
    names = {"slice": case.id, "true": classes[case.true], "predicted": classes[case.predicted]}
    numbers = ("probability", "energy_share", "energy_ratio", "area_share", "rank", "among")
    return names | {name: getattr(case, name) for name in numbers}


def show(name: str, values: dict[str, Any]) -> None:
    """Print the main results as tables that fit 80 columns."""
    console = Console(markup=False)  # a class may be called [red]
    for table in cue_tables(name, values) if "cues" in values else network_tables(name, values):
        console.print(table)


def network_tables(name: str, values: dict[str, Any]) -> Iterator[Table]:
    """Metrics on the test part and on an external source, and the chosen examples."""
    yield metrics_table(f"{name}, by {values['test']['unit']}", values["metrics"])
    if values["external"]:
        unit = values["external"]["unit"]
        yield metrics_table(f"{name}, external test set, by {unit}", values["external"]["metrics"])
    cases = plain_table("method", "kind", "slice", "energy share", "true", "predicted")
    for method, kinds in values["examples"].items():
        for kind, case in kinds.items():
            if isinstance(case, dict):
                cells = (case["slice"], number(case["energy_share"]), case["true"], case["predicted"])
                cases.add_row(method, kind, *map(str, cells))
            else:
                cases.add_row(method, kind, "none", "", "", "")
    yield cases


def metrics_table(title: str, metrics: Mapping[str, Mapping[str, Any]]) -> Table:
    """Metrics with their intervals."""
    table = plain_table("metric", "value", "95 % interval", title=title)
    for metric, row in metrics.items():
        table.add_row(metric, *interval(row))
    return table


def cue_tables(name: str, values: dict[str, Any]) -> Iterator[Table]:
    """For every cue: how often it flips predictions, and the maps' energy in its region, of networks that learned it."""
    for cue, result in values["cues"].items():
        table = plain_table("networks trained with the cue", "value", "95 % interval", title=f"{name}, cue {cue}")
        flips = result["shortcut"]["flips"]
        table.add_row("flipped when put in", *interval(flips["put_in"]))
        table.add_row("flipped when taken out", *interval(flips["taken_out"]))
        for method, maps in result["methods"].items():
            table.add_row(f"energy in the cue, {method}", *interval(maps["shortcut"]["energy"]["with_cue"]))
        yield table


def plain_table(*columns: str, title: str = "") -> Table:
    """A table without borders, whose cells wrap between words and are never cut."""
    table = Table(title=title or None, title_justify="left", box=SIMPLE_HEAD, padding=0)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in WHOLE)
    return table


def interval(row: Mapping[str, Any]) -> tuple[str, str]:
    """A value and its interval."""
    return number(row["value"]), f"{number(row['low'])} to {number(row['high'])}"


def number(value: object) -> str:
    """A number with three decimals, or "not defined"."""
    return f"{value:.3f}" if isinstance(value, float) else "not defined"
