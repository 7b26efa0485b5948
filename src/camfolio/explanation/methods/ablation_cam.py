"""Ablation-CAM: channels weighted by the drop of the score without each of them; no gradients."""

from __future__ import annotations

import torch
from torch import Tensor

from camfolio.explanation.batch import Rows
from camfolio.explanation.channels import need_a_pass
from camfolio.explanation.registry import Batch, Signed, method
from camfolio.method_words import MethodWords

ABOUT = MethodWords(
    name="Ablation-CAM",
    colour="#D55E00",
    position=7,
    formula=r"L = \mathrm{ReLU}\left( \sum_k w_k A^k \right), \qquad w_k = \frac{y - y_k}{y}",
    definition=(
        "$y_k$ is $y$ with channel $k$ of the layer set to 0. No gradients: one forward pass per channel, of which only the part after the layer is "
        "run if the network can be traced. The paper assumes $y > 0$; a negative score inverts the map, so that it shows evidence against the class, and "
        "a score of exactly 0 gives an empty map."
    ),
    paper="Desai and Ramaswamy 2020",
    citation="ablation_cam",
    summary=(
        "Ablation-CAM uses no gradients. It sets each channel to zero in turn and weights it by the relative drop of the explained score. It costs up to one forward "
        "pass per channel. A negative score inverts the map, which then shows evidence against the prediction."
    ),
)


@method("ablation_cam")
def ablation_cam(batch: Batch) -> Signed:
    """Ablation-CAM: sum_k w_k A^k, w_k = (y - y_k) / y, y_k the score with channel k of the layer set to 0
    (Ramaswamy & Desai 2020, doi 10.1109/WACV45572.2020.9093360).

    One pass per channel that is not 0 everywhere. The paper assumes y > 0: a negative score inverts the map, so that it
    shows evidence against the target; a score of exactly 0 gives an empty map.
    """
    activations, score = batch.reading.activations, batch.score(batch.reading.logits, batch.reading.target)
    absent = (activations == 0).all(2).all(2)
    image, channel = need_a_pass(absent, batch.real)

    def without(rows: Rows) -> Tensor:
        cells = activations[image[rows]]
        cells[torch.arange(len(rows), device="cpu"), channel[rows]] = 0
        return cells

    drops = torch.zeros_like(activations[:, :, 0, 0])
    ablated = batch.score(batch.onward_each(without, image), batch.reading.target[image])
    drops[image, channel] = score[image] - ablated
    weights = torch.where(score[:, None] == 0, 0.0, drops / score[:, None]).masked_fill(absent, 0)
    return (weights[:, :, None, None] * activations).sum(1)
