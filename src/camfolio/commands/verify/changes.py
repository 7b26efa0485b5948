"""What differs between stored and recomputed results: numbers, chosen examples and maps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from camfolio.commands.verify.compared import Compared, Verification
from camfolio.pipeline.external import EXTERNAL
from camfolio.results.arrays.maps import FILE, LayerMaps, SliceMaps
from camfolio.results.by_class import ByClassResult
from camfolio.results.evaluation import EvaluationResult
from camfolio.results.interval import Interval
from camfolio.results.localisation import LocalisationResult
from camfolio.results.masking import MaskingResult
from camfolio.results.memorised import MemorisedResult
from camfolio.results.randomisation import RandomisationResult
from camfolio.results.result import Result, ResultFile
from camfolio.results.retrained import RetrainedResult
from camfolio.results.scoreboard import ScoreboardResult
from camfolio.results.selection import Case, CasesResult
from camfolio.results.shortcut import ShortcutResult
from camfolio.results.stability import StabilityResult

NUMBERED: tuple[type[ResultFile], ...] = (
    EvaluationResult,
    LocalisationResult,
    ScoreboardResult,
    MaskingResult,
    ByClassResult,
    RandomisationResult,
    StabilityResult,
    RetrainedResult,
    MemorisedResult,
    ShortcutResult,
)
"""Results whose numbers are compared one by one."""


@dataclass(frozen=True)
class ChangedNumber:
    """A number that differs.

    Attributes:
        stage: of its result.
        name: its path in the result, such as `metrics.auc`.
        before, after: its values with their intervals, in the unit of the result; None where there is no such number.
    """

    stage: str
    name: str
    before: Interval | None
    after: Interval | None

    @property
    def difference(self) -> float | None:
        """The value after minus the value before; None if one of them is not defined."""
        before, after = (row.value if row else None for row in (self.before, self.after))
        return None if before is None or after is None else after - before

    @property
    def has_interval(self) -> bool:
        """Whether both values have intervals."""
        return all(row and None not in (row.value, row.low, row.high) for row in (self.before, self.after))


@dataclass(frozen=True)
class ChangedExample:
    """A chosen example that is another slice now.

    Attributes:
        stage: of its result.
        method: whose example it is.
        kind: `misclassified`, `good`, `median`, `bad`, or `random 1` and so on.
        before, after: ids of the slices; empty where no slice was chosen.
    """

    stage: str
    method: str
    kind: str
    before: str
    after: str


@dataclass(frozen=True)
class ChangedMaps:
    """Maps of one method that differ.

    Attributes:
        stage: of their result.
        subject: key of the method, with its layer if that is not the one in focus.
        before, after: the maps of all slices.
    """

    stage: str
    subject: str
    before: Float[np.ndarray, "slices height width"]
    after: Float[np.ndarray, "slices height width"]

    @property
    def largest(self) -> float:
        """The largest magnitude in all maps, before or after."""
        return float(max(np.abs(self.before).max(), np.abs(self.after).max()))

    @property
    def shares(self) -> Float[np.ndarray, " slices"]:
        """By slice, the largest difference of a pixel, relative to the largest magnitude in all maps.

        >>> before, after = np.array([[[1.0, 2.0]], [[3.0, 4.0]]]), np.array([[[1.0, 2.0]], [[3.0, 3.0]]])
        >>> ChangedMaps("explanations", "grad_cam", before, after).shares
        array([0.  , 0.25])
        """
        change = np.abs(self.before.astype(np.float64) - self.after).max(axis=(1, 2))
        shares: np.ndarray = change / self.largest
        return shares

    def slice_name(self, place: int, names: Sequence[str]) -> str:
        """A slice of these maps: its id if it is among those of the test slices, else its position from 0."""
        return names[place] if names and not self.stage.startswith(EXTERNAL) else f"number {place}"


def changed_numbers(found: Verification) -> list[ChangedNumber]:
    """The numbers that differ, in the order of stages; within one, those with intervals first."""
    changed: list[ChangedNumber] = []
    for result, model in measured(found, {model.FILE: model for model in NUMBERED}):
        before, after = (dict(numbers(model.read(folder))) for folder in found.folders(result))
        rows = [
            ChangedNumber(result.stage, name, before.get(name), after.get(name))
            for name in {**before, **after}
            if before.get(name) != after.get(name)
        ]
        changed += sorted(rows, key=lambda row: not row.has_interval)
    return changed


def measured(
    found: Verification, models: Mapping[str, type[ResultFile]]
) -> Iterator[tuple[Compared, type[ResultFile]]]:
    """Results that differ and of which both versions are here, with the model of each file that differs."""
    for result in found.changed:
        if result.is_measured:
            yield from ((result, models[file]) for file in result.files if file in models)


def numbers(value: object, name: str = "") -> Iterator[tuple[str, Interval]]:
    """All numbers of a result by their paths; one without an interval gets an empty one.

    >>> dict(numbers({"auc": Interval(value=0.9, low=0.8, high=1.0), "slices": 3}))["slices"].value
    3.0
    """
    if isinstance(value, Interval):
        yield name, Interval(value=value.value, low=value.low, high=value.high)
    elif isinstance(value, bool):
        return
    elif isinstance(value, int | float):
        yield name, Interval(value=float(value), low=None, high=None)
    elif isinstance(value, Result):
        yield from numbers({field: getattr(value, field) for field in type(value).model_fields}, name)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from numbers(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, tuple):
        for place, inner in enumerate(value):
            yield from numbers(inner, f"{name}[{place}]")


def changed_examples(found: Verification) -> list[ChangedExample]:
    """The chosen examples that are other slices now."""
    changed: list[ChangedExample] = []
    for result, _ in measured(found, {CasesResult.FILE: CasesResult}):
        before, after = (examples(CasesResult.read(folder)) for folder in found.folders(result))
        changed += [
            ChangedExample(result.stage, *key, before.get(key, ""), after.get(key, ""))
            for key in {**before, **after}
            if before.get(key) != after.get(key)
        ]
    return changed


def examples(cases: CasesResult) -> dict[tuple[str, str], str]:
    """Method and kind of every example -> id of its slice; empty where no slice fits the rule."""
    chosen: dict[tuple[str, str], Case | None] = {}
    for method, of_method in cases.methods.items():
        chosen |= {(method, kind): case for kind, case in of_method.cases.items()}
        chosen |= {(method, f"random {place}"): case for place, case in enumerate(of_method.random, 1)}
    return {key: case.id if case else "" for key, case in chosen.items()}


def layer_maps(folder: Path) -> Mapping[str, np.ndarray]:
    """Signed maps at the layers' resolution, by subject."""
    return LayerMaps.read(folder).signed


def slice_maps(folder: Path) -> Mapping[str, np.ndarray]:
    """Maps at the slices' resolution, >= 0, by method."""
    return SliceMaps.read(folder).enlarged


MAPS: Mapping[str, Callable[[Path], Mapping[str, np.ndarray]]] = {
    "explanations": layer_maps,
    "localisation": slice_maps,
    f"{EXTERNAL}explanations": layer_maps,
    f"{EXTERNAL}localisation": slice_maps,
}
"""Stage -> how its maps are read."""


def changed_maps(found: Verification) -> list[ChangedMaps]:
    """The maps that differ, by stage and method; none of another shape, which no number tells."""
    changed: list[ChangedMaps] = []
    for result in found.changed:
        if not (result.is_measured and result.stage in MAPS and FILE in result.files):
            continue
        before, after = (MAPS[result.stage](folder) for folder in found.folders(result))
        for subject in before.keys() & after.keys():
            pair = before[subject], after[subject]
            if pair[0].shape == pair[1].shape and not np.array_equal(*pair):
                changed.append(ChangedMaps(result.stage, subject, *pair))
    return sorted(changed, key=lambda maps: (list(MAPS).index(maps.stage), maps.subject))
