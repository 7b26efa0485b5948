"""Output of `camfolio templates`: all templates, and copies of the package's templates in a project."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from camfolio.errors import PageError, nearest
from camfolio.site.templates import TEMPLATES, template_names


def listing(templates: Path) -> dict[str, str]:
    """Name of every template -> its owner, for a project's folder of templates."""
    return {name: owner(templates, name) for name in template_names(templates)}


def owner(templates: Path, name: str) -> str:
    """Whether a template is from the package, from the project, or from the project in place of the package's."""
    if not (templates / name).is_file():
        return "camfolio"
    return "project, replaces camfolio's" if (TEMPLATES / name).is_file() else "project"


def copy_templates(templates: Path, names: Sequence[str]) -> list[Path]:
    """Copy templates of the package to a project's folder, where they replace the package's; all or none.

    Raises:
        PageError: for an unknown name, and for a file that exists.
    """
    files = {name: templates / name for name in names}
    known = template_names(TEMPLATES)
    for name, file in files.items():
        if name not in known:
            msg = f"Expected a template of camfolio, but got {name!r}. {nearest(name, known)}"
            raise PageError(msg)
        if file.exists() or file.is_symlink():
            msg = f"Expected no file {file}, but it exists and is in use. Delete it to get a new copy."
            raise PageError(msg)
    for name, file in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(TEMPLATES / name, file)
    return list(files.values())
