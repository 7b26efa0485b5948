"""The commit from which a document is made, and its date."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from camfolio.commands.crate import published
from camfolio.commands.moment import source_date
from camfolio.pipeline.portfolio import Portfolio
from camfolio.site.documents.about import About
from camfolio.site.documents.rewriting import words_of
from camfolio.study.project import read_configuration, user_code_refused

SOURCES = ("gen", "docs")
"""Folders in which a file that is in no commit counts as a change; elsewhere it may be what an export wrote."""


def about(project: Path, portfolio: Portfolio) -> tuple[About, datetime]:
    """The origin of a document about a study, and its moment: SOURCE_DATE_EPOCH, else that of the commit, else of the latest result.

    Raises:
        PageError: if SOURCE_DATE_EPOCH is no number of seconds.
    """
    commit, _, seconds = git(project, "log", "-1", "--format=%h %ct").partition(" ")
    committed = datetime.fromtimestamp(int(seconds), UTC) if seconds else None
    moment = source_date() or committed or published(portfolio)
    edited = git(project, "status", "--porcelain", "--untracked-files=no", "--", ".")
    added = git(project, "status", "--porcelain", "--", *SOURCES)
    notice = read_configuration(project).get("copyright")
    words = words_of(notice) if isinstance(notice, str) else ""
    return About(portfolio.name, moment.date(), commit, bool(edited or added), words), moment


def git(project: Path, *arguments: str) -> str:
    """What git says of a project; empty without git, if it is under no version control, or where user code is refused: its
    configuration may name programs.
    """
    program = shutil.which("git")
    if not program or user_code_refused():
        return ""
    command = [program, "-C", str(project), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed program, arguments without a shell
    return done.stdout.strip() if done.returncode == 0 else ""
