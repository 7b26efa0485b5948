"""Runs MkDocs for `camfolio site`: with the project's settings, or, without user code, with none of the project's programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from camfolio.commands.new import HERE
from camfolio.mkdocs.notices import SILENT
from camfolio.study.project import (
    check_links,
    configuration_of,
    docs_of,
    read_configuration,
    read_yaml,
    user_code_refused,
)

KEPT = ("site_name", "site_description", "nav")
"""Keys of a project's configuration that are only shown; others name programs, such as plugins, hooks and themes, or files of this computer."""


def run_mkdocs(arguments: Sequence[str], settings: Mapping[str, Any]) -> int:
    """Run MkDocs for the project in the current folder; returns its exit status.

    Args:
        arguments: of MkDocs.
        settings: options for the plugin, see `site.project.site_options`.
    """
    project, file = Path.cwd(), configuration_of(Path.cwd())
    studies = [str(Path(study).absolute()) for study in settings["studies"]]
    settings = {**settings, "studies": studies, "project": str(project)}
    if not user_code_refused():
        return run([*arguments, *(["--config-file", str(file)] if file else [])], settings)
    with tempfile.TemporaryDirectory() as folder:
        return run([*arguments, "--config-file", str(write_configuration(project, Path(folder)))], settings)


def run(arguments: Sequence[str], settings: Mapping[str, Any]) -> int:
    """Run MkDocs with options for the plugin; returns its exit status."""
    environment = os.environ | SILENT | {"CAMFOLIO_SITE": json.dumps(settings)}
    command = [sys.executable, "-P", "-m", "mkdocs", *arguments]  # -P: no modules of the current folder
    return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603 - fixed program, arguments without a shell


def write_configuration(project: Path, folder: Path) -> Path:
    """Settings of a new portfolio for the pages of a project, of whose own only texts are used; written to a folder.

    The project's `gen/pages.py`, plugins, hooks, theme and Markdown extensions are not used: they are programs.

    Raises:
        StudyError: if its configuration cannot be read, or its documents or a link in them are not in the project.
    """
    docs = docs_of(project)
    check_links(docs, project)
    if not docs.is_dir():
        docs = folder / "docs"
        docs.mkdir()
    ours = {**read_yaml(HERE / "mkdocs.yml"), "site_name": project.name or "Portfolio", "nav": None}
    theirs = read_configuration(project)
    plugins = ["search", {"gen-files": {"scripts": [str(HERE / "pages.txt")]}}, {"camfolio": {"user_code": False}}]
    changed = {key: theirs[key] for key in KEPT if theirs.get(key) is not None}
    watched = [str(part) for part in [project / "gen"] if part.is_dir()]
    changed |= {"docs_dir": str(docs), "watch": watched, "plugins": plugins}
    file = folder / "mkdocs.yml"
    file.write_text(yaml.safe_dump({**ours, **changed}, allow_unicode=True), encoding="utf-8", newline="\n")
    return file
