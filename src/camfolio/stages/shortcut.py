"""Stage `shortcut`: whether the cue was learned, and whether the maps reveal it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from camfolio.data.slices import Slices
from camfolio.evidence.detection import alarm_rate, auc_of_logits, detection_auc, flips
from camfolio.results.arrays.cue_answers import PLAIN, CueAnswers
from camfolio.results.interval import Interval
from camfolio.results.planting import PlantingResult
from camfolio.results.shortcut import (
    AucBySeed,
    CueResult,
    Flips,
    FlipShare,
    MapCounts,
    MapValues,
    MethodMaps,
    NetworkMaps,
    Predictions,
    SeedsInterval,
    ShortcutResult,
)
from camfolio.stages.inputs.parts import part_slices
from camfolio.statistics.bootstrap import Statistic, interval
from camfolio.statistics.defined import defined_mean, or_none
from camfolio.study.settings import Evaluation, ExplanationSettings

CLEAN = "clean"


@dataclass(frozen=True)
class Measuring:
    """What every number needs: the test slices, how intervals are made, and how much more than its area is an alarm."""

    data: Slices
    resamples: int
    seed: int
    alarm: float

    def interval(self, statistic: Statistic) -> Interval:
        """A number with its interval over patients."""
        return interval(statistic, self.data.patient, self.resamples, self.seed)


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
    """Write `ShortcutResult`.

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
    networks = {name: [CueAnswers.read(folders[f"{name}-{one}"]) for one in range(seeds)] for name in (CLEAN, *cues)}
    plantings = {cue: PlantingResult.read(folders[f"planting-{cue}"]) for cue in cues}
    ShortcutResult(
        slices=len(data),
        patients=len(np.unique(data.patient)),
        seeds=seeds,
        alarm=alarm,
        cues={
            cue: cue_result(measuring, plantings[cue], networks[cue], networks[CLEAN], explanation.methods)
            for cue in cues
        },
    ).write(out)


def cue_result(
    measuring: Measuring,
    planting: PlantingResult,
    shortcut: Sequence[CueAnswers],
    clean: Sequence[CueAnswers],
    methods: Sequence[str],
) -> CueResult:
    """Everything about one cue, from the networks that were trained with it and the clean ones."""
    return CueResult(
        planting=planting,
        shortcut=predictions(measuring, shortcut, planting.cue),
        clean=predictions(measuring, clean, planting.cue),
        methods={method: method_maps(measuring, planting, shortcut, clean, method) for method in methods},
    )


def predictions(measuring: Measuring, answers: Sequence[CueAnswers], cue: str) -> Predictions:
    """AUC with and without the cue, and how often a prediction changes with it."""

    def auc(shown: str) -> tuple[float | None, ...]:
        return tuple(or_none(auc_of_logits(one.logits[shown], measuring.data.label)) for one in answers)

    changed = np.stack([flips(one.logits[PLAIN], one.logits[cue]) for one in answers])
    return Predictions(
        auc=AucBySeed(with_cue=auc(cue), without_cue=auc(PLAIN)),
        flips=Flips(put_in=flip_share(measuring, changed, 0), taken_out=flip_share(measuring, changed, 1)),
    )


def flip_share(measuring: Measuring, changed: np.ndarray, label: int) -> FlipShare:
    """The share of the slices of a class whose prediction changed; `changed` is (seeds, slices)."""
    chosen = measuring.data.label == label
    everything = np.arange(len(chosen))
    return FlipShare(
        **dict(measuring.interval(partial(share_of, changed, chosen))),
        slices=int(chosen.sum()),
        by_seed=tuple(or_none(share_of(row[None], chosen, everything)) for row in changed),
    )


def share_of(changed: np.ndarray, chosen: np.ndarray, index: np.ndarray) -> float:
    """The share of the chosen ones among `index` that changed, over all seeds; NaN if none is chosen."""
    rows = index[chosen[index]]
    return defined_mean(changed[:, rows].astype(np.float64))


def method_maps(
    measuring: Measuring,
    planting: PlantingResult,
    shortcut: Sequence[CueAnswers],
    clean: Sequence[CueAnswers],
    method: str,
) -> MethodMaps:
    """Energy in the cue's region, alarms and detection, by the maps of one method."""
    cue = planting.cue
    rate = partial(alarm_rate, area_share=planting.area_share, alarm=measuring.alarm)

    def shares(answers: Sequence[CueAnswers], shown: str) -> np.ndarray:
        return np.stack([one.energy[shown][cue][method] for one in answers])

    def with_and_without(statistic: Callable[..., float], *networks: Sequence[CueAnswers]) -> MapValues:
        with_cue, without_cue = (
            over_seeds(measuring, statistic, *(shares(answers, shown) for answers in networks))
            for shown in (cue, PLAIN)
        )
        return MapValues(with_cue=with_cue, without_cue=without_cue)

    def network_maps(answers: Sequence[CueAnswers]) -> NetworkMaps:
        with_cue, without_cue = (int(np.isnan(shares(answers, shown)).sum()) for shown in (cue, PLAIN))
        return NetworkMaps(
            energy=with_and_without(mean_over_seeds, answers),
            alarms=with_and_without(rate, answers),
            empty=MapCounts(with_cue=with_cue, without_cue=without_cue),
        )

    return MethodMaps(
        shortcut=network_maps(shortcut),
        clean=network_maps(clean),
        detection=with_and_without(detection_auc, shortcut, clean),
    )


def over_seeds(measuring: Measuring, statistic: Callable[..., float], *shares: np.ndarray) -> SeedsInterval:
    """A statistic of all seeds with its interval over patients, and seed by seed; from arrays (seeds, slices)."""
    by_seed = tuple(or_none(statistic(*(one[None] for one in rows))) for rows in zip(*shares, strict=True))
    overall = measuring.interval(lambda index: statistic(*(one[:, index] for one in shares)))
    return SeedsInterval(**dict(overall), by_seed=by_seed)


def mean_over_seeds(shares: np.ndarray) -> float:
    """The mean over seeds of the mean over slices with a map."""
    return defined_mean([defined_mean(row) for row in shares])
