import math
import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torchmetrics.functional.classification import binary_auroc

from camfolio import progress
from camfolio.data.loading import SliceLoading
from camfolio.errors import DataError, NetworkError
from camfolio.figures import training_curves
from camfolio.network.architecture import make_network, through_window
from camfolio.network.training import decay_of, make_trainer, one_cycle, train
from camfolio.results.training import TrainingResult
from camfolio.stages import training as stage
from camfolio.study.settings import Network
from camfolio.study.training import Augmentation, Training

WINDOW = (-1000.0, 400.0)
STILL = Augmentation(rotation_degrees=0, flips=False, shift_pixels=0, zoom=0, noise_hu=0)


@pytest.fixture(autouse=True)
def _torch_as_it_was():
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)


def settings(**more):
    values = {"max_epochs": 2, "patience": 15, "batch_size": 8, "threads": 1, "accelerator": "cpu"}
    return Training(**(values | more))


def parts(slices):
    """Three quarters of the patients for training, half of the others for validation."""
    patient = np.unique(slices.patient, return_inverse=True)[1]
    return np.array(["train", "train", "train", "train", "validation", "validation", "test", "test"])[patient % 8]


def trained(slices, seed=0, **more):
    torch.manual_seed(seed)
    network = make_network(width=4, blocks=(1, 1, 1, 1))
    loading = SliceLoading(slices, parts(slices), batch_size=more.get("batch_size", 8), seed=seed)
    result = train(network, loading, window_hu=WINDOW, settings=settings(**more), seed=seed)
    return network, result.history


def logits_of(network, slices):
    with torch.no_grad():
        return network(through_window(torch.from_numpy(slices.hounsfield), WINDOW))


@pytest.fixture(scope="module")
def slices(tiny_slices):
    return tiny_slices(n=64, size=16)


@pytest.fixture
def run(slices):
    return trained(slices, max_epochs=3)


def test_the_same_seed_gives_the_same_weights_to_the_bit_and_another_one_does_not(run, slices):
    network, history = run
    again, same_history = trained(slices, max_epochs=3)
    other, _ = trained(slices, seed=1, max_epochs=3)
    assert same_history == history
    assert all(torch.equal(one, two) for one, two in zip(network.parameters(), again.parameters(), strict=True))
    assert not all(torch.equal(one, two) for one, two in zip(network.parameters(), other.parameters(), strict=True))


def test_every_epoch_is_written_down_for_both_parts(run):
    _, history = run
    names = {f"{part}/{name}" for part in ("training", "validation") for name in ("loss", "accuracy", "auc")}
    assert [set(record) for record in history] == [names] * 3
    assert all(math.isfinite(value) for record in history for value in record.values())
    assert all(0 <= record[name] <= 1 for record in history for name in names if not name.endswith("loss"))


def test_the_network_comes_back_in_evaluation_mode_and_in_one_memory_format(run):
    network, _ = run
    assert not any(module.training for module in network.modules())
    assert all(weight.is_contiguous() and weight.device.type == "cpu" for weight in network.parameters())
    assert all(weight.requires_grad for weight in network.parameters())


def test_the_kept_epoch_s_weights_come_back(slices):
    # Validation labels are the wrong way round, so that the first epochs are the best ones.
    turned = replace(slices, label=np.where(parts(slices) == "validation", 1 - slices.label, slices.label))
    network, history = trained(turned, max_epochs=6, learning_rate=1e-2, average=0)
    losses = [record["validation/loss"] for record in history]
    assert np.argmin(losses) < len(losses) - 1
    validation = turned.select(parts(turned) == "validation")
    loss = functional.cross_entropy(logits_of(network, validation), torch.from_numpy(validation.label))
    assert float(loss) == pytest.approx(min(losses), abs=1e-5)
    assert float(loss) < losses[-1] - 1e-3


def test_training_stops_after_so_many_epochs_without_a_better_one(slices):
    turned = replace(slices, label=np.where(parts(slices) == "validation", 1 - slices.label, slices.label))
    _, history = trained(turned, max_epochs=30, patience=2, learning_rate=1e-2, augmentation=STILL, average=0)
    losses = [record["validation/loss"] for record in history]
    assert len(losses) == np.argmin(losses) + 1 + 2 < 30


def test_the_kept_weights_are_the_moving_average_and_are_what_is_validated(slices, monkeypatch):
    steps = []
    update = torch.optim.AdamW.step

    def step(self, *args, **kwargs):
        result = update(self, *args, **kwargs)
        steps.append([weight.detach().clone() for group in self.param_groups for weight in group["params"]])
        return result

    monkeypatch.setattr(torch.optim.AdamW, "step", step)
    network, history = trained(slices, max_epochs=4, average=0.5)
    decay = decay_of(0.5 * len(steps))
    assert 0.5 < decay < 1
    mean = steps[0]
    for weights in steps[1:]:
        mean = [decay * old + (1 - decay) * new for old, new in zip(mean, weights, strict=True)]
    parameters = list(network.parameters())
    order = [weight for weight in parameters if weight.ndim > 1] + [weight for weight in parameters if weight.ndim <= 1]
    for kept, expected, last in zip(order, mean, steps[-1], strict=True):
        torch.testing.assert_close(kept.detach(), expected, rtol=1e-4, atol=1e-6)
        assert not torch.allclose(kept.detach(), last, atol=1e-6)
    validation = slices.select(parts(slices) == "validation")
    loss = functional.cross_entropy(logits_of(network, validation), torch.from_numpy(validation.label))
    assert float(loss) == pytest.approx(history[-1]["validation/loss"], abs=1e-5)


def test_a_training_has_so_many_steps_in_whole_epochs(slices):
    batches = (parts(slices) == "train").sum() // 8
    _, history = trained(slices, max_epochs=None, steps=int(batches) + 1)
    assert len(history) == 2


def test_an_average_does_not_end_a_training_early(slices):
    turned = replace(slices, label=np.where(parts(slices) == "validation", 1 - slices.label, slices.label))
    _, history = trained(turned, max_epochs=6, patience=1, learning_rate=1e-2)
    assert len(history) == 6


def test_an_easy_task_is_learned(slices):
    network, history = trained(slices, max_epochs=8, augmentation=STILL)
    test = slices.select(parts(slices) == "test")
    auc = binary_auroc(logits_of(network, test).softmax(1)[:, 1], torch.from_numpy(test.label))
    assert float(auc) > 0.9
    assert min(record["validation/loss"] for record in history) < history[0]["validation/loss"]


def test_a_training_warns_of_nothing_and_reports_its_progress(slices, monkeypatch):
    said = []
    monkeypatch.setattr(progress, "_listeners", [lambda done, words: said.append((done, words))])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        trained(slices, max_epochs=2)
    assert [str(warning.message) for warning in caught] == []
    shares = [done for done, _ in said]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert said[-1][1].startswith("epoch 2 of 2, validation loss")


def test_a_loss_that_never_was_a_number_is_an_error_with_a_remedy(slices):
    class Broken(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(256, 2)

        def forward(self, images):
            return self.fc(images.flatten(1)) * float("nan")

    loading = SliceLoading(slices, parts(slices), batch_size=8, seed=0)
    with pytest.raises(NetworkError, match=r"Expected a validation loss.*NaN.*training.learning_rate"):
        train(Broken(), loading, window_hu=WINDOW, settings=settings(), seed=0)


class Diverging(nn.Module):
    """Right in the first epoch, of one batch; NaN from then on."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(256, 2)
        self.batches = 0

    def forward(self, images):
        self.batches += self.training
        return self.fc(images.flatten(1)) * (float("nan") if self.batches > 1 else 1.0)


def test_a_diverging_training_keeps_its_best_epoch_and_undefined_losses(slices, tmp_path, monkeypatch):
    slices.save(tmp_path / "slices.npz")
    np.save(tmp_path / "part.npy", parts(slices))
    monkeypatch.setattr(stage, "build_network", lambda _: Diverging())
    stage.run(
        out=tmp_path,
        slices=tmp_path,
        split=tmp_path,
        network=Network(width=4, blocks=(1, 1, 1, 1), window_hu=WINDOW),
        training=settings(max_epochs=3, batch_size=64, average=0),
        seed=0,
    )
    found = TrainingResult.read(tmp_path)
    assert found.kept_epoch == 1
    losses = [row.validation.loss for row in found.history]
    assert losses[0] > 0
    assert set(losses[1:]) == {None}
    assert "2 epochs" in training_curves.drawing(found).alt


@pytest.mark.parametrize("before", [True, False])
def test_memory_is_not_filled_first_while_a_training_runs_and_as_before_afterwards(before, slices, monkeypatch):
    monkeypatch.setattr(torch.utils.deterministic, "fill_uninitialized_memory", before)
    seen = []

    class Watching(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(256, 2)

        def forward(self, images):
            seen.append(torch.utils.deterministic.fill_uninitialized_memory)
            return self.fc(images.flatten(1))

    loading = SliceLoading(slices, parts(slices), batch_size=8, seed=0)
    train(Watching(), loading, window_hu=WINDOW, settings=settings(), seed=0)
    assert set(seen) == {False}
    assert torch.utils.deterministic.fill_uninitialized_memory is before


def test_the_learning_rate_rises_to_one_and_falls_to_zero_without_a_jump():
    assert one_cycle(0.0) == pytest.approx(0.04)
    assert one_cycle(0.125) == pytest.approx(0.52)
    assert one_cycle(0.25) == 1.0
    assert one_cycle(0.625) == pytest.approx(0.5)
    assert one_cycle(1.0) == one_cycle(1.1) == 0.0
    factors = np.array([one_cycle(step / 400) for step in range(401)])
    assert (np.diff(factors[:101]) >= 0).all()
    assert (np.diff(factors[100:]) <= 0).all()
    assert np.abs(np.diff(factors)).max() < 0.02


def test_an_accelerator_that_is_not_there_is_an_error_with_a_remedy(monkeypatch):
    monkeypatch.setattr("pytorch_lightning.accelerators.cuda.CUDAAccelerator.is_available", lambda: False)
    monkeypatch.setattr("pytorch_lightning.accelerators.mps.MPSAccelerator.is_available", lambda: False)
    with pytest.raises(NetworkError, match=r"but got 'gpu' for training\.accelerator\. Use auto or cpu\."):
        make_trainer(settings(accelerator="gpu"), 1, [])


def test_slices_of_one_class_teach_nothing(tiny_slices, tmp_path):
    data = tiny_slices(12)
    replace(data, label=np.zeros(12, np.int64)).save(tmp_path / "slices.npz")
    np.save(tmp_path / "part.npy", np.array(["train", "test", "validation"] * 4))
    with pytest.raises(
        DataError, match=r"Expected training slices of both classes, but got one class\. Check the labels"
    ):
        stage.run(
            out=tmp_path,
            slices=tmp_path,
            split=tmp_path,
            network=Network(width=4, blocks=(1, 1, 1, 1)),
            training=Training(threads=1),
            seed=0,
        )


def test_permuted_labels_are_memorised_and_training_ends_there(slices):
    torch.manual_seed(0)
    network = make_network(width=8, blocks=(1, 1, 1, 1))
    part = parts(slices)
    train_part = np.flatnonzero(part == "train")
    label = slices.label.copy()
    label[train_part] = np.random.default_rng(0).permutation(label[train_part])
    permuted = replace(slices, label=label)
    loading = SliceLoading(permuted, part, batch_size=8, seed=0, validated="train")
    still = settings(max_epochs=60, augmentation=STILL, weight_decay=0.0)
    result = train(network, loading, window_hu=WINDOW, settings=still, seed=0, fit=0.95)
    reached = [epoch["validation/accuracy"] for epoch in result.history]
    assert len(reached) < 60
    assert reached[-1] > 0.95
    assert max(reached[:-1]) <= 0.95
    assert result.kept_epoch == len(reached)
    predicted = logits_of(network, permuted.select(part == "train")).argmax(1).numpy()
    assert (predicted == label[train_part]).mean() == pytest.approx(reached[result.kept_epoch - 1])
