"""XGrad-CAM: the mean gradient of each channel, weighted by its activations."""

from __future__ import annotations

import torch

from camfolio.explanation.channels import at_least_single
from camfolio.explanation.registry import Batch, Signed, method
from camfolio.method_words import MethodWords

ABOUT = MethodWords(
    name="XGrad-CAM",
    colour="#0072B2",
    position=5,
    formula=(
        r"L = \mathrm{ReLU}\left( \sum_k w_k A^k \right), \qquad w_k = \frac{\sum_{ij} g^k_{ij} A^k_{ij}}{\sum_{ij} A^k_{ij}}"
    ),
    definition=(
        r"The mean gradient, weighted by the activation. A channel whose activations cancel, $|\sum A| \le 10^{-6} \sum |A|$, gets the weight 0. At a "
        "signed layer, sums near zero still give single channels large weights of either sign."
    ),
    paper="Fu et al. 2020",
    citation="xgrad_cam",
    summary=(
        "XGrad-CAM weights a channel by the sum of gradient times activation over the sum of its activations. It was designed for layers after a ReLU; "
        "where activations have both signs their sum can come near zero, and then single channels get large weights of either sign."
    ),
)
CANCELLED = 1e-6  # a channel's sum below this share of its magnitude is rounding


@method("xgrad_cam", gradient=True)
def xgrad_cam(batch: Batch) -> Signed:
    """XGrad-CAM: sum_k w_k A^k, w_k = sum_ij(g^k A^k) / sum_ij(A^k) (Fu et al. 2020, arXiv 2008.02312).

    A channel whose activations cancel, |sum A| <= 1e-6 sum |A|, has weight 0. Designed for layers after a ReLU: at a
    signed layer, sums near zero give single channels large weights of either sign.
    """
    activations = at_least_single(batch.reading.activations)
    evidence = (batch.reading.gradients * activations).sum((2, 3), keepdim=True)
    total = activations.sum((2, 3), keepdim=True)
    cancelled = total.abs() <= CANCELLED * activations.abs().sum((2, 3), keepdim=True)
    weights = torch.where(cancelled, 0.0, evidence / total)
    return (weights * activations).sum(1)
