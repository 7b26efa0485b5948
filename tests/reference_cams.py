"""Slow twins of every method, written from the papers with plain loops, in float64, one image at a time.

They share nothing with `camfolio.explanation`: gradients come from autograd through the whole network, enlarging and
softmax are written out. Each takes (network, name of the layer, image (channels, height, width), target) and returns
the signed map (h, w), before its ReLU. Gradient methods also take `comparison`: they then explain y - comparison * y',
y' the largest other logit (Finer-CAM, Zhang et al. 2025, equation of the logit difference).
"""

import copy
import math
from functools import partial

import numpy as np
import torch


def grad_cam(network, layer, image, target, comparison=0.0):
    """Selvaraju et al. 2017, equations 1 and 2: alpha_k = 1/Z sum_ij dy/dA^k_ij, L = ReLU(sum_k alpha_k A^k)."""
    activations, gradients = activations_and_gradients(network, layer, image, target, comparison)
    channels, h, w = activations.shape
    signed = np.zeros((h, w))
    for k in range(channels):
        alpha = 0.0
        for i in range(h):
            for j in range(w):
                alpha += gradients[k, i, j]
        alpha /= h * w
        for i in range(h):
            for j in range(w):
                signed[i, j] += alpha * activations[k, i, j]
    return signed


def hires_cam(network, layer, image, target, comparison=0.0):
    """Draelos & Carin 2020, equation 3: L_ij = sum_k dy/dA^k_ij A^k_ij."""
    activations, gradients = activations_and_gradients(network, layer, image, target, comparison)
    channels, h, w = activations.shape
    signed = np.zeros((h, w))
    for i in range(h):
        for j in range(w):
            for k in range(channels):
                signed[i, j] += gradients[k, i, j] * activations[k, i, j]
    return signed


def score_cam(network, layer, image, target, comparison=0.0, *, masked=0.0):
    """Wang et al. 2020, algorithm 1: S_k = y(x * H_k) - y(baseline 0), alpha = softmax_k(S), L = sum_k alpha_k A^k.

    With `masked` = v other than 0 the masked image is x * H_k + v (1 - H_k), and the baseline v.
    """
    activations, _ = activations_and_gradients(network, layer, image, target)
    pixels = image.double().numpy()
    baseline = explained(scores_of(network, np.full_like(pixels, masked)), target, comparison)
    scores = []
    for channel in activations:
        mask = unit_range(enlarge(channel, *pixels.shape[1:]))
        mixed = np.stack([plane * mask + masked * (1 - mask) for plane in pixels])
        scores.append(explained(scores_of(network, mixed), target, comparison) - baseline)
    signed = np.zeros(activations.shape[1:])
    for alpha, channel in zip(softmax(scores), activations, strict=True):
        signed = signed + alpha * channel
    return signed


def layer_cam(network, layer, image, target, comparison=0.0):
    """Jiang et al. 2021, equations 5 and 6: w_k,ij = ReLU(g^k_ij), L_ij = sum_k w_k,ij A^k_ij."""
    activations, gradients = activations_and_gradients(network, layer, image, target, comparison)
    channels, h, w = activations.shape
    signed = np.zeros((h, w))
    for i in range(h):
        for j in range(w):
            for k in range(channels):
                if gradients[k, i, j] > 0:
                    signed[i, j] += gradients[k, i, j] * activations[k, i, j]
    return signed


def xgrad_cam(network, layer, image, target, comparison=0.0):
    """Fu et al. 2020, equation 8: w_k = sum_ij A^k_ij / (sum_ab A^k_ab) g^k_ij; a channel that cancels weighs 0."""
    activations, gradients = activations_and_gradients(network, layer, image, target, comparison)
    channels, h, w = activations.shape
    signed = np.zeros((h, w))
    for k in range(channels):
        total, magnitude, weight = 0.0, 0.0, 0.0
        for i in range(h):
            for j in range(w):
                total += activations[k, i, j]
                magnitude += abs(activations[k, i, j])
        if abs(total) <= 1e-6 * magnitude:
            continue
        for i in range(h):
            for j in range(w):
                weight += activations[k, i, j] / total * gradients[k, i, j]
        signed += weight * activations[k]
    return signed


def grad_cam_plus_plus(network, layer, image, target, comparison=0.0):
    """Chattopadhay et al. 2018, equations 5, 19 and 20 without the factor exp(y), which all weights share."""
    activations, gradients = activations_and_gradients(network, layer, image, target, comparison)
    channels, h, w = activations.shape
    signed = np.zeros((h, w))
    for k in range(channels):
        third = 0.0
        for i in range(h):
            for j in range(w):
                third += activations[k, i, j] * gradients[k, i, j] ** 3
        weight = 0.0
        for i in range(h):
            for j in range(w):
                g = gradients[k, i, j]
                denominator = 2 * g**2 + third
                alpha = g**2 / denominator if denominator else 0.0
                weight += alpha * max(g, 0.0)
        signed += weight * activations[k]
    return signed


def ablation_cam(network, layer, image, target, comparison=0.0):
    """Ramaswamy & Desai 2020, equations 4 and 5: w_k = (y - y_k) / y, y_k with the k-th activation map set to zero."""
    activations, _ = activations_and_gradients(network, layer, image, target)
    pixels = image.double().numpy()
    score = explained(scores_of(network, pixels), target, comparison)
    signed = np.zeros(activations.shape[1:])
    for k, channel in enumerate(activations):
        without = explained(scores_of(network, pixels, layer, k), target, comparison)
        signed += ((score - without) / score if score else 0.0) * channel
    return signed


def eigen_cam(network, layer, image, target):
    """Muhammad & Yeasin 2020, section III, on centred channels: the leading eigenvector of the channels' covariance."""
    activations, _ = activations_and_gradients(network, layer, image, target)
    channels, h, w = activations.shape
    centred = [channel - channel.mean() for channel in activations]
    covariance = np.zeros((channels, channels))
    for one in range(channels):
        for other in range(channels):
            for i in range(h):
                for j in range(w):
                    covariance[one, other] += centred[one][i, j] * centred[other][i, j]
    leading = np.linalg.eigh(covariance)[1][:, -1]
    signed = sum(weight * channel for weight, channel in zip(leading, centred, strict=True))
    farthest = max(signed.ravel(), key=abs)
    return -signed if farthest < 0 else signed


GRADIENT_TWINS = {
    "grad_cam": grad_cam,
    "hires_cam": hires_cam,
    "layer_cam": layer_cam,
    "xgrad_cam": xgrad_cam,
    "grad_cam_plus_plus": grad_cam_plus_plus,
}
TWINS = {
    **GRADIENT_TWINS,
    "score_cam": score_cam,
    "ablation_cam": ablation_cam,
    "eigen_cam": eigen_cam,
    **{f"finer_{method}": partial(twin, comparison=1.0) for method, twin in GRADIENT_TWINS.items()},
}


def activations_and_gradients(network, layer, image, target, comparison=0.0):
    """A and dy/dA, both (channels, h, w), of one image; the graph runs through the whole network."""
    network = copy.deepcopy(network).double().eval()
    kept = []

    def keep(_module, _inputs, output):
        kept.append(output)
        return output + 0.0  # what follows may work in place

    network.get_submodule(layer).register_forward_hook(keep)
    logits = network(image.double().unsqueeze(0).requires_grad_())[0]
    scores = [-logits[0], logits[0]] if len(logits) == 1 else list(logits)
    y = scores.pop(target)
    if comparison and len(logits) > 1:  # of a single logit the margin is the logit
        y = y - comparison * max(scores)
    (gradient,) = torch.autograd.grad(y, kept[0])
    return kept[0][0].detach().numpy(), gradient[0].numpy()


def explained(scores, target, comparison):
    """The target's score minus `comparison` times the largest other; only for networks with a logit per class."""
    others = [score for index, score in enumerate(scores) if index != target]
    return scores[target] - comparison * max(others)


def scores_of(network, image, layer=None, silenced=None):
    """One score per class of one image (channels, height, width); channel `silenced` of a layer can be set to 0.

    A single logit z stands for the classes -z and z.
    """
    network = copy.deepcopy(network).double().eval()

    def silence(_module, _inputs, output):
        output = output.clone()
        output[:, silenced] = 0
        return output

    if layer:
        network.get_submodule(layer).register_forward_hook(silence)
    with torch.no_grad():
        logits = network(torch.from_numpy(image).unsqueeze(0))[0].tolist()
    return [-logits[0], logits[0]] if len(logits) == 1 else logits


def enlarge(cells, height, width, first=None, step=None):
    """Bilinear: pixel row r lies at ((r + 1/2) / height - first) / step among the cells.

    Without `first` and `step` with half-pixel centres: cell i is centred at (i + 1/2) / h.
    """
    h, w = cells.shape
    first, step = (first, first) if first else (0.5 / h, 0.5 / w), (step, step) if step else (1 / h, 1 / w)
    pixels = np.zeros((height, width))
    for row in range(height):
        y = min(max(((row + 0.5) / height - first[0]) / step[0], 0.0), h - 1.0)
        top = int(y)
        bottom = min(top + 1, h - 1)
        for column in range(width):
            x = min(max(((column + 0.5) / width - first[1]) / step[1], 0.0), w - 1.0)
            left = int(x)
            right = min(left + 1, w - 1)
            above = cells[top, left] * (1 - x + left) + cells[top, right] * (x - left)
            below = cells[bottom, left] * (1 - x + left) + cells[bottom, right] * (x - left)
            pixels[row, column] = above * (1 - y + top) + below * (y - top)
    return pixels


def unit_range(pixels):
    """From the lowest to the highest value: 0 to 1; where all are the same: 0."""
    low, high = pixels.min(), pixels.max()
    return np.zeros_like(pixels) if high == low else (pixels - low) / (high - low)


def softmax(scores):
    """exp(s) / sum exp(s)."""
    powers = [math.exp(score - max(scores)) for score in scores]
    return [power / sum(powers) for power in powers]
