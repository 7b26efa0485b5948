"""Configurations for exported pages: everything that MkDocs accepts, as MkDocs itself reads it, and nothing of it run."""

from __future__ import annotations

import pytest
import yaml
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.utils.yaml import get_yaml_loader, yaml_load

from camfolio.errors import PageError
from camfolio.mkdocs.configuration import Writer, read_as_written, without_us
from camfolio.site.pages import Site

BASE = """
site_name: Base
extra: {a: 1, kept: [1, 2.5, null, yes]}
plugins: [search, camfolio]
nav: [index.md]
"""
TAGS = """
INHERIT: ../base.yml
site_url: !ENV ADDRESS
copyright: !ENV [NO_SUCH_VARIABLE, OTHER, "nobody"]
extra: {a: 2, secret: !ENV [TOKEN, 3]}
theme: {name: material, custom_dir: overrides}
hooks: [hook.py]
watch: [src]
site_dir: public
docs_dir: pages
plugins:
  - search: {lang: en}
  - gen-files: {scripts: [gen/pages.py]}
  - tags
  - camfolio: {user_code: false}
markdown_extensions:
  - attr_list
  - toc: {slugify: !!python/object/apply:pymdownx.slugs.slugify {kwds: {case: lower}}}
  - pymdownx.emoji:
      emoji_index: !!python/name:material.extensions.emoji.twemoji
      emoji_generator: !!python/name:material.extensions.emoji.to_svg ''
  - pymdownx.snippets:
      base_path: [!relative $docs_dir , !relative ]
shared: &anchor [!ENV ADDRESS, x]
again: *anchor
"""


@pytest.fixture
def file(tmp_path):
    (tmp_path / "base.yml").write_text(BASE, encoding="utf-8")
    (tmp_path / "conf").mkdir()
    file = tmp_path / "conf" / "mkdocs.yml"
    file.write_text(TAGS, encoding="utf-8")
    return file


def as_mkdocs_reads(file) -> dict:
    with file.open("rb") as opened:
        return yaml_load(opened, get_yaml_loader(config=MkDocsConfig(str(file))))


def shown(value: object) -> object:
    """Plain values, and functions and placeholders by their names."""
    if isinstance(value, dict):
        return {key: shown(one) for key, one in value.items()}
    if isinstance(value, list):
        return [shown(one) for one in value]
    kind = type(value).__name__
    return (
        f"{kind} {getattr(value, 'keywords', '')} {getattr(value, 'suffix', '')}"
        if callable(value) or "Dir" in kind
        else value
    )


def test_a_configuration_written_again_means_the_same_to_mkdocs(file, monkeypatch):
    monkeypatch.setenv("ADDRESS", "https://example.org/")
    before = as_mkdocs_reads(file)
    again = file.with_name("again.yml")
    again.write_text(yaml.dump(read_as_written(file), Dumper=Writer), encoding="utf-8")
    assert shown(as_mkdocs_reads(again)) == shown(before)
    assert before["site_url"] == "https://example.org/"


def test_nothing_is_taken_from_the_environment_and_nothing_is_run(file, tmp_path, monkeypatch):
    monkeypatch.setenv("TOKEN", "secret words")
    with file.open("a", encoding="utf-8") as opened:
        opened.write(f"ran: !!python/object/apply:os.mkdir ['{tmp_path / 'ran'}']\n")
    text, _ = without_us(file, Site(()))
    assert "secret words" not in text
    assert "secret: !ENV [TOKEN, 3]" in text
    assert not (tmp_path / "ran").exists()


def test_an_export_has_the_author_s_settings_without_the_plugins_that_made_the_pages(file):
    text, beside = without_us(file, Site((), [("A", ["a/index.md"])]))
    settings = yaml.safe_load(text.replace("!ENV", "").replace("!relative", "").replace("!!python", "#"))
    assert settings["plugins"] == [{"search": {"lang": "en"}}, "tags"]
    assert settings["docs_dir"] == "docs"
    assert settings["theme"] == {"name": "material", "custom_dir": "theme"}
    assert settings["hooks"] == ["hooks/1/hook.py"]
    assert settings["extra_css"] == ["assets/camfolio.css"]
    assert settings["nav"] == ["index.md"]
    assert not {"watch", "site_dir", "INHERIT"} & set(settings)
    assert beside == {"theme": file.parent / "overrides", "hooks/1/hook.py": file.parent / "hook.py"}


@pytest.mark.parametrize(
    ("plugins", "left"),
    [("{search: {}, gen-files: {scripts: []}, camfolio: {}}", {"search": {}}), ("[camfolio]", []), ("", ["search"])],
)
def test_plugins_may_be_written_in_every_form(tmp_path, plugins, left):
    (tmp_path / "mkdocs.yml").write_text(f"site_name: x\nplugins: {plugins}\n", encoding="utf-8")
    settings = yaml.safe_load(without_us(tmp_path / "mkdocs.yml", Site(()))[0])
    assert settings["plugins"] == left
    assert "nav" not in settings


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "Expected a configuration of MkDocs in .*, but got: MkDocs encountered an error parsing"),
        ("INHERIT: none.yml", "Inherited config file 'none.yml' does not exist"),
        ("INHERIT: !ENV BASE", "Expected a configuration of MkDocs in"),
        ("INHERIT: mkdocs.yml", "Expected a configuration of MkDocs in"),
        ("- a", "Expected keys and values in .*, but got list"),
    ],
)
def test_a_configuration_that_cannot_be_read_is_a_sentence(tmp_path, text, words):
    (tmp_path / "mkdocs.yml").write_text(text, encoding="utf-8")
    with pytest.raises(PageError, match=words) as caught:
        read_as_written(tmp_path / "mkdocs.yml")
    assert str(caught.value).endswith("Correct it.")
