import ast
import importlib
import inspect
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

import camfolio

PUBLIC = sorted(set(camfolio.__all__) - {"__version__"})


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_is_what_its_module_defines(name):
    found = getattr(camfolio, name)
    assert found is getattr(importlib.import_module(camfolio.PLACES[name]), name)
    assert inspect.getdoc(found)
    assert found.__name__ == name


def test_what_is_public_is_written_once_for_people_and_once_for_type_checkers():
    tree = ast.parse(Path(camfolio.__file__).read_text(encoding="utf-8"))
    checked = next(node for node in tree.body if isinstance(node, ast.If))
    stated = {alias.name: node.module for node in checked.body for alias in node.names}
    assert stated.keys() == camfolio.PLACES.keys() == set(PUBLIC)
    assert set(PUBLIC) <= set(dir(camfolio))


@pytest.mark.parametrize("name", [name for name in PUBLIC if inspect.isfunction(getattr(camfolio, name))])
def test_a_public_function_documents_every_argument_and_its_errors(name):
    function = inspect.unwrap(getattr(camfolio, name))
    arguments = inspect.signature(function).parameters
    assert all(one.annotation is not one.empty for one in arguments.values())
    said = inspect.getdoc(function).partition("Args:\n")[2]
    assert [one for one in arguments if f"    {one}: " not in said] == []
    assert "Raises:\n" in said


@pytest.mark.parametrize("name", [name for name in PUBLIC if inspect.isclass(getattr(camfolio, name))])
def test_a_public_class_documents_every_field_and_shapes_of_arrays(name):
    found = getattr(camfolio, name)
    said = inspect.getdoc(found).partition("Attributes:\n")[2]
    assert [field.name for field in fields(found) if f"    {field.name}: " not in said] == []
    assert re.search(r"\((N|batch)\b", said)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Slices", ("HU", "mm per pixel", "(N, height, width)", "Raises:")),
        ("explain", ("(N, channels, height, width)",)),
    ],
)
def test_units_and_shapes_are_documented(name, words):
    assert [word for word in words if word not in inspect.getdoc(getattr(camfolio, name))] == []


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'explane'"):
        camfolio.explane  # noqa: B018 - asked for


def test_importing_the_package_and_reading_a_study_imports_no_torch():
    code = "import sys, camfolio; camfolio.read_study; camfolio.open_portfolio; print('torch' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
