"""Sites of several generators beside each other: a page, a picture or a file that one of them lacks is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from exported_sites import GENERATORS, lacking, pages, words

PAGE = '<article>Maps, <b>measured</b>.<script>1</script></article><img src="../assets/logo.svg"><p><img alt="" src="figures/roc-light.svg#only-light"> <img src=data:image/png;base64,AA==>'


@pytest.fixture
def sites(tmp_path) -> dict[str, Path]:
    """Two equal sites: a home page, and a study's with a picture and a logo."""
    made = {}
    for name in ("one", "other"):
        made[name] = tmp_path / name
        for file, text in {
            "index.html": "<p>",
            "a/index.html": PAGE,
            "assets/logo.svg": "",
            "a/figures/roc-light.svg": "",
        }.items():
            (made[name] / file).parent.mkdir(parents=True, exist_ok=True)
            (made[name] / file).write_text(text, encoding="utf-8")
    return made


@pytest.fixture
def docs(tmp_path, sites) -> Path:
    """The documents of these sites."""
    shutil.copytree(sites["one"], tmp_path / "docs", ignore=shutil.ignore_patterns("*.html"))
    (tmp_path / "docs" / "index.md").write_text("", encoding="utf-8")
    return tmp_path / "docs"


def test_pages_are_listed_with_the_files_that_they_show(sites):
    assert pages(sites["one"]) == {"index.html": set(), "a/index.html": {"assets/logo.svg", "a/figures/roc-light.svg"}}


def test_equal_sites_lack_nothing(sites, docs):
    assert lacking(sites, docs) == []


def test_a_lost_page_is_named(sites, docs):
    (sites["other"] / "a" / "index.html").unlink()
    assert lacking(sites, docs) == ["other: no page a/index.html"]


def test_a_picture_that_a_page_lost_is_named(sites, docs):
    (sites["other"] / "a" / "index.html").write_text(PAGE.partition("<p>")[0], encoding="utf-8")
    assert lacking(sites, docs) == ["other: no picture a/figures/roc-light.svg on a/index.html"]


def test_other_words_of_an_article_are_named(sites, docs):
    assert words(sites["one"] / "a" / "index.html") == ["Maps,", "measured", "."]
    text = f"<nav>Another theme</nav>{PAGE}"
    (sites["other"] / "a" / "index.html").write_text(text, encoding="utf-8")
    assert lacking(sites, docs) == []
    (sites["other"] / "a" / "index.html").write_text(text.replace("measured", "made"), encoding="utf-8")
    assert lacking(sites, docs) == ["other: other words on a/index.html"]


def test_a_picture_without_its_file_is_named(sites, docs):
    for site in sites.values():
        (site / "a" / "figures" / "roc-light.svg").rename(site / "a" / "figures" / "roc.svg")
    words = [
        f"{name}: {what}"
        for name in sites
        for what in (
            "no file a/figures/roc-light.svg",
            "a/index.html shows a/figures/roc-light.svg, which is not there",
        )
    ]
    assert lacking(sites, docs) == words


def test_the_successors_of_mkdocs_are_among_the_generators():
    assert list(GENERATORS) == ["mkdocs", "properdocs", "zensical"]
