"""Documentation of the public names, rendered by mkdocstrings from the source and cached until the source changes."""

from __future__ import annotations

import hashlib
import html
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from textwrap import wrap

import yaml
from markupsafe import Markup

import camfolio
from camfolio.errors import PageError
from camfolio.site.rooms import ROOT
from camfolio.store.code import version
from camfolio.store.files import cached_json, file_digest

PUBLIC = tuple(name for name in camfolio.__all__ if name in camfolio.PLACES)
RENDERED_BY = ("mkdocstrings", "mkdocstrings-python", "mkdocs-autorefs", "griffelib", "markdown")
OPTIONS = {
    "heading_level": 2,
    "show_root_heading": True,
    "show_root_full_path": True,
    "show_source": False,
    "show_bases": False,
    "show_signature_annotations": False,
    "show_if_no_docstring": False,
    "summary": False,
    "members_order": "source",
    "filters": ["!^_"],
    "docstring_section_style": "list",
}
"""Options of mkdocstrings; signatures are headings without types, so that no code formatter is needed."""
LINE = 76
"""Largest number of characters in a line of a signature."""
MARK = "<!-- public: {} -->"
HEADING = re.compile(r"<h2\b[^>]*>(?P<words>.*?)</h2>", re.DOTALL)
NO_LINK = re.compile(r'<span title="[^"]*">(?P<words>[^<]*)</span>')
PARAGRAPH = re.compile(r"<p>(?P<words>.*?)</p>", re.DOTALL)
TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class PublicName:
    """A public name of the package: its signature with defaults, and its docstring as HTML."""

    name: str
    signature: Markup
    documentation: Markup

    @property
    def anchor(self) -> Markup:
        """Its anchor on the page, as mkdocstrings names it."""
        return Markup(f"camfolio.{self.name}")  # noqa: S704 - an identifier

    @property
    def summary(self) -> Markup:
        """The first paragraph of the documentation, without its tags."""
        paragraph = PARAGRAPH.search(self.documentation)
        return Markup(paragraph["words"] if paragraph else "")  # noqa: S704 - docstrings of the package


def public_names(kept: Path | None) -> list[PublicName]:
    """All public names for the API page; their modules are read, not imported.

    mkdocstrings takes longer than the rest of a warm build, so its output is cached in the folder `kept`. If it is not
    installed, the documentation is a sentence that refers to `help`.

    Raises:
        PageError: if rendering fails, with the last line of its error.
    """
    file = kept / f"api-{source_digest()}.json" if kept else None
    documentation = cached_json(file, render if find_spec("mkdocstrings") else unrendered)
    return [split_heading(name, documentation[name]) for name in PUBLIC]


def source_digest() -> str:
    """Digest of everything that determines the documentation: the folders with public names, and the renderer."""
    folders = sorted({ROOT.joinpath(*place.split(".")[1:-1]) for place in camfolio.PLACES.values()})
    sources = [
        ROOT / "__init__.py",
        Path(__file__),
        *(file for folder in folders for file in sorted(folder.glob("*.py"))),
    ]
    files = [file_digest(file) for file in sources]
    versions = [version(name) for name in RENDERED_BY] if find_spec("mkdocstrings") else []
    return hashlib.sha256("\n".join([*files, *versions]).encode()).hexdigest()[:20]


def render() -> dict[str, str]:
    """Public name -> HTML, from a temporary site with one page for mkdocstrings."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        write_project(project)
        command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
        quiet = {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"}
        ran = subprocess.run(  # noqa: S603 - fixed arguments
            command, cwd=project, env=os.environ | quiet, capture_output=True, text=True, check=False
        )
        if ran.returncode:
            msg = f"Expected the documentation of the public names from mkdocstrings, but got: {ran.stderr.strip().splitlines()[-1]}"
            raise PageError(msg)
        page = (project / "site" / "index.html").read_text(encoding="utf-8")
    return split_page(NO_LINK.sub(r"\g<words>", page), PUBLIC)


def write_project(project: Path) -> None:
    """Write a project with one page of all public names, and a theme that consists of the page's content."""
    handler = {"paths": [str(ROOT.parent)], "options": OPTIONS}
    settings = {
        "site_name": "camfolio",
        "theme": {"name": None, "custom_dir": "theme"},
        "plugins": [{"mkdocstrings": {"handlers": {"python": handler}, "enable_inventory": False}}],
        "markdown_extensions": ["pymdownx.highlight", "pymdownx.superfences"],
    }
    (project / "mkdocs.yml").write_text(yaml.safe_dump(settings), encoding="utf-8", newline="\n")
    (project / "theme").mkdir()
    (project / "theme" / "main.html").write_text("{{ page.content }}", encoding="utf-8", newline="\n")
    (project / "docs").mkdir()
    blocks = [f"{MARK.format(name)}\n\n::: camfolio.{name}\n" for name in PUBLIC]
    (project / "docs" / "index.md").write_text("\n".join(blocks), encoding="utf-8", newline="\n")


def split_page(page: str, names: Sequence[str]) -> dict[str, str]:
    """Public name -> the HTML between its mark and the next."""
    sections = {}
    for name in names:
        _, _, rest = page.partition(MARK.format(name))
        sections[name] = rest.partition("<!-- public: ")[0].strip()
    return sections


def split_heading(name: str, rendered: str) -> PublicName:
    """Separate the signature, which mkdocstrings renders as a heading, from the rest; the page has its own headings.

    >>> split_heading("f", '<div><h2 id="f"><code>camfolio.f(x)</code></h2><p>Adds.</p></div>')
    PublicName(name='f', signature=Markup('camfolio.f(x)'), documentation=Markup('<div><p>Adds.</p></div>'))
    """
    heading = HEADING.search(rendered)
    words = html.unescape(TAG.sub("", heading["words"])).strip() if heading else f"camfolio.{name}"
    signature = "\n".join(wrap(words.partition("\n")[0], LINE, subsequent_indent="    ", break_long_words=False))
    return PublicName(name, Markup(signature), Markup(HEADING.sub("", rendered, count=1)))  # noqa: S704 - docstrings of the package


def unrendered() -> dict[str, str]:
    """Public name -> HTML, if mkdocstrings is not installed."""
    return {name: plain(name) for name in PUBLIC}


def plain(name: str) -> str:
    """The text for a name if mkdocstrings is not installed."""
    return (
        f"<p>Rendered by mkdocstrings, which is not installed here: <code>help(camfolio.{name})</code> prints it.</p>"
    )
