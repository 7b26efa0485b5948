"""User code: found by name, called with its arguments, every failure one sentence."""

from __future__ import annotations

import sys

import pytest

from camfolio.errors import StudyError
from camfolio.user_code import create_user_object, find_user_object, import_user_module


@pytest.mark.parametrize("source", ["import nowhere_at_all\n", "1 / 0\n", "def\n"])
def test_a_file_that_does_not_run_is_an_error_with_the_reason(tmp_path, source):
    path = tmp_path / "broken.py"
    path.write_text(source)
    with pytest.raises(StudyError, match=r"Expected a Python file that runs, but broken.py fails with \w+Error: "):
        import_user_module("broken", path)
    assert "broken" not in sys.modules


def test_a_class_is_called_with_its_arguments():
    assert create_user_object("fractions.Fraction", {"numerator": 3, "denominator": 6}) == 0.5


def test_a_module_is_imported_from_the_given_file(tmp_path):
    (tmp_path / "user_package").mkdir()
    path = tmp_path / "user_package" / "module.py"
    path.write_text("def three():\n    return 3\n")
    import_user_module("user_package.module", path)
    try:
        assert create_user_object("user_package.module.three", {}) == 3
    finally:
        del sys.modules["user_package.module"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "no_such_module_here.Net",
            "Expected a module no_such_module_here for class_path no_such_module_here.Net, but got",
        ),
        ("fractions.Fractoin", r"there is no Fractoin in fractions\. Did you mean Fraction\?"),
        ("math.pi", "Expected a class or function, but there is no pi in math"),
        ("Fraction", r"there is no Fraction in Fraction\. Write MODULE\.NAME"),
    ],
)
def test_an_unknown_name_is_an_error_with_the_nearest_name(name, words):
    with pytest.raises(StudyError, match=words):
        find_user_object(name)


def test_unsuitable_arguments_are_quoted_with_the_error():
    with pytest.raises(
        StudyError, match=r"Expected fractions\.Fraction to accept init_args \{'a': 1\}, but got TypeError"
    ):
        create_user_object("fractions.Fraction", {"a": 1})
