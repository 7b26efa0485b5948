"""A portfolio for other generators: one page of a Jekyll site (academicpages), or all pages as plain Markdown files."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from camfolio.errors import PageError
from camfolio.pipeline.portfolio import Portfolio
from camfolio.site.components.figures import figures_of
from camfolio.site.pages import Site, counted, study_pages
from camfolio.site.templates import Page, make_environment

IMAGES = {
    "teaser": "xai",
    "training_curves": "training_metrics",
    "confusion": "confusion_matrix",
    "grad_cam-misclassified": "miscalssification",
    "grad_cam-good": "goodxai",
    "grad_cam-bad": "badxai",
    "hires_cam-misclassified": "mishires",
    "hires_cam-good": "goodhires",
    "hires_cam-bad": "badhires",
    "score_cam-misclassified": "miscore",
    "score_cam-good": "goodscore",
    "score_cam-bad": "badscore",
}
"""Figure -> name of its image on the page that this project grew from, misspelling included: links to it stay right."""
ADMONITION = re.compile(r'^!!! \w+ "(?P<title>[^"]*)"\n\n(?P<body>(?:    .*\n|\n)+)', re.MULTILINE)
HEADING = re.compile(r"^# .*\n", re.MULTILINE)
PAGE_LINK = re.compile(r"\[(?P<words>[^\]]*)\]\((?P<page>[\w./-]+)\.md(?P<anchor>[?#][^)]*)?\)")


def image_name(figure: str) -> str:
    """The file name of a figure's image in a Jekyll site.

    >>> image_name("teaser"), image_name("roc")
    ('xai.png', 'roc.png')
    """
    return f"{IMAGES.get(figure, figure)}.png"


def export_jekyll(project: Path, portfolio: Portfolio, compiled: Path, target: Path, address: str = "") -> list[Path]:
    """Write the write-up as `_portfolio/STUDY.md` and its images as `images/*.png` into a Jekyll site.

    Args:
        project: the folder with `gen/templates`.
        portfolio: a study with its results.
        compiled: where compiled templates are kept.
        target: the Jekyll site; files of the same names are replaced.
        address: of the whole portfolio, if it is published; links to its other pages lead there, else they are words.

    Returns:
        The files written.
    """
    environment = make_environment(project / "gen" / "templates", compiled)
    environment.filters["image_name"] = image_name
    pages = counted(study_pages(environment, portfolio, {}, components="components/jekyll"))
    write_up = next(page for page in pages if page.path.endswith("/index.md"))
    page = target / "_portfolio" / f"{portfolio.name}.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    text = jekyll_page(write_up, portfolio, address)
    page.write_text(text, encoding="utf-8", newline="\n")
    (target / "images").mkdir(exist_ok=True)
    shown = {name: one for name, one in figures_of(portfolio).items() if f"/images/{image_name(name)}" in text}
    return [page] + [
        shutil.copyfile(artefact / "light.png", target / "images" / image_name(name))
        for name, artefact in shown.items()
    ]


def jekyll_page(page: Page, portfolio: Portfolio, address: str) -> str:
    """Front matter of a portfolio item, and the body in Kramdown's Markdown, out of Liquid's reach."""
    _, _, body = page.content.decode().split("---\n", 2)
    study = portfolio.study
    teaser = figures_of(portfolio)["teaser"].manifest.outputs
    image = f"<br/><img src='/images/{image_name('teaser')}'>" if "light.png" in teaser else ""
    front = {"title": study.title, "excerpt": study.excerpt + image, "collection": "portfolio"}
    body = HEADING.sub("", body, count=1)  # the layout prints the title
    body = ADMONITION.sub(as_quotation, body)
    base = f"{address.rstrip('/')}/{portfolio.name}/" if address else ""
    body = PAGE_LINK.sub(lambda found: page_link(found, base), body)
    return f"---\n{yaml.safe_dump(front, sort_keys=False, allow_unicode=True, width=1000)}---\n{{% raw %}}{body.rstrip()}\n{{% endraw %}}\n"


def as_quotation(found: re.Match[str]) -> str:
    """An admonition, which Kramdown does not know, as a quotation."""
    lines = [line.strip() for line in found["body"].strip().splitlines()]
    return "\n".join(["> **" + found["title"] + "**", ">", *(f"> {line}".rstrip() for line in lines)]) + "\n\n"


def page_link(found: re.Match[str], base: str) -> str:
    """A link to another page of the portfolio: to where it is published, or only its words."""
    if not base:
        return found["words"]
    folder = "" if found["page"] == "index" else f"{found['page']}/"
    return f"[{found['words']}]({base}{folder}{found['anchor'] or ''})"


def export_markdown(project: Path, site: Site, target: Path) -> list[Path]:
    """Write every page and picture under `docs/`, and a `mkdocs.yml` that needs no plugin of ours.

    Raises:
        PageError: if the folder holds something already.
    """
    if target.exists() and any(target.iterdir()):
        msg = f"Expected an empty folder, but {target} holds files. Choose another or empty it."
        raise PageError(msg)
    shutil.copytree(project / "docs", target / "docs")
    for page in site.pages:
        file = target / "docs" / page.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(page.content)
    written: Mapping[str, Any] = yaml.safe_load((project / "mkdocs.yml").read_text(encoding="utf-8"))
    changed = {**written, "plugins": ["search"], "watch": [], "nav": site.nav(written["nav"])}
    settings = target / "mkdocs.yml"
    settings.write_text(yaml.safe_dump(changed, sort_keys=False, allow_unicode=True), encoding="utf-8", newline="\n")
    return [settings, *sorted((target / "docs").rglob("*"))]
