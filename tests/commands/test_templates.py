"""`camfolio templates`: the list of templates with their owner, and copies that never overwrite."""

from __future__ import annotations

from pathlib import Path

import pytest

from camfolio import cli
from camfolio.site.templates import TEMPLATES


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")


def listed(capsys) -> dict[str, str]:
    assert cli.main(["templates"]) == 0
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in capsys.readouterr().out.splitlines()]
    return {row[0]: row[1] for row in rows if len(row) == 2}


def test_every_template_is_listed_with_whose_it_is(capsys):
    everything = {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*") if path.is_file()}
    assert listed(capsys) == dict.fromkeys(everything, "camfolio")
    assert cli.main(["templates", "copy", "methods.md.jinja", "study/data.md.jinja"]) == 0
    Path("gen/templates/mine.md.jinja").write_text("", encoding="utf-8")
    found = listed(capsys)
    assert found["methods.md.jinja"] == found["study/data.md.jinja"] == "project, replaces camfolio's"
    assert found["mine.md.jinja"] == "project"
    own = Path("gen/templates/study/data.md.jinja")
    assert own.read_bytes() == (TEMPLATES / "study" / "data.md.jinja").read_bytes()


def test_a_copy_never_overwrites(capsys):
    own = Path("gen/templates/methods.md.jinja")
    own.parent.mkdir(parents=True)
    own.write_text("mine", encoding="utf-8")
    assert cli.main(["templates", "copy", "index.md.jinja", "methods.md.jinja"]) == 1
    assert "Expected no file gen/templates/methods.md.jinja, but it exists" in capsys.readouterr().err
    assert own.read_text(encoding="utf-8") == "mine"
    assert [path.name for path in own.parent.iterdir()] == ["methods.md.jinja"]


def test_a_copy_is_not_written_through_a_link_to_nothing(capsys):
    link = Path("gen/templates/methods.md.jinja")
    link.parent.mkdir(parents=True)
    link.symlink_to(Path("outside.md").absolute())
    assert cli.main(["templates", "copy", "methods.md.jinja"]) == 1
    assert "but it exists" in capsys.readouterr().err
    assert not Path("outside.md").exists()


@pytest.mark.parametrize("name", ["method.md.jinja", "../assets/logo.svg"])
def test_a_name_that_is_no_template_is_offered_the_nearest(name, capsys):
    assert cli.main(["templates", "copy", name]) == 1
    assert f"Expected a template of camfolio, but got '{name}'. " in capsys.readouterr().err
