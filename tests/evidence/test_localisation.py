import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from camfolio.evidence.localisation import area_share, energy_ratio, energy_share


def share_by_loops(values, mask):
    inside = total = area = 0.0
    for row in range(values.shape[0]):
        for column in range(values.shape[1]):
            total += float(values[row, column])
            inside += float(values[row, column]) * bool(mask[row, column])
            area += bool(mask[row, column])
    return (inside / total if total > 0 and area > 0 else np.nan), area / values.size


MAPS = arrays.arrays(np.float32, (2, 4, 3), elements=st.floats(0, 100, width=32))
MASKS = arrays.arrays(bool, (2, 4, 3))


@settings(max_examples=40, deadline=None)
@given(maps=MAPS, masks=MASKS)
def test_shares_and_ratio_are_those_of_a_slow_twin(maps, masks):
    shares, areas, ratios = energy_share(maps, masks), area_share(masks), energy_ratio(maps, masks)
    for i in range(2):
        share, area = share_by_loops(maps[i], masks[i])
        assert shares[i] == pytest.approx(share, abs=1e-12, nan_ok=True)
        assert areas[i] == pytest.approx(area or np.nan, abs=1e-12, nan_ok=True)
        assert ratios[i] == pytest.approx(share / area if area else np.nan, rel=1e-12, nan_ok=True)
        assert np.isnan(share) or 0 <= shares[i] <= 1 + 1e-12


def test_a_map_of_one_value_everywhere_gets_the_area_s_share_and_a_ratio_of_one():
    masks = np.zeros((2, 10, 10), bool)
    masks[0, 2:5, 2:5] = True
    masks[1] = True
    maps = np.full((2, 10, 10), 0.37, np.float32)
    np.testing.assert_allclose(energy_share(maps, masks), [0.09, 1.0])
    np.testing.assert_allclose(area_share(masks), [0.09, 1.0])
    np.testing.assert_allclose(energy_ratio(maps, masks), [1.0, 1.0])


def test_an_empty_map_or_an_empty_mask_is_not_defined():
    maps, masks = np.ones((3, 4, 4), np.float32), np.zeros((3, 4, 4), bool)
    maps[0] = 0
    masks[:2, 1, 1] = True
    assert np.isnan(energy_share(maps, masks)).tolist() == [True, False, True]
    assert np.isnan(energy_ratio(maps, masks)).tolist() == [True, False, True]
    np.testing.assert_array_equal(area_share(masks), [1 / 16, 1 / 16, np.nan])


def test_energy_wholly_inside_and_wholly_outside_are_one_and_zero():
    masks = np.zeros((2, 4, 4), bool)
    masks[:, :2, :2] = True
    maps = np.stack([masks[0], ~masks[0]]).astype(np.float64)
    assert energy_share(maps, masks).tolist() == [1.0, 0.0]
    assert energy_ratio(maps, masks).tolist() == [4.0, 0.0]


def test_a_map_s_scale_does_not_matter_even_where_float32_would_overflow():
    chance = np.random.default_rng(0)
    maps, masks = chance.random((1, 8, 8)).astype(np.float32), chance.random((1, 8, 8)) > 0.5
    for scale in (1e-30, 1.0, 1e38):
        scaled = maps * np.float32(scale)
        np.testing.assert_allclose(energy_share(scaled, masks), energy_share(maps, masks), rtol=1e-5)
