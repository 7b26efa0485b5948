"""Layer-CAM: HiRes-CAM without the negative gradients."""

from __future__ import annotations

from camfolio.explanation.registry import Batch, Signed, method
from camfolio.method_words import MethodWords

ABOUT = MethodWords(
    name="Layer-CAM",
    colour="#56B4E9",
    position=4,
    formula=r"L = \mathrm{ReLU}\left( \sum_k \mathrm{ReLU}(g^k) \odot A^k \right)",
    definition=(
        "HiRes-CAM without the gradients below zero. This suits layers after a ReLU, where activations are not negative. At a signed layer a negative "
        "activation with a negative gradient is also evidence for the class, and is dropped."
    ),
    paper="Jiang et al. 2021",
    citation="layer_cam",
    summary=(
        "Layer-CAM multiplies activations and gradients element by element, as HiRes-CAM does, but first drops negative gradients. Where activations have "
        "both signs, as before a batch norm, this also drops negative activations that support the prediction."
    ),
)


@method("layer_cam", gradient=True)
def layer_cam(batch: Batch) -> Signed:
    """Layer-CAM: sum_k ReLU(g^k) A^k, element by element (Jiang et al. 2021, doi 10.1109/TIP.2021.3089943).

    Negative gradients are dropped, and so is a negative activation that supports the target (g < 0, A < 0).
    """
    return (batch.reading.gradients.relu() * batch.reading.activations).sum(1)
