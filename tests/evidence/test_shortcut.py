import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from camfolio.evidence.shortcut import BLUR_PLACE, CUES, TAG, TAG_HU, chosen_for_cue, energy_in

SHAPE = (3, 24, 20)


@pytest.fixture
def hounsfield():
    return np.random.default_rng(0).normal(-800, 60, SHAPE).astype(np.float32)


@pytest.mark.parametrize("cue", CUES)
def test_a_cue_changes_its_place_and_nothing_else_and_leaves_what_it_was_given(cue, hounsfield):
    before = hounsfield.copy()
    marked = CUES[cue].put(hounsfield)
    place = CUES[cue].place(SHAPE[1:])
    changed = marked != before
    assert changed[:, place].any(axis=1).all()
    assert not changed[:, ~place].any()
    assert np.array_equal(hounsfield, before)
    assert (marked.dtype, marked.shape) == (np.float32, SHAPE)


@pytest.mark.parametrize("cue", CUES)
def test_every_slice_gets_its_cue_by_itself(cue, hounsfield):
    together = CUES[cue].put(hounsfield)
    for one in range(len(hounsfield)):
        assert np.array_equal(CUES[cue].put(hounsfield[one : one + 1])[0], together[one])


def test_the_tag_is_a_bright_letter(hounsfield):
    bright = CUES["tag"].put(hounsfield) == TAG_HU
    assert bright.sum((1, 2)).tolist() == [int(TAG.sum())] * len(hounsfield)


def test_the_blur_takes_the_grain_away_and_leaves_the_mean(hounsfield):
    marked = CUES["blur"].put(hounsfield)
    inner = (slice(None), slice(0, BLUR_PLACE - 4), slice(0, BLUR_PLACE - 4))
    assert marked[inner].std() < 0.5 * hounsfield[inner].std()
    assert abs(marked[inner].mean() - hounsfield[inner].mean()) < 15


def test_the_blur_has_no_edge(hounsfield):
    """Across the border of its place the step is as small as elsewhere in a slice without grain."""
    smooth = ndimage.gaussian_filter(hounsfield, (0, 2, 2))
    step = np.abs(np.diff(CUES["blur"].put(smooth)[:, BLUR_PLACE - 1 : BLUR_PLACE + 1, :], axis=1))
    assert step.max() <= np.abs(np.diff(smooth, axis=1)).max()


@settings(max_examples=50, deadline=None)
@given(label=st.lists(st.integers(0, 1), min_size=1, max_size=60), share=st.floats(0, 1), seed=st.integers(0, 9))
def test_a_share_of_the_second_class_is_chosen_the_same_for_the_same_seed(label, share, seed):
    label = np.array(label, dtype=np.int64)
    chosen = chosen_for_cue(label, share, seed)
    assert chosen.sum() == round(share * label.sum())
    assert not chosen[label == 0].any()
    assert np.array_equal(chosen, chosen_for_cue(label, share, seed))


def test_another_seed_chooses_others():
    label = np.ones(50, dtype=np.int64)
    assert not np.array_equal(chosen_for_cue(label, 0.5, 0), chosen_for_cue(label, 0.5, 1))


def test_energy_in_a_place_is_its_share_and_not_defined_for_an_empty_map():
    place = np.array([[True, False], [False, False]])
    maps = np.array([[[1.0, 1.0], [1.0, 1.0]], [[3.0, 0.0], [1.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]])
    np.testing.assert_array_equal(energy_in(maps, place), [0.25, 0.75, np.nan])
