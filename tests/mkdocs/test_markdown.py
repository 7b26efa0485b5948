"""Markdown with the extensions of a project."""

from __future__ import annotations

import pytest

from camfolio.errors import PageError
from camfolio.mkdocs.markdown import converter
from camfolio.study.project import NO_USER_CODE

TEXT = "# A title\n\nWords[^1] ^^kept^^.\n\n[^1]: A note."


def test_a_page_is_converted_with_what_pages_need_and_the_project_names(tmp_path):
    (tmp_path / "mkdocs.yml").write_text(
        "site_name: x\nmarkdown_extensions: [footnotes, pymdownx.caret, {toc: {permalink: true}}]\n", encoding="utf-8"
    )
    page = converter(tmp_path)(f'{TEXT}\n\n<figure markdown="1">\n\n![a](b.svg){{ width="3" }}\n\n</figure>')
    assert '<h1 id="a-title">A title</h1>' in page
    assert "<ins>kept</ins>" in page
    assert 'class="footnote"' in page
    assert '<img alt="a" src="b.svg" width="3" />' in page


def test_the_same_page_is_converted_anew_every_time(tmp_path):
    convert = converter(tmp_path)
    assert convert(TEXT) == convert(TEXT)


def test_without_user_code_no_extension_of_the_project_is_loaded(tmp_path, monkeypatch):
    (tmp_path / "mkdocs.yml").write_text("markdown_extensions: [no_such_module]\n", encoding="utf-8")
    monkeypatch.setenv(NO_USER_CODE, "1")
    assert '<h1 id="a-title">' in converter(tmp_path)(TEXT)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("markdown_extensions: [no_such_module]\n", r"but got: Failed to load extension 'no_such_module'"),
        ("markdown_extensions: 3\n", r"^Expected extensions of Markdown in .*mkdocs\.yml, but got: "),
        ("a: [", r"^Expected a configuration of MkDocs in .*mkdocs\.yml, but got: "),
        ("- 1\n", r"^Expected a configuration of MkDocs in .*mkdocs\.yml, but got: "),
    ],
)
def test_a_configuration_that_does_not_fit_is_a_sentence(tmp_path, settings, words):
    (tmp_path / "mkdocs.yml").write_text(settings, encoding="utf-8")
    with pytest.raises(PageError, match=words):
        converter(tmp_path)
