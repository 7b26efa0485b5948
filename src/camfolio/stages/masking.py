"""Stage `masking`: Score-CAM with several values of masked pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from camfolio.evidence.localisation import LOCALISATION, Truth
from camfolio.network.architecture import in_window
from camfolio.network.trained import Device, load_trained
from camfolio.progress import tracked
from camfolio.results.masking import MaskedValue, MaskingResult
from camfolio.stages.inputs.sample import maps_of, read_sample
from camfolio.statistics.patients import Patients
from camfolio.study.evidence import Evidence
from camfolio.study.settings import Evaluation, ExplanationSettings, Network

MASKED = "score_cam"
"""The method that masks slices."""


def run(
    *,
    out: Path,
    slices: Path,
    split: Path,
    training: Path,
    explanations: Path,
    network: Network,
    explanation: ExplanationSettings,
    evaluation: Evaluation,
    evidence: Evidence,
    seed: int,
    device: Device,
) -> None:
    """Write `MaskingResult`, from the sample of test slices of the sanity checks, at the layer in focus."""
    trained = load_trained(network, training, device)
    sample = read_sample(slices, split, explanations, methods=[MASKED], limit=evidence.slices, seed=seed)
    data = sample.data
    truth, energy = Truth(data.mask, data.spacing), LOCALISATION["energy_share"]
    low, high = network.window_hu
    study = min(max(explanation.masked_hu, low), high)
    wanted = list(dict.fromkeys((study, low, (low + high) / 2)))
    shares: dict[float, np.ndarray] = {study: energy(np.maximum(sample.signed[MASKED], 0), truth)}
    for value in tracked(wanted[1:], len(wanted) - 1, "values of masked pixels"):
        other = explanation.model_copy(update={"masked_hu": value, "methods": (MASKED,)})
        signed = maps_of(trained, data.hounsfield, sample.targets, network, other)[MASKED]
        shares[value] = energy(np.maximum(signed, 0), truth)
    patients = Patients(data.patient, evaluation.resamples, seed)
    MaskingResult(
        slices=len(data),
        patients=patients.count,
        masked_hu=study,
        values=tuple(
            MaskedValue(
                hounsfield=value,
                received=round(in_window(value, network.window_hu), 4),
                energy_share=patients.interval(share),
                difference=None if value == study else patients.interval(share - shares[study]),
            )
            for value, share in shares.items()
        ),
    ).write(out)
