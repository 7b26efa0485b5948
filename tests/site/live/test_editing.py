"""What is done to slices and read from maps in a browser equals Python: imputation, noise, input of the network, energy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from camfolio.evidence.imputation import impute
from camfolio.evidence.localisation import LOCALISATION, Truth
from camfolio.network.architecture import through_window

WINDOW = (-1000.0, 400.0)
RANDOM = np.random.default_rng(0)
MASKS = {
    "a disc": np.hypot(*(np.mgrid[:16, :12] - 6)) < 4,
    "pixels here and there": RANDOM.random((16, 12)) < 0.5,
    "all but one": np.arange(192).reshape(16, 12) > 0,
    "a corner": np.add.outer(np.arange(16), np.arange(12)) < 3,
    "nothing": np.zeros((16, 12), bool),
}
IMPUTED = "(module, { hounsfield, mask, noise, seed }) => [...module.imputed(hounsfield, mask, 16, 12, noise, seed)]"


@pytest.mark.parametrize("name", MASKS)
def test_a_removed_nodule_is_imputed_as_in_python(run, name):
    hounsfield, mask = RANDOM.normal(-500, 300, (16, 12)).astype(np.float32), MASKS[name]
    expected = impute(hounsfield.astype(np.float64), mask, np.zeros(mask.shape))
    given = {"hounsfield": hounsfield.ravel().tolist(), "mask": mask.ravel().tolist(), "noise": 0, "seed": 0}
    found = np.reshape(run("imputation.js", IMPUTED, given), mask.shape)
    assert np.abs(found - expected).max() <= np.spacing(np.float32(2000.0))  # the slice is single precision
    np.testing.assert_array_equal(found[~mask], hounsfield[~mask])


def test_noise_is_added_to_imputed_pixels_only_and_follows_its_seed(run):
    mask = MASKS["a disc"]
    given = {"hounsfield": [0.0] * mask.size, "mask": mask.ravel().tolist(), "noise": 20, "seed": 3}
    once, again, other = (
        np.reshape(run("imputation.js", IMPUTED, given | {"seed": seed}), mask.shape) for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(once, again)
    assert not once[~mask].any()
    assert 10 < once[mask].std() < 30
    assert np.abs(once - other)[mask].min() > 0


def test_a_slice_without_a_pixel_left_is_refused_in_one_sentence(run):
    given = {"hounsfield": [0.0] * 192, "mask": [1] * 192, "noise": 0, "seed": 0}
    said = run(
        "imputation.js",
        f"(module, given) => {{ try {{ ({IMPUTED})(module, given); }} catch (error) {{ return `${{error}}`; }} }}",
        given,
    )
    assert (
        said
        == "EngineError: Expected at least one pixel that is left, but got a selection of the whole slice. Select less."
    )


def splitmix32(seed: int) -> list[int]:
    """The first four values, by its definition."""
    values = []
    for step in range(1, 5):
        mixed = (seed + step * 0x9E3779B9) % 2**32
        mixed = (mixed ^ mixed >> 16) * 0x21F0AAAD % 2**32
        mixed = (mixed ^ mixed >> 15) * 0x735A2D97 % 2**32
        values.append(mixed ^ mixed >> 15)
    return values


def xoshiro128(seed: int, count: int) -> list[int]:
    """The first values of xoshiro128**, by its definition."""
    state, drawn = splitmix32(seed), []

    def rotated(value, by):
        return (value << by | value >> 32 - by) % 2**32

    for _ in range(count):
        drawn.append(rotated(state[1] * 5 % 2**32, 7) * 9 % 2**32)
        shifted = (state[1] << 9) % 2**32
        state[2] ^= state[0]
        state[3] ^= state[1]
        state[1] ^= state[2]
        state[0] ^= state[3]
        state[2] ^= shifted
        state[3] = rotated(state[3], 11)
    return drawn


@pytest.mark.parametrize("seed", [0, 1, 123456789, 2**32 - 1])
def test_the_generator_is_the_one_that_is_stated(run, seed):
    draw = "(noise, seed) => { const draw = noise.generator(seed); return Array.from({ length: 50 }, draw); }"
    assert run("noise.js", draw, seed) == xoshiro128(seed, 50)


def test_noise_is_normal(run):
    values = np.array(run("noise.js", "(noise) => [...noise.noise(20001, 25, 7)]"))
    assert len(values) == 20001
    assert abs(values.mean()) < 4 * 25 / np.sqrt(20001)
    assert values.std() == pytest.approx(25, rel=0.03)
    share = [(np.abs(values) < 25 * k).mean() for k in (1, 2, 3)]
    assert share == pytest.approx([0.6827, 0.9545, 0.9973], abs=0.01)
    assert abs(np.corrcoef(values[:-1], values[1:])[0, 1]) < 0.03


def test_the_networks_input_is_that_of_python_to_the_last_bit(run):
    hounsfield = np.array([-3000, -1000, -999.9, -835, 0.1, 399.99, 400, 3000], np.float32)
    expected = through_window(torch.from_numpy(hounsfield)[None, None], WINDOW).numpy().ravel()
    network_input = "(input, given) => [...input.networkInput(Float32Array.from(given.hounsfield), given)]"
    given = {"hounsfield": hounsfield.tolist(), "size": [2, 4], "window_hu": WINDOW}
    np.testing.assert_array_equal(np.float32(run("input.js", network_input, given)), expected)


@pytest.mark.parametrize(
    ("hounsfield", "said"),
    [
        (
            [0.0] * 6,
            "Expected a slice of 2 \N{MULTIPLICATION SIGN} 4 pixels, but got 6 values. Crop it to the network's field.",
        ),
        ([0.0] * 7 + [None], "Expected finite values, but pixel 7 is NaN. Choose another slice or undo."),
    ],
)
def test_a_slice_that_does_not_fit_is_refused_in_one_sentence(run, hounsfield, said):
    refused = """(input, given) => {
      const values = Float32Array.from(given.hounsfield, (value) => value ?? NaN);
      try { input.networkInput(values, given); } catch (error) { return `${error}`; }
    }"""
    given = {"hounsfield": hounsfield, "size": [2, 4], "window_hu": WINDOW}
    assert run("input.js", refused, given) == f"EngineError: {said}"


@pytest.mark.parametrize("name", [*MASKS, "everything"])
@pytest.mark.parametrize("empty", [False, True])
def test_the_energy_inside_the_outline_is_that_of_the_pages(run, name, empty):
    mask = MASKS.get(name, np.ones((16, 12), bool))
    positive = np.maximum(RANDOM.normal(size=mask.shape), 0).astype(np.float32) * (not empty)
    truth = Truth(mask[None], np.ones((1, 2), np.float32))
    expected = LOCALISATION["energy_share"](positive[None], truth)[0]
    given = {"map": positive.ravel().tolist(), "mask": mask.ravel().tolist()}
    found = run("energy.js", "(energy, { map, mask }) => energy.energyInside(map, mask)", given)
    assert (found is None) == bool(np.isnan(expected))
    assert found is None or found == pytest.approx(expected, abs=1e-6)
