"""Slow twins of every method, written from the papers with plain loops, in float64, one image at a time.

They share nothing with `camfolio.explanation`: gradients come from autograd through the whole network, enlarging and
softmax are written out. Each takes (network, name of the layer, image (channels, height, width), target) and returns
the signed map (h, w), before its ReLU.
"""

import copy
import math

import numpy as np
import torch


def grad_cam(network, layer, image, target):
    """Selvaraju et al. 2017, equations 1 and 2: alpha_k = 1/Z sum_ij dy/dA^k_ij, L = ReLU(sum_k alpha_k A^k)."""
    activations, gradients = activations_and_gradients(network, layer, image, target)
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


def hires_cam(network, layer, image, target):
    """Draelos & Carin 2020, equation 3: L_ij = sum_k dy/dA^k_ij A^k_ij."""
    activations, gradients = activations_and_gradients(network, layer, image, target)
    channels, h, w = activations.shape
    signed = np.zeros((h, w))
    for i in range(h):
        for j in range(w):
            for k in range(channels):
                signed[i, j] += gradients[k, i, j] * activations[k, i, j]
    return signed


def score_cam(network, layer, image, target):
    """Wang et al. 2020, algorithm 1: S_k = y(x * H_k) - y(baseline 0), alpha = softmax_k(S), L = sum_k alpha_k A^k."""
    activations, _ = activations_and_gradients(network, layer, image, target)
    pixels = image.double().numpy()
    baseline = logits_of(network, np.zeros_like(pixels))[target]
    scores = []
    for channel in activations:
        mask = unit_range(enlarge(channel, *pixels.shape[1:]))
        masked = np.stack([plane * mask for plane in pixels])
        scores.append(logits_of(network, masked)[target] - baseline)
    signed = np.zeros(activations.shape[1:])
    for alpha, channel in zip(softmax(scores), activations, strict=True):
        signed = signed + alpha * channel
    return signed


TWINS = {"grad_cam": grad_cam, "hires_cam": hires_cam, "score_cam": score_cam}


def activations_and_gradients(network, layer, image, target):
    """A and dy/dA, both (channels, h, w), of one image; the graph runs through the whole network."""
    network = copy.deepcopy(network).double().eval()
    kept = []

    def keep(_module, _inputs, output):
        kept.append(output)
        return output + 0.0  # what follows may work in place

    network.get_submodule(layer).register_forward_hook(keep)
    y = network(image.double().unsqueeze(0).requires_grad_())[0, target]
    (gradient,) = torch.autograd.grad(y, kept[0])
    return kept[0][0].detach().numpy(), gradient[0].numpy()


def logits_of(network, image):
    """Logits of one image (channels, height, width)."""
    network = copy.deepcopy(network).double().eval()
    with torch.no_grad():
        return network(torch.from_numpy(image).unsqueeze(0))[0].tolist()


def enlarge(cells, height, width):
    """Bilinear with half-pixel centres: pixel row r lies at (r + 1/2) h / height - 1/2 among the cells' centres."""
    h, w = cells.shape
    pixels = np.zeros((height, width))
    for row in range(height):
        y = min(max((row + 0.5) * h / height - 0.5, 0.0), h - 1.0)
        top = int(y)
        bottom = min(top + 1, h - 1)
        for column in range(width):
            x = min(max((column + 0.5) * w / width - 0.5, 0.0), w - 1.0)
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
