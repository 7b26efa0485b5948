from itertools import product

import numpy as np
import pytest
from scipy.stats import permutation_test, ttest_1samp

from camfolio.statistics.sign_flips import FLIPS, every_pattern, patients_needed, random_patterns, sign_flip_test


def test_p_equals_a_count_over_all_patterns_of_signs():
    sums = np.random.default_rng(0).normal(0.3, 1, (7, 3))
    for column, p in zip(sums.T, sign_flip_test(sums, 0), strict=True):
        totals = [abs(np.dot(signs, column)) for signs in product((1, -1), repeat=7)]
        assert p == pytest.approx(np.mean(np.array(totals) >= abs(column.sum()) - 1e-9))


def test_p_equals_that_of_scipy():
    values = np.random.default_rng(1).normal(0.4, 1, 12)
    expected = permutation_test((values,), np.sum, permutation_type="samples", n_resamples=np.inf)
    assert sign_flip_test(values[:, None], 0)[0] == pytest.approx(expected.pvalue)


def test_random_patterns_give_nearly_the_exact_p():
    sums = np.random.default_rng(2).normal(0.5, 1, (17, 1))
    exact = sign_flip_test(sums, 0)[0]
    with_a_patient_without_differences = sign_flip_test(np.vstack([sums, [[0.0]]]), 0)[0]
    assert with_a_patient_without_differences == pytest.approx(exact, abs=0.005)
    assert with_a_patient_without_differences != exact


def test_many_patients_give_nearly_the_p_of_a_t_test():
    values = np.random.default_rng(3).normal(0.2, 1, 80)
    assert sign_flip_test(values[:, None], 0)[0] == pytest.approx(ttest_1samp(values, 0).pvalue, abs=0.01)


def test_zero_differences_have_p_1_and_equal_signs_the_smallest_p():
    sums = np.stack([np.zeros(9), np.arange(1.0, 10.0), -np.arange(1.0, 10.0)], axis=1)
    assert sign_flip_test(sums, 0).tolist() == [1.0, 2.0**-8, 2.0**-8]
    assert sign_flip_test(np.ones((60, 1)), 0)[0] == 1 / (1 + FLIPS)


def test_patterns_are_signs_and_seeded():
    assert np.concatenate(list(every_pattern(3))).tolist() == [[1, *signs] for signs in product((1, -1), repeat=2)]
    first, again, other = (next(random_patterns(30, seed)) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert set(np.unique(first)) == {-1.0, 1.0}


@pytest.mark.parametrize("tests", [1, 2, 20, 255, 1024])
def test_fewer_patients_than_needed_cannot_give_a_small_corrected_p(tests):
    needed = patients_needed(tests)
    smallest = [sign_flip_test(np.ones((patients, 1)), 0)[0] * tests for patients in (needed - 1, needed)]
    assert smallest[0] >= 0.05 > smallest[1]
