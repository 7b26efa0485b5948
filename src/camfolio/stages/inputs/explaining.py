"""Maps of slices in HU as a study wants them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Int64

from camfolio.explanation.explain import Track, explain
from camfolio.explanation.maps import Explanation
from camfolio.explanation.probabilities import NetworkProbabilities
from camfolio.network.architecture import in_window, through_window
from camfolio.network.trained import TrainedNetwork
from camfolio.shapes import Hounsfield
from camfolio.study.settings import ExplanationSettings, Network


def explain_members(
    trained: TrainedNetwork,
    hounsfield: Hounsfield,
    targets: Int64[np.ndarray, " slices"] | None,
    network: Network,
    explanation: ExplanationSettings,
    *,
    layers: Sequence[str] = (),
    track: Track | None = None,
) -> list[Explanation]:
    """Maps by every method of a study: one explanation for each network of an ensemble, which `averaged` joins, or for the only one.

    All explain one class, and of several networks each has the logits of the ensemble.

    Args:
        trained: the network, which need not be the study's.
        hounsfield: the slices, HU.
        targets: class to explain per slice; None for those that the ensemble predicts.
        network: section of the study.
        explanation: section of the study.
        layers: full names; none for the layer in focus.
        track: shows progress (see `explain`).
    """
    images = through_window(torch.from_numpy(np.ascontiguousarray(hounsfield)), network.window_hu)
    wanted = None if targets is None else torch.from_numpy(targets)
    logits = None
    if len(trained.members) > 1:
        logits = torch.from_numpy(NetworkProbabilities(trained, network.window_hu)(hounsfield)).log().float()
        wanted = logits.argmax(1) if wanted is None else wanted
    explained = [
        explain(
            member.model,
            images,
            layers or explanation.layer,
            explanation.methods,
            wanted,
            explains=explanation.explains,
            comparison=explanation.comparison,
            masked=in_window(explanation.masked_hu, network.window_hu),
            reshape=explanation.reshape,
            class_tokens=explanation.class_tokens,
            forward=member.forward,
            track=track,
        )
        for member in trained.members
    ]
    return explained if logits is None else [replace(one, logits=logits) for one in explained]
