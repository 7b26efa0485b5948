"""The scoreboard in a browser: cells open by keyboard, verdicts are words, and nothing is wider than a phone."""

from __future__ import annotations

import pytest

from accessibility import violations
from camfolio.evidence.standing import standings
from camfolio.site.definitions import definition
from camfolio.site.numbers import interval
from camfolio.site.values import results

PAGE = "tiny/evidence/"
WORDS = {
    "better": "better than the best control",
    "worse": "worse than the best control",
    "different within margin": "different from the best control within the margin",
    "equivalent": "equivalent to the best control",
    "not separable": "not separable from the best control",
}
"""Verdict -> what screen readers say of a mark."""
OPENED = """() => {
  const [box] = document.querySelectorAll(".standing:popover-open");
  const spot = box && box.getBoundingClientRect();
  return box && {text: box.textContent.replace(/\\s+/g, " "), id: box.id,
    visible: spot.left >= 0 && spot.top >= 0 && spot.right <= innerWidth && spot.bottom <= innerHeight};
}"""
NAMES = """() => Object.fromEntries([...document.querySelectorAll(".board button")].map(button =>
  [button.getAttribute("popovertarget"), button.textContent.replace(/\\s+/g, " ").trim()]))"""
FOCUS = """id => document.querySelector(`[popovertarget="${id}"]`).focus()"""
FIRST = """() => [...document.querySelectorAll("article h2")].map(heading => {
  let next = heading.nextElementSibling;
  return [heading.firstChild.textContent, next && next.tagName];
})"""


@pytest.fixture(scope="module")
def board(portfolio):
    return standings(results(portfolio)["scoreboard"])


@pytest.fixture(scope="module")
def cells(board):
    """Id of the popover -> score and standing of every cell that opens."""
    found = {}
    for row in (row for group in board.groups for row in group.rows):
        for kind, ones in (("", row.methods), ("control-", row.controls)):
            for place, one in enumerate(ones, 1):
                if one.value is not None and one.value.value is not None:
                    found[f"at-{row.score}-{kind}{place}"] = (row.score, one)
    return found


@pytest.fixture(params=[("light", 1280), ("dark", 390)], ids=["light-1280", "dark-390"])
def tab(request, browser, address):
    """The evidence page, everything unfolded and every control shown."""
    theme, width = request.param
    context = browser.new_context(color_scheme=theme, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(address + PAGE, wait_until="load")
    page.evaluate("() => document.querySelectorAll('details').forEach(box => { box.open = true; })")
    if width < 700:
        page.check(".scoreboard .all input")
    yield page
    context.close()


def test_every_cell_opens_by_keyboard_with_interval_comparison_and_definition(tab, cells):
    assert set(tab.evaluate(NAMES)) == set(cells)
    for name, (score, one) in cells.items():
        tab.evaluate(FOCUS, name)
        tab.keyboard.press("Enter")
        shown = tab.evaluate(OPENED)
        assert (shown["id"], shown["visible"]) == (name, True)
        assert interval(one.value, 2) in shown["text"]
        assert definition(score) in shown["text"]
        assert [pair for pair in one.comparisons if interval(pair, 2) not in shown["text"]] == []
        assert [pair for pair in one.comparisons if pair.verdict not in shown["text"]] == []
        tab.keyboard.press("Escape")
        assert tab.evaluate(OPENED) is None
        assert tab.evaluate("() => document.activeElement.getAttribute('popovertarget')") == name


def test_a_mark_is_the_verdict_of_the_standing_in_words(tab, cells):
    found = tab.evaluate(NAMES)
    marked = {name: one.verdict for name, (_, one) in cells.items() if one.verdict in WORDS}
    assert marked
    assert [found[name] for name, verdict in marked.items() if not found[name].endswith(f", {WORDS[verdict]}")] == []
    assert [text for name, text in found.items() if name not in marked and "control" in text] == []


def test_a_cell_has_the_shade_of_its_step(tab, cells):
    shades = tab.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll(".board button")].map(button =>
          [button.getAttribute("popovertarget"), getComputedStyle(button.parentElement).backgroundColor]))"""
    )
    by_step = {}
    for name, (_, one) in cells.items():
        by_step.setdefault(one.step, set()).add(shades[name])
    assert all(len(colours) == 1 for colours in by_step.values())
    assert len(set.union(*by_step.values())) == len(by_step)


def test_nothing_is_wider_than_the_window_with_everything_unfolded(tab):
    assert tab.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    small = """() => [...document.querySelectorAll(".board button, article summary")].filter(one => {
      const spot = one.getBoundingClientRect();
      return spot.width && (spot.width < 24 || spot.height < 24);
    }).map(one => one.textContent)"""
    assert tab.evaluate(small) == []


def test_a_question_is_answered_before_any_figure(tab):
    questions = tab.evaluate(FIRST)
    assert len(questions) > 8
    assert [heading for heading, tag in questions if tag != "P"] == []


@pytest.mark.slow
def test_an_opened_cell_can_be_read_by_everybody(tab):
    tab.locator(".board button").first.click()
    assert violations(tab) == []


def test_a_phone_shows_the_worst_and_the_best_control_until_all_are_asked_for(browser, address):
    context = browser.new_context(viewport={"width": 390, "height": 900})
    page = context.new_page()
    page.goto(address + PAGE, wait_until="load")
    shown = "() => [...document.querySelectorAll('.board td.control')].filter(cell => cell.checkVisibility()).length"
    few = page.evaluate(shown)
    page.focus(".scoreboard .all input")
    page.keyboard.press("Space")
    assert 0 < few < page.evaluate(shown)
    context.close()


def test_an_address_of_a_folded_table_unfolds_it(browser, address):
    context = browser.new_context()
    page = context.new_page()
    page.goto(address + PAGE, wait_until="load")
    folded = "id => { const box = document.getElementById(id); return [box.checkVisibility(), box.closest('details').open]; }"
    assert page.evaluate(folded, "by-class") == [False, False]
    page.goto(address + PAGE + "#by-class")
    page.wait_for_function("() => document.getElementById('by-class').checkVisibility()")
    assert page.evaluate(folded, "by-class") == [True, True]
    assert page.evaluate("() => document.getElementById('by-class').getBoundingClientRect().top") < 200
    assert page.evaluate(folded, "stability") == [False, False]
    context.close()


def test_a_print_shows_all_numbers(browser, address):
    context = browser.new_context()
    page = context.new_page()
    page.goto(address + PAGE, wait_until="load")
    page.emulate_media(media="print")
    tables = "() => [...document.querySelectorAll('details.numbers table')].map(table => table.checkVisibility({contentVisibilityAuto: true}))"
    assert set(page.evaluate(tables)) == {True}
    context.close()
