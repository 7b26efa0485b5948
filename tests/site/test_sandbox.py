"""Templates of a stranger are filled in a sandbox: they call nothing but what pages are given to call."""

from __future__ import annotations

from pathlib import Path

import pytest

from camfolio.errors import PageError, StudyError
from camfolio.results.split import SplitResult
from camfolio.site.templates import make_environment, render
from camfolio.study.project import NO_USER_CODE

HOSTILE = {
    "globals of a function": "{{ cite.__globals__ }}",
    "subclasses": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "the environment of macros": "{{ lipsum.__globals__['os'].system('touch ' ~ mark) }}",
    "a path that is written": "{{ mark.write_text('x') }}",
    "a path that is made": "{{ mark.touch() }}",
    "a path that is read": "{{ secret.read_text() }}",
    "a result that reads a folder": "{{ model.read(secret) }}",
    "a filter": "{{ mark | attr('touch') }}{{ (mark | attr('touch'))() }}",
    "an attribute by its name": "{{ mark['touch']() }}",
    "a format string": "{{ '{0.parent.__class__}'.format(mark) }}",
    "an import": "{{ self.__init__.__globals__.__builtins__.__import__('os') }}",
    "a changed list": "{{ words.append(3) }}",
}


@pytest.fixture
def fill(tmp_path, monkeypatch):
    """`fill(text)`: the page of a template, in the sandbox unless `sandboxed` is false."""
    folder = tmp_path / "gen" / "templates"
    folder.mkdir(parents=True)
    (tmp_path / "secret").write_text("grey values", encoding="utf-8")

    def page(text: str, *, sandboxed: bool = True) -> str:
        monkeypatch.setenv(NO_USER_CODE, "1" if sandboxed else "")
        (folder / "page.md.jinja").write_text(text, encoding="utf-8")
        values = {"mark": tmp_path / "ran", "secret": tmp_path / "secret", "words": ["a"], "model": SplitResult}
        environment = make_environment(folder, tmp_path / "compiled")
        return render(environment, "page.md.jinja", "page.md.jinja", values, None).content.decode()

    return page


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_template_reaches_neither_code_nor_files(fill, tmp_path, text):
    with pytest.raises(
        PageError, match=r"Expected a template that can be filled, but got .* in gen/templates/page\.md"
    ):
        fill(text)
    assert not (tmp_path / "ran").exists()


def test_outside_of_the_sandbox_a_template_is_a_program(fill, tmp_path):
    fill(HOSTILE["a path that is made"], sandboxed=False)
    assert (tmp_path / "ran").exists()


def test_the_words_of_a_template_are_filled_in_the_sandbox_as_outside(fill):
    text = (
        '{% macro shown(n) %}{{ n | counted("word") }}{% endmacro %}'
        '{% for word in words %}{{ loop.cycle("x", "y") }}{{ shown(loop.index) }}{% endfor %}'
        '{{ {"a": 1}.items() | list }} {{ "abc".removeprefix("a") }} {{ cite("selvaraju2017") }} {{ references() }}'
        "{% for i in range(2) %}{{ i }}{% endfor %}"
    )
    assert fill(text) == fill(text, sandboxed=False)


def test_nothing_that_the_sandbox_compiles_is_kept_and_nothing_that_is_kept_is_used(fill, tmp_path):
    hostile = HOSTILE["a path that is made"]
    fill(hostile, sandboxed=False)
    (tmp_path / "ran").unlink()
    with pytest.raises(PageError):
        fill(hostile)
    assert not (tmp_path / "ran").exists()


def test_a_template_that_is_a_link_out_of_the_project_is_refused(fill, tmp_path):
    (tmp_path / "gen" / "templates" / "other.md.jinja").symlink_to(Path("/etc/hostname"))
    with pytest.raises(StudyError, match=r"Expected files of the project, but .*other\.md\.jinja is a link to"):
        fill("x")
