import sys

import pytest
import torch

from camfolio.errors import ExplanationError
from camfolio.explanation.explain import explain
from camfolio.explanation.registry import METHODS, find_method, method
from camfolio.user_code import import_user_module

OWN = """
import beside
from camfolio.explanation.registry import method


@method("edge_cam", gradient=True)
def edge_cam(batch):
    return beside.SIGN * (batch.reading.gradients * batch.reading.activations).sum(1)
"""


@pytest.fixture(autouse=True)
def as_before(monkeypatch):
    """Methods, modules and the path as they were."""
    kept, modules = dict(METHODS), set(sys.modules)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    METHODS.clear()
    METHODS.update(kept)
    for name in set(sys.modules) - modules:
        del sys.modules[name]


@pytest.fixture
def own(tmp_path):
    """A module in a package, beside another module of user code."""
    (tmp_path / "ours").mkdir()
    (tmp_path / "beside.py").write_text("SIGN = -1\n")
    path = tmp_path / "ours" / "maps.py"
    path.write_text(OWN)
    return path


def test_a_method_from_user_code_is_found_by_its_module_and_has_a_finer_variant(own, plain_cnn, images):
    import_user_module("ours.maps", own)
    found = explain(plain_cnn(), images, "2", ["ours.maps.edge_cam", "hires_cam", "ours.maps.finer_edge_cam"])
    assert torch.equal(found.signed["ours.maps.edge_cam"], -found.signed["hires_cam"])
    finer = explain(plain_cnn(), images, "2", ["finer_hires_cam"]).signed["finer_hires_cam"]
    assert torch.equal(found.signed["ours.maps.finer_edge_cam"], -finer)


def test_a_method_from_user_code_on_the_path_needs_nothing_but_its_name(own, monkeypatch):
    monkeypatch.syspath_prepend(str(own.parents[1]))
    assert find_method("ours.maps.edge_cam").name == "edge_cam"


def test_a_file_that_is_imported_twice_registers_its_methods_again(own):
    import_user_module("ours.maps", own)
    import_user_module("ours.maps", own)
    assert find_method("ours.maps.edge_cam").name == "edge_cam"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "ours.maps.edge_cm",
            r"Expected a method of ours.maps, but got 'edge_cm'. Did you mean edge_cam\? Known: edge_",
        ),
        ("ours.maps.grad_cam", "Expected a method of ours.maps, but got 'grad_cam'"),
        ("theirs.edge_cam", "Expected a module theirs with the method edge_cam, but got: No module named 'theirs'"),
        ("beside.edge_cam", "Expected a method of beside, but got 'edge_cam'. It has none: put @method above its"),
        ("grad_kam", r"Expected a method, but got 'grad_kam'. Did you mean grad_cam\?"),
    ],
)
def test_a_method_that_does_not_exist_is_told_the_nearest(own, name, said):
    import_user_module("ours.maps", own)
    with pytest.raises(ExplanationError, match=said):
        find_method(name)


def test_a_name_belongs_to_one_function():
    with pytest.raises(ValueError, match=r"Expected a new name, but 'grad_cam' belongs to camfolio\.explanation\.meth"):
        method("grad_cam")(lambda batch: batch)


@pytest.mark.parametrize("name", ["", "edge-cam", "a.b", "finer_edge_cam"])
def test_a_name_is_a_plain_word_without_the_prefix_of_finer_variants(name):
    with pytest.raises(ValueError, match="Expected letters, digits and underscores without the prefix finer_, but got"):
        method(name)
