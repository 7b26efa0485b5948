"""A new portfolio in an empty folder: the files that its author owns, ready for `mkdocs serve`.

Everything else, other pages, styles and scripts, comes from the installed package.
"""

from __future__ import annotations

import json
import shutil
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from camfolio.errors import StudyError
from camfolio.site.templates import TEMPLATES

HERE = Path(__file__).parent
CONSTRAINTS = "constraints.txt"
FILES = {
    "README.md": "README.md",
    "mkdocs.yml": "mkdocs.yml",
    "about.md": "docs/about.md",
    "first-study.yaml": "gen/studies/first-study.yaml",
    "pages.txt": "gen/pages.py",
    "references.bib": "gen/references.bib",
    "site.yml": ".github/workflows/site.yml",
    "gitignore": ".gitignore",
}
"""File beside this module -> where it goes."""
WORDS = ("index.md.jinja", "study/index.md.jinja")
"""The package's home page and write-up, of which an author gets a copy."""
FROM_FOLDER = """
camfolio comes from a folder of one machine. For any other machine, and for the workflow, replace the address in `requirements.txt` by one that they reach, such as
`camfolio[docs] @ git+https://HOST/camfolio@COMMIT`.
"""


def start_portfolio(folder: Path) -> list[Path]:
    """Fill a folder that is empty or not there; its name becomes the site's title.

    Returns:
        The files written, relative to the folder.

    Raises:
        StudyError: if there is something in the folder.
    """
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        msg = f"Expected an empty folder, or none yet, but {folder} has something in it. Give another one."
        raise StudyError(msg)
    title = folder.resolve().name.replace("-", " ").replace("_", " ").strip().capitalize() or "Portfolio"
    package = requirement()
    note = FROM_FOLDER if " @ file:" in package else ""
    words = {"{title}": title, '"{quoted}"': json.dumps(title, ensure_ascii=False), "{note}\n": note}
    for name, target in FILES.items():
        write(folder / target, filled((HERE / name).read_text(encoding="utf-8"), words))
    for name in WORDS:
        write(folder / "gen" / "templates" / name, (TEMPLATES / name).read_text(encoding="utf-8"))
    write(folder / "requirements.txt", f"-c {CONSTRAINTS}\n{package}\n")
    shutil.copy(constraints(), folder / CONSTRAINTS)
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


def requirement() -> str:
    """What pip needs to install this camfolio on another machine: its version, or the source it was installed from."""
    installed = distribution("camfolio")
    origin = installed.read_text("direct_url.json")
    return f"camfolio[docs] @ {source(json.loads(origin))}" if origin else f"camfolio[docs]=={installed.version}"


def source(origin: dict[str, Any]) -> str:
    """The address of an installed source, as PEP 610 records it, for pip.

    >>> source({"url": "https://host/camfolio", "vcs_info": {"vcs": "git", "commit_id": "1a2b"}})
    'git+https://host/camfolio@1a2b'
    >>> source({"url": "file:///src/camfolio", "dir_info": {"editable": True}})
    'file:///src/camfolio'
    """
    folder = f"#subdirectory={origin['subdirectory']}" if "subdirectory" in origin else ""
    if "vcs_info" not in origin:
        return f"{origin['url']}{folder}"
    commit = origin["vcs_info"]
    return f"{commit['vcs']}+{origin['url']}@{commit['commit_id']}{folder}"


def constraints() -> Path:
    """The exact versions that camfolio is tested with: in a wheel beside this module, else in the repository."""
    inside = HERE / CONSTRAINTS
    return inside if inside.is_file() else HERE.parents[3] / CONSTRAINTS


def filled(text: str, words: dict[str, str]) -> str:
    """A text with its placeholders replaced."""
    for placeholder, word in words.items():
        text = text.replace(placeholder, word)
    return text


def write(path: Path, text: str) -> None:
    """Write a text file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
