"""Grad-CAM++: the positive gradients of each channel, averaged with a weight for each element."""

from __future__ import annotations

import torch

from camfolio.explanation.channels import at_least_single
from camfolio.explanation.registry import Batch, Signed, method
from camfolio.method_words import MethodWords

ABOUT = MethodWords(
    name="Grad-CAM++",
    position=6,
    formula=(
        r"L = \mathrm{ReLU}\left( \sum_k w_k A^k \right), \qquad "
        r"w_k = \sum_{ij} \frac{(g^k_{ij})^2}{2 (g^k_{ij})^2 + \sum_{ab} A^k_{ab} (g^k_{ij})^3} \, \mathrm{ReLU}(g^k_{ij})"
    ),
    definition=(
        "**Unstable at a signed layer.** With negative activations the denominator passes through zero, and single cells near that dominate the map; "
        "libraries differ in the small number that they add to it. None is added here; a cell whose denominator is exactly 0 has weight 0. The paper "
        "derives this for $e^y$, whose factor scales the whole map and is omitted. Use it after a ReLU."
    ),
    paper="Chattopadhay et al. 2018",
    citation="grad_cam_plus_plus",
    summary=(
        "Grad-CAM++ averages the positive gradients with a weight for each element. It is unstable where activations have both signs, as before a batch "
        "norm: the weights' denominator passes through zero, and single elements near that dominate the map."
    ),
)


@method("grad_cam_plus_plus", gradient=True)
def grad_cam_plus_plus(batch: Batch) -> Signed:
    """Grad-CAM++: sum_k w_k A^k, w_k = sum_ij(a^k ReLU(g^k)), a^k = g^2 / (2 g^2 + sum_ab(A^k g^3)) at each cell
    (Chattopadhay et al. 2018, arXiv 1710.11063, for exp(y), whose factor exp(y) scales the whole map and is omitted).

    Warning: unstable at a signed layer. With negative activations the denominator passes through zero, and single cells
    near that dominate the map; implementations differ by the small number they add there. None is added here: a cell
    whose denominator is exactly 0 has weight 0. Use it after a ReLU.
    """
    gradients = at_least_single(batch.reading.gradients)
    activations = at_least_single(batch.reading.activations)
    square = gradients**2
    denominator = 2 * square + (activations * gradients**3).sum((2, 3), keepdim=True)
    shares = torch.where(denominator == 0, 0.0, square / denominator)
    weights = (shares * gradients.relu()).sum((2, 3), keepdim=True)
    return (weights * activations).sum(1)
