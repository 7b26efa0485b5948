"""One line about the end of MkDocs 1.x instead of the banners of theme and plugins, in a fresh process each."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from camfolio.mkdocs.notices import ADDRESS, LINE, SILENT

PROJECT = Path(__file__).resolve().parents[2]
BANNERS = {"theme": "reaches end of life", "plugin": "MkDocs may break support"}
NAMED = "extra:\n  end_of_mkdocs: !!python/name:camfolio.mkdocs.notices.ADDRESS\n"


@pytest.fixture
def said(tmp_path):
    """`said(plugins, more)`: what a plain build of one page writes to the terminal."""

    def build(plugins: str, more: str = "", **environment: str) -> str:
        (tmp_path / "docs").mkdir()
        (tmp_path / "docs" / "index.md").write_text("# One page\n", encoding="utf-8")
        settings = f"site_name: x\ntheme: {{name: material, font: false}}\nplugins: {plugins}\n{more}"
        (tmp_path / "mkdocs.yml").write_text(settings, encoding="utf-8")
        plain = {name: value for name, value in os.environ.items() if name not in SILENT}
        ran = subprocess.run(
            [sys.executable, "-m", "mkdocs", "build", "--strict"],
            cwd=tmp_path,
            env=plain | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        return " ".join((ran.stdout + ran.stderr).split())

    return build


def test_without_us_the_terminal_is_filled(said):
    text = said("[gen-files: {scripts: []}]")
    assert all(banner in text for banner in BANNERS.values())


def test_one_line_replaces_both_banners_whatever_the_order_of_the_plugins(said):
    text = said("[gen-files: {scripts: []}, camfolio]", NAMED)
    assert not any(banner in text for banner in BANNERS.values())
    assert text.count(LINE) == text.count(ADDRESS) == 1


def test_a_configuration_that_does_not_name_us_has_the_banner_of_the_theme_alone(said):
    text = said("[camfolio, gen-files: {scripts: []}]")
    assert BANNERS["theme"] in text
    assert BANNERS["plugin"] not in text


def test_who_silenced_the_banners_reads_no_line(said):
    assert ADDRESS not in said("[gen-files: {scripts: []}, camfolio]", NAMED, **SILENT)


@pytest.mark.parametrize("file", ["mkdocs.yml", "src/camfolio/commands/new/mkdocs.yml"])
def test_this_project_and_every_new_one_name_us(file):
    assert NAMED.splitlines()[1] in (PROJECT / file).read_text(encoding="utf-8")
