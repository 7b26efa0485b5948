"""Output of `camfolio export`: one function for every form."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from camfolio.commands.crate import export_crate
from camfolio.commands.documents import FORMS, export_documents
from camfolio.commands.plain import export_plain
from camfolio.errors import StudyError
from camfolio.pipeline.portfolio import open_portfolio
from camfolio.site.export import export_jekyll
from camfolio.store.artefacts import Store


def export(options: argparse.Namespace, project: Path, studies: Sequence[Path], store: Store) -> list[Path]:
    """Write studies in the form that was asked for, after computing what is missing.

    Args:
        options: of the command line.
        project: the folder with `gen/`.
        studies: study files.
        store: where results are kept.

    Returns:
        The files written.

    Raises:
        CamfolioError: for a folder that cannot be written to, or the first mistake in a study.
    """
    form, target = options.form, options.to
    if form in FORMS:
        more = {"overrides": options.overrides, "address": options.site_url}
        return export_documents(form, project, studies, store, target, **more)
    if form == "markdown":
        return export_plain(project, studies, store, target, options.overrides)
    study = only(studies)
    if form == "crate":
        return export_crate(project, study, store, target)
    return export_jekyll(project, open_portfolio(study, store, options.overrides), target, options.site_url)


def only(studies: Sequence[Path]) -> Path:
    """The one study of an export that is of one.

    Raises:
        StudyError: naming those that were given.
    """
    if len(studies) > 1:
        msg = f"Expected one study to export, but got {len(studies)}. Name one of {', '.join(map(str, studies))}."
        raise StudyError(msg)
    return studies[0]
