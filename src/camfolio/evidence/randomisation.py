"""Weight randomisation, cascading from the output (Adebayo et al. 2018, arXiv 1810.03292)."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator

import numpy as np
from torch import nn

from camfolio.shapes import Labels, Names
from camfolio.statistics.random_generators import slice_generator


def randomised_networks(trained: nn.Module, fresh: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Networks with re-initialised parts: first the last part, then the last two, up to all of them.

    Parts are the children of the network that have weights, in the order of `named_children`. Running statistics
    of batch norms are reset, too. Weights that the network holds itself, such as the positions of a vision transformer, are
    re-initialised with the last of them.

    Args:
        trained: is not changed.
        fresh: the same network with initial weights.

    Yields:
        Name of the part that was randomised last, and the network; the same object every time, changed in place.
    """
    network = copy.deepcopy(trained)
    parts = [name for name, part in network.named_children() if part.state_dict()]
    for name in reversed(parts):
        network.get_submodule(name).load_state_dict(fresh.get_submodule(name).state_dict())
        if name == parts[0]:
            network.load_state_dict(fresh.state_dict())
        yield name, network


def permuted_labels(label: Labels, part: Names, limit: int, seed: int, number: int) -> tuple[Labels, Names]:
    """Labels permuted among a random sample of the training slices, to be memorised, and the parts without the others.

    Slices are drawn and permuted individually, whatever their patient; the share of each class is kept, and neither is left
    out. Slices of the other parts keep their labels.

    Args:
        label: of all slices.
        part: of all slices.
        limit: size of the sample, if there are as many slices; one more where a share has to be rounded.
        seed: of the draws.
        number: of the permutation; each number gives another sample and permutation.

    Returns:
        Labels, and parts in which training slices that were not drawn are `unused`.
    """
    generator = slice_generator(seed, f"number {number}", "permuted labels")
    train = np.flatnonzero(part == "train")
    share = min(1.0, limit / len(train))
    of_class = [generator.permutation(train[label[train] == one]) for one in np.unique(label[train])]
    chosen = np.concatenate([slices[: math.ceil(share * len(slices))] for slices in of_class])
    permuted, parts = label.copy(), part.astype("U10")
    permuted[chosen] = label[generator.permutation(chosen)]
    parts[np.setdiff1d(train, chosen)] = "unused"
    return permuted, parts
