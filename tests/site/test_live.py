"""The page on which a network runs: values in words, files beside it under their names, and no page where a study wants none."""

from __future__ import annotations

import pytest

from camfolio.pipeline.live import LiveNetwork
from camfolio.pipeline.portfolio import Portfolio
from camfolio.results.browser import BrowserResult, GraphAgreement, GraphFile, PublishedFile
from camfolio.results.evaluation import EvaluationResult, PerfectCalibration
from camfolio.results.interval import Interval
from camfolio.site.live import calibration_words, files_of, live_files, live_page, running, size_words
from camfolio.store.artefacts import Artefact, Ingredients, manifest_of
from camfolio.study.settings import Study

STUDY = {"title": "t", "excerpt": "e", "data": {"source": "lidc-phantom"}}


def file(name, size):
    return {"file": name, "bytes": size, "sha256": "0" * 64}


RESULT = BrowserResult(
    members=1,
    forward=GraphFile(**file("forward.onnx", 100_000), images="per_member", operators={"Conv": 3}),
    gradients=GraphFile(
        **file("gradients.onnx", 300_000), images="shared", operators={"Conv": 3, "Add": 9, "ConvTranspose": 3}
    ),
    weights=(PublishedFile(**file("network.safetensors", 700_000)),),
    agreement=GraphAgreement(inputs=4, logits=1e-7, activations=3.4e-7, gradients=2e-7, largest_gradient=0.01),
)


def test_numbers_of_a_network_are_in_words():
    network = running("network", RESULT)
    assert network.download == "1.1 MB"
    assert network.operators == "Add 9, Conv 3, ConvTranspose 3"
    assert network.difference == "3.4 · 10⁻⁷"


def test_the_files_of_a_network_are_its_graphs_and_the_weights_of_its_training():
    network = LiveNetwork("tag", "browser-tag", "training-tag-0")
    assert files_of(network, RESULT) == [
        ("browser-tag", "forward.onnx"),
        ("browser-tag", "gradients.onnx"),
        ("training-tag-0", "network.safetensors"),
    ]


@pytest.fixture
def portfolio(tmp_path):
    """A study whose network is exported, with results in folders."""
    artefacts = {}
    for stage, files in {
        "try": ("live.json", "slices-0.f32"),
        "browser": ("forward.onnx", "gradients.onnx", "browser.json"),
        "training": ("network.safetensors",),
    }.items():
        folder = tmp_path / stage
        folder.mkdir()
        for name in files:
            (folder / name).write_text(name)
        artefacts[stage] = artefact(folder)
    RESULT.write(tmp_path / "browser")
    return Portfolio("lung", Study.model_validate(STUDY), artefacts)


def artefact(folder):
    """The result in a folder."""
    ingredients = Ingredients(stage=folder.name, parameters={}, inputs={}, code={}, libraries={})
    return Artefact(folder, manifest_of(folder, ingredients, 0.0))


def test_the_site_has_manifest_slices_graphs_and_weights_beside_the_page(portfolio, tmp_path):
    assert live_files(portfolio) == {
        "lung/try/manifest.json": tmp_path / "try" / "live.json",
        "lung/try/slices-0.f32": tmp_path / "try" / "slices-0.f32",
        "lung/try/network/forward.onnx": tmp_path / "browser" / "forward.onnx",
        "lung/try/network/gradients.onnx": tmp_path / "browser" / "gradients.onnx",
        "lung/try/network/network.safetensors": tmp_path / "training" / "network.safetensors",
    }


def test_what_is_not_finished_is_not_there_yet(portfolio):
    del portfolio.artefacts["browser"], portfolio.artefacts["try"]
    assert live_files(portfolio) == {}


def test_a_network_that_cannot_run_has_no_files_and_the_page_says_why(portfolio, tmp_path):
    BrowserResult(members=1, why_not="Expected X, but got Y").write(tmp_path / "browser")
    assert set(live_files(portfolio)) == {"lung/try/manifest.json", "lung/try/slices-0.f32"}
    study = Study.model_validate(STUDY | {"shortcut": {"cues": ["tag"]}})
    for kind in ("clean", "tag"):
        portfolio.artefacts[f"browser-{kind}"] = portfolio.artefacts["browser"]
    assert live_page(Portfolio("lung", study, portfolio.artefacts)).why_not == "Expected X, but got Y"


def test_a_study_without_the_page_has_no_values_and_no_files(portfolio):
    without = Portfolio("lung", Study.model_validate(STUDY | {"live": False}), portfolio.artefacts)
    assert (live_page(without), live_files(without)) == (None, {})


def test_the_calibration_is_compared_with_a_perfect_one():
    evaluation = EvaluationResult.model_construct(
        metrics={"calibration_error": Interval(value=0.052, low=0.03, high=0.08)},
        perfectly_calibrated=PerfectCalibration(mean=0.04, low=0.02, high=0.06, debiased=0.01),
        cases=120,
        slices=300,
    )
    assert calibration_words(evaluation) == (
        "On the 120 test nodules the probabilities were 0.052 away from the observed shares on average; "
        "perfectly calibrated ones would show 0.020 to 0.060."
    )


@pytest.mark.parametrize(("size", "words"), [(1, "1 kB"), (5_760, "6 kB"), (999_999, "1000 kB"), (3_981_968, "4.0 MB")])
def test_sizes_in_words(size, words):
    assert size_words(size) == words
