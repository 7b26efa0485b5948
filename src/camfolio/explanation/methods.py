"""The methods: each one is only the way it weighs a layer's channels; everything else is done once, elsewhere.

y is the target's logit before softmax, A the layer's activations, g = dy/dA. Each function returns the signed map
before its ReLU: positive where the evidence speaks for the target. A new method is one function here and its name in
`names`, its slow twin goes to tests/reference_cams.py. A method of a user's own needs neither (see `registry`).
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from camfolio.explanation.batch import Batch, Rows
from camfolio.explanation.probe import target_score
from camfolio.explanation.registry import Signed, at_least_single, method

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
    """The target's logit for each image seen through each channel.

    What a constant channel shows, nothing, is the same for all images and looked at once.

    Args:
        batch: the batch.
        align_corners: how a channel is enlarged; our maps use half-pixel centres (False), a peer uses True.
    """
    activations = batch.reading.activations
    constant = is_constant(activations)
    image, channel = to_look_at(constant, batch.real)
    size = batch.images.shape[2:]

    def seen(rows: Rows) -> Tensor:
        cells = activations[image[rows], channel[rows]].unsqueeze(1)
        masks = unit_range(torch.nn.functional.interpolate(cells, size, mode="bilinear", align_corners=align_corners))
        shown = ~constant[image[rows], channel[rows], None, None, None]
        return batch.images[image[rows]] * masks * shown

    answers = batch.forward_each(seen, len(image))
    logits = answers.new_zeros((*constant.shape, answers.shape[1]))
    logits[image, channel] = answers
    if bool(constant[: batch.real].any()):
        first = constant[image, channel].nonzero()[0, 0]
        logits[constant] = answers[first]
    scores = target_score(logits.flatten(0, 1), batch.reading.target.repeat_interleave(constant.shape[1]))
    return scores.view(constant.shape)


def to_look_at(spared: Bool[Tensor, "batch channels"], real: int) -> tuple[Rows, Rows]:
    """Numbers of images and channels that need a pass: of the real ones all that are not spared, and the first spared."""
    wanted = ~spared
    wanted[real:] = False
    for image, channel in spared[:real].nonzero()[:1].tolist():
        wanted[image, channel] = True
    image, channel = wanted.nonzero(as_tuple=True)
    return image, channel


def is_constant(activations: Float[Tensor, "batch channels h w"]) -> Bool[Tensor, "batch channels"]:
    """Whether a channel has the same value everywhere."""
    return activations.amax((2, 3)) == activations.amin((2, 3))


def unit_range(channel: Float[Tensor, "batch 1 height width"]) -> Float[Tensor, "batch 1 height width"]:
    """Each image of a channel scaled to 0..1; a constant one becomes 0: a mask that shows nothing."""
    low = channel.amin((2, 3), keepdim=True)
    span = channel.amax((2, 3), keepdim=True) - low
    return torch.where(span > 0, (channel - low) / span.clamp_min(torch.finfo(channel.dtype).tiny), 0.0)


@method("ablation_cam")
def ablation_cam(batch: Batch) -> Signed:
    """Ablation-CAM: sum_k w_k A^k, w_k = (y - y_k) / y, y_k the logit with channel k of the layer set to 0
    (Ramaswamy & Desai 2020, doi 10.1109/WACV45572.2020.9093360).

    One pass per channel that is not 0 everywhere. The paper takes y > 0 for granted: a negative logit turns the map round, so that it shows what
    speaks against the target; a logit of exactly 0 gives an empty map.
    """
    activations, score = batch.reading.activations, target_score(batch.reading.logits, batch.reading.target)
    absent = (activations == 0).all(2).all(2)
    image, channel = to_look_at(absent, batch.real)

    def without(rows: Rows) -> Tensor:
        cells = activations[image[rows]]
        cells[torch.arange(len(rows)), channel[rows]] = 0
        return cells

    lost = torch.zeros_like(activations[:, :, 0, 0])
    left = target_score(batch.onward_each(without, image), batch.reading.target[image])
    lost[image, channel] = score[image] - left
    weights = torch.where(score[:, None] == 0, 0.0, lost / score[:, None]).masked_fill(absent, 0)
    return (weights[:, :, None, None] * activations).sum(1)


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
