import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camfolio.evidence.selection import Candidates, choose, draw
from camfolio.vocabulary import EXAMPLE_KINDS


def candidates_of(rows, area=None):
    """Rows of (id, patient, correct, probability); all areas are equal unless given."""
    ids, patients, correct, probability = zip(*rows, strict=True)
    label = np.arange(len(rows)) % 2
    predicted = np.where(correct, label, 1 - label)
    shares = [np.full(len(rows), 0.5), np.full(len(rows), np.nan), np.full(len(rows), 0.25) if area is None else area]
    return Candidates(np.array(ids), np.array(patients), label, predicted, np.array(probability, float), *shares)


def chosen_of(candidates, score):
    return choose(candidates, score, random=0, seed=0, resamples=2)


def ranks_of(cases):
    """Kind of example -> slice, rank, number of ranked slices."""
    return {kind: (case.slice, case.rank, case.among) if case else None for kind, case in cases.cases.items()}


def slices_of(cases):
    return {kind: case.slice if case else None for kind, case in cases.cases.items()}


PLAIN = candidates_of(
    [
        ("s0", "p0", True, 0.9),
        ("s1", "p1", True, 0.8),
        ("s2", "p2", False, 0.6),
        ("s3", "p3", False, 0.7),
        ("s4", "p4", True, 0.55),
    ]
)


def test_good_bad_and_misclassified_examples_follow_the_rule():
    cases = chosen_of(PLAIN, np.array([0.4, 0.9, 1.0, 0.0, 0.1]))
    assert ranks_of(cases) == {"misclassified": (3, 1, 2), "good": (1, 1, 3), "median": (0, 1, 3), "bad": (4, 1, 3)}
    assert cases.undefined == 0
    assert tuple(cases.cases) == EXAMPLE_KINDS


def test_ties_are_broken_by_the_smaller_id():
    candidates = candidates_of([("s9", "p0", True, 0.9), ("s1", "p1", True, 0.9), ("s5", "p2", True, 0.9)])
    chosen = slices_of(chosen_of(candidates, np.array([0.5, 0.5, 0.5])))
    assert chosen == {"misclassified": None, "good": 1, "median": 0, "bad": 2}
    wrong = candidates_of([("s9", "p0", False, 0.9), ("s1", "p1", False, 0.9), ("s5", "p2", False, 0.6)])
    assert slices_of(chosen_of(wrong, np.zeros(3)))["misclassified"] == 1


def test_examples_are_of_different_patients_and_ranks_count_skipped_slices():
    candidates = candidates_of(
        [
            ("s0", "p0", False, 0.9),
            ("s1", "p0", True, 0.9),
            ("s2", "p1", True, 0.9),
            ("s3", "p1", True, 0.9),
            ("s4", "p2", True, 0.9),
        ]
    )
    cases = chosen_of(candidates, np.array([0.0, 0.9, 0.8, 0.1, 0.5]))
    assert ranks_of(cases) == {"misclassified": (0, 1, 1), "good": (2, 2, 4), "median": None, "bad": (4, 2, 4)}


def test_without_an_error_there_is_no_misclassified_example():
    candidates = candidates_of([("s0", "p0", True, 0.9), ("s1", "p1", True, 0.9)])
    chosen = slices_of(chosen_of(candidates, np.array([0.1, 0.2])))
    assert chosen == {"misclassified": None, "good": 1, "median": None, "bad": 0}


def test_without_a_correct_slice_there_is_no_good_or_bad_example():
    candidates = candidates_of([("s0", "p0", False, 0.6), ("s1", "p1", False, 0.9)])
    cases = chosen_of(candidates, np.array([0.1, 0.2]))
    assert slices_of(cases) == {"misclassified": 1, "good": None, "median": None, "bad": None}
    assert cases.undefined == 0


def test_slices_without_a_defined_score_are_counted_and_not_chosen():
    cases = chosen_of(PLAIN, np.full(5, np.nan))
    assert slices_of(cases) == {"misclassified": 3, "good": None, "median": None, "bad": None}
    assert cases.undefined == 3


def test_a_misclassified_example_needs_no_defined_score():
    cases = chosen_of(PLAIN, np.array([0.4, np.nan, 1.0, np.nan, 0.1]))
    assert slices_of(cases) == {"misclassified": 3, "good": 0, "median": None, "bad": 4}
    assert cases.undefined == 1
    assert cases.cases["good"].among == 2


def test_the_only_correct_slice_is_the_good_one():
    assert slices_of(chosen_of(candidates_of([("s0", "p0", True, 0.9)]), np.array([0.3]))) == {
        "misclassified": None,
        "good": 0,
        "median": None,
        "bad": None,
    }


def test_candidates_cannot_be_changed():
    with pytest.raises(AttributeError, match="cannot assign"):
        PLAIN.id = PLAIN.patient


def slow_choose(rows, score, area):
    """The rule in plain loops over lists."""
    left = [i for i in range(len(rows)) if rows[i][2] and score[i] == score[i]]
    by_area = sorted(left, key=lambda i: (area[i], rows[i][0]))
    groups = max(1, min(5, len(left) // 5))
    group = {i: place * groups // len(left) for place, i in enumerate(by_area)}
    middle = float(np.median([area[i] for i in left])) if left else 0.0

    def above(i, sign):
        return sum(sign * score[j] > sign * score[i] for j in left if group[j] == group[i])

    keys = {
        "good": lambda i: above(i, 1),
        "bad": lambda i: above(i, -1),
        "median": lambda i: abs(above(i, 1) - above(i, -1)) // 2,
    }
    wrong = sorted((i for i in range(len(rows)) if not rows[i][2]), key=lambda i: (-rows[i][3], rows[i][0]))
    shown = [rows[wrong[0]][1]] if wrong else []
    chosen = {"misclassified": (wrong[0], 1, len(wrong)) if wrong else None}
    for kind, key in keys.items():
        chosen[kind] = None
        order = sorted(left, key=lambda i: (key(i), abs(area[i] - middle), rows[i][0]))
        for rank, i in enumerate(order, start=1):
            if rows[i][1] not in shown:
                chosen[kind] = (i, rank, len(left))
                shown.append(rows[i][1])
                break
    return chosen


ROW = st.tuples(st.integers(0, 9), st.sampled_from([True, True, True, False]), st.sampled_from([0.5, 0.75, 1.0]))
SCORE = st.sampled_from([0.0, 0.25, 0.5, float("nan")])
AREA = st.sampled_from([0.125, 0.25, 0.5])


@settings(max_examples=100, deadline=None)
@given(drawn=st.lists(st.tuples(ROW, SCORE, AREA), min_size=1, max_size=30), order=st.randoms(use_true_random=False))
def test_selection_equals_a_slow_twin(drawn, order):
    ids = [f"s{i:02}" for i in range(len(drawn))]
    order.shuffle(ids)
    rows = [(name, f"p{row[0]}", row[1], row[2]) for name, (row, *_) in zip(ids, drawn, strict=True)]
    score, area = [value for _, value, _ in drawn], np.array([value for *_, value in drawn])
    cases = chosen_of(candidates_of(rows, area), np.array(score))
    assert ranks_of(cases) == slow_choose(rows, score, area)


def sized(count, seed=0):
    """Correct slices of as many patients whose score is their area with a little noise."""
    area = np.linspace(0.02, 0.4, count)
    noise = np.random.default_rng(seed).uniform(-0.01, 0.01, count)
    return candidates_of([(f"s{i:03}", f"p{i:03}", True, 0.9) for i in range(count)], area), area + noise


def test_a_score_that_follows_the_area_shows_slices_of_middling_area():
    candidates, score = sized(100)
    chosen = chosen_of(candidates, score)
    assert chosen.area_correlation.value > 0.98
    for kind in ("good", "median", "bad"):
        case = chosen.cases[kind]
        assert (case.size_group.group, case.size_group.groups, case.size_group.slices) == (3, 5, 20)
        assert case.area_share == pytest.approx(np.median(candidates.area_share), abs=0.04)
    assert chosen.cases["good"].size_group.rank == 1
    assert chosen.cases["bad"].size_group.rank == 20
    assert chosen.cases["median"].size_group.rank in {10, 11}


@pytest.mark.parametrize(("count", "groups"), [(30, 5), (25, 5), (24, 4), (9, 1), (3, 1)])
def test_small_test_parts_have_fewer_groups(count, groups):
    assert chosen_of(*sized(count)).size_groups == groups


def test_no_slice_can_be_ranked_without_areas():
    candidates = candidates_of([("s0", "p0", True, 0.9)], np.array([np.nan]))
    chosen = chosen_of(candidates, np.array([np.nan]))
    assert (chosen.size_groups, chosen.area_correlation.value) == (0, None)


MANY = candidates_of([(f"s{i:03}", f"p{i // 3:03}", i % 2 == 0, 0.6) for i in range(60)])


def test_random_examples_are_of_different_patients_and_depend_on_the_seed():
    cases = draw(MANY, 6, 3)
    assert draw(MANY, 6, 3) == cases
    assert draw(MANY, 6, 4) != cases
    assert len({str(MANY.patient[case.slice]) for case in cases}) == len(cases) == 6
    assert [case.rank for case in cases] == sorted(case.rank for case in cases)
    assert cases[0].rank == 1
    assert {case.among for case in cases} == {60}


def test_random_examples_do_not_depend_on_the_order_of_the_slices():
    backwards = candidates_of([(f"s{i:03}", f"p{i // 3:03}", True, 0.6) for i in reversed(range(60))])
    assert {59 - case.slice for case in draw(backwards, 6, 3)} == {case.slice for case in draw(MANY, 6, 3)}


def test_every_slice_is_equally_likely_to_be_drawn():
    first = np.bincount([draw(MANY, 1, seed)[0].slice for seed in range(1200)], minlength=60)
    assert ((first - 20) ** 2 / 20).sum() < 98  # chi squared with 59 degrees of freedom, 0.1 %


def test_random_examples_are_limited_by_the_number_of_patients():
    assert len(draw(MANY, 100, 0)) == 20
    assert draw(MANY, 0, 0) == []


def test_undefined_numbers_of_an_example_are_none():
    case = PLAIN.case(3, 2, 5)
    assert (case.id, case.true, case.predicted, case.probability) == ("s3", 1, 0, 0.7)
    assert (case.energy_share, case.energy_ratio, case.area_share) == (0.5, None, 0.25)
    assert (case.slice, case.rank, case.among) == (3, 2, 5)
