"""Templates of the package: which there are, which of them a project replaces, and a copy to start from."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from camfolio.errors import PageError, nearest
from camfolio.site.templates import TEMPLATES, template_names


def listing(templates: Path) -> dict[str, str]:
    """Name of every template -> whose it is, seen from a project's folder of templates."""
    return {name: owner(templates, name) for name in template_names(templates)}


def owner(templates: Path, name: str) -> str:
    """Whether a template is the package's, the project's, or the project's in place of the package's."""
    if not (templates / name).is_file():
        return "camfolio"
    return "project, replaces camfolio's" if (TEMPLATES / name).is_file() else "project"


def copy_templates(templates: Path, names: Sequence[str]) -> list[Path]:
    """Copy templates of the package into a project's folder, where they are used instead; all or none.

    Raises:
        PageError: for a name that the package does not have, and for a file that is there already.
    """
    files = {name: templates / name for name in names}
    known = template_names(TEMPLATES)
    for name, file in files.items():
        if name not in known:
            msg = f"Expected a template of camfolio, but got {name!r}. {nearest(name, known)}"
            raise PageError(msg)
        if file.exists():
            msg = f"Expected no file {file} yet, but it is there, and it is used already. Delete it for a fresh copy."
            raise PageError(msg)
    for name, file in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(TEMPLATES / name, file)
    return list(files.values())
