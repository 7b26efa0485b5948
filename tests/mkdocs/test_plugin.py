"""The plugin for MkDocs: what it keeps beside the results, and what it does with a finished build."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from jinja2 import Environment
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import MkDocsException
from mkdocs.structure.files import Files

from camfolio.mkdocs.configuration import NEEDED
from camfolio.mkdocs.plugin import CamfolioPlugin, edited_since, project_folder
from camfolio.study.project import NO_USER_CODE, OTHER_CONFIGURATION, user_code_refused

CACHE = "LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME"
"""Variable with the folder for the user's caches."""


@pytest.fixture
def config(tmp_path):
    config = MkDocsConfig(str(tmp_path / "mkdocs.yml"))
    config.site_dir, config.site_url = str(tmp_path / "site"), ""
    return config


def test_compiled_templates_of_the_theme_are_kept_in_the_user_s_own_cache(tmp_path, config, monkeypatch):
    monkeypatch.setenv("CAMFOLIO_SITE", json.dumps({"store": "there"}))
    monkeypatch.setenv(CACHE, str(tmp_path / "cache"))
    environment = CamfolioPlugin().on_env(Environment(autoescape=True), config=config, files=Files([]))
    assert environment.bytecode_cache.directory == str(tmp_path / "cache" / "camfolio")
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]


def test_no_templates_are_kept_where_nothing_can_be_written(tmp_path, config, monkeypatch):
    (tmp_path / "cache").write_text("", encoding="utf-8")
    monkeypatch.setenv(CACHE, str(tmp_path / "cache"))
    environment = CamfolioPlugin().on_env(Environment(autoescape=True), config=config, files=Files([]))
    assert environment.bytecode_cache is None


@pytest.mark.parametrize(("command", "finished"), [("build", True), ("gh-deploy", True), ("serve", False)])
def test_built_pages_are_finished_and_served_ones_are_not(config, command, finished):
    page = Path(config.site_dir) / "index.html"
    page.parent.mkdir()
    page.write_text("<head></head>", encoding="utf-8")
    plugin = CamfolioPlugin()
    plugin.on_startup(command=command, dirty=False)
    plugin.on_post_build(config=config)
    assert ("Content-Security-Policy" in page.read_text(encoding="utf-8")) == finished


def test_an_error_ends_a_build_with_its_message_and_exit_status(config, monkeypatch):
    monkeypatch.delenv("CAMFOLIO_SITE", raising=False)
    plugin = CamfolioPlugin()
    plugin.load_config({})
    with pytest.raises(MkDocsException, match=r"^Expected a study file, but there is none") as caught:
        plugin.site(config)
    assert caught.value.exit_code == 2


def test_a_script_in_a_page_ends_a_build_with_a_sentence(config):
    page = Path(config.site_dir) / "index.html"
    page.parent.mkdir()
    page.write_text("<head></head><script>1</script>", encoding="utf-8")
    with pytest.raises(
        MkDocsException, match=r"^Expected only inline scripts of the theme, but got '1' in index\.html"
    ):
        CamfolioPlugin().on_post_build(config=config)


@pytest.mark.parametrize("results", ["here", [3]])
def test_places_of_results_are_a_list_of_texts(results):
    errors, _ = CamfolioPlugin().load_config({"results": results})
    assert [name for name, _ in errors] == ["results"]


@pytest.mark.parametrize(
    ("given", "variable", "address"),
    [
        ("", "https://there/", "https://there/"),
        ("", "https://there/me", "https://there/me/"),
        (None, "https://there/me/", "https://there/me/"),
        ("https://here/", "https://there/", "https://here/"),
        ("", "", ""),
    ],
)
def test_the_address_of_a_site_may_come_from_the_environment(config, monkeypatch, given, variable, address):
    monkeypatch.setenv("SITE_URL", variable)
    config.site_url = given
    plugin = CamfolioPlugin()
    plugin.load_config({})
    assert plugin.on_config(config).site_url == address


def test_an_address_in_the_environment_that_is_none_is_a_sentence(config, monkeypatch):
    monkeypatch.setenv("SITE_URL", "me.example.org/portfolio")
    plugin = CamfolioPlugin()
    plugin.load_config({})
    with pytest.raises(MkDocsException, match=r"^Expected an address with http:// or https:// in .* SITE_URL, but got"):
        plugin.on_config(config)


@pytest.mark.parametrize(("place", "named"), [("mkdocs.yml", False), ("site.yml", True), ("conf/mkdocs.yml", True)])
def test_a_project_is_found_from_every_place_of_its_configuration(tmp_path, monkeypatch, place, named):
    monkeypatch.setenv(OTHER_CONFIGURATION, "")
    (tmp_path / "gen" / "studies").mkdir(parents=True)
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).touch()
    monkeypatch.chdir(tmp_path)
    config, plugin = MkDocsConfig(place), CamfolioPlugin()
    plugin.load_config({})
    plugin.on_config(config)
    assert project_folder(config) == tmp_path
    assert os.environ[OTHER_CONFIGURATION] == (str(tmp_path / place) if named else "")


def test_a_configuration_from_standard_input_is_that_of_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config, plugin = MkDocsConfig(None), CamfolioPlugin()
    plugin.load_config({})
    plugin.on_config(config)
    assert project_folder(config) == tmp_path


def test_a_configuration_gets_what_the_pages_need_before_what_it_has(config):
    config.markdown_extensions, config.extra_css = ["toc", "attr_list"], ["mine.css"]
    plugin = CamfolioPlugin()
    plugin.load_config({})
    changed = plugin.on_config(config)
    assert changed.markdown_extensions == ["md_in_html", "admonition", "toc", "attr_list"]
    assert changed.extra_css == ["assets/camfolio.css", "mine.css"]
    assert changed.extra_javascript == ["assets/camfolio.js"]
    again = {key: list(changed[key]) for key in NEEDED}
    assert {key: plugin.on_config(config)[key] for key in NEEDED} == again


def test_modules_that_were_edited_after_their_import_are_named(tmp_path, monkeypatch):
    file = tmp_path / "ours.py"
    file.write_text("", encoding="utf-8")
    os.utime(file, (2e9, 2e9))
    monkeypatch.setitem(sys.modules, "camfolio.ours", SimpleNamespace(__file__=str(file)))
    assert edited_since(2e9 - 1) == ["camfolio.ours"]
    assert edited_since(2e9) == []


@pytest.mark.parametrize(
    ("given", "refused"), [({}, False), ({"user_code": True}, False), ({"user_code": False}, True)]
)
def test_the_configuration_may_refuse_user_code(config, monkeypatch, given, refused):
    monkeypatch.setenv(NO_USER_CODE, "")
    plugin = CamfolioPlugin()
    plugin.load_config(given)
    plugin.on_config(config)
    assert user_code_refused() == refused


def test_the_environment_refuses_user_code_that_the_configuration_allows(config, monkeypatch):
    monkeypatch.setenv(NO_USER_CODE, "1")
    plugin = CamfolioPlugin()
    plugin.load_config({"user_code": True})
    plugin.on_config(config)
    assert user_code_refused()
