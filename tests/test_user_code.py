"""User code: found by name, called with its arguments, every failure one sentence."""

from __future__ import annotations

import sys
from fractions import Fraction

import pytest

from camfolio.errors import StudyError
from camfolio.user_code import Wanted, create_user_object, find_user_object, import_user_module

FRACTION = Wanted("a fraction", lambda found: issubclass(found, Fraction))


@pytest.mark.parametrize("source", ["import nowhere_at_all\n", "1 / 0\n", "def\n"])
def test_a_file_that_does_not_run_is_an_error_with_the_reason(tmp_path, source):
    path = tmp_path / "broken.py"
    path.write_text(source)
    with pytest.raises(StudyError, match=r"Expected a Python file that runs, but broken.py fails with \w+Error: "):
        import_user_module("broken", path)
    assert "broken" not in sys.modules


def test_a_class_is_called_with_its_arguments():
    assert create_user_object("fractions.Fraction", {"numerator": 3, "denominator": 6}, FRACTION) == 0.5


def test_a_module_is_imported_from_the_given_file(tmp_path):
    (tmp_path / "user_package").mkdir()
    path = tmp_path / "user_package" / "module.py"
    path.write_text("def three():\n    return 3\n")
    import_user_module("user_package.module", path)
    try:
        assert create_user_object("user_package.module.three", {}, FRACTION) == 3
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
        find_user_object(name, FRACTION)


def test_unsuitable_arguments_are_named_with_the_error():
    with pytest.raises(
        StudyError, match=r"Expected fractions\.Fraction to accept its init_args \(a\), but got TypeError"
    ):
        create_user_object("fractions.Fraction", {"a": 1}, FRACTION)


IMPORTING = """
from functools import partial
from os import system
from shutil import rmtree
from subprocess import Popen

alias = partial(rmtree)
"""


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("os.system", "a builtin_function_or_method of posix"),
        ("subprocess.Popen", "another class"),
        ("hostile.system", "a builtin_function_or_method of posix"),
        ("hostile.rmtree", "a function of shutil"),
        ("hostile.Popen", "another class"),
        ("hostile.alias", "a partial of"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="names of another system")
def test_what_is_not_defined_as_user_code_is_never_called(tmp_path, monkeypatch, name, kind):
    (tmp_path / "hostile.py").write_text(IMPORTING, encoding="utf-8")
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setitem(sys.modules, "hostile", None)
    import_user_module("hostile", tmp_path / "hostile.py")
    words = rf"Expected a fraction, or a function that is defined in \w+, but {name} is {kind}"
    with pytest.raises(StudyError, match=words):
        create_user_object(name, {"command": f"touch {tmp_path / 'ran'}"}, FRACTION)
    assert not (tmp_path / "ran").exists()


def test_paths_and_tokens_in_arguments_are_not_repeated():
    with pytest.raises(StudyError, match=r"its init_args \(numerator\), but got ValueError: .*'\.\.\.'") as caught:
        create_user_object("fractions.Fraction", {"numerator": "/home/ann/token-1234"}, FRACTION)
    assert "ann" not in str(caught.value)
    assert "1234" not in str(caught.value)
