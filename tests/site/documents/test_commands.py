"""`camfolio export pdf` and `camfolio export html --single`: what they need, where they write, and what they say of themselves."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime

import pytest

from camfolio import cli
from camfolio.commands import chromium
from camfolio.commands.documents import address_of
from camfolio.commands.revision import about
from camfolio.site.documents.about import About
from camfolio.study.project import NO_USER_CODE


@pytest.fixture
def here(project, monkeypatch):
    """The project, as the current folder."""
    monkeypatch.chdir(project)
    return project


@pytest.fixture
def without_browser(monkeypatch):
    monkeypatch.delenv(chromium.VARIABLE, raising=False)
    monkeypatch.setattr(chromium, "NAMES", ("no-such-browser",))
    monkeypatch.setattr(chromium, "PLACES", ())


def test_without_chromium_a_pdf_is_one_sentence_and_nothing_is_computed(
    here, without_browser, no_worker, tmp_path, capsys
):
    assert cli.main(["export", "pdf", "--to", str(tmp_path / "there"), "--set", "seed=7"]) == 1
    said = capsys.readouterr().err
    assert said.startswith(
        "camfolio: Expected Chromium to print the PDF, but neither it nor Chrome or Edge was found. Install"
    )
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "there").exists()


def test_a_variable_that_names_no_browser_is_a_sentence(here, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv(chromium.VARIABLE, str(tmp_path / "none"))
    assert cli.main(["export", "pdf", "--to", str(tmp_path / "there")]) == 1
    assert f"CHROME_PATH names {tmp_path / 'none'}, which is no file" in capsys.readouterr().err


def test_a_browser_that_prints_nothing_is_a_sentence(monkeypatch, tmp_path):
    program = tmp_path / "browser"
    program.write_text("#!/bin/sh\necho a reason >&2\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv(chromium.VARIABLE, str(program))
    with pytest.raises(
        chromium.PageError, match=r"^Expected a PDF from .*, but it printed none: a reason\. Open the page"
    ):
        chromium.as_pdf("<p>x</p>", datetime(2026, 1, 1, tzinfo=UTC))


def test_a_folder_gets_a_file_with_the_name_of_the_study(here, tmp_path):
    assert cli.main(["export", "html", "--single", "gen/studies/tiny.yaml", "--to", str(tmp_path / "there")]) == 0
    assert [file.name for file in (tmp_path / "there").iterdir()] == ["tiny.html"]


def test_one_file_for_two_studies_is_a_sentence(here, tmp_path, capsys):
    studies = ["gen/studies/tiny.yaml", "gen/studies/other.yaml"]
    assert cli.main(["export", "html", "--single", *studies, "--to", str(tmp_path / "x.html")]) == 1
    assert "Expected one study for the file" in capsys.readouterr().err


def test_a_file_is_not_written_through_a_link(here, tmp_path, capsys):
    (tmp_path / "outside").mkdir()
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "tiny.html").symlink_to(tmp_path / "outside" / "tiny.html")
    assert cli.main(["export", "html", "--single", "--to", str(tmp_path / "there")]) == 1
    assert "but got the link" in capsys.readouterr().err
    assert list((tmp_path / "outside").iterdir()) == []


def test_html_is_one_file_or_nothing(here, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["export", "html"])
    assert stopped.value.code == 2
    assert "the following arguments are required: --single" in capsys.readouterr().err


def test_the_address_is_that_of_the_configuration_or_of_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("SITE_URL", "https://a.org/")
    assert address_of(tmp_path) == "https://a.org/"
    (tmp_path / "mkdocs.yml").write_text("site_url: https://b.org/\n", encoding="utf-8")
    assert address_of(tmp_path) == "https://b.org/"


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git on the PATH")
def test_date_and_commit_are_those_of_the_project(tmp_path, portfolio, monkeypatch):
    def git(*words: str) -> None:
        subprocess.run(["git", "-C", str(tmp_path), "-c", "user.name=x", "-c", "user.email=x@y.z", *words], check=True)

    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    for when in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
        monkeypatch.setenv(when, "2026-11-03T12:00:00Z")
    (tmp_path / "mkdocs.yml").write_text("copyright: <b>Ours</b> &amp; theirs\n", encoding="utf-8")
    git("init", "-q")
    git("add", "mkdocs.yml")
    git("commit", "-q", "-m", "x")
    (tmp_path / "report.pdf").write_text("", encoding="utf-8")
    origin, moment = about(tmp_path, portfolio)
    assert moment == datetime(2026, 11, 3, 12, tzinfo=UTC)
    assert (origin.day, origin.changed, len(origin.commit) >= 7) == ("3 November 2026", False, True)
    assert origin.notice == "Ours & theirs"
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "new.md").write_text("", encoding="utf-8")
    assert about(tmp_path, portfolio)[0].facts["Commit"] == f"{origin.commit}, with changes"
    monkeypatch.setenv(NO_USER_CODE, "1")  # git runs programs that its configuration names
    assert about(tmp_path, portfolio)[0].commit == ""


def test_without_version_control_the_date_is_that_of_the_latest_result(tmp_path, portfolio, monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    origin, moment = about(tmp_path, portfolio)
    latest = max(artefact.manifest.computed for artefact in portfolio.artefacts.values())
    assert moment.date().isoformat() == latest
    assert origin == About("tiny", moment.date())
    assert "Commit" not in origin.facts
