"""The pipeline passes the arguments that `run` of figures and pictures accepts, also after JSON."""

from __future__ import annotations

import inspect
import json
from dataclasses import fields
from importlib import import_module

import pytest
from pydantic import TypeAdapter

from camfolio.figures.drawing.examples import ExampleFolders
from camfolio.figures.drawing.looks import Looks
from camfolio.pipeline.contents import stages
from camfolio.pipeline.pictures import EXAMPLES, figure_stages, raster_stages
from camfolio.study.settings import Study
from camfolio.vocabulary import MethodLook

STUDY = Study.model_validate(
    {
        "title": "t",
        "excerpt": "e",
        "data": {"source": "lidc-phantom"},
        "classes": ["a", "b"],
        "network": {"window_hu": [-900, 300]},
        "explanation": {"methods": ["eigen_cam", "grad_cam"], "scaling": "signed"},
    }
)
SHORTCUT = Study.model_validate(
    {"title": "t", "excerpt": "e", "data": {"source": "lidc-phantom"}, "shortcut": {"cues": ["tag"]}}
)
PICTURES = {stage.name: stage for study in (STUDY, SHORTCUT) for stage in stages(study) if stage.group == "figures"}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_gets_the_arguments_of_its_run(name):
    stage = PICTURES[name]
    run = import_module(stage.module).run
    given = inspect.signature(run).bind(out=None, **stage.upstream, **stage.files, **stage.parameters)
    folders = {} if name == "try" else given.arguments.get("folders", {})  # it reads the networks of its study
    assert set(folders) in ({field.name for field in fields(ExampleFolders)}, set())


def test_looks_survive_json():
    given = {
        stage.name: stage.parameters["looks"]
        for stage in (*figure_stages(STUDY), *raster_stages(STUDY))
        if "looks" in stage.parameters
    }
    assert {"figure-teaser", "figure-grad_cam-good", "card", "matrix", "explorer"} <= set(given)
    for looks in given.values():
        found = TypeAdapter(Looks).validate_python(json.loads(json.dumps(looks)))
        eigen, grad = MethodLook("eigen_cam", "Eigen-CAM", "#F0E442"), MethodLook("grad_cam", "Grad-CAM", "#009E73")
        assert found == Looks((eigen, grad), ("a", "b"), (-900.0, 300.0), "signed")


def test_examples_are_read_from_the_folders_that_the_pipeline_names():
    assert tuple(field.name for field in fields(ExampleFolders)) == EXAMPLES


@pytest.mark.parametrize("name", ["figure-confusion", "figure-calibration", "figure-randomised_maps", "figure-scores"])
def test_a_picture_without_scaled_maps_does_not_depend_on_the_scaling(name):
    other = STUDY.model_copy(update={"explanation": STUDY.explanation.model_copy(update={"scaling": "shared"})})
    parameters = {stage.name: stage.parameters for stage in figure_stages(other)}
    assert parameters[name] == PICTURES[name].parameters
