"""All results: frozen, without NaN, equal after writing and reading; every field has a description, every number a unit."""

from __future__ import annotations

import ast
import importlib
import inspect
import itertools
import pkgutil
import typing

import pytest
from pydantic import ValidationError

import camfolio.results
from camfolio.errors import StoreError
from camfolio.results.interval import Interval
from camfolio.results.result import Result, ResultFile, Unit
from camfolio.results.training import Epoch, PartResult, TrainingResult

for module in pkgutil.iter_modules(camfolio.results.__path__):
    importlib.import_module(f"camfolio.results.{module.name}")


def subclasses(model):
    return {model} | {model for child in model.__subclasses__() for model in subclasses(child)}


MODELS = sorted(subclasses(Result) - {Result, ResultFile}, key=lambda model: model.__name__)
PART = PartResult(loss=0.25, accuracy=0.9, auc=None)
TRAINED = TrainingResult(
    loaded=None, parameters=7, kept_epoch=1, epochs=1, history=(Epoch(training=PART, validation=PART),)
)


def test_results_are_equal_after_writing_and_reading(tmp_path):
    TRAINED.write(tmp_path)
    assert TrainingResult.read(tmp_path) == TRAINED
    before = (tmp_path / "training.json").read_bytes()
    TRAINED.write(tmp_path)
    assert (tmp_path / "training.json").read_bytes() == before


def test_results_are_frozen_and_without_nan():
    with pytest.raises(ValidationError, match="frozen"):
        TRAINED.epochs = 2
    with pytest.raises(ValidationError, match="finite"):
        Interval(value=float("nan"), low=None, high=None)


@pytest.mark.parametrize("text", ["", "{}", '{"epochs": ', '{"loaded": null, "surprise": 1}'])
def test_damaged_files_raise_an_error_with_stage_and_remedy(tmp_path, text):
    folder = tmp_path / "training" / "0123"
    folder.mkdir(parents=True)
    (folder / "training.json").write_text(text)
    with pytest.raises(
        StoreError, match=r"Expected training.json of stage training as it was written, .* Delete .*0123"
    ):
        TrainingResult.read(folder)


def test_missing_files_raise_an_error(tmp_path):
    with pytest.raises(StoreError, match=r"Expected the result file .*training\.json, but got: .*No such file"):
        TrainingResult.read(tmp_path)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_has_a_description(model):
    body = ast.parse(inspect.getsource(model)).body[0].body
    described = {
        field.target.id
        for field, text in itertools.pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
    }
    assert set(model.__annotations__) - {"FILE"} <= described
    assert model.__doc__


def numbers(annotation, unit=False):
    """Whether each plain number in an annotation has a unit."""
    if typing.get_origin(annotation) is typing.Annotated:
        plain, *more = typing.get_args(annotation)
        return numbers(plain, unit or any(isinstance(metadata, Unit) for metadata in more))
    if annotation in {int, float}:
        return [unit]
    return [has_unit for part in typing.get_args(annotation) for has_unit in numbers(part, unit)]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_number_has_a_unit(model):
    for name, annotation in typing.get_type_hints(model, include_extras=True).items():
        assert all(numbers(annotation)), name
