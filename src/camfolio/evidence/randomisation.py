"""Weight randomisation, cascading from the output (Adebayo et al. 2018, arXiv 1810.03292)."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import numpy as np
from torch import nn

from camfolio.shapes import Labels, Names
from camfolio.statistics.random_generators import slice_generator


def randomised_networks(trained: nn.Module, fresh: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Networks with re-initialised parts: first the last part, then the last two, up to all of them.

    Parts are the children of the network that have weights, in the order of `named_children`. Running statistics
    of batch norms are reset, too.

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
        yield name, network


def permuted_labels(label: Labels, part: Names, seed: int) -> Labels:
    """Labels permuted among the slices of the training part, and among those of the validation part.

    The test part keeps its labels. Slices are permuted individually, whatever their patient.
    """
    permuted = label.copy()
    for name in ("train", "validation"):
        chosen = np.flatnonzero(part == name)
        permuted[chosen] = label[slice_generator(seed, name, "permuted labels").permutation(chosen)]
    return permuted
