"""Stage `shortcut`: whether the cue was learned, and whether the maps reveal it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from camfolio.data.slices import Slices
from camfolio.evidence.detection import alarm_rate, auc_of_answers, detection_auc, flips
from camfolio.evidence.shortcut import PLAIN
from camfolio.results.files import write_json
from camfolio.results.planting import PlantingResult
from camfolio.stages.inputs.parts import part_slices
from camfolio.statistics.bootstrap import interval
from camfolio.statistics.defined import defined_mean, or_none
from camfolio.study.settings import Evaluation, ExplanationSettings

CLEAN = "clean"
Answers = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Measuring:
    """What every number needs: the test slices, how intervals are made, and how much more than its area is an alarm."""

    data: Slices
    resamples: int
    seed: int
    alarm: float

    def interval(self, statistic: Any) -> dict[str, Any]:  # noqa: ANN401 - indices of slices to a number
        """A number with its interval over patients."""
        return interval(statistic, self.data.patient, self.resamples, self.seed).model_dump()


def run(
    *,
    out: Path,
    slices: Path,
    split: Path,
    explanation: ExplanationSettings,
    evaluation: Evaluation,
    cues: tuple[str, ...],
    seeds: int,
    alarm: float,
    seed: int,
    **folders: Path,
) -> None:
    """Write `shortcut.json`: `slices`, `patients`, and per cue

    `planting` (that stage's counts), `auc` (network -> set -> one number per seed), `flips` (put_in: first-class slices
    whose answer changes when the cue is put in; taken_out: second-class slices when it is taken out; of the shortcut
    networks and, for comparison, of the clean ones), `methods`: method -> `energy` (network -> with, without: the share of
    the energy in the cue's place), `detection` (with, without: AUC of shortcut against clean maps), `alarms` (network ->
    with, without: share of maps above `alarm` times the area), `undefined` (empty maps). All but `auc` are means over
    seeds with intervals over patients, and `by_seed`.

    Args:
        out: gets the file.
        slices: folder of that stage.
        split: folder of that stage.
        explanation: section of the study.
        evaluation: section of the study.
        cues: that were planted.
        seeds: networks of each kind.
        alarm: times the area's share at which a map raises an alarm.
        seed: of the bootstrap.
        folders: `NETWORK-SEED` -> folder of `shortcut_answers`, `planting-CUE` -> folder of that stage.
    """
    data, _ = part_slices(slices, split, "test")
    measuring = Measuring(data, evaluation.resamples, seed, alarm)
    networks = {name: load(folders, name, seeds) for name in (CLEAN, *cues)}
    result = {}
    for cue in cues:
        planting = PlantingResult.read(folders[f"planting-{cue}"])
        kinds = {"shortcut": networks[cue], CLEAN: networks[CLEAN]}
        result[cue] = about(measuring, planting, kinds, explanation.methods)
    counts = {"slices": len(data), "patients": len(np.unique(data.patient)), "seeds": seeds, "alarm": alarm}
    write_json(out / "shortcut.json", counts | {"cues": result})


def load(folders: Mapping[str, Path], name: str, seeds: int) -> list[Answers]:
    """The answers of all networks of a kind."""
    return [dict(np.load(folders[f"{name}-{one}"] / "answers.npz", allow_pickle=False)) for one in range(seeds)]


def about(
    measuring: Measuring, planting: PlantingResult, kinds: Mapping[str, Sequence[Answers]], methods: Sequence[str]
) -> dict[str, Any]:
    """Everything about one cue; `kinds` are the networks that learned it and the clean ones."""
    cue = planting.cue
    return {
        "planting": planting.model_dump(mode="json"),
        "auc": {
            kind: {
                name: [or_none(auc_of_answers(one[f"logits/{name}"], measuring.data.label)) for one in answers]
                for name in (PLAIN, cue)
            }
            for kind, answers in kinds.items()
        },
        "flips": {kind: flipping(measuring, answers, cue) for kind, answers in kinds.items()},
        "methods": {method: seen(measuring, planting, kinds, method) for method in methods},
    }


def flipping(measuring: Measuring, answers: Sequence[Answers], cue: str) -> dict[str, Any]:
    """How often an answer changes when the cue is put in (first class) or taken out (second class)."""
    changed = np.stack([flips(one[f"logits/{PLAIN}"], one[f"logits/{cue}"]) for one in answers])
    found = {}
    for name, label in (("put_in", 0), ("taken_out", 1)):
        chosen = measuring.data.label == label
        share = partial(share_of, changed, chosen)
        found[name] = {
            **measuring.interval(share),
            "slices": int(chosen.sum()),
            "by_seed": [or_none(share_of(row[None], chosen, np.arange(len(chosen)))) for row in changed],
        }
    return found


def share_of(changed: np.ndarray, chosen: np.ndarray, index: np.ndarray) -> float:
    """The share of the chosen ones among `index` that changed, over all seeds; NaN if none is chosen."""
    rows = index[chosen[index]]
    return defined_mean(changed[:, rows].astype(np.float64))


def seen(
    measuring: Measuring, planting: PlantingResult, kinds: Mapping[str, Sequence[Answers]], method: str
) -> dict[str, Any]:
    """What the maps of one method show of the cue."""
    cue, rate = planting.cue, partial(alarm_rate, area_share=planting.area_share, alarm=measuring.alarm)
    sets = {"with": cue, "without": PLAIN}
    shares = {
        (kind, word): np.stack([one[f"energy/{name}/{cue}/{method}"] for one in answers])
        for kind, answers in kinds.items()
        for word, name in sets.items()
    }

    def cells(number: Callable[[np.ndarray], Any]) -> dict[str, dict[str, Any]]:
        return {kind: {word: number(shares[kind, word]) for word in sets} for kind in kinds}

    return {
        "energy": cells(partial(over_seeds, measuring, mean_over_seeds)),
        "alarms": cells(partial(over_seeds, measuring, rate)),
        "undefined": cells(lambda values: int(np.isnan(values).sum())),
        "detection": {
            word: over_seeds(measuring, detection_auc, shares["shortcut", word], shares[CLEAN, word]) for word in sets
        },
    }


def over_seeds(measuring: Measuring, statistic: Any, *shares: np.ndarray) -> dict[str, Any]:  # noqa: ANN401 - arrays (seeds, slices) to a number
    """A statistic of all seeds with its interval over patients, and seed by seed."""
    by_seed = [or_none(statistic(*(one[None] for one in rows))) for rows in zip(*shares, strict=True)]
    return measuring.interval(lambda index: statistic(*(one[:, index] for one in shares))) | {"by_seed": by_seed}


def mean_over_seeds(shares: np.ndarray) -> float:
    """The mean over seeds of the mean over slices with a map."""
    return defined_mean([defined_mean(row) for row in shares])
