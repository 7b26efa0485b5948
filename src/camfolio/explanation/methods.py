"""The methods: each one is only the way it weighs a layer's channels; everything else is done once, elsewhere.

y is the target's logit before softmax, A the layer's activations, g = dy/dA. Each function returns the signed map
before its ReLU: positive where the evidence speaks for the target. A new method is one function here and its name in
`names`, its slow twin goes to tests/reference_cams.py. A method of a user's own needs neither (see `registry`).
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from camfolio.explanation.probe import target_score
from camfolio.explanation.registry import Batch, Signed, at_least_single, method

CANCELLED = 1e-6  # a channel's sum below this share of its magnitude is rounding


@method("grad_cam", gradient=True)
def grad_cam(batch: Batch) -> Signed:
    """Grad-CAM: sum_k mean_ij(g^k) A^k (Selvaraju et al. 2017, doi 10.1109/ICCV.2017.74)."""
    weights = batch.reading.gradients.mean((2, 3), keepdim=True)
    return (weights * batch.reading.activations).sum(1)


@method("hires_cam", gradient=True)
def hires_cam(batch: Batch) -> Signed:
    """HiRes-CAM: sum_k g^k A^k, element by element, no averaging (Draelos & Carin 2020, arXiv 2011.08891).

    Its faithfulness guarantee holds only where the layer feeds one linear layer, so not at layer 2.
    """
    return (batch.reading.gradients * batch.reading.activations).sum(1)


@method("layer_cam", gradient=True)
def layer_cam(batch: Batch) -> Signed:
    """Layer-CAM: sum_k ReLU(g^k) A^k, element by element (Jiang et al. 2021, doi 10.1109/TIP.2021.3089943).

    Gradients below zero are dropped, so a negative activation that speaks for the target (g < 0, A < 0) is, too.
    """
    return (batch.reading.gradients.relu() * batch.reading.activations).sum(1)


@method("xgrad_cam", gradient=True)
def xgrad_cam(batch: Batch) -> Signed:
    """XGrad-CAM: sum_k w_k A^k, w_k = sum_ij(g^k A^k) / sum_ij(A^k) (Fu et al. 2020, arXiv 2008.02312).

    A channel whose activations cancel, |sum A| <= 1e-6 sum |A|, weighs 0. Made for layers after a ReLU: at a signed
    layer sums near zero give single channels large weights of either sign.
    """
    activations = at_least_single(batch.reading.activations)
    evidence = (batch.reading.gradients * activations).sum((2, 3), keepdim=True)
    total = activations.sum((2, 3), keepdim=True)
    cancelled = total.abs() <= CANCELLED * activations.abs().sum((2, 3), keepdim=True)
    weights = torch.where(cancelled, 0.0, evidence / total)
    return (weights * activations).sum(1)


@method("grad_cam_plus_plus", gradient=True)
def grad_cam_plus_plus(batch: Batch) -> Signed:
    """Grad-CAM++: sum_k w_k A^k, w_k = sum_ij(a^k ReLU(g^k)), a^k = g^2 / (2 g^2 + sum_ab(A^k g^3)) at each cell
    (Chattopadhay et al. 2018, arXiv 1710.11063, for exp(y), whose factor exp(y) scales the whole map and is left out).

    Warning: unstable at a signed layer. With negative activations the denominator passes through zero, and single cells
    near that decide the map; implementations differ by the small number they add there. None is added here: a cell
    whose denominator is exactly 0 weighs 0. Use it behind a ReLU.
    """
    gradients = at_least_single(batch.reading.gradients)
    activations = at_least_single(batch.reading.activations)
    square = gradients**2
    denominator = 2 * square + (activations * gradients**3).sum((2, 3), keepdim=True)
    shares = torch.where(denominator == 0, 0.0, square / denominator)
    weights = (shares * gradients.relu()).sum((2, 3), keepdim=True)
    return (weights * activations).sum(1)


@method("score_cam")
def score_cam(batch: Batch) -> Signed:
    """Score-CAM: sum_k w_k A^k, w the softmax over channels of y(x * H_k) (Wang et al. 2020, arXiv 1910.01279).

    H_k is the channel, enlarged to the image and scaled to 0..1. The paper subtracts y of a baseline image from every
    score; that cancels in the softmax and is left out.
    """
    weights = score_weights(batch).softmax(1)
    return (weights[:, :, None, None] * batch.reading.activations).sum(1)


def score_weights(batch: Batch, *, align_corners: bool = False) -> Float[Tensor, "batch channels"]:
    """The target's logit for each image seen through each channel; all images of a channel in one pass.

    Args:
        batch: the batch.
        align_corners: how a channel is enlarged; our maps use half-pixel centres (False), a peer uses True.
    """
    size = batch.images.shape[2:]
    scores = []
    for channel in batch.reading.activations.unbind(1):
        enlarged = torch.nn.functional.interpolate(
            channel.unsqueeze(1), size, mode="bilinear", align_corners=align_corners
        )
        logits = batch.forward(batch.images * unit_range(enlarged))
        scores.append(target_score(logits, batch.reading.target))
    return torch.stack(scores, 1)


def unit_range(channel: Float[Tensor, "batch 1 height width"]) -> Float[Tensor, "batch 1 height width"]:
    """Each image of a channel scaled to 0..1; a constant one becomes 0: a mask that shows nothing."""
    low = channel.amin((2, 3), keepdim=True)
    span = channel.amax((2, 3), keepdim=True) - low
    return torch.where(span > 0, (channel - low) / span.clamp_min(torch.finfo(channel.dtype).tiny), 0.0)


@method("ablation_cam")
def ablation_cam(batch: Batch) -> Signed:
    """Ablation-CAM: sum_k w_k A^k, w_k = (y - y_k) / y, y_k the logit with channel k of the layer set to 0
    (Ramaswamy & Desai 2020, doi 10.1109/WACV45572.2020.9093360).

    One pass per channel. The paper takes y > 0 for granted: a negative logit turns the map round, so that it shows what
    speaks against the target; a logit of exactly 0 gives an empty map.
    """
    score = target_score(batch.reading.logits, batch.reading.target)
    weights = []
    for k in range(batch.reading.activations.shape[1]):
        without = batch.reading.activations.clone()
        without[:, k] = 0
        drop = score - target_score(batch.onward(without), batch.reading.target)
        weights.append(torch.where(score == 0, 0.0, drop / score))
    return (torch.stack(weights, 1)[:, :, None, None] * batch.reading.activations).sum(1)


@method("eigen_cam")
def eigen_cam(batch: Batch) -> Signed:
    """Eigen-CAM: each cell's channels, less their mean over the cells, projected on their first principal component
    (Muhammad & Yeasin 2020, doi 10.1109/IJCNN48605.2020.9206626, where nothing is subtracted).

    It knows neither class nor answer. The sign of a component is arbitrary: it is turned so that the cell farthest from
    zero (the first one in reading order, if several are) is positive. A layer that is the same everywhere gives 0.
    """
    activations = at_least_single(batch.reading.activations)
    centred = (activations - activations.mean((2, 3), keepdim=True)).flatten(2)
    _, lengths, directions = torch.linalg.svd(centred, full_matrices=False)
    projected: Tensor = lengths[:, :1] * directions[:, 0]
    farthest = projected.gather(1, projected.abs().argmax(1, keepdim=True))
    return (projected * farthest.sign()).reshape(activations[:, 0].shape)
