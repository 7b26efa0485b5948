"""Write-up and explorer as one file, opened from disk in a browser that has no network."""

from __future__ import annotations

import base64
import json
import re
from datetime import date

import numpy as np
import pytest

from accessibility import violations
from camfolio.site.documents import single
from camfolio.site.documents.about import About
from camfolio.site.documents.articles import Article
from camfolio.site.documents.single import left_out, single_file

ABOUT = About("tiny", date(2026, 11, 3), "1a2b3c4")
BROKEN = """() => [...document.images].filter(image => image.getClientRects().length).filter(image =>
  !image.complete || !image.naturalWidth).map(image => image.alt)"""
SHOWN = "() => [...document.images].filter(image => image.getClientRects().length).length"
COLOURED = """() => {
  const canvas = document.querySelector(".inspector [data-card=current] canvas[role=img]");
  const levels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return levels.some((level, at) => at % 4 === 0 && level !== levels[at + 2]);
}"""
"""Whether the large slice has a map over it: it has colours, where a slice alone is grey."""
LOOKS = {"light-1280": ("light", 1280), "dark-390": ("dark", 390)}
wide = pytest.mark.parametrize("tab", [LOOKS["light-1280"]], indirect=True, ids=["light-1280"])


@pytest.fixture(scope="module")
def file(source, tmp_path_factory):
    """The document, alone in a folder."""
    file = tmp_path_factory.mktemp("sent") / "tiny study.html"
    file.write_text(single_file(source, ABOUT), encoding="utf-8", newline="\n")
    return file


@pytest.fixture(scope="module")
def data(portfolio):
    return portfolio.artefacts["explorer"].json("explorer.json")


@pytest.fixture(params=LOOKS.values(), ids=list(LOOKS))
def tab(request, browser, file):
    """The document opened from disk; the test fails for any request, and for any message of the console."""
    theme, width = request.param
    context = browser.new_context(color_scheme=theme, viewport={"width": width, "height": 900}, offline=True)
    tab, events = context.new_page(), []
    tab.on("console", lambda message: events.append(message.text))
    tab.on("pageerror", lambda error: events.append(str(error)))
    tab.on("request", lambda asked: events.append(asked.url))
    tab.goto(file.as_uri())
    tab.wait_for_selector("[data-ready]")
    yield tab
    assert [one for one in events if not one.startswith("data:") and one.partition("?")[0] != file.as_uri()] == []
    context.close()


def test_every_figure_is_shown_in_the_colours_of_the_page(tab, request):
    assert tab.evaluate(BROKEN) == []
    shown = tab.evaluate(SHOWN)
    tab.click('[data-part="scheme"]')
    assert tab.evaluate(BROKEN) == []
    assert tab.evaluate(SHOWN) == shown > 10
    theme = "dark" if "light" in request.node.callspec.id else "light"
    assert tab.locator("#roc img:visible").get_attribute("class") == f"only-{theme}"


def test_nothing_scrolls_sideways_but_boxes_that_the_keyboard_reaches(tab):
    assert tab.evaluate("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    scrolling = """() => [...document.querySelectorAll("main *")].filter(box => box.scrollWidth > box.clientWidth + 1
      && /auto|scroll/.test(getComputedStyle(box).overflowX) && box.tabIndex < 0).map(box => box.className)"""
    assert tab.evaluate(scrolling) == []


@wide
def test_the_explorer_works(tab, data):
    tab.focus("[role=listbox]")
    tab.keyboard.press("End")
    assert tab.inner_text("[data-part=heading]") == data["id"][-1]
    tab.select_option("[name=method]", "1")
    tab.select_option("[name=outcome]", "right")
    right = sum(np.equal(data["label"], data["predicted"]))
    assert tab.inner_text("[data-part=status]") == f"{right} of {len(data['id'])} slices."
    tab.wait_for_function(COLOURED)


@wide
def test_a_link_to_a_slice_opens_it(tab):
    link = tab.locator("#top a[href*='slice=']").first
    slice_id = re.search(r"slice=([^&]*)", link.get_attribute("href"))
    assert slice_id
    with tab.expect_navigation():
        link.click()
    tab.wait_for_selector("[data-ready]")
    assert tab.inner_text("[data-part=heading]") == slice_id[1]
    assert 0 <= tab.locator("#explorer").evaluate("part => part.getBoundingClientRect().top") < 300


def test_the_values_of_the_explorer_can_be_saved(tab, portfolio):
    with tab.expect_download() as started:
        tab.click("a.explorer-data")
    saved = started.value
    assert saved.suggested_filename == "explorer.json"
    assert json.loads(saved.path().read_text(encoding="utf-8")) == portfolio.artefacts["explorer"].json("explorer.json")


def test_it_can_be_used_by_everybody(tab):
    assert violations(tab) == []


def test_no_other_script_than_its_own_runs_in_it(tab):
    add = "code => { const s = document.createElement('script'); s.textContent = code; document.body.append(s); }"
    other = tab.context.new_page()  # whose message about the blocked script is expected
    other.goto(tab.url)
    other.evaluate(add, "window.ran = 1")
    assert other.evaluate("() => window.ran === undefined")


def test_its_links_lead_into_it_or_to_a_host(file, read):
    page = read(file.read_text(encoding="utf-8"))
    there = {element.attributes["id"] for element in page.elements if "id" in element.attributes}
    links = {
        a.attributes["href"]
        for a in page.all("a")
        if "href" in a.attributes and a.attributes.get("class") != "explorer-data"
    }
    inside = {link.partition("#")[2] for link in links if not link.startswith("https://")}
    assert inside <= there
    assert all(re.match(r"https://|#|\?", link) for link in links)


def test_it_holds_the_files_of_the_explorer_as_they_are(file, source):
    text = file.read_text(encoding="utf-8")
    held = dict(re.findall(r'data-file="([^"]*)">([^<]*)<', text))
    there = single.files_of(source)
    assert held.keys() == there.keys()
    assert all(base64.b64decode(held[name]) == one.read_bytes() for name, one in there.items())


def test_an_explorer_that_is_too_large_is_a_sentence_and_its_links_lead_to_the_site(published, monkeypatch, read):
    monkeypatch.setattr(single, "LARGEST", 1000)
    page = read(single_file(published, ABOUT))
    words = [text for text in page.words("p") if "The explorer is not in this file" in text]
    assert len(words) == 1
    assert re.search(r"which would have \d+ MB more\. It is on the site\.$", words[0])
    assert not [script for script in page.all("script") if "data-file" in script.attributes]
    links = {link.attributes["href"] for link in page.all("a") if "href" in link.attributes}
    assert {"https://example.org/x/tiny/explorer/", "https://example.org/x/tiny/evidence/"} <= links
    places = tuple(f"https://example.org/x/tiny/{page}/" for page in ("explorer", "try"))
    assert all(link.startswith(places) for link in links if "slice=" in link)


def test_the_sentence_says_how_to_get_the_explorer_if_it_is_published_nowhere(source):
    words = left_out(source, Article("tiny/explorer.md", "", ""), 30_000_000)
    assert "which would have 40 MB more. It is on the site that <code>camfolio site</code> builds." in words
