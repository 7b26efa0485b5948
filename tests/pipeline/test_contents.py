import pytest

from camfolio.errors import StudyError
from camfolio.pipeline import network_study as room
from camfolio.pipeline.contents import stages
from camfolio.study.settings import Study

DATA = {"title": "t", "excerpt": "e", "data": {"source": "lidc-phantom"}}


def names(**explanation):
    return [stage.name for stage in stages(Study.model_validate(DATA | {"explanation": explanation}))]


@pytest.fixture
def installed(monkeypatch):
    monkeypatch.setattr(room, "find_spec", lambda name: object())


@pytest.fixture
def absent(monkeypatch):
    monkeypatch.setattr(room, "find_spec", lambda name: None)


@pytest.mark.parametrize("engine", ["auto", "onnxruntime"])
def test_the_network_is_exported_before_the_maps_where_a_method_makes_images(engine, installed):
    order = names(engine=engine)
    assert order.index("training") < order.index("engine") < order.index("explanations")


def test_a_method_of_one_s_own_may_make_images_too(installed):
    assert "engine" in names(methods=["grad_cam", "ours.edge_cam"])


def test_nothing_is_exported_for_gradient_methods_alone_or_where_torch_is_asked_for(installed):
    assert "engine" not in names(methods=["grad_cam", "eigen_cam", "ablation_cam"])
    assert "engine" not in names(engine="torch")


def test_without_onnx_runtime_torch_makes_the_maps(absent):
    assert "engine" not in names()


def test_asking_for_onnx_runtime_without_having_it_says_what_to_install(absent):
    with pytest.raises(StudyError, match=r"but got onnxruntime\. Install camfolio\[onnx\]\."):
        names(engine="onnxruntime")


def test_the_engine_decides_no_other_result(installed):
    one, other = (
        {
            stage.name: stage.parameters
            for stage in stages(Study.model_validate(DATA | {"explanation": {"engine": engine}}))
        }
        for engine in ("auto", "onnxruntime")
    )
    assert {name for name in one if one[name] != other[name]} == {"engine"}


def test_an_author_s_answers_to_checklists_decide_no_result(installed):
    plain, answered = (
        stages(Study.model_validate(DATA | more)) for more in ({}, {"reporting": {"claim_34": "Not registered."}})
    )
    assert plain == answered
