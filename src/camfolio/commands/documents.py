"""Output of `camfolio export pdf` and `camfolio export html --single`: one file about a study, for print or to send."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from camfolio.commands.chromium import as_pdf, browser
from camfolio.commands.extras import from_extra
from camfolio.commands.revision import about
from camfolio.errors import PageError
from camfolio.pipeline.portfolio import open_portfolio
from camfolio.site.documents.articles import Source
from camfolio.site.documents.report import report
from camfolio.site.documents.single import single_file
from camfolio.site.export import place, write
from camfolio.site.pages import check_links
from camfolio.store.artefacts import Store
from camfolio.study.project import check_links as check_inside
from camfolio.study.project import docs_of, read_configuration, user_code_refused

FORMS = ("pdf", "html")


def export_documents(
    form: str,
    project: Path,
    studies: Sequence[Path],
    store: Store,
    target: Path,
    *,
    overrides: Sequence[str] = (),
    address: str = "",
) -> list[Path]:
    """Write one file for each study, after computing what is missing.

    Args:
        form: `pdf`, printed by Chromium, or `html`.
        project: the folder with `gen/`.
        studies: study files.
        store: where results are kept.
        target: a folder for files with the studies' names, or for one study the file, with the form as its ending.
        overrides: `key.key=value`, applied to every study.
        address: of the published portfolio; if empty, `site_url` of the project's configuration or SITE_URL.

    Returns:
        The files written.

    Raises:
        PageError: without MkDocs, or for a PDF without Chromium; nothing is computed then. For a link where a file would be written.
        CamfolioError: for the first mistake in a study, a stage or a template.
    """
    from_extra("mkdocs", "mkdocs", "docs")
    from camfolio.mkdocs.markdown import converter

    if form == "pdf":
        browser()
    files = files_for(form, studies, target)
    check_links(project)
    if user_code_refused():
        check_inside(docs_of(project), project)
    convert, address = converter(project), address or address_of(project)
    for study, file in files.items():
        portfolio = open_portfolio(study, store, overrides)
        origin, moment = about(project, portfolio)
        source = Source(project, portfolio, convert, address)
        content = as_pdf(report(source, origin), moment) if form == "pdf" else single_file(source, origin).encode()
        write(aside := file.with_name(f".{file.name}.part"), content)
        aside.replace(file)
    return list(files.values())


def files_for(form: str, studies: Sequence[Path], target: Path) -> dict[Path, Path]:
    """Study -> its file.

    Raises:
        PageError: for one file for several studies, and for a link where a file would be written.
    """
    if target.suffix.lower() != f".{form}":
        return {study: place(target, f"{study.stem}.{form}") for study in studies}
    if len(studies) > 1:
        msg = f"Expected one study for the file {target}, but got {len(studies)}. Name one of {', '.join(map(str, studies))}, or a folder."
        raise PageError(msg)
    return {studies[0]: place(target.parent, target.name)}


def address_of(project: Path) -> str:
    """The address of the published portfolio, as its configuration or SITE_URL gives it; empty if neither does."""
    given = read_configuration(project).get("site_url")
    return given if isinstance(given, str) else os.environ.get("SITE_URL", "")
