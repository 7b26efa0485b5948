"""Stage `anatomy`: what each method adds up on one slice, for the pictures that explain the methods."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from camfolio.explanation.layout import Layout
from camfolio.explanation.terms import TakenApart, Terms, taken_apart
from camfolio.network.architecture import in_window, through_window
from camfolio.network.trained import Device, load_trained
from camfolio.results.anatomy import AnatomyResult, Channel, MethodAnatomy
from camfolio.results.arrays.anatomy import AnatomyArrays, MethodArrays
from camfolio.results.selection import CasesResult
from camfolio.results.typical import typical
from camfolio.stages.inputs.parts import part_slices
from camfolio.study.settings import ExplanationSettings, Network

SHOWN = 3
"""Channels whose arrays are kept."""


def run(
    *,
    out: Path,
    slices: Path,
    split: Path,
    training: Path,
    selection: Path,
    network: Network,
    explanation: ExplanationSettings,
    device: Device,
) -> None:
    """Write `AnatomyResult` and `AnatomyArrays`, of the first method's most typical example and the study's first network.

    Args:
        out: gets the files.
        slices: folder of that stage.
        split: folder of that stage.
        training: folder of that stage.
        selection: folder of that stage.
        network: section of the study.
        explanation: section of the study.
        device: what the network runs on.
    """
    trained = load_trained(network, training, device)
    example = typical(CasesResult.read(selection).methods[explanation.methods[0]])
    kind, case = example or ("", None)
    data, _ = part_slices(slices, split, "test")
    data = data.select(np.array([case.slice if case else 0]))
    target = 0 if case is None else case.true if explanation.target == "true" else case.predicted
    apart = taken_apart(
        trained.members[0].model,
        through_window(torch.from_numpy(data.hounsfield), network.window_hu).to(trained.device),
        explanation.layer,
        explanation.methods if case else (),
        target,
        explains_margin=explanation.explains == "margin",
        comparison=explanation.comparison,
        masked=in_window(explanation.masked_hu, network.window_hu),
        layout=Layout(explanation.reshape, explanation.class_tokens),
    )
    methods = {method: anatomy_of(one.terms) for method, one in apart.items()}
    arrays = {method: arrays_of(one, methods[method].shown, network.window_hu) for method, one in apart.items()}
    AnatomyArrays(data.hounsfield[0], data.mask[0], arrays).write(out)
    AnatomyResult(
        id=str(data.id[0]) if case else "",
        kind=kind,
        spacing_mm=float(data.spacing[0, 1]),
        target=target,
        layer=explanation.layer,
        networks=len(trained.members),
        methods=methods,
    ).write(out)


def anatomy_of(terms: Terms) -> MethodAnatomy:
    """Shares, weights and probabilities of all channels, and which of them are shown."""
    magnitude = terms.products.abs().sum((1, 2)).double().cpu().numpy()
    shares = magnitude / max(float(magnitude.sum()), float(np.finfo(np.float64).tiny))
    weights = terms.weights.flatten().tolist() if terms.weights[0].numel() == 1 else [None] * len(shares)
    probability = [None] * len(shares) if terms.probability is None else terms.probability.tolist()
    return MethodAnatomy(
        weighed_by=terms.weighed_by,
        channels=tuple(
            Channel(share=float(share), weight=weight, probability=one)
            for share, weight, one in zip(shares, weights, probability, strict=True)
        ),
        shown=tuple(np.argsort(-shares, kind="stable")[:SHOWN].tolist()),
    )


def arrays_of(apart: TakenApart, shown: tuple[int, ...], window_hu: tuple[float, float]) -> MethodArrays:
    """The arrays of the channels that are shown; masked slices in HU."""
    terms, low, high = apart.terms, *window_hu

    def kept(tensor: Tensor) -> np.ndarray:
        return as_array(tensor[list(shown)])

    return MethodArrays(
        channels=kept(terms.channels),
        weights=kept(terms.weights),
        signed=as_array(apart.signed),
        enlarged=as_array(apart.enlarged),
        gradients=None if terms.gradients is None else kept(terms.gradients),
        masked=None if terms.masked is None else kept(terms.masked * (high - low) + low),
    )


def as_array(tensor: Tensor) -> np.ndarray:
    """A tensor as an array in single precision."""
    return tensor.detach().cpu().float().numpy()
