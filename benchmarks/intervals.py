"""Coverage of the intervals and type-I error of the tests, with few patients and unequal numbers of slices.

Usage: python benchmarks/intervals.py [REPETITIONS]   (1000 by default; prints two tables; nominal are 95 % and 5 %)
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Mapping

import numpy as np
from scipy.stats import norm, wilcoxon

from camfolio.statistics.bootstrap import acceleration, ends
from camfolio.statistics.patients import Patients, differences, is_equivalent

PATIENTS = (10, 20, 40, 100)
RESAMPLES = 1000
LEVEL, MARGIN = 0.05, 2.0
SHIFT, LARGE = 0.3, 0.15
"""Rise of the effect per slice, and the share of patients with six more slices."""
Slices = tuple[np.ndarray, np.ndarray]
"""The patient of every slice, and its value."""


def numbers_of_slices(generator: np.random.Generator, patients: int) -> np.ndarray:
    """Slices per patient: 1 plus a Poisson number of mean 3, and six more for 15 % of the patients."""
    return 1 + generator.poisson(3, patients) + 6 * (generator.random(patients) < LARGE)


MEAN_SLICES = 1 + 3 + 0.9
MEAN_SQUARE = 3 + 0.15 * 0.85 * 36 + MEAN_SLICES**2


def normal(generator: np.random.Generator, count: np.ndarray) -> np.ndarray:
    """Patients differ by a normal effect."""
    return generator.normal(0, 1, len(count))


def skewed(generator: np.random.Generator, count: np.ndarray) -> np.ndarray:
    """Patients differ by an exponential effect of mean 0."""
    return generator.exponential(1, len(count)) - 1


def by_size(generator: np.random.Generator, count: np.ndarray) -> np.ndarray:
    """The effect rises with the number of slices; the mean over slices is 0, the mean over patients is not."""
    return generator.normal(0, 1, len(count)) + SHIFT * (count - MEAN_SQUARE / MEAN_SLICES)


EFFECTS: Mapping[str, Callable[[np.random.Generator, np.ndarray], np.ndarray]] = {
    "normal": normal,
    "skewed": skewed,
    "larger with more slices": by_size,
}


def slices_of(generator: np.random.Generator, patients: int, kind: str) -> Slices:
    """Slices whose mean is 0 in the long run: patients' effects and noise; or shares of 0 and 1, minus their mean."""
    count = numbers_of_slices(generator, patients)
    patient = np.repeat(np.arange(patients), count)
    if kind == "shares near 1":
        share = generator.beta(4, 0.4, patients)[patient]
        return patient, (generator.random(len(patient)) < share) - 4 / 4.4
    effect = EFFECTS[kind](generator, count)[patient]
    return patient, effect + generator.normal(0, 0.7, len(patient))


def intervals_of(patients: Patients, values: np.ndarray) -> dict[str, tuple[float, float]]:
    """The study's interval of the mean, and those that it was compared with."""
    mean, drawn, left_out = next(patients.estimates(values[:, None]))
    z = norm.ppf([0.025, 0.975])
    bias = norm.ppf(np.clip((drawn < mean).mean() + (drawn == mean).mean() / 2, 0.001, 0.999))
    shifted = bias + (bias + z) / (1 - acceleration(left_out) * (bias + z))
    found = {
        "percentile": np.quantile(drawn, [0.025, 0.975]),
        "BCa, normal quantiles": np.quantile(drawn, norm.cdf(shifted)),
        "bootstrap-t": bootstrap_t(patients, values),
        "BCa, Student's quantiles": ends(mean, drawn, left_out, 0.95),
    }
    return {name: (float(low or 0.0), float(high or 0.0)) for name, (low, high) in found.items()}


def bootstrap_t(patients: Patients, values: np.ndarray) -> tuple[float, float]:
    """Studentised by the linearised standard error of a ratio of sums, in every resample."""
    sums, counts = (part[:, 0] for part in patients.sums(values[:, None]))
    times = np.vstack([np.ones(patients.count), patients.multiplicity])
    means = times @ sums / (times @ counts)
    squares = times @ sums**2 - 2 * means * (times @ (sums * counts)) + means**2 * (times @ counts**2)
    errors = np.sqrt(squares.clip(0)) / (times @ counts)
    varies = errors > 1e-6 * errors[0]
    if not varies[1:].any():
        return means[0], means[0]
    low, high = np.quantile(((means - means[0])[varies] / errors[varies])[1:], [0.025, 0.975])
    return means[0] - high * errors[0], means[0] - low * errors[0]


def rejections(patients: Patients, values: np.ndarray) -> dict[str, bool]:
    """Which tests reject a true hypothesis: no difference; and, shifted by the margin, a difference of the margin or more."""
    sums, counts = (part[:, 0] for part in patients.sums(values[:, None]))
    none, shifted = differences(np.stack([values, values + MARGIN], axis=1), patients)
    return {
        "Wilcoxon, patients' means": bool(wilcoxon(sums / counts).pvalue < LEVEL),
        "sign flips": (none.p or 0.0) < LEVEL,
        "equivalence": is_equivalent(shifted, MARGIN),
    }


def coverage(kind: str, patients: int, repetitions: int, seed: int = 0) -> dict[str, float]:
    """Interval -> the share of repetitions in which it covers the true mean, 0."""
    generator = np.random.default_rng([seed, patients])
    covered: dict[str, int] = defaultdict(int)
    for repetition in range(repetitions):
        patient, values = slices_of(generator, patients, kind)
        for name, (low, high) in intervals_of(Patients(patient.astype(str), RESAMPLES, repetition), values).items():
            covered[name] += low <= 0 <= high
    return {name: count / repetitions for name, count in covered.items()}


def type_one_error(kind: str, patients: int, repetitions: int, seed: int = 0) -> dict[str, float]:
    """Test -> the share of repetitions in which it rejects a true hypothesis."""
    generator = np.random.default_rng([seed, patients])
    rejected: dict[str, int] = defaultdict(int)
    for repetition in range(repetitions):
        patient, values = slices_of(generator, patients, kind)
        for name, wrong in rejections(Patients(patient.astype(str), RESAMPLES, repetition), values).items():
            rejected[name] += wrong
    return {name: count / repetitions for name, count in rejected.items()}


def auc_coverage(separation: float, patients: int, repetitions: int, seed: int = 0) -> dict[str, float]:
    """Interval of an AUC -> coverage; scores of two classes of patients are normal, with patients' effects."""
    generator, drawn_times = np.random.default_rng([seed, patients]), 0
    covered: dict[str, int] = defaultdict(int)
    truth = float(norm.cdf(separation / np.sqrt(2 * (1 + 0.7**2))))
    for _ in range(repetitions):
        count = 1 + generator.poisson(2, patients)
        patient = np.repeat(np.arange(patients), count)
        label = (generator.integers(0, 2, patients) == 1)[patient]
        score = (separation * label + generator.normal(0, 0.7, len(patient))) + generator.normal(0, 1, patients)[
            patient
        ]
        times = generator.multinomial(patients, np.full(patients, 1 / patients), RESAMPLES // 2)
        value = float(weighted_auc(score, label, np.ones((1, len(patient))))[0])
        drawn = weighted_auc(score, label, times[:, patient])
        left_out = weighted_auc(score, label, (1 - np.eye(patients))[:, patient])
        low, high = ends(value, drawn, left_out, 0.95)
        if low is None or high is None:
            continue
        drawn_times += 1
        quantiles = np.nanquantile(drawn, [0.025, 0.975])
        covered["percentile"] += quantiles[0] <= truth <= quantiles[1]
        covered["BCa, Student's quantiles"] += low <= truth <= high
    return {name: count / drawn_times for name, count in covered.items()}


def weighted_auc(score: np.ndarray, label: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """AUC of slices that count several times, row by row of `weights`; NaN without both classes."""
    order = np.argsort(score)
    positive, negative = weights[:, order] * label[order], weights[:, order] * ~label[order]
    below = np.cumsum(negative, axis=1) - negative
    pairs = positive.sum(1) * negative.sum(1)
    found: np.ndarray = np.divide((positive * below).sum(1), pairs, out=np.full(len(weights), np.nan), where=pairs > 0)
    return found


def table(title: str, rows: list[tuple[str, int, dict[str, float]]]) -> None:
    """Print one table."""
    names = list(rows[0][2])
    print(f"\n{title}\n{'':<26}{'patients':>9}  " + "  ".join(names))
    for kind, patients, shares in rows:
        cells = "  ".join(f"{100 * shares[name]:{len(name)}.1f}" for name in names)
        print(f"{kind:<26}{patients:9}  {cells}")


def main() -> None:
    """Print the tables."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    kinds = [*EFFECTS, "shares near 1"]
    table(
        "Coverage of 95 % intervals of a mean, %",
        [(kind, n, coverage(kind, n, repetitions)) for kind in kinds for n in PATIENTS],
    )
    table(
        "Coverage of 95 % intervals of an AUC, %",
        [
            (
                f"AUC {norm.cdf(separation / np.sqrt(2 * (1 + 0.7**2))):.2f}",
                n,
                auc_coverage(separation, n, repetitions // 2),
            )
            for separation in (0.0, 2.5)
            for n in PATIENTS
        ],
    )
    few = repetitions // 2
    table(
        f"Type-I error of tests at 5 %, % ({few} repetitions)",
        [(kind, n, type_one_error(kind, n, few)) for kind in EFFECTS for n in PATIENTS],
    )


if __name__ == "__main__":
    main()
