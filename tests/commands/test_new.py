"""`camfolio new`: the files of a portfolio's author, written to an empty folder only."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from camfolio import cli
from camfolio.commands import new
from camfolio.commands.new import start_portfolio
from camfolio.errors import StudyError
from camfolio.study.file import read_study
from camfolio.study.project import read_yaml

PROJECT = Path(__file__).resolve().parents[2]


OWNED = {
    ".github/workflows/site.yml",
    ".gitignore",
    "README.md",
    "constraints.txt",
    "docs/about.md",
    "gen/pages.py",
    "gen/references.bib",
    "gen/studies/first-study.yaml",
    "gen/templates/index.md.jinja",
    "gen/templates/study/index.md.jinja",
    "mkdocs.yml",
    "requirements.txt",
}


def test_a_new_portfolio_has_what_its_author_owns_and_nothing_else(tmp_path):
    folder = tmp_path / "lung-maps"
    assert {path.as_posix() for path in start_portfolio(folder)} == OWNED
    assert 'site_name: "Lung maps"\n' in (folder / "mkdocs.yml").read_text(encoding="utf-8")
    assert (folder / "README.md").read_text(encoding="utf-8").startswith("# Lung maps\n")
    assert yaml.safe_load((folder / ".github/workflows/site.yml").read_text(encoding="utf-8"))["jobs"]
    assert read_study(folder / "gen/studies/first-study.yaml").data.source == "lidc-phantom"
    assert not [
        path for path in folder.rglob("*.*") if path.is_file() and "{title}" in path.read_text(encoding="utf-8")
    ]


def test_its_settings_are_those_of_this_project_except_names_and_navigation(tmp_path):
    start_portfolio(tmp_path / "x")
    theirs, ours = (read_yaml(folder / "mkdocs.yml") for folder in (tmp_path / "x", PROJECT))
    different = {key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)}
    assert different == {"site_name", "site_description", "copyright", "watch", "nav"}
    assert (tmp_path / "x/gen/pages.py").read_bytes() == (PROJECT / "gen/pages.py").read_bytes()


@pytest.mark.parametrize(
    ("origin", "needed"),
    [
        (None, "camfolio[docs]==1.2.3"),
        ({"url": "file:///a%20b", "dir_info": {"editable": True}}, "camfolio[docs] @ file:///a%20b"),
        (
            {"url": "https://example.org/camfolio.zip", "archive_info": {}},
            "camfolio[docs] @ https://example.org/camfolio.zip",
        ),
        (
            {"url": "https://h/c", "vcs_info": {"vcs": "git", "commit_id": "1a2b"}, "subdirectory": "s"},
            "camfolio[docs] @ git+https://h/c@1a2b#subdirectory=s",
        ),
    ],
)
def test_its_requirements_name_the_source_of_camfolio(tmp_path, monkeypatch, origin, needed):
    installed = SimpleNamespace(version="1.2.3", read_text=lambda _: origin and json.dumps(origin))
    monkeypatch.setattr(new, "distribution", lambda _: installed)
    start_portfolio(tmp_path / "x")
    assert (tmp_path / "x/requirements.txt").read_text(encoding="utf-8") == f"-c constraints.txt\n{needed}\n"
    readme = (tmp_path / "x/README.md").read_text(encoding="utf-8")
    assert ("was installed from a folder of this machine" in readme) == ("@ file:" in needed)
    assert "pip install -r requirements.txt\n.venv/bin/mkdocs serve" in readme
    assert "{note}" not in readme


def test_a_folder_that_is_not_empty_is_not_changed(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(StudyError, match=r"Expected an empty or new folder, but .* is not empty"):
        start_portfolio(tmp_path)
    assert cli.main(["new", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("camfolio: Expected an empty or new folder")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_file_is_refused_as_folder(tmp_path):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(StudyError, match="Expected an empty or new folder"):
        start_portfolio(tmp_path / "mine.txt")


def test_a_wheel_contains_the_copied_files():
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    included = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included == {"constraints.txt": "camfolio/commands/new/constraints.txt"}
    assert new.constraints() == PROJECT / "constraints.txt"
