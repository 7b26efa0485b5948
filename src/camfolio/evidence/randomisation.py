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

    Parts are the children of the network that have weights, in the order in which it lists them. The statistics of
    batch norms are reset, too.

    Args:
        trained: is not touched.
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
    """Permuted labels: those of the training part are shuffled among its slices, those of the validation part among its
    own. The test part keeps its labels. Slices of one patient are permuted separately.
    """
    permuted = label.copy()
    for name in ("train", "validation"):
        here = np.flatnonzero(part == name)
        permuted[here] = label[slice_generator(seed, name, "permuted labels").permutation(here)]
    return permuted
