"""A portfolio for other generators: one page of a Jekyll site (academicpages), or all pages as plain Markdown files."""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from urllib.parse import unquote

import yaml

from camfolio.errors import PageError
from camfolio.pipeline.portfolio import Portfolio
from camfolio.site.components.figures import figures_of
from camfolio.site.documents.paper import png_without_paper
from camfolio.site.pages import Site, check_links, check_names, study_pages, with_numbers
from camfolio.site.templates import Page, make_environment
from camfolio.site.wording import as_text
from camfolio.store.private import user_cache
from camfolio.study.project import check_links as check_inside
from camfolio.study.project import docs_of, user_code_refused

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
"""Figure -> file name of its image on the page that preceded this project, spelled as there, so that links stay valid."""
ADMONITION = re.compile(r'^!!! \w+ "(?P<title>[^"]*)"\n\n(?P<body>(?:    .*\n|\n)+)', re.MULTILINE)
HEADING = re.compile(r"^# .*\n", re.MULTILINE)
END_OF_RAW = re.compile(r"{%(?=-?\s*endraw\b)")
IMAGE = re.compile(r"/images/([\w./%-]+)")
AT_ROOT = re.compile(r"(?<=\]\()/[\w./%-]+(?=\))")
"""The address of a link or picture that begins at the root of the Jekyll site."""
PAGE_LINK = re.compile(r"\[(?P<words>[^\]]*)\]\((?P<page>[\w./-]+)\.md(?P<anchor>[?#][^)]*)?\)")
LONE_LINK = re.compile(rf"(?<=\.) {PAGE_LINK.pattern}\.(?=\s|<)")
"""A sentence that is nothing but a link to another page."""


def image_name(figure: str, study: str = "", taken: Collection[str] = ()) -> str:
    """The file name of a figure's image in a Jekyll site; with the name of its study if another page has an image of that name.

    >>> image_name("teaser"), image_name("roc"), image_name("teaser", "lung", {"xai.png"})
    ('xai.png', 'roc.png', 'lung-xai.png')
    """
    name = f"{IMAGES.get(figure, figure)}.png"
    return f"{study}-{name}" if name in taken else name


def taken_names(target: Path, study: str) -> set[str]:
    """Names of the images in a Jekyll site to which its other portfolio items refer."""
    others = [page for page in sorted(target.glob("_portfolio/*")) if page.stem != study and page.is_file()]
    texts = [page.read_text(encoding="utf-8", errors="replace") for page in others]
    return {name for text in texts for name in images_in(text)}


def images_in(page: str) -> set[str]:
    """Names of the images to which a page of a Jekyll site refers."""
    return {unquote(name) for name in IMAGE.findall(page)}


def export_jekyll(project: Path, portfolio: Portfolio, target: Path, address: str = "") -> list[Path]:
    """Write the write-up as `_portfolio/STUDY.md` and its images as `images/*.png`, without the colour of our paper, into a Jekyll site.

    Args:
        project: the folder with `gen/templates`.
        portfolio: a study with its results.
        target: the Jekyll site; files of the same names are replaced.
        address: of the published portfolio, for links to its other pages; if empty, these links become plain text.

    Returns:
        The files written.

    Raises:
        PageError: for a link in the site where a file would be written.
        StudyError: for an unsuitable name of the study.
    """
    check_names([Path(f"{portfolio.name}.yaml")], project)
    environment = make_environment(project / "gen" / "templates", user_cache())
    named = partial(image_name, study=portfolio.name, taken=taken_names(target, portfolio.name))
    environment.filters["image_name"] = named
    pages = with_numbers(study_pages(environment, portfolio, {}, components="components/jekyll"))
    write_up = next(page for page in pages if page.path.endswith("/index.md"))
    text = jekyll_page(write_up, portfolio, address, named("teaser"))
    page = place(target, f"_portfolio/{portfolio.name}.md")
    shown = images_in(text)
    images = {
        place(target, f"images/{named(name)}"): artefact / "light.png"
        for name, artefact in figures_of(portfolio).items()
        if named(name) in shown
    }
    for file, origin in images.items():
        write(file, png_without_paper(origin.read_bytes()))
    write(page, text.encode())
    return [page, *images]


def place(target: Path, name: str) -> Path:
    """A file of an export, in a folder that is no link and has none on the way to the file.

    Raises:
        PageError: naming the link.
    """
    file = target / name
    link = next(
        (path for path in (target, *reversed(file.parents), file) if path.is_relative_to(target) and path.is_symlink()),
        None,
    )
    if link:
        msg = (
            f"Expected a folder without links to write to, but got the link {link}. Remove it, or name another folder."
        )
        raise PageError(msg)
    return file


def jekyll_page(page: Page, portfolio: Portfolio, address: str, teaser_name: str) -> str:
    """Front matter of a portfolio item, escaped since layouts do not, and the body in Kramdown's Markdown, in a raw block that Liquid
    does not evaluate.

    Addresses of pictures follow the site's `baseurl`: in the body by a filter of Liquid; in the excerpt, where there is no Liquid,
    relative to the lists of a site, such as `/portfolio/`.
    """
    _, _, body = page.content.decode().split("---\n", 2)
    study = portfolio.study
    teaser = figures_of(portfolio)["teaser"]
    shown = "light.png" in teaser.manifest.outputs
    image = f"<br/><img src='../images/{teaser_name}' width='{teaser.json('figure.json')['width']}'>" if shown else ""
    front = {
        "title": str(as_text(study.title)),
        "excerpt": f"{as_text(study.excerpt)}{image}",
        "collection": "portfolio",
    }
    body = HEADING.sub("", body, count=1)  # the layout prints the title
    body = ADMONITION.sub(as_quotation, body)
    base = f"{address.rstrip('/')}/{portfolio.name}/" if address else ""
    body = body if base else LONE_LINK.sub("", body)
    body = PAGE_LINK.sub(lambda match: page_link(match, base), body)
    body = END_OF_RAW.sub("{% endraw %}{{ '{%' }}{% raw %}", body)
    body = AT_ROOT.sub(r"{% endraw %}{{ '\g<0>' | relative_url }}{% raw %}", body)
    return f"---\n{yaml.safe_dump(front, sort_keys=False, allow_unicode=True, width=1000)}---\n{{% raw %}}{body.rstrip()}\n{{% endraw %}}\n"


def as_quotation(match: re.Match[str]) -> str:
    """An admonition as a quotation, since Kramdown has no admonitions."""
    lines = [line.strip() for line in match["body"].strip().splitlines()]
    return "\n".join(["> **" + match["title"] + "**", ">", *(f"> {line}".rstrip() for line in lines)]) + "\n\n"


def page_link(match: re.Match[str], base: str) -> str:
    """A link to another page of the published portfolio; only its text if there is no address."""
    if not base:
        return match["words"]
    folder = "" if match["page"] == "index" else f"{match['page']}/"
    return f"[{match['words']}]({base}{folder}{match['anchor'] or ''})"


def export_markdown(
    project: Path, site: Site, configuration: str, target: Path, beside: Mapping[str, Path] = MappingProxyType({})
) -> list[Path]:
    """Write every page and picture under `docs/`, and `mkdocs.yml`. The folder holds all of it or nothing.

    Args:
        project: the folder with `gen/`, whose documents are copied.
        site: its pages and pictures.
        configuration: the content of `mkdocs.yml`.
        target: an empty or new folder.
        beside: path in the folder -> a file or folder of the project that is copied there.

    Returns:
        The files written.

    Raises:
        PageError: if the folder is not empty or a link, or `docs/` links to a file outside of the project.
        StudyError: if what is copied beside is not the project's.
    """
    docs = docs_of(project)
    check_target(target)
    check_links(project)
    for origin in (*beside.values(), *([docs] if user_code_refused() else [])):
        check_inside(origin, project)
    target.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target, prefix=".part-") as folder:
        aside = Path(folder)
        if docs.is_dir():
            shutil.copytree(docs, aside / "docs")
        for page in site.pages:
            write(aside / "docs" / page.path, page.content)
        for name, origin in beside.items():
            copy(origin, aside / name)
        write(aside / "mkdocs.yml", configuration.encode())
        return [file for part in sorted(aside.iterdir()) for file in files_of(part.rename(target / part.name))]


def check_target(target: Path) -> None:
    """Check that a folder is new or empty, and no link.

    Raises:
        PageError: if it is not.
    """
    place(target, "mkdocs.yml")
    if target.is_file() or (target.exists() and any(target.iterdir())):
        msg = f"Expected an empty folder, but {target} holds files. Choose another or empty it."
        raise PageError(msg)


def write(file: Path, content: bytes) -> None:
    """Write a file, and create its folder."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def copy(origin: Path, file: Path) -> None:
    """Copy a file or folder, and create the folder around it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if origin.is_dir():
        shutil.copytree(origin, file)
    else:
        shutil.copyfile(origin, file)


def files_of(path: Path) -> list[Path]:
    """A file, or all that are in a folder."""
    return [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
