"""Output of `camfolio show`: the main results of a study, as tables or JSON."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from camfolio.pipeline.portfolio import Portfolio
from camfolio.results.evaluation import EvaluationResult
from camfolio.results.localisation import LocalisationResult
from camfolio.results.selection import Case, CasesResult
from camfolio.results.shortcut import ShortcutResult


def summary(portfolio: Portfolio) -> dict[str, Any]:
    """Metrics with intervals, confusion matrix, baseline, and the chosen examples by method and kind.

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
        "test": {name: numbers[name] for name in ("slices", "patients", "positives")},
        "metrics": numbers["metrics"],
        "baseline": {"area": numbers["baseline"]},
        "difference_to_baseline": numbers["difference"],
        "confusion_matrix": [list(row) for row in evaluation.confusion.matrix],
        "localisation": localisation.model_dump(mode="json"),
        "examples": {
            method: {kind: example(case, classes) for kind, case in selection.cases.items()}
            for method, selection in chosen.items()
        },
    }


def example(case: Case | None, classes: tuple[str, str]) -> dict[str, Any] | None:
    """One chosen example with names of classes; None if there is none."""
    if case is None:
        return None
    names = {"slice": case.id, "true": classes[case.true], "predicted": classes[case.predicted]}
    numbers = ("probability", "energy_share", "energy_ratio", "area_share", "rank", "among")
    return names | {name: getattr(case, name) for name in numbers}


def show(name: str, values: dict[str, Any]) -> None:
    """Print metrics and examples as two tables."""
    console = Console(markup=False)  # a class may be called [red]
    table = Table("metric", "value", "95 % interval", title=name, title_justify="left")
    for metric, row in values["metrics"].items():
        table.add_row(metric, number(row["value"]), f"{number(row['low'])} to {number(row['high'])}")
    console.print(table)
    cases = Table("method", "kind", "slice", "energy share", "true", "predicted")
    for method, kinds in values["examples"].items():
        for kind, case in kinds.items():
            if isinstance(case, dict):
                cells = (case["slice"], number(case["energy_share"]), case["true"], case["predicted"])
                cases.add_row(method, kind, *map(str, cells))
            else:
                cases.add_row(method, kind, "none", "", "", "")
    console.print(cases)


def number(value: object) -> str:
    """A number with three decimals, or "not defined"."""
    return f"{value:.3f}" if isinstance(value, float) else "not defined"
