"""Stage `localisation`: scores of every map against the nodule's mask, slice by slice and as means."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from pathlib import Path

import numpy as np

from camfolio.data.slices import Slices
from camfolio.evidence.following import Places, Positions, places, slope
from camfolio.evidence.localisation import LOCALISATION, Truth, area_share, frame, offset_in_radii
from camfolio.evidence.shortcut import energy_in
from camfolio.results.arrays.maps import LayerMaps, SliceMaps
from camfolio.results.arrays.slice_scores import SliceScores
from camfolio.results.interval import Interval
from camfolio.results.localisation import Following, LocalisationResult
from camfolio.results.subject import ORACLE, Subject, at_layers
from camfolio.shapes import Names
from camfolio.stages.inputs.parts import part_slices
from camfolio.stages.inputs.subjects import (
    control_maps,
    disagreement_maps,
    method_maps,
    oracle_maps,
    others_maps,
    signed_maps,
)
from camfolio.statistics.bootstrap import interval
from camfolio.statistics.patients import Patients
from camfolio.study.evidence import Evidence
from camfolio.study.settings import Evaluation, ExplanationSettings, Network


def run(
    *,
    out: Path,
    slices: Path,
    split: Path,
    explanations: Path,
    network: Network,
    explanation: ExplanationSettings,
    evaluation: Evaluation,
    evidence: Evidence,
    seed: int,
) -> None:
    """Write `SliceScores` and `SliceMaps` of all test slices, and `LocalisationResult`.

    Subjects are the methods at all layers, the controls, for every method the mean of its maps of other
    patients, and the true mask at the resolution of the layer in focus. Stage `scoreboard` has the means of all scores and their comparisons.
    """
    data, _ = part_slices(slices, split, "test")
    size = (data.mask.shape[1], data.mask.shape[2])
    truth = Truth(data.mask, data.spacing, evidence.tolerance_mm)
    scores: dict[str, dict[Subject, np.ndarray]] = {name: {} for name in LOCALISATION}
    enlarged: dict[str, np.ndarray] = {}
    found: dict[str, Places] = {}
    methods = method_maps(explanations, at_layers(explanation.layers, explanation.methods), size)
    control = control_maps(data, network.window_hu, evidence.centre_sigma_mm, seed)
    elsewhere = others_maps(explanations, explanation.methods, size, data.patient)
    oracle = [(ORACLE, oracle_maps(explanations, explanation.methods[0], data.mask))]
    for subject, maps in chain(methods, control, elsewhere, oracle):
        for name, score in LOCALISATION.items():
            scores[name][subject] = score(maps, truth)
        if subject.in_focus:
            found[subject.key] = places(maps, data.mask, data.spacing)
        if subject.in_focus and not subject.is_control:
            enlarged[subject.name] = maps
    levels = {name: score.at_chance(truth) for name, score in LOCALISATION.items()}
    chance = {name: level for name, level in levels.items() if level is not None}
    SliceScores(scores, chance).write(out)
    stored = LayerMaps.read(explanations)
    signed = {name: signed_maps(stored, name, size) for name in enlarged}
    SliceMaps(enlarged, signed, disagreement_maps(stored, size)).write(out)
    shares = {name: scores["energy_share"][Subject(name)] for name in explanation.methods}
    at_border = {name: energy_in(enlarged[name], frame(size)) for name in explanation.methods}
    patients = Patients(data.patient, evaluation.resamples, seed)
    followed = following(found, data.patient, evaluation.resamples, seed)
    summary(data, patients, shares, at_border, followed).write(out)


def following(found: Mapping[str, Places], patient: Names, resamples: int, seed: int) -> Mapping[str, Following]:
    """How far the maps of every subject follow the nodules, with intervals over patients."""

    def sloped(centre: Positions, nodule: Positions) -> Interval:
        undefined = int(np.isnan(centre + nodule).any(1).sum())
        estimate = interval(lambda index: slope(centre[index], nodule[index]), patient, resamples, seed)
        return estimate.model_copy(update={"slices_undefined": undefined})

    return {
        key: Following(centre_of_mass=sloped(one.centre_of_mass, one.nodule), maximum=sloped(one.maximum, one.nodule))
        for key, one in found.items()
    }


def summary(
    data: Slices,
    patients: Patients,
    shares: Mapping[str, np.ndarray],
    at_border: Mapping[str, np.ndarray],
    followed: Mapping[str, Following],
) -> LocalisationResult:
    """Means over slices with intervals over patients.

    Args:
        data: the slices.
        patients: of these slices.
        shares: energy inside the mask, by method.
        at_border: energy in the slice's frame, by method.
        followed: how far maps follow nodules, by subject.
    """
    area = area_share(data.mask)
    offset = np.nanmedian(offset_in_radii(data.mask, data.spacing)) if data.mask.any() else None
    return LocalisationResult(
        area_share=patients.interval(area),
        energy_share={method: patients.interval(share) for method, share in shares.items()},
        above_area={method: patients.interval(share - area) for method, share in shares.items()},
        frame_share=round(float(frame(data.mask.shape[1:]).mean()), 4),
        frame_energy={method: patients.interval(share) for method, share in at_border.items()},
        offset_in_radii=None if offset is None else round(float(offset), 4),
        following=followed,
    )
