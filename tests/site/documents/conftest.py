"""The tiny study as documents, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from camfolio.mkdocs.markdown import converter
from camfolio.site.documents.articles import Source

ADDRESS = "https://example.org/x/"


@pytest.fixture(scope="session")
def project(copy_project, tmp_path_factory) -> Path:
    """A copy of this project with the tiny study and its results."""
    return copy_project(tmp_path_factory.mktemp("documents") / "project")


@pytest.fixture(scope="session")
def source(project, portfolio) -> Source:
    """The tiny study, whose portfolio is published nowhere."""
    return Source(project, portfolio, converter(project))


@pytest.fixture(scope="session")
def published(source) -> Source:
    """The same, of a published portfolio."""
    return Source(source.project, source.portfolio, source.convert, ADDRESS)
