"""Output of `camfolio export markdown`: every page as a plain file, and a configuration of MkDocs without camfolio."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from camfolio.commands.extras import from_extra
from camfolio.errors import PageError
from camfolio.site.export import check_target, export_markdown
from camfolio.site.pages import make_site
from camfolio.store.artefacts import Store
from camfolio.study.project import configuration_of


def export_plain(
    project: Path, studies: Sequence[Path], store: Store, target: Path, overrides: Sequence[str] = ()
) -> list[Path]:
    """Write all pages of a project, after computing what is missing.

    Args:
        project: the folder with `gen/`.
        studies: study files, in the order of the navigation.
        store: where results are kept.
        target: an empty or new folder.
        overrides: `key.key=value`, applied to every study.

    Returns:
        The files written.

    Raises:
        PageError: if MkDocs or the project's configuration is missing or cannot be read; nothing is computed then.
        CamfolioError: for the first mistake in a study, a stage or a template.
    """
    from_extra("mkdocs", "mkdocs", "docs")
    from camfolio.mkdocs.configuration import read_as_written, without_us

    check_target(target)
    configuration = configuration_of(project)
    if configuration is None:
        msg = f"Expected mkdocs.yml in {project.absolute()}, but there is none. Go to the project's folder, or name the file with --config-file."
        raise PageError(msg)
    read_as_written(configuration)
    site = make_site(project, store, studies, overrides)
    text, beside = without_us(configuration, site)
    return export_markdown(project, site, text, target, beside)
