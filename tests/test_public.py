import ast
import importlib
import inspect
import subprocess
import sys
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


def test_arguments_of_public_functions_are_annotated_and_their_errors_said():
    for name in ("explain", "open_portfolio", "read_study"):
        function = inspect.unwrap(getattr(camfolio, name))
        assert all(one.annotation is not one.empty for one in inspect.signature(function).parameters.values())
        assert "Raises:" in inspect.getdoc(function)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'explane'"):
        camfolio.explane  # noqa: B018 - asked for


def test_importing_the_package_and_reading_a_study_imports_no_torch():
    code = "import sys, camfolio; camfolio.read_study; camfolio.open_portfolio; print('torch' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
