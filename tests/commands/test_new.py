"""`camfolio new`: everything that a portfolio needs, in an empty folder and nowhere else."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import yaml

from camfolio import cli
from camfolio.commands.new import start_portfolio
from camfolio.errors import StudyError
from camfolio.study.file import read_study

PROJECT = Path(__file__).resolve().parents[2]


def test_a_new_portfolio_has_all_that_mkdocs_needs(tmp_path):
    written = start_portfolio(tmp_path / "lung-maps", "0.1.0")
    folder = tmp_path / "lung-maps"
    names = {path.as_posix() for path in written}
    assert {
        "mkdocs.yml",
        "README.md",
        ".gitignore",
        "requirements.txt",
        "constraints.txt",
        "gen/pages.py",
        "gen/hooks.py",
    } <= names
    assert {"gen/templates/index.md.jinja", "gen/templates/study/index.md.jinja", ".github/workflows/site.yml"} <= names
    assert 'site_name: "Lung maps"\n' in (folder / "mkdocs.yml").read_text(encoding="utf-8")
    assert (folder / "README.md").read_text(encoding="utf-8").startswith("# Lung maps\n")
    assert yaml.safe_load((folder / ".github/workflows/site.yml").read_text(encoding="utf-8"))["jobs"]
    assert read_study(folder / "gen/studies/first-study.yaml").data.source == "lidc-phantom"
    assert not [name for name in names if "lung-nodules" in name or "screenshot" in name]


def test_a_folder_with_something_in_it_is_left_alone(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(StudyError, match=r"Expected an empty folder, or none yet, but .* has something in it"):
        start_portfolio(tmp_path, "0.1.0")
    assert cli.main(["new", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("camfolio: Expected an empty folder")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(StudyError, match="Expected an empty folder"):
        start_portfolio(tmp_path / "mine.txt", "0.1.0")


def test_a_wheel_carries_what_is_copied():
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    included = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert all((PROJECT / source).exists() for source in included)
    assert {f"gen/{path.name}" for path in (PROJECT / "gen").glob("*.*")} <= set(included)
    assert {target.removeprefix("camfolio/project/").partition("/")[0] for target in included.values()} == {
        "gen",
        "docs",
        "mkdocs.yml",
        "constraints.txt",
    }
