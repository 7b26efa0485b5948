"""Code of the user's own: found by name, made with its arguments, every failure one sentence."""

from __future__ import annotations

import sys

import pytest

from camfolio.errors import StudyError
from camfolio.user_code import find_own, import_own, make_own


@pytest.mark.parametrize("source", ["import nowhere_at_all\n", "1 / 0\n", "def\n"])
def test_a_file_that_does_not_run_says_why(tmp_path, source):
    path = tmp_path / "broken.py"
    path.write_text(source)
    with pytest.raises(StudyError, match=r"Expected a Python file that runs, but broken.py fails with \w+Error: "):
        import_own("broken", path)
    assert "broken" not in sys.modules


def test_a_class_is_made_with_its_arguments():
    assert make_own("fractions.Fraction", {"numerator": 3, "denominator": 6}) == 0.5


def test_a_module_is_taken_from_exactly_its_file(tmp_path):
    (tmp_path / "inner_of_ours").mkdir()
    path = tmp_path / "inner_of_ours" / "made.py"
    path.write_text("def three():\n    return 3\n")
    import_own("inner_of_ours.made", path)
    try:
        assert make_own("inner_of_ours.made.three", {}) == 3
    finally:
        del sys.modules["inner_of_ours.made"]


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
def test_what_does_not_exist_is_told_the_nearest(name, words):
    with pytest.raises(StudyError, match=words):
        find_own(name)


def test_arguments_that_do_not_fit_are_repeated_with_the_error():
    with pytest.raises(
        StudyError, match=r"Expected fractions\.Fraction to be made with init_args \{'a': 1\}, but got TypeError"
    ):
        make_own("fractions.Fraction", {"a": 1})
