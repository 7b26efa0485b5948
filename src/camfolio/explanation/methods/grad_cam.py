"""Grad-CAM: one weight per channel, the mean of its gradient."""

from __future__ import annotations

from camfolio.explanation.registry import Batch, Signed, method
from camfolio.method_words import MethodWords

ABOUT = MethodWords(
    name="Grad-CAM",
    colour="#009E73",
    position=1,
    formula=r"L = \mathrm{ReLU}\left( \sum_k \alpha_k A^k \right), \qquad \alpha_k = \frac{1}{hw} \sum_{ij} g^k_{ij}",
    definition="One weight per channel: the mean of its gradient. Where a channel's gradient has both signs, they cancel in the mean.",
    paper="Selvaraju et al. 2017",
    citation="grad_cam",
    summary="Grad-CAM weights every channel of the layer by the mean of its gradient and sums the channels.",
    at_last_layer="Since only pooling and one linear layer follow the explained layer, the gradient is the same everywhere and averaging loses nothing.",
    elsewhere="A channel that matters in one region and not in another gets one weight for both, so a map can be high where the network found no evidence.",
)


@method("grad_cam", gradient=True)
def grad_cam(batch: Batch) -> Signed:
    """Grad-CAM: sum_k mean_ij(g^k) A^k (Selvaraju et al. 2017, doi 10.1109/ICCV.2017.74)."""
    weights = batch.reading.gradients.mean((2, 3), keepdim=True)
    return (weights * batch.reading.activations).sum(1)
