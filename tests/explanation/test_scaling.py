import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from camfolio.explanation.scaling import scaled
from camfolio.study.settings import ExplanationSettings
from camfolio.vocabulary import SCALING_NAMES

MAP = np.array([[-4.0, 0.0], [1.0, 2.0]], np.float32)
SCALINGS = tuple(SCALING_NAMES)
finite = arrays(np.float32, (3, 4), elements=st.floats(-1e3, 1e3, width=32))


@pytest.mark.parametrize(
    ("scaling", "share", "limit"),
    [
        ("per_image", [[0, 0], [0.5, 1]], 2.0),
        ("shared", [[0, 0], [0.125, 0.25]], 8.0),
        ("signed", [[-1, 0], [0.25, 0.5]], 4.0),
    ],
)
def test_a_scaling_gives_what_is_worked_out_by_hand(scaling, share, limit):
    found = scaled(MAP, scaling, 8.0)
    assert found.share.tolist() == share
    assert found.share.dtype == np.float32
    assert (found.limit, found.scaling, found.lowest) == (limit, scaling, -1 if scaling == "signed" else 0)


def test_every_scaling_of_a_study_has_a_name():
    assert set(ExplanationSettings.model_fields["scaling"].annotation.__args__) == set(SCALINGS)


@pytest.mark.parametrize("scaling", SCALINGS)
def test_an_empty_map_stays_empty(scaling):
    found = scaled(np.zeros((2, 2), np.float32), scaling, 0.0)
    assert found.is_empty
    assert not found.share.any()


def test_a_map_with_evidence_against_alone_is_empty_unless_signs_are_kept():
    against = -np.ones((2, 2), np.float32)
    assert [scaled(against, scaling, 1.0).is_empty for scaling in SCALINGS] == [True, True, False]


@pytest.mark.parametrize("scaling", SCALINGS)
@given(values=finite)
def test_shares_stay_in_range_and_zero_stays_zero(scaling, values):
    found = scaled(values, scaling, max(float(values.max()), 0.0))
    assert found.lowest <= found.share.min() <= found.share.max() <= 1
    assert not found.share[values == 0].any()


@given(values=finite)
def test_turning_the_evidence_round_turns_the_signed_map_round(values):
    np.testing.assert_array_equal(scaled(-values, "signed", 1.0).share, -scaled(values, "signed", 1.0).share)
