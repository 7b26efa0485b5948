"""HiRes-CAM: gradient times activation, element by element."""

from __future__ import annotations

from camfolio.explanation.registry import Batch, Signed, method
from camfolio.method_words import MethodWords

ABOUT = MethodWords(
    name="HiRes-CAM",
    colour="#CC79A7",
    position=2,
    formula=r"L = \mathrm{ReLU}\left( \sum_k g^k \odot A^k \right)",
    definition=(
        "Gradient times activation, element by element. If only global average pooling and one linear layer follow, it is the same map as Grad-CAM, and "
        "the signed map adds up to $y$, less its bias. In this network that holds for the output of layer 4. At earlier layers it does not."
    ),
    paper="Draelos and Carin 2020",
    citation="hires_cam",
    summary="HiRes-CAM multiplies gradients and activations element by element, then sums the channels.",
    at_last_layer=(
        "Since only pooling and one linear layer follow the explained layer, it is the same map as Grad-CAM, and its values before the ReLU add up to the "
        "explained score, less its bias."
    ),
    elsewhere=(
        "Nothing is averaged. That its values add up to the explained score is proved only for a layer that nothing but pooling and one linear layer follow."
    ),
)


@method("hires_cam", gradient=True)
def hires_cam(batch: Batch) -> Signed:
    """HiRes-CAM: sum_k g^k A^k, element by element, no averaging (Draelos & Carin 2020, arXiv 2011.08891).

    That the map adds up to the score holds only where nothing but pooling and one linear layer follow the layer.
    """
    return (batch.reading.gradients * batch.reading.activations).sum(1)
