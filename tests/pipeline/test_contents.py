import sys

import pytest

from camfolio.pipeline.contents import stages
from camfolio.study.settings import Study

DATA = {"title": "t", "excerpt": "e", "data": {"source": "lidc-phantom"}}


def names(**explanation):
    return [stage.name for stage in stages(Study.model_validate(DATA | {"explanation": explanation}))]


@pytest.mark.parametrize("package", ["onnxruntime", "SimpleITK", "captum"])
def test_installed_packages_change_no_stage(package, monkeypatch):
    before = stages(Study.model_validate(DATA))
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *_: None)
    monkeypatch.setitem(sys.modules, package, None)
    assert stages(Study.model_validate(DATA)) == before


def test_answers_to_checklists_change_no_stage():
    plain, answered = (
        stages(Study.model_validate(DATA | more)) for more in ({}, {"reporting": {"claim_34": "Not registered."}})
    )
    assert plain == answered
