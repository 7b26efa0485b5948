"""The page "Try it" of the tiny study in a browser: from the button to answers, edits, links and files, all without leaving the site."""

from __future__ import annotations

import io
import json
import re
import shutil
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import urlsplit

import numpy as np
import pytest

from accessibility import violations
from camfolio.data.slices import Slices
from camfolio.site.live import live_page
from camfolio.site.runtime import BrowserRuntime

READY = "[data-try][data-ready][data-answers]"
WAIT_MS = 60_000
"""Patience for the start on a busy machine."""
BEFORE_START = 50_000
"""Bytes of scripts, beside the theme's, before the reader starts the network."""
GROWN = 1_000_000
"""Bytes by which the memory of the page may grow over 200 strokes; 0.1 MB were measured."""


@pytest.fixture(scope="module", autouse=True)
def runs(built):
    """Skips these tests where npm cannot fetch what runs networks in a browser."""
    if not (built.site / "assets" / "runtime").is_dir():
        pytest.skip(f"needs ONNX Runtime for browsers, but {BrowserRuntime(built.project / 'artifacts').why_not}")


class Visit:
    """A tab with the page, and what it complains of.

    Attributes:
        tab: of Playwright.
        requests: addresses that it asked for.
        complaints: errors and violations of the policy.
    """

    def __init__(self, context, address):
        self.tab, self.address = context.new_page(), address
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.tab.set_default_timeout(WAIT_MS)
        self.tab.add_init_script(
            "addEventListener('securitypolicyviolation', event => console.error(`policy: ${event.blockedURI}`))"
        )
        self.tab.on("request", lambda asked: self.requests.append(asked.url))
        self.tab.on(
            "console", lambda message: self.complaints.append(message.text) if message.type == "error" else None
        )
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, where: str = "tiny/try/"):
        self.tab.goto(self.address + where)
        self.tab.wait_for_selector("[data-part=start]:enabled")
        return self

    def start(self, where: str = "tiny/try/"):
        self.open(where)
        self.tab.click("[data-part=start]")
        self.tab.wait_for_selector(READY)
        return self.settled()

    def settled(self):
        """After the answer to the latest edit, and Score-CAM."""
        self.tab.wait_for_function("() => document.querySelector('[data-try]').dataset.settled === 'yes'")
        return self

    def press(self, *keys: str):
        self.tab.focus("[data-part=plate]")
        for key in keys:
            self.tab.keyboard.press(key)
        return self.settled()

    def part(self, name: str) -> str:
        return " ".join(self.tab.inner_text(f"[data-part={name}]").split())

    @property
    def status(self) -> str:
        return self.part("status")

    @property
    def probability(self) -> float:
        """Of the second class, of the first network."""
        return float(self.tab.locator(".network").first.locator(".bar .value").nth(1).inner_text())

    def give(self, name: str, content: bytes):
        self.tab.set_input_files("[data-part=file]", {"name": name, "mimeType": "", "buffer": content})
        return self


@pytest.fixture(scope="module")
def context(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture(scope="module")
def shared_visit(context, address):
    visit = Visit(context, address).start()
    yield visit
    visit.tab.close()


@pytest.fixture
def page(shared_visit):
    """The running page with the slice with which it began and no edits; the test fails if it complained."""
    visit = shared_visit
    visit.complaints.clear()
    visit.tab.select_option("[name=slice]", index=0)
    visit.settled()
    yield visit
    assert visit.complaints == []


@pytest.fixture
def visit(context, address):
    """`visit()`: the page in a tab of its own, not started."""
    tabs = []

    def call(where: str | None = None):
        tabs.append(Visit(context, where or address))
        return tabs[-1]

    yield call
    for one in tabs:
        one.tab.close()


@pytest.fixture(scope="module")
def manifest(built):
    return json.loads((built.site / "tiny" / "try" / "manifest.json").read_text(encoding="utf-8"))


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def test_little_is_loaded_before_the_reader_starts(visit, built):
    fresh = visit().open()
    fresh.tab.wait_for_load_state("networkidle")
    paths = [urlsplit(url).path.lstrip("/") for url in fresh.requests]
    assert not [
        path
        for path in paths
        if "runtime" in path or "/try/" in path.removeprefix("tiny/try/").replace("assets/try/start.js", "")
    ]
    scripts = [built.site / path for path in paths if path.endswith(".js") and "javascripts" not in path]
    assert sum(script.stat().st_size for script in scripts) <= BEFORE_START
    assert not fresh.tab.is_visible("[data-part=bench]")


def test_the_answer_and_the_maps_are_those_of_the_study(page, manifest):
    stored = manifest["slices"]["stored"]["network"]["probability"][0]
    assert page.probability == pytest.approx(stored, abs=0.006)
    said = page.tab.locator(".cell.stored .value").all_inner_texts()
    assert len(said) == len(manifest["methods"])
    for words in said:
        assert "differs by less than 0.001" in words
    assert manifest["classes"][1] in page.status


def test_nothing_leaves_the_site(shared_visit, address):
    elsewhere = [
        url
        for url in shared_visit.requests
        if urlsplit(url).scheme not in {"blob", "data"} and not url.startswith(address)
    ]
    assert elsewhere == []
    assert any("wasm" in url for url in shared_visit.requests)


def test_a_stroke_by_keys_changes_the_slice_and_says_what_changed(page):
    page.tab.click("[data-hu='400']")
    page.press(" ", "ArrowRight", "ArrowRight", "ArrowDown", " ")
    assert re.fullmatch(
        r"Probability of malignant \d\.\d\d → \d\.\d\d after painting \d+ pixels with 400 HU\.", page.status
    )
    assert page.part("edits").startswith("painting")
    before = page.tab.url
    page.press("u")
    assert "after undoing" in page.status or "No edits" in page.status
    assert page.part("edits") == ""
    page.press("r")
    assert page.tab.url == before


def test_a_stroke_by_the_pointer_is_one_edit_and_escape_gives_it_up(page):
    box = page.tab.locator("[data-part=plate]").bounding_box()
    at = lambda share: (box["x"] + share * box["width"], box["y"] + share * box["height"])  # noqa: E731 - two coordinates
    page.tab.mouse.move(*at(0.1))
    page.tab.mouse.down()
    page.tab.mouse.move(*at(0.9))
    page.tab.mouse.up()
    page.settled()
    assert page.tab.locator("[data-part=edits] li").count() == 1
    page.tab.mouse.move(*at(0.1))
    page.tab.mouse.down()
    page.tab.mouse.move(*at(0.5))
    page.tab.keyboard.press("Escape")
    page.tab.mouse.up()
    page.settled()
    assert page.tab.locator("[data-part=edits] li").count() == 1


def test_the_nodule_is_erased_and_moved_by_keys(page):
    first = page.probability
    page.press("e")
    assert "after erasing the nodule" in page.status
    page.press("u", "m", "ArrowDown", "ArrowDown", "ArrowRight")
    assert page.part("edits") == "moving the nodule by 2 pixels down and 1 pixel to the right"
    page.press("b", "u")
    assert page.probability == first


def test_every_state_is_a_link(page, visit):
    page.tab.fill("[name=low]", "-600")
    page.tab.fill("[name=high]", "200")
    page.tab.click("[data-do=window]")
    page.press("e", "n", " ", "ArrowLeft", " ")
    page.tab.select_option("[name=look]", "signed")
    page.settled()
    other = visit().start(page.tab.url.removeprefix(page.address))
    assert other.part("edits") == page.part("edits")
    assert other.probability == page.probability
    assert other.tab.input_value("[name=look]") == "signed"
    assert other.complaints == []
    page.tab.select_option("[name=look]", "positive")


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("?slice=nobody", "Expected the name of a test slice in the address, but got “nobody”."),
        ("#slice=nobody&edits=z_1", "Expected the name of a test slice in the address, but got “nobody”."),
        ("#edits=b_0_0.999999", "Expected edits as this page writes them in links, but got others."),
        ("#layer=99&explained=7&look=<b>&cue=__proto__", "Probability of malignant"),
    ],
)
def test_an_invalid_address_shows_the_first_slice_and_says_so(visit, where, words):
    page = visit().start(f"tiny/try/{where}")
    assert page.status.startswith(words)
    assert "Probability of malignant" in page.status
    assert page.part("edits") == ""
    assert page.tab.input_value("[name=look]") == "positive"
    assert page.complaints == []


def test_a_slice_of_the_explorer_is_opened(visit, manifest):
    name = manifest["slices"]["ids"][-1]
    page = visit().start(f"tiny/try/?slice={name}")
    assert page.part("source") == name
    assert f"slice={name}" in page.tab.get_attribute("[data-part=explorer] a", "href")


def test_a_file_is_cropped_by_keys_answered_and_kept_out_of_the_link(page, portfolio):
    slices = Slices.load(portfolio.artefacts["slices"] / "slices.npz")
    size = slices.hounsfield.shape[1]
    wide = np.full((40, 60), -850, np.float32)
    wide[10 : 10 + size, 20 : 20 + size] = slices.hounsfield[0]
    page.give("wide.npy", npy(wide))
    page.tab.wait_for_selector("dialog[open]")
    page.tab.focus("[data-part=field]")
    rows, columns = 10 + (size - 1) / 2 - 19.5, 20 + (size - 1) / 2 - 29.5
    for key, count in (("ArrowUp", -rows), ("ArrowDown", rows), ("ArrowLeft", -columns), ("ArrowRight", columns)):
        for _ in range(int(max(0, count))):
            page.tab.keyboard.press(key)
    page.tab.click("[data-part=use]")
    page.settled()
    shown = page.tab.locator("[data-part=plate] canvas").evaluate(
        "canvas => [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data]"
    )
    grey = 255 * np.clip((slices.hounsfield[0] + 1000) / 1400, 0, 1)
    assert np.abs(np.reshape(shown, (size, size, 4))[..., 0] - grey).max() <= 1
    assert "slice=" not in page.tab.url
    assert "not in the link" in page.part("no-link")
    assert page.tab.is_disabled("[data-do=erase]")
    page.press("o", " ", "ArrowLeft", " ", "b")
    assert page.tab.is_enabled("[data-do=erase]")


def test_noise_gets_a_warning_before_the_answer(page, manifest):
    noise = np.random.default_rng(0).uniform(-1000, 400, manifest["size"]).astype(np.float32)
    page.give("noise.npy", npy(noise))
    page.tab.click("[data-part=use]")
    page.settled()
    warning = page.tab.locator(".network .check")
    assert "Unlike the training slices" in warning.inner_text()
    assert warning.evaluate(
        "one => Boolean(one.compareDocumentPosition(document.querySelector('.verdict')) & Node.DOCUMENT_POSITION_FOLLOWING)"
    )


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.png", b"", "is empty"),
        ("a.npy", b"\x93NUMPY\x01\x00", "truncated"),
        ("a.dcm", b"<html>", "begins like none"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_sentence_and_the_slice_stays(page, name, content, words):
    before = page.part("source")
    page.give(name, content)
    page.tab.wait_for_function(
        "words => document.querySelector('[data-part=status]').textContent.includes(words)", arg=words
    )
    assert page.part("source") == before


def test_the_page_can_be_used_by_everybody(page):
    page.press("e")
    found = violations(page.tab)
    page.give("a.npy", npy(np.zeros((20, 30), np.float32)))
    page.tab.wait_for_selector("dialog[open]")
    found += violations(page.tab)
    page.tab.click("dialog[open] button[value='']")
    assert found == []


def test_what_is_touched_is_large_enough_on_a_phone_and_nothing_scrolls_sideways(browser, address):
    context = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    page = Visit(context, address).start()
    small = page.tab.evaluate(
        """() => [...document.querySelectorAll(".try :is(button, select, input:not([type=radio])), .try .kinds label")]
          .filter(one => one.getClientRects().length).map(one => [one.outerHTML.slice(0, 80), one.getBoundingClientRect().height]).filter(([, height]) => height < 43.5)"""
    )
    assert small == []
    assert page.tab.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    box = page.tab.locator("[data-part=plate]").bounding_box()
    page.tab.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.settled()
    assert page.tab.locator("[data-part=edits] li").count() == 1
    assert page.complaints == []
    context.close()


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("runtime/ort-wasm-simd-threaded.wasm", "ort-wasm-simd-threaded.wasm"),
        ("try/engine.js", "engine.js"),
        ("slices-0.f32", "slices-0.f32"),
    ],
)
def test_a_missing_file_is_one_sentence(visit, missing, words):
    page = visit()
    page.tab.route(f"**/{missing}", lambda route: route.fulfill(status=404))
    page.open().tab.click("[data-part=start]")
    page.tab.wait_for_function(
        "words => document.querySelector('[data-part=status]').textContent.includes(words)", arg=words
    )
    page.tab.wait_for_selector("[data-part=start]:enabled")


def test_a_truncated_network_is_one_sentence(visit, built):
    page = visit()
    graph = next((built.site / "tiny" / "try" / "network").glob("gradients.onnx")).read_bytes()
    page.tab.route("**/gradients.onnx", lambda route: route.fulfill(body=graph[:1000]))
    page.open().tab.click("[data-part=start]")
    page.tab.wait_for_function(
        "() => document.querySelector('[data-part=status]').textContent.includes('gradients.onnx')"
    )


def test_without_webassembly_the_page_says_so(visit):
    page = visit()
    page.tab.add_init_script("delete globalThis.WebAssembly")
    page.open().tab.click("[data-part=start]")
    page.tab.wait_for_function("() => document.querySelector('[data-part=status]').textContent.includes('WebAssembly')")


@pytest.mark.slow
def test_memory_does_not_grow_over_200_strokes(page):
    session = page.tab.context.new_cdp_session(page.tab)

    def heap() -> float:
        page.settled()
        session.send("HeapProfiler.collectGarbage")
        return page.tab.evaluate("() => performance.memory.usedJSHeapSize")

    def strokes(count: int) -> None:
        page.tab.focus("[data-part=plate]")
        for _ in range(count):
            for key in (" ", "ArrowRight", " ", "u"):
                page.tab.keyboard.press(key)

    strokes(20)
    before = heap()
    strokes(200)
    assert heap() - before < GROWN


@pytest.mark.slow
def test_the_page_runs_below_a_path(built, context, serve, tmp_path):
    shutil.copytree(built.site, tmp_path / "a" / "portfolio")
    with serve(tmp_path) as address:
        page = Visit(context, f"{address}a/portfolio/").start()
        page.press("e")
        assert page.complaints == []
        assert all(
            url.startswith(f"{address}a/portfolio/") for url in page.requests if not url.startswith(("blob:", "data:"))
        )
        page.tab.close()


@pytest.mark.slow
def test_the_page_runs_in_a_site_of_exported_plain_files(built, context, serve, python, tmp_path):
    exported = tmp_path / "exported"
    for arguments, folder in (
        (("-m", "camfolio.cli", "export", "markdown", "--to", str(exported)), built.project),
        (("-m", "mkdocs", "build", "--strict"), exported),
    ):
        ran = python(*arguments, folder=folder)
        assert ran.status == 0, ran.err
    with serve(exported / "site") as address:
        page = Visit(context, address).start()
        page.press("e")
        assert "after erasing the nodule" in page.status
        assert page.complaints == []
        page.tab.close()


def test_a_site_without_npm_says_so_and_loads_nothing(changed_page):
    page = changed_page(
        "try", runtime=SimpleNamespace(why_not="npm, which fetches it, is not installed where this site was built")
    )
    assert "built without what runs networks in a browser: npm, which fetches it, is not installed" in page
    assert "data-try" not in page
    assert "manifest.json" not in page


def test_a_network_that_cannot_run_is_said_with_the_reason(changed_page, portfolio):
    live = replace(live_page(portfolio), why_not="Its layer has no gradient")
    page = changed_page("try", live=live, runtime=SimpleNamespace(why_not=""))
    assert (
        "The network of this study cannot run in a browser, so there is nothing to try here. Its layer has no gradient."
        in page
    )
    assert "data-try" not in page
