import numpy as np
import pytest

from camfolio.data.slices import Slices
from camfolio.evidence.shortcut import CUES
from camfolio.results.arrays.cue_outputs import PLAIN, CueOutputs
from camfolio.results.interval import Interval
from camfolio.results.networks import NetworksInterval
from camfolio.results.planting import LearningCounts, PlantingResult
from camfolio.results.shortcut import AucByNetwork, MapCounts, ShortcutResult
from camfolio.stages import planting, shortcut
from camfolio.study.settings import Evaluation, ExplanationSettings

EXPLANATION = ExplanationSettings(methods=("grad_cam",))


@pytest.fixture
def folders(tmp_path, tiny_slices):
    """24 slices of 12 patients; the last 12 are the test part."""
    tiny_slices(24).save(tmp_path / "slices.npz")
    np.save(tmp_path / "part.npy", np.array(["train"] * 8 + ["validation"] * 4 + ["test"] * 12))
    return {"slices": tmp_path, "split": tmp_path}


@pytest.fixture
def planted(folders, tmp_path):
    out = tmp_path / "planting-tag"
    out.mkdir()
    planting.run(out=out, cue="tag", share=1.0, seed=0, **folders)
    return out


def test_only_training_and_validation_slices_of_the_second_class_get_the_cue(planted, folders):
    before, after = Slices.load(folders["slices"] / "slices.npz"), Slices.load(planted / "slices.npz")
    part = np.load(folders["split"] / "part.npy")
    marked = (before.hounsfield != after.hounsfield).any((1, 2))
    assert np.array_equal(marked, (before.label == 1) & (part != "test"))
    assert np.array_equal(after.id, before.id)
    assert np.array_equal(after.mask, before.mask)
    result = PlantingResult.read(planted)
    assert result.planted == result.of_class == LearningCounts(train=4, validation=2)
    region = CUES["tag"].region(before.hounsfield.shape[1:])
    assert result.mean_change_hu == pytest.approx(
        np.abs(after.hounsfield - before.hounsfield)[marked][:, region].mean()
    )


def write_outputs(folder, *, flips, energy, label):
    """Logits that predict every label correctly; with the cue, if `flips`, the second class for all slices."""
    folder.mkdir()
    plain = np.stack([1.0 - label, label], 1).astype(np.float32)
    cue = np.tile(np.float32([0, 1]), (len(label), 1)) if flips else plain
    shares = {shown: {"tag": {"grad_cam": np.asarray(share, float)}} for shown, share in energy.items()}
    CueOutputs({PLAIN: plain, "tag": cue}, shares, 0, {}).write(folder)
    return folder


def summary(folders, planted, tmp_path, energies, *, flips=(True, False)):
    label = Slices.load(folders["slices"] / "slices.npz").label[12:]
    networks = {
        f"{name}-{seed}": write_outputs(tmp_path / f"{name}-{seed}", flips=flipping, energy=energies[name], label=label)
        for name, flipping in zip(("tag", "clean"), flips, strict=True)
        for seed in range(2)
    }
    shortcut.run(
        out=tmp_path,
        explanation=EXPLANATION,
        evaluation=Evaluation(resamples=100),
        cues=("tag",),
        seeds=2,
        alarm=2.0,
        seed=0,
        **folders,
        **networks,
        **{"planting-tag": planted},
    )
    return ShortcutResult.read(tmp_path).cues["tag"]


def test_a_cue_that_predictions_and_maps_depend_on_is_detected(folders, planted, tmp_path):
    high, low = {"plain": [0.1] * 12, "tag": [0.9] * 12}, {"plain": [0.1] * 12, "tag": [0.2] * 12}
    result = summary(folders, planted, tmp_path, {"tag": high, "clean": low})
    assert result.shortcut.flips.put_in.value == 1
    assert result.shortcut.flips.taken_out.value == 0
    assert result.clean.flips.put_in.value == 0
    assert result.shortcut.flips.put_in.slices == 6
    method = result.methods["grad_cam"]
    one = Interval(value=1, low=1, high=1)
    assert method.detection.with_cue == NetworksInterval(**dict(one), by_network=(one, one))
    assert method.detection.without_cue.value == 0.5
    assert method.shortcut.energy.with_cue.value == pytest.approx(0.9)
    assert result.planting.area_share == 64 / 256
    assert method.shortcut.alarms.with_cue.value == 1
    assert method.clean.alarms.with_cue.value == 0
    assert result.shortcut.auc == AucByNetwork(with_cue=(0.5, 0.5), without_cue=(1, 1))


def test_empty_maps_are_counted_and_give_no_nan(folders, planted, tmp_path):
    empty, mostly_defined = (
        {"plain": [np.nan] * 12, "tag": [np.nan] * 12},
        {"plain": [0.1] * 12, "tag": [0.2] * 11 + [np.nan]},
    )
    method = summary(folders, planted, tmp_path, {"tag": empty, "clean": mostly_defined}).methods["grad_cam"]
    assert method.shortcut.empty == MapCounts(with_cue=24, without_cue=24)
    assert method.clean.empty == MapCounts(with_cue=2, without_cue=0)
    assert method.detection.with_cue.value is None
    assert method.shortcut.energy.with_cue.value is None
    assert method.shortcut.energy.with_cue.values == (None, None)
    assert method.clean.energy.with_cue.value == pytest.approx(0.2)


def test_a_pooled_auc_does_not_decide_but_each_pair_of_networks(folders, planted, tmp_path):
    """Maps of the second pair have ten times the energy of the first: a pooled AUC would be lower."""
    label = Slices.load(folders["slices"] / "slices.npz").label[12:]
    shares = {"clean-0": 0.01, "clean-1": 0.1, "tag-0": 0.03, "tag-1": 0.3}
    networks = {
        name: write_outputs(
            tmp_path / name, flips=True, energy=dict.fromkeys(("plain", "tag"), [share] * 12), label=label
        )
        for name, share in shares.items()
    }
    shortcut.run(
        out=tmp_path, explanation=EXPLANATION, evaluation=Evaluation(resamples=100), cues=("tag",), seeds=2, alarm=2.0,
        seed=0, **folders, **networks, **{"planting-tag": planted},
    )  # fmt: skip
    found = ShortcutResult.read(tmp_path).cues["tag"].methods["grad_cam"]
    assert found.detection.with_cue.values == (1.0, 1.0)
    energy = found.shortcut.energy.with_cue
    assert energy.values == (pytest.approx(0.03), pytest.approx(0.3))
    assert energy.low == 0.0  # networks that differ so much leave the mean open
    assert energy.networks_differ
