"""Loading: batches that depend on the seed alone, and augmentation against scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from camfolio.data.loading import SliceLoading, augment, random_affine
from camfolio.study.training import Augmentation

STILL = Augmentation(rotation_degrees=0, flips=False, shift_pixels=0, zoom=0, noise_hu=0)
SILENT = Augmentation(noise_hu=0)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def bump(height: int = 24, width: int = 24) -> torch.Tensor:
    """A smooth, lopsided hill in HU, so that two ways of interpolating agree."""
    rows, columns = np.mgrid[:height, :width].astype(float)
    hill = 800 * np.exp(-(((rows - height * 0.45) / 4) ** 2) - ((columns - width * 0.6) / 3) ** 2)
    return torch.from_numpy((hill - 900).astype(np.float32))[None]


@pytest.fixture
def loading(tiny_slices):
    part = np.array(["train"] * 14 + ["validation"] * 4 + ["test"] * 6)
    return SliceLoading(tiny_slices(24), part, batch_size=4, seed=3)


def test_training_leaves_out_the_incomplete_batch(loading):
    assert [len(label) for _, label in loading.train_dataloader()] == [4, 4, 4]


def test_a_small_training_part_is_one_batch(tiny_slices):
    part = np.array(["train"] * 4 + ["validation"] * 2 + ["test"] * 2)
    loading = SliceLoading(tiny_slices(8), part, batch_size=64, seed=0)
    assert [len(label) for _, label in loading.train_dataloader()] == [4]


def test_validation_and_test_are_complete_and_in_order(loading, tiny_slices):
    slices = tiny_slices(24)
    for batches, chosen in ((loading.val_dataloader(), slice(14, 18)), (loading.test_dataloader(), slice(18, 24))):
        hounsfield = torch.cat([batch for batch, _ in batches])
        assert np.array_equal(hounsfield.numpy(), slices.hounsfield[chosen])
        assert np.array_equal(torch.cat([label for _, label in batches]).numpy(), slices.label[chosen])


def test_the_training_part_can_be_looked_at_after_each_epoch(tiny_slices):
    part = np.array(["train"] * 14 + ["validation"] * 4 + ["unused"] * 2 + ["test"] * 4)
    slices = tiny_slices(24)
    loading = SliceLoading(slices, part, batch_size=4, seed=3, validated="train")
    assert np.array_equal(torch.cat([batch for batch, _ in loading.val_dataloader()]).numpy(), slices.hounsfield[:14])


def test_the_order_of_training_depends_on_the_seed_alone(loading, tiny_slices):
    def order(seed: int, epochs: int = 2) -> list[float]:
        part = np.array(["train"] * 14 + ["validation"] * 4 + ["test"] * 6)
        batches = SliceLoading(tiny_slices(24), part, batch_size=4, seed=seed).train_dataloader()
        return [float(value) for _ in range(epochs) for batch, _ in batches for value in batch[:, 0, 0]]

    torch.manual_seed(11)
    first = order(3)
    torch.manual_seed(12)
    assert order(3) == first
    assert order(4) != first
    assert first[:12] != first[12:]


@pytest.mark.parametrize("size", [(24, 24), (20, 32)], ids=str)
def test_without_ranges_every_slice_stays_as_it_is(size):
    hounsfield = bump(*size)
    assert torch.allclose(augment(hounsfield, STILL, generator()), hounsfield, atol=0.1)


@settings(max_examples=25)
@given(st.integers(0, 2**31))
def test_without_noise_nothing_leaves_the_range_of_its_own_slice(seed):
    hounsfield = torch.randn(3, 12, 12, generator=generator(seed)) * 300
    found = augment(hounsfield, SILENT, generator(seed))
    assert (found.amax((1, 2)) <= hounsfield.amax((1, 2)) + 0.01).all()
    assert (found.amin((1, 2)) >= hounsfield.amin((1, 2)) - 0.01).all()


def test_the_generator_is_the_only_source_of_chance():
    hounsfield = bump().expand(4, -1, -1)
    torch.manual_seed(1)
    first = augment(hounsfield, Augmentation(), generator(5))
    torch.manual_seed(2)
    state = torch.get_rng_state()
    assert torch.equal(augment(hounsfield, Augmentation(), generator(5)), first)
    assert torch.equal(torch.get_rng_state(), state)
    assert not torch.equal(augment(hounsfield, Augmentation(), generator(6)), first)


def test_every_slice_of_a_batch_is_changed_in_its_own_way_and_the_batch_is_untouched():
    hounsfield = bump().repeat(3, 1, 1)
    before = hounsfield.clone()
    found = augment(hounsfield, SILENT, generator())
    assert torch.equal(hounsfield, before)
    assert not torch.allclose(found[0], found[1], atol=10)


def test_the_noise_of_every_slice_has_a_standard_deviation_from_0_to_its_limit():
    still = torch.zeros(400, 32, 32)
    noise = augment(still, STILL.model_copy(update={"noise_hu": 20.0}), generator())
    deviations = noise.std((1, 2)).sort().values
    assert torch.allclose(deviations, torch.linspace(0, 20, 400), atol=2)
    assert float(noise.mean()) == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize("size", [(24, 24), (20, 32)], ids=str)
@pytest.mark.parametrize("seed", range(4))
def test_turn_mirror_shift_and_zoom_are_those_of_scipy_by_the_same_matrix(size, seed):
    """From -1..1 to pixels: X = (x + 1) * width / 2 - 1/2; scipy wants rows first."""
    hounsfield = bump(*size)
    theta = random_affine(1, size, SILENT, generator(seed))[0].double().numpy()
    half = np.diag([size[1] / 2, size[0] / 2])
    middle = np.array([(size[1] - 1) / 2, (size[0] - 1) / 2])
    matrix = half @ theta[:, :2] @ np.linalg.inv(half)
    offset = half @ theta[:, 2] + middle - matrix @ middle
    expected = ndimage.affine_transform(
        hounsfield[0].numpy(), matrix[::-1, ::-1], offset[::-1], order=1, mode="reflect"
    )
    assert np.allclose(augment(hounsfield, SILENT, generator(seed))[0].numpy(), expected, atol=1)


@given(st.integers(0, 2**31), st.sampled_from([(16, 16), (20, 32)]))
def test_in_pixels_the_matrix_only_turns_mirrors_and_zooms(seed, size):
    """Its columns are at right angles and of one length, within the zoom; so a nodule keeps its shape."""
    ranges = Augmentation(zoom=0.2, shift_pixels=3)
    theta = random_affine(5, size, ranges, generator(seed)).double()
    half = torch.diag(torch.tensor([size[1] / 2, size[0] / 2])).double()
    matrices = half @ theta[:, :, :2] @ torch.linalg.inv(half)
    squares = matrices.transpose(1, 2) @ matrices
    scale = squares[:, 0, 0].sqrt()
    assert torch.allclose(squares, scale[:, None, None] ** 2 * torch.eye(2).double(), atol=1e-5)
    assert ((scale >= 0.8 - 1e-5) & (scale <= 1.2 + 1e-5)).all()
    assert ((half @ theta[:, :, 2:]).abs() <= 3 + 1e-5).all()


def test_without_flips_nothing_is_mirrored_and_with_them_about_half():
    def mirrored(flips: bool) -> float:
        ranges = Augmentation(flips=flips)
        return float((torch.linalg.det(random_affine(400, (16, 16), ranges, generator())[:, :, :2]) < 0).float().mean())

    assert mirrored(flips=False) == 0
    assert mirrored(flips=True) == pytest.approx(0.5, abs=0.08)


def test_a_rotation_stays_within_its_range():
    theta = random_affine(300, (16, 16), STILL.model_copy(update={"rotation_degrees": 30.0}), generator())
    angle = torch.rad2deg(torch.atan2(theta[:, 1, 0], theta[:, 0, 0]))
    assert 25 < float(angle.abs().max()) <= 30 + 1e-3
    assert math.isclose(float(angle.mean()), 0, abs_tol=4)
