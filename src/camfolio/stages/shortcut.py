"""Stage `shortcut`: whether networks learned the cue, and whether maps reveal it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from camfolio.data.slices import Slices
from camfolio.evidence.detection import alarm_rate, auc_of_logits, flips, separation
from camfolio.results.arrays.cue_outputs import PLAIN, CueOutputs
from camfolio.results.networks import NetworksInterval
from camfolio.results.planting import PlantingResult
from camfolio.results.shortcut import (
    AucByNetwork,
    CueResult,
    Flips,
    FlipShare,
    MapCounts,
    MapValues,
    MethodMaps,
    NetworkMaps,
    NetworkPredictions,
    ShortcutResult,
)
from camfolio.stages.inputs.parts import part_slices
from camfolio.statistics.defined import defined_mean, or_none
from camfolio.statistics.networks import Statistics, interval_of_statistics
from camfolio.study.settings import Evaluation, ExplanationSettings

CLEAN = "clean"


@dataclass(frozen=True)
class Measuring:
    """The test slices, and the settings of intervals and alarms.

    Attributes:
        data: the test slices.
        resamples: number of bootstrap resamples.
        seed: of the bootstrap.
        alarm: ratio of energy share to area share above which a map raises an alarm.
    """

    data: Slices
    resamples: int
    seed: int
    alarm: float

    def interval(self, statistics: Statistics) -> NetworksInterval:
        """The mean over networks of a statistic from 0 to 1, with its interval over networks and patients."""
        return interval_of_statistics(statistics, self.data.patient, self.resamples, self.seed, (0.0, 1.0))


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
        alarm: ratio of energy share to area share above which a map raises an alarm.
        seed: of the bootstrap.
        folders: `NETWORK-SEED` -> folder of `shortcut_outputs`, `planting-CUE` -> folder of that stage.
    """
    data, _ = part_slices(slices, split, "test")
    measuring = Measuring(data, evaluation.resamples, seed, alarm)
    networks = {
        name: [CueOutputs.read(folders[f"{name}-{number}"]) for number in range(seeds)] for name in (CLEAN, *cues)
    }
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
    shortcut: Sequence[CueOutputs],
    clean: Sequence[CueOutputs],
    methods: Sequence[str],
) -> CueResult:
    """The results of one cue, from the networks that were trained with it and the clean ones."""
    return CueResult(
        planting=planting,
        shortcut=predictions(measuring, shortcut, planting.cue),
        clean=predictions(measuring, clean, planting.cue),
        methods={method: method_result(measuring, planting, shortcut, clean, method) for method in methods},
    )


def predictions(measuring: Measuring, outputs: Sequence[CueOutputs], cue: str) -> NetworkPredictions:
    """AUC with and without the cue, and the share of predictions that change with it."""

    def auc(shown: str) -> tuple[float | None, ...]:
        return tuple(or_none(auc_of_logits(network.logits[shown], measuring.data.label)) for network in outputs)

    changed = np.stack([flips(network.logits[PLAIN], network.logits[cue]) for network in outputs])
    return NetworkPredictions(
        auc=AucByNetwork(with_cue=auc(cue), without_cue=auc(PLAIN)),
        flips=Flips(put_in=flip_share(measuring, changed, 0), taken_out=flip_share(measuring, changed, 1)),
    )


def flip_share(measuring: Measuring, changed: np.ndarray, label: int) -> FlipShare:
    """The share of the slices of a class whose prediction changed; `changed` is (networks, slices)."""
    chosen = measuring.data.label == label
    return FlipShare(**dict(measuring.interval(partial(shares_of, changed, chosen))), slices=int(chosen.sum()))


def shares_of(changed: np.ndarray, chosen: np.ndarray, index: np.ndarray) -> np.ndarray:
    """The share of changed predictions among the chosen slices at `index`, by network; NaN if there are none."""
    columns = index[chosen[index]]
    return np.array([defined_mean(row[columns].astype(np.float64)) for row in changed])


def method_result(
    measuring: Measuring,
    planting: PlantingResult,
    shortcut: Sequence[CueOutputs],
    clean: Sequence[CueOutputs],
    method: str,
) -> MethodMaps:
    """Energy in the cue's region, alarms and detection, by the maps of one method."""
    cue = planting.cue
    rate = partial(alarm_rate, area_share=planting.area_share, alarm=measuring.alarm)

    def shares(outputs: Sequence[CueOutputs], shown: str) -> np.ndarray:
        return np.stack([network.energy[shown][cue][method] for network in outputs])

    def with_and_without(statistic: Callable[..., float], *networks: Sequence[CueOutputs]) -> MapValues:
        with_cue, without_cue = (
            over_networks(measuring, statistic, *(shares(outputs, shown) for outputs in networks))
            for shown in (cue, PLAIN)
        )
        return MapValues(with_cue=with_cue, without_cue=without_cue)

    def network_maps(outputs: Sequence[CueOutputs]) -> NetworkMaps:
        with_cue, without_cue = (int(np.isnan(shares(outputs, shown)).sum()) for shown in (cue, PLAIN))
        return NetworkMaps(
            energy=with_and_without(defined_mean, outputs),
            alarms=with_and_without(rate, outputs),
            empty=MapCounts(with_cue=with_cue, without_cue=without_cue),
        )

    return MethodMaps(
        shortcut=network_maps(shortcut),
        clean=network_maps(clean),
        detection=with_and_without(separation, shortcut, clean),
    )


def over_networks(measuring: Measuring, statistic: Callable[..., float], *shares: np.ndarray) -> NetworksInterval:
    """The mean over networks of a statistic of slices, or over pairs of networks; each of `shares` is (networks, slices)."""
    return measuring.interval(
        lambda index: np.array([statistic(*(row[index] for row in rows)) for rows in zip(*shares, strict=True)])
    )
