"""Subjects of scores with their maps: methods at the layer in focus and at other layers, and controls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from camfolio.data.slices import Slices
from camfolio.evidence.controls import CONTROLS, Scene, controls, others_mean
from camfolio.evidence.oracle import mask_at_cells
from camfolio.explanation.centres import CellCentres
from camfolio.explanation.maps import enlarge
from camfolio.results.arrays.maps import LayerMaps
from camfolio.results.subject import Subject, others
from camfolio.shapes import Maps, Masks, Names


def method_maps(
    explanations: Path, subjects: Sequence[Subject], size: tuple[int, int]
) -> Iterator[tuple[Subject, Maps]]:
    """Maps >= 0 of methods at any layer, stored by stage `explanations`, one subject at a time."""
    stored = LayerMaps.read(explanations)
    for subject in subjects:
        yield (
            subject,
            enlarge(torch.from_numpy(stored.of(subject)).relu(), size, stored_centres(stored, subject)).numpy(),
        )


def signed_maps(stored: LayerMaps, method: str, size: tuple[int, int]) -> Maps:
    """Maps of a method at the layer in focus before their ReLU, at the slices' resolution."""
    subject = Subject(method)
    return enlarge(torch.from_numpy(stored.of(subject)), size, stored_centres(stored, subject)).numpy()


def disagreement_maps(stored: LayerMaps, size: tuple[int, int]) -> dict[str, Maps]:
    """Method -> the disagreement of an ensemble's maps at the slices' resolution; empty for a single network."""
    return {
        method: enlarge(torch.from_numpy(values), size, stored_centres(stored, Subject(method))).numpy()
        for method, values in stored.disagreement.items()
    }


def stored_centres(stored: LayerMaps, subject: Subject) -> CellCentres:
    """Where the cells of a subject's layer lie."""
    first, step = stored.centres[subject.key].tolist()
    return CellCentres(tuple(first), tuple(step))


def oracle_maps(explanations: Path, method: str, masks: Masks) -> Maps:
    """The true masks, averaged over the cells of the layer in focus and enlarged like its maps.

    A pixel belongs to the cell nearest to it: enlarging the cells' own rows and columns gives the place of every pixel among
    them.

    Args:
        explanations: folder of that stage.
        method: any whose maps of that layer are stored.
        masks: of all test slices.
    """
    size = (masks.shape[1], masks.shape[2])
    stored = LayerMaps.read(explanations)
    rows, columns = stored.of(Subject(method)).shape[1:]
    centres = stored_centres(stored, Subject(method))
    places = torch.from_numpy(np.indices((rows, columns)).astype(np.float64))
    row, column = np.floor(enlarge(places, size, centres).numpy() + 0.5).astype(np.int64)
    cells = mask_at_cells(masks, row, column, (rows, columns))
    return enlarge(torch.from_numpy(cells), size, centres).numpy()


def others_maps(
    explanations: Path, methods: Sequence[str], size: tuple[int, int], patient: Names
) -> Iterator[tuple[Subject, Maps]]:
    """For every method, the mean of its maps of other patients, one subject at a time.

    Args:
        explanations: folder of that stage.
        methods: their maps at the layer in focus are used.
        size: rows and columns of the slices.
        patient: of all test slices.
    """
    targets = LayerMaps.read(explanations).targets
    for subject, maps in method_maps(explanations, [Subject(method) for method in methods], size):
        yield others(subject.name), others_mean(maps, patient, targets)


def control_maps(
    data: Slices, window_hu: tuple[float, float], sigma_mm: float, seed: int
) -> Iterator[tuple[Subject, Maps]]:
    """Maps of every control, one subject at a time."""
    scene = Scene(data.hounsfield, data.id, data.spacing, window_hu, sigma_mm, seed)
    for subject in controls():
        yield subject, CONTROLS[subject.name](scene)
