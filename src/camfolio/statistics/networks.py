"""Intervals of a mean over networks, all of which saw the same patients: two levels, networks and patients.

Patients are drawn with replacement, the same for all networks. A few networks cannot be resampled in this way: a mean of
draws never lies beyond the extremes of what was drawn, and of five values it varies too little by a factor of 4/5, so that
a percentile interval over draws of five networks covers 85 % where the networks decide, over draws of three 76 %. Hence
every resample adds the error of a mean of that many normal values instead: Student's t with one degree of freedom less
than there are networks, times their standard error. Between equal networks nothing is added: the interval is that of the
patients.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float64

from camfolio.results.networks import NetworksInterval
from camfolio.statistics.bootstrap import patient_resamples, summarise, without_each
from camfolio.statistics.defined import defined_means, ratio
from camfolio.statistics.patients import Patients
from camfolio.statistics.random_generators import slice_generator

Statistics = Callable[[np.ndarray], Float64[np.ndarray, " networks"]]
"""From indices of slices to one number per network, NaN where it is not defined on them."""
BOUNDLESS = (-np.inf, np.inf)


def interval_of_statistics(
    statistics: Statistics,
    patient: np.ndarray,
    resamples: int,
    seed: int,
    limits: tuple[float, float] = BOUNDLESS,
) -> NetworksInterval:
    """The mean over networks of a statistic of slices.

    Args:
        statistics: from indices of slices to one number per network.
        patient: (N,) patient ids of the slices.
        resamples: number of resamples.
        seed: of the resamples.
        limits: smallest and largest possible value, at which the interval ends.
    """
    by_network = statistics(np.arange(len(patient)))
    drawn = np.stack([statistics(index) for index in patient_resamples(patient, resamples, seed)])
    left_out = np.array([statistics(index) for index in without_each(patient)]).reshape(-1, len(by_network))
    return two_levels(by_network, drawn, left_out, seed, limits)


def interval_of_means(
    values: Float64[np.ndarray, "networks slices"],
    patients: Patients,
    seed: int,
    limits: tuple[float, float] = BOUNDLESS,
) -> NetworksInterval:
    """The mean over networks of the mean over slices of defined values; the arguments are those of `interval_of_statistics`."""
    sums, counts = patients.sums(values.T)
    by_network, drawn = (
        ratio(sums.sum(0), counts.sum(0)),
        ratio(patients.multiplicity @ sums, patients.multiplicity @ counts),
    )
    left_out = ratio(sums.sum(0) - sums, counts.sum(0) - counts)
    undefined = int((~np.isfinite(values)).all(0).sum())
    return two_levels(by_network, drawn, left_out, seed, limits).model_copy(update={"slices_undefined": undefined})


def two_levels(
    by_network: Float64[np.ndarray, " networks"],
    drawn: Float64[np.ndarray, "resamples networks"],
    left_out: Float64[np.ndarray, "patients networks"],
    seed: int,
    limits: tuple[float, float],
) -> NetworksInterval:
    """The interval of a mean over networks from their values, also on resamples of patients and without each patient; networks
    without a value are left out.
    """
    each = tuple(
        summarise(float(value), *columns) for value, *columns in zip(by_network, drawn.T, left_out.T, strict=True)
    )
    defined = np.isfinite(by_network)
    count = int(defined.sum())
    if count < 2:  # noqa: PLR2004 - the error of one network is not defined
        value = float(by_network[defined][0]) if count else None
        return NetworksInterval(value=value, low=None, high=None, by_network=each)
    error = np.std(by_network[defined], ddof=1) / np.sqrt(count)
    generator = slice_generator(seed, "networks", "two levels")
    means = defined_means(drawn[:, defined].T) + error * generator.standard_t(count - 1, len(drawn))
    without = defined_means(left_out[:, defined].T)
    overall = summarise(float(np.mean(by_network[defined])), np.clip(means, *limits), without)
    return NetworksInterval(**dict(overall), by_network=each)
