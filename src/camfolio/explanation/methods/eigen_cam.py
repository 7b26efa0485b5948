"""Eigen-CAM: the first principal component of the activations; neither class nor gradient."""

from __future__ import annotations

import torch
from torch import Tensor

from camfolio.explanation.channels import at_least_single
from camfolio.explanation.registry import Batch, Signed, method
from camfolio.method_words import MethodWords

ABOUT = MethodWords(
    name="Eigen-CAM",
    position=8,
    formula=r"L = \mathrm{ReLU}\left( \sum_k v_k (A^k - \bar A^k) \right)",
    definition=(
        r"$v$ is the first principal component of the cells' channels, $\bar A^k$ the channel's mean. It depends on neither class nor prediction, so it "
        "explains no prediction: it shows what varies most. A component's sign is arbitrary; it is chosen so that the cell farthest from zero is positive. "
        "The paper subtracts no mean; the most used library does, as is done here."
    ),
    paper="Muhammad and Yeasin 2020",
    citation="eigen_cam",
    summary=(
        "Eigen-CAM is the first principal component of the layer's activations, the pattern that varies most across positions. It depends on neither the "
        "class nor the prediction: a slice has the same map for every class, so it does not explain the prediction, and its sign is a convention."
    ),
)


@method("eigen_cam")
def eigen_cam(batch: Batch) -> Signed:
    """Eigen-CAM: each cell's channels, less their mean over the cells, projected on their first principal component
    (Muhammad & Yeasin 2020, doi 10.1109/IJCNN48605.2020.9206626, where nothing is subtracted).

    It depends on neither class nor logits. The sign of a component is arbitrary: it is chosen so that the cell farthest
    from zero (the first one in reading order, if several are) is positive. A layer that is the same everywhere gives 0.
    """
    activations = at_least_single(batch.reading.activations)
    centred = (activations - activations.mean((2, 3), keepdim=True)).flatten(2)
    _, lengths, directions = torch.linalg.svd(centred, full_matrices=False)
    projected: Tensor = lengths[:, :1] * directions[:, 0]
    farthest = projected.gather(1, projected.abs().argmax(1, keepdim=True))
    return (projected * farthest.sign()).reshape(activations[:, 0].shape)
