"""Output of `camfolio new`: the files of a new portfolio that its author edits, ready for `mkdocs serve`.

Other pages, styles and scripts come from the installed package.
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
"""File in the folder of this module -> its path in the portfolio."""
COPIED = ("index.md.jinja", "study/index.md.jinja")
"""Templates that are copied to the portfolio: home page and write-up."""
FROM_FOLDER = """
camfolio was installed from a folder of this machine. For other machines, and for the workflow, replace the address in `requirements.txt` by one that they can reach, such as
`camfolio[docs] @ git+https://HOST/camfolio@COMMIT`.
"""


def start_portfolio(folder: Path) -> list[Path]:
    """Fill an empty or new folder; its name becomes the site's title.

    Returns:
        The files written, relative to the folder.

    Raises:
        StudyError: if the folder is not empty.
    """
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        msg = f"Expected an empty or new folder, but {folder} is not empty. Choose another one."
        raise StudyError(msg)
    title = folder.resolve().name.replace("-", " ").replace("_", " ").strip().capitalize() or "Portfolio"
    package = requirement()
    note = FROM_FOLDER if " @ file:" in package else ""
    words = {"{title}": title, '"{quoted}"': json.dumps(title, ensure_ascii=False), "{note}\n": note}
    for name, target in FILES.items():
        write(folder / target, filled((HERE / name).read_text(encoding="utf-8"), words))
    for name in COPIED:
        write(folder / "gen" / "templates" / name, (TEMPLATES / name).read_text(encoding="utf-8"))
    write(folder / "requirements.txt", f"-c {CONSTRAINTS}\n{package}\n")
    shutil.copy(constraints(), folder / CONSTRAINTS)
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


def requirement() -> str:
    """The requirement for pip to install this camfolio: its version, or the source from which it was installed."""
    installed = distribution("camfolio")
    origin = installed.read_text("direct_url.json")
    return f"camfolio[docs] @ {source(json.loads(origin))}" if origin else f"camfolio[docs]=={installed.version}"


def source(origin: dict[str, Any]) -> str:
    """The address of a source in pip's form, from its record (PEP 610).

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
    """The file with the versions of all tested dependencies: in this folder of a wheel, or at the root of the repository."""
    packaged = HERE / CONSTRAINTS
    return packaged if packaged.is_file() else HERE.parents[3] / CONSTRAINTS


def filled(text: str, words: dict[str, str]) -> str:
    """A text with its placeholders replaced."""
    for placeholder, word in words.items():
        text = text.replace(placeholder, word)
    return text


def write(path: Path, text: str) -> None:
    """Write a text file, and create its parent folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
