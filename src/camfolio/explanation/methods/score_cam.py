"""Score-CAM: channels weighted by the score of the image masked by each of them; no gradients."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from camfolio.explanation.batch import Rows
from camfolio.explanation.channels import is_constant, need_a_pass, unit_range
from camfolio.explanation.registry import Batch, Signed, method
from camfolio.method_words import MethodWords

ABOUT = MethodWords(
    name="Score-CAM",
    colour="#E69F00",
    position=3,
    formula=(
        r"L = \mathrm{ReLU}\left( \sum_k w_k A^k \right), \qquad w = \mathrm{softmax}_k \, y\left( x \odot H^k + v \, (1 - H^k) \right)"
    ),
    definition=(
        r"$H^k$ is the channel enlarged to the slice, as in the paper with half-pixel centres, and scaled to 0..1; $x$ is the slice as the network receives "
        "it, masked by $H^k$: masked pixels get the value $v$. The paper has $v = 0$, and what that means depends on the scaling of the input; a study "
        "states its value in HU. No gradients: one forward pass per channel. The paper subtracts the score of a baseline image from every score, which cancels in the softmax. The authors' published code differs "
        "from their paper; this is the paper's definition."
    ),
    paper="Wang et al. 2020",
    citation="score_cam",
    summary=(
        "Score-CAM uses no gradients. It masks the slice with each channel in turn and weights the channel by the explained score. It costs one forward pass per "
        "channel, and masked slices are out of distribution."
    ),
)


@method("score_cam")
def score_cam(batch: Batch) -> Signed:
    """Score-CAM: sum_k w_k A^k, w the softmax over channels of y(x * H_k + v (1 - H_k)) (Wang et al. 2020, arXiv 1910.01279).

    H_k is the channel, enlarged to the image and scaled to 0..1; v is the value of masked pixels, 0 in the paper. The paper subtracts y of a baseline image from every
    score; that cancels in the softmax and is omitted.
    """
    weights = score_weights(batch).softmax(1)
    return (weights[:, :, None, None] * batch.reading.activations).sum(1)


def score_weights(batch: Batch, *, align_corners: bool = False) -> Float[Tensor, "batch channels"]:
    """The explained score of each image masked by each channel.

    The mask of a constant channel is 0 everywhere, so that all of them share one forward pass.

    Args:
        batch: the batch.
        align_corners: how a channel is enlarged; our maps use half-pixel centres (False), a peer uses True.
    """
    activations = batch.reading.activations
    constant = is_constant(activations)
    image, channel = need_a_pass(constant, batch.real)
    size = batch.images.shape[2:]

    def masked(rows: Rows) -> Tensor:
        cells = activations[image[rows], channel[rows]].unsqueeze(1)
        masks = unit_range(torch.nn.functional.interpolate(cells, size, mode="bilinear", align_corners=align_corners))
        shown = ~constant[image[rows], channel[rows], None, None, None]
        share = masks * shown
        return batch.images[image[rows]] * share + batch.masked * (1 - share)

    computed = batch.forward_each(masked, len(image))
    logits = computed.new_zeros((*constant.shape, computed.shape[1]))
    logits[image, channel] = computed
    if bool(constant[: batch.real].any()):
        first = constant[image, channel].nonzero()[0, 0]
        logits[constant] = computed[first]
    scores = batch.score(logits.flatten(0, 1), batch.reading.target.repeat_interleave(constant.shape[1]))
    return scores.view(constant.shape)
