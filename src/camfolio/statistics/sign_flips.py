"""Paired test of a mean difference over slices with patients as the unit: signs of the patients' sums are flipped."""

from __future__ import annotations

from collections.abc import Iterator
from math import log2

import numpy as np
from jaxtyping import Float64

LEVEL = 0.05
"""Significance level of corrected p values."""
FLIPS = 99_999
"""Random patterns of signs. The smallest p value is 1 / (FLIPS + 1), so a family of up to 4999 tests can be corrected (Holm)."""
BLOCK = 5_000
"""Patterns at once, which limits the memory."""
ROUNDING = 1e-9
"""Sums this near to the observed one, relative to the sum of magnitudes, count as equal, whatever the order of summation."""


def sign_flip_test(sums: Float64[np.ndarray, "patients comparisons"], seed: int) -> Float64[np.ndarray, " comparisons"]:
    """Two-sided p values of cluster sign-flip tests, column by column.

    The statistic is that of the intervals: the mean difference over all slices, which is the sum over patients of their sums of
    differences, divided by a number of slices that no flip changes. If there is no difference, each patient's sum is as likely to
    have the other sign; p is the share of patterns of signs whose total is at least as large in magnitude as the observed one.

    With no more than FLIPS + 1 patterns that differ by more than the sign of the total, 2^(n - 1) for n patients, all are used and
    the test is exact. Else FLIPS random patterns are drawn and p = (1 + count) / (1 + FLIPS).

    Args:
        sums: of each patient's differences; 0 for a patient without any.
        seed: of the random patterns, which are the same for all columns.

    Returns:
        p values above 0, at most 1.

    >>> sign_flip_test(np.arange(1.0, 7.0)[:, None], 0).tolist()
    [0.03125]
    """
    limit = np.abs(sums.sum(0)) - ROUNDING * np.abs(sums).sum(0)
    exact = 2 ** (len(sums) - 1) <= FLIPS + 1
    blocks = every_pattern(len(sums)) if exact else random_patterns(len(sums), seed)
    count, patterns = np.zeros(sums.shape[1]), 0
    for signs in blocks:
        count += (np.abs(signs @ sums) >= limit).sum(0)
        patterns += len(signs)
    p: np.ndarray = count / patterns if exact else (1 + count) / (1 + patterns)
    return p


def every_pattern(patients: int) -> Iterator[Float64[np.ndarray, "patterns patients"]]:
    """All patterns of signs, 1 and -1, with a positive first one."""
    for start in range(0, 2 ** (patients - 1), BLOCK):
        number = np.arange(start, min(start + BLOCK, 2 ** (patients - 1)))
        yield 1.0 - 2.0 * (number[:, None] >> np.arange(patients)[::-1] & 1)


def random_patterns(patients: int, seed: int) -> Iterator[Float64[np.ndarray, "patterns patients"]]:
    """FLIPS random patterns of signs, 1 and -1."""
    generator = np.random.default_rng([seed, FLIPS])
    for start in range(0, FLIPS, BLOCK):
        yield 1.0 - 2.0 * generator.integers(0, 2, (min(BLOCK, FLIPS - start), patients))


def patients_needed(tests: int) -> int:
    """The smallest number of patients with which a corrected p value can be below 0.05.

    The smallest p value of n patients is 2^-(n - 1), where all differences have the same sign; Holm's correction multiplies it by
    the number of tests.

    >>> patients_needed(1), patients_needed(255)
    (6, 14)
    """
    return int(log2(max(tests, 1) / LEVEL)) + 2
