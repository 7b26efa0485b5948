"""Installed versions of what camfolio requires, and their differences from a `constraints.txt`."""

from __future__ import annotations

import logging
from importlib.metadata import version

import pytest

from camfolio import cli
from camfolio.installed import allowed_versions, differences, installed, requirement_graph, warn_of_differences
from camfolio.site.project import site_for


@pytest.fixture
def constraints(tmp_path):
    """`constraints("numpy==1")` writes the file of a project; its path."""

    def write(*lines: str):
        file = tmp_path / "constraints.txt"
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return file

    return write


@pytest.fixture
def warnings(caplog):
    caplog.set_level(logging.WARNING, logger="camfolio")
    return lambda: [record.getMessage() for record in caplog.records]


def test_requirements_are_followed_to_the_end_with_their_extras():
    graph = requirement_graph()
    assert "torch" in graph["camfolio"]
    assert "sympy" in graph["torch"]
    assert "mkdocs" in graph["camfolio"]  # of the extra docs
    assert "mkdocstrings-python" in graph  # of an extra that a requirement names
    assert set().union(*graph.values()) <= set(graph)


def test_extras_that_nobody_asked_for_are_left_out():
    graph = requirement_graph()
    assert not {"captum", "pytest", "ruff", "hypothesis"} & set(graph)
    assert "pytest" in requirement_graph(extras=("test",))


@pytest.mark.parametrize("name", ["numpy", "pydantic", "mkdocs", "jinja2"])
def test_the_header_has_name_and_version(name):
    about = installed(name)
    assert about.name.lower() == name
    assert about.version == version(name)
    assert about.licence


def test_there_is_nothing_about_what_is_not_installed():
    assert installed("no-such-distribution") is None
    assert requirement_graph("no-such-distribution") == {}


def test_equal_versions_are_no_difference(constraints):
    assert differences(constraints(f"NumPy=={version('numpy')}  # tested", "", "# pip", "-r x.txt", "a b c")) == []


def test_a_local_label_is_no_difference(constraints):
    assert differences(constraints(f"torch=={version('torch').partition('+')[0]}")) == []


def test_another_version_is_a_difference(constraints):
    numpy, rich = version("numpy"), version("rich")
    assert differences(constraints("rich<2", "numpy==1.0", "pydantic>=2")) == [
        f"numpy {numpy} instead of 1.0",
        f"rich {rich} instead of <2",
    ]


def test_what_camfolio_does_not_require_may_have_any_version(constraints):
    assert differences(constraints("pytest==1.0", "no-such-distribution==1.0")) == []


def test_lines_for_other_interpreters_do_not_count(constraints):
    file = constraints("numpy==1.0; python_version < '3'", "rich==1.0; python_version > '3'")
    assert allowed_versions(file) == {"rich": "==1.0"}


def test_one_warning_lists_five_differences(constraints, warnings):
    names = ["jinja2", "matplotlib", "numpy", "pillow", "pydantic", "rich", "scipy"]
    file = constraints(*(f"{name}==0.1" for name in names))
    warn_of_differences(file.parent)
    warn_of_differences(file.parent)
    [warning] = warnings()
    assert warning.startswith(
        f"Expected the versions of constraints.txt, but got jinja2 {version('jinja2')} instead of 0.1, "
    )
    assert "instead of 0.1 and 2 more. Results may be computed again" in warning
    assert warning.endswith("pip install -c constraints.txt 'camfolio[docs]'.")
    assert [name in warning for name in names] == [True] * 5 + [False] * 2


def test_a_project_without_constraints_gets_no_warning(tmp_path, warnings):
    warn_of_differences(tmp_path)
    assert warnings() == []


@pytest.mark.parametrize("command", ["build", "record", "verify", "show"])
def test_commands_that_compute_warn(command, constraints, warnings, monkeypatch):
    monkeypatch.chdir(constraints("numpy==0.1").parent)
    assert cli.main([command]) == 2  # there is no study
    assert len(warnings()) == 1


def test_commands_that_compute_nothing_do_not_warn(constraints, warnings, monkeypatch):
    monkeypatch.chdir(constraints("numpy==0.1").parent)
    assert cli.main(["status"]) == 2
    assert warnings() == []


def test_a_site_warns_on_a_logger_whose_warnings_a_strict_build_does_not_count(constraints, caplog, monkeypatch):
    monkeypatch.delenv("CAMFOLIO_SITE", raising=False)
    with pytest.raises(Exception, match="Expected a study file"):
        site_for(constraints("numpy==0.1").parent)
    assert {record.name for record in caplog.records} == {"camfolio"}
