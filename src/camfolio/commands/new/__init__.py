"""A new portfolio in an empty folder: study, templates, pages, settings and a workflow, ready for `mkdocs serve`.

The generator's script, templates and pages are those of camfolio itself; what differs stands in the files beside this
one. In a wheel camfolio's own lie in `camfolio/project`.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from camfolio.errors import StudyError

HERE = Path(__file__).parent
WHEEL = HERE.parents[1] / "project"
OWN_PICTURE = "screenshot.png"
FILES = {
    "README.md": "README.md",
    "first-study.yaml": "gen/studies/first-study.yaml",
    "site.yml": ".github/workflows/site.yml",
    "gitignore": ".gitignore",
}
REPLACED = {
    "site_name: camfolio\n": "site_name: {title}\n",
    "watch: [gen, src]\n": "watch: [gen]\n",
}
"""Lines of mkdocs.yml that are not meant for another portfolio."""


def start_portfolio(folder: Path, version: str) -> list[Path]:
    """Fill a folder that is empty or not there.

    Args:
        folder: of the new portfolio; its name becomes the site's title.
        version: of camfolio, the least that the portfolio needs.

    Returns:
        The files written, relative to the folder.

    Raises:
        StudyError: if there is something in the folder.
    """
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        msg = f"Expected an empty folder, or none yet, but {folder} has something in it. Give another one."
        raise StudyError(msg)
    project = WHEEL if WHEEL.is_dir() else HERE.parents[3]
    title = folder.resolve().name.replace("-", " ").replace("_", " ").strip().capitalize() or "Portfolio"
    leave = shutil.ignore_patterns("studies", "__pycache__", OWN_PICTURE)
    for name in ("gen", "docs"):
        shutil.copytree(project / name, folder / name, ignore=leave)
    for name, target in FILES.items():
        write(folder / target, (HERE / name).read_text(encoding="utf-8").replace("{title}", title))
    write(folder / "mkdocs.yml", settings(project / "mkdocs.yml", title))
    write(folder / "requirements.txt", f"camfolio[docs]>={version}\n")
    shutil.copy(project / "constraints.txt", folder)
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


def settings(path: Path, title: str) -> str:
    """Camfolio's own mkdocs.yml as another portfolio needs it."""
    text = path.read_text(encoding="utf-8")
    for ours, theirs in REPLACED.items():
        if ours not in text:
            msg = f"Expected the line {ours!r} in {path}, but it is not there."
            raise RuntimeError(msg)
        text = text.replace(ours, theirs.format(title=json.dumps(title, ensure_ascii=False)))
    return text


def write(path: Path, text: str) -> None:
    """Write a text file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
