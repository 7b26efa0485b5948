"""The tiny site with every kind of address that MkDocs writes: pages as files, opened from a folder, and swapped in without a full load."""

from __future__ import annotations

import re

import pytest
import yaml

from camfolio.site.head import SHIM
from camfolio.study.project import read_yaml

SWAPPED = ["navigation.instant", "navigation.instant.prefetch", "content.tabs.link"]


@pytest.fixture(scope="module")
def build(built, python, tmp_path_factory):
    """`build(theme={...}, use_directory_urls=False)`: the tiny project, built strictly with other settings; the site."""

    def variant(**changed: object):
        settings = read_yaml(built.project / "mkdocs.yml")
        site = tmp_path_factory.mktemp("variant")
        file = built.project / f"{site.name}.yml"
        file.write_text(yaml.safe_dump({**settings, **changed}), encoding="utf-8")
        ran = python("-m", "mkdocs", "build", "--strict", "-f", file.name, "-d", str(site), folder=built.project)
        assert ran.status == 0, ran.err
        return site

    return variant


@pytest.fixture(scope="module")
def offline(build, built):
    """The site for a folder: every page is a file of its own."""
    listed = read_yaml(built.project / "mkdocs.yml")["plugins"]
    return build(plugins=[*listed, "offline"])


@pytest.fixture
def tab(browser):
    """`tab.events` has what a page complains of."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.events = []
    page.on("console", lambda said: page.events.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: page.events.append(str(error)))
    page.on("response", lambda answer: page.events.append(answer.url) if answer.status >= 400 else None)
    yield page
    context.close()


def complaints(tab) -> list[str]:
    return [event for event in tab.events if SHIM not in event]


def ready(tab) -> str:
    """What the explorer says once it is there."""
    tab.wait_for_selector("[data-ready]")
    tab.wait_for_selector("[data-card=current] canvas[data-shows]")
    return tab.inner_text("[data-part=status]")


def test_the_explorer_finds_its_files_where_pages_are_files(offline, serve, tab):
    assert (offline / "tiny" / "explorer.html").is_file()
    with serve(offline) as address:
        tab.goto(f"{address}tiny/explorer.html")
        assert re.fullmatch(r"(\d+) of \1 slices\.", ready(tab))
        tab.goto(f"{address}tiny/explorer.html?method=1")
        ready(tab)
        assert tab.input_value("[name=method]") == "1"
    assert complaints(tab) == []


def test_pages_opened_from_a_folder_are_whole_and_say_what_needs_a_server(offline, tab):
    tab.goto((offline / "tiny" / "explorer.html").as_uri())
    said = tab.wait_for_selector("[data-part=status]:has-text('server')").inner_text()
    assert said.startswith("The explorer needs a server, since browsers read no files")
    assert "python3 -m http.server" in said
    assert "Search needs a server" in tab.text_content(".md-search-result__meta")
    tab.goto((offline / "tiny" / "index.html").as_uri())
    broken = "() => [...document.images].filter(one => one.complete && !one.naturalWidth).map(one => one.src)"
    tab.evaluate("() => { for (const one of document.images) one.loading = 'eager'; }")
    tab.wait_for_load_state("networkidle")
    assert tab.evaluate(broken) == []
    tab.click(".enlarge >> nth=0")
    assert tab.is_visible("dialog.enlarged")
    assert complaints(tab) == []


def test_every_file_that_a_page_names_is_there_where_pages_are_files(offline, read):
    missing = []
    for page in offline.rglob("*.html"):
        for element in read(page.read_text(encoding="utf-8")).all("a", "img", "script", "link"):
            path = re.split("[?#]", element.attributes.get("href") or element.attributes.get("src") or "")[0]
            target = offline / path.lstrip("/") if path.startswith("/") else page.parent / path
            if path and ":" not in path and not target.exists():
                missing.append((page.relative_to(offline).as_posix(), path))
    assert missing == []


def test_the_explorer_starts_whenever_its_page_is_swapped_in(build, built, serve, tab):
    theme = read_yaml(built.project / "mkdocs.yml")["theme"]
    theme["features"] = [*theme["features"], *SWAPPED]
    site = build(theme=theme, site_url="https://example.org/")
    with serve(site) as address:
        for page in (*site.rglob("*.html"), site / "sitemap.xml"):  # the address is known only now
            page.write_text(page.read_text(encoding="utf-8").replace("https://example.org/", address), encoding="utf-8")
        tab.goto(f"{address}tiny/")
        tab.evaluate("() => { window.kept = true; }")
        tab.click("a[href$='explorer/'] >> visible=true >> nth=0")
        assert re.fullmatch(r"(\d+) of \1 slices\.", ready(tab))
        tab.click("a[href$='methods/'] >> visible=true >> nth=0")
        tab.wait_for_selector("[data-explorer]", state="detached")
        tab.go_back()
        ready(tab)
        tab.focus("[role=listbox]")
        tab.keyboard.press("End")
        assert "slice=" in tab.url
        assert tab.evaluate("() => window.kept")
    assert complaints(tab) == []
