import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from camfolio.evidence.shortcut import BLUR_SIDE, CUES, TAG, TAG_HU, chosen_for_cue, energy_in

SHAPE = (3, 24, 20)


@pytest.fixture
def hounsfield():
    return np.random.default_rng(0).normal(-800, 60, SHAPE).astype(np.float32)


@pytest.mark.parametrize("cue", CUES)
def test_a_cue_changes_only_its_region_and_not_its_argument(cue, hounsfield):
    before = hounsfield.copy()
    marked = CUES[cue].put(hounsfield)
    region = CUES[cue].region(SHAPE[1:])
    changed = marked != before
    assert changed[:, region].any(axis=1).all()
    assert not changed[:, ~region].any()
    assert np.array_equal(hounsfield, before)
    assert (marked.dtype, marked.shape) == (np.float32, SHAPE)


@pytest.mark.parametrize("cue", CUES)
def test_a_cue_does_not_depend_on_other_slices(cue, hounsfield):
    together = CUES[cue].put(hounsfield)
    for i in range(len(hounsfield)):
        assert np.array_equal(CUES[cue].put(hounsfield[i : i + 1])[0], together[i])


def test_the_tag_is_a_bright_letter(hounsfield):
    bright = CUES["tag"].put(hounsfield) == TAG_HU
    assert bright.sum((1, 2)).tolist() == [int(TAG.sum())] * len(hounsfield)


def test_the_blur_removes_noise_and_keeps_the_mean(hounsfield):
    marked = CUES["blur"].put(hounsfield)
    inner = (slice(None), slice(0, BLUR_SIDE - 4), slice(0, BLUR_SIDE - 4))
    assert marked[inner].std() < 0.5 * hounsfield[inner].std()
    assert abs(marked[inner].mean() - hounsfield[inner].mean()) < 15


def test_the_blur_has_no_edge(hounsfield):
    """Across the border of its region differences are as small as elsewhere in a slice without noise."""
    smooth = ndimage.gaussian_filter(hounsfield, (0, 2, 2))
    step = np.abs(np.diff(CUES["blur"].put(smooth)[:, BLUR_SIDE - 1 : BLUR_SIDE + 1, :], axis=1))
    assert step.max() <= np.abs(np.diff(smooth, axis=1)).max()


@settings(max_examples=50, deadline=None)
@given(label=st.lists(st.integers(0, 1), min_size=1, max_size=60), share=st.floats(0, 1), seed=st.integers(0, 9))
def test_equal_seeds_choose_equal_shares_of_the_second_class(label, share, seed):
    label = np.array(label, dtype=np.int64)
    chosen = chosen_for_cue(label, share, seed)
    assert chosen.sum() == round(share * label.sum())
    assert not chosen[label == 0].any()
    assert np.array_equal(chosen, chosen_for_cue(label, share, seed))


def test_another_seed_chooses_other_slices():
    label = np.ones(50, dtype=np.int64)
    assert not np.array_equal(chosen_for_cue(label, 0.5, 0), chosen_for_cue(label, 0.5, 1))


def test_energy_in_a_region_is_a_share_and_not_defined_for_an_empty_map():
    region = np.array([[True, False], [False, False]])
    maps = np.array([[[1.0, 1.0], [1.0, 1.0]], [[3.0, 0.0], [1.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]])
    np.testing.assert_array_equal(energy_in(maps, region), [0.25, 0.75, np.nan])
