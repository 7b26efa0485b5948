"""The explorer in a browser: filters, keys, links to a state, the wall and its colours by outcome."""

from __future__ import annotations

import pytest

from accessibility import violations
from explorer_tab import current, settled, status

CROSS = "\N{MULTIPLICATION SIGN}"


def test_filters_narrow_the_wall_and_show_the_number_of_slices_left(visit, data):
    tab = visit()
    assert status(tab) == f"{len(data['id'])} of {len(data['id'])} slices."
    tab.select_option("[name=outcome]", "wrong")
    tab.select_option("[name=label]", "1")
    rows = zip(data["label"], data["predicted"], strict=True)
    left = sum(label == 1 and label != predicted for label, predicted in rows)
    assert status(tab).startswith(f"{left} of " if left else "No slice fits")
    assert tab.locator(".tile").count() >= left


def test_an_empty_wall_shows_a_remedy_and_can_be_reset(visit):
    tab = visit("?from=2")
    assert "No slice fits these filters" in status(tab)
    tab.click(".filters button[type=reset]")
    assert "No slice" not in status(tab)


def test_keys_move_choose_and_switch(visit, data):
    tab = visit()
    tab.focus("[role=listbox]")
    for key, index in (("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", -1), ("Home", 0)):
        tab.keyboard.press(key)
        assert current(tab) == data["id"][index]
    tab.keyboard.press("3")
    assert tab.input_value("[name=method]") == "2"
    tab.keyboard.press(" ")
    assert tab.input_value("[name=blend]") == "0"
    tab.keyboard.press("o")
    assert not tab.is_checked("[name=outline]")
    tab.keyboard.press("?")
    assert tab.is_visible("dialog.keys")
    tab.keyboard.press("Escape")
    assert not tab.is_visible("dialog.keys")


def test_the_current_slice_is_exposed_to_screen_readers(visit, data):
    tab = visit()
    tab.focus("[role=listbox]")
    tab.keyboard.press("ArrowDown")
    active = tab.get_attribute("[role=listbox]", "aria-activedescendant")
    option = tab.locator(f"#{active}")
    assert option.get_attribute("aria-selected") == "true"
    assert option.get_attribute("aria-label").startswith(f"{current(tab)}: ")
    assert option.get_attribute("aria-setsize") == str(len(data["id"]))


def test_every_state_is_a_link(visit, browser):
    tab = visit()
    tab.select_option("[name=sort]", "energy_share")
    tab.check("[name=descending]")
    tab.select_option("[name=method]", "1")
    tab.uncheck("[name=outline]")
    tab.focus("[role=listbox]")
    tab.keyboard.press("ArrowRight")
    other = browser.new_page()
    other.goto(settled(tab))
    other.wait_for_selector("[data-ready]")
    for name in ("sort", "method", "blend"):
        assert other.input_value(f"[name={name}]") == tab.input_value(f"[name={name}]")
    assert not other.is_checked("[name=outline]")
    assert current(other) == current(tab)
    other.close()


@pytest.mark.parametrize(
    "query",
    [
        "?method=99&score=nothing&slice=nobody",
        "?confidence=x&blend=y&threshold=z",
        "?compare=nobody&threshold=-3&blend=7",
        "?label=<script>",
        "?score=__proto__",
        "?score=constructor&sort=__proto__",
        "?sort=constructor",
        "?sort=id&method=0.5",
    ],
)
def test_an_invalid_address_shows_the_initial_state(visit, data, query):
    tab = visit(query)
    assert current(tab) == data["id"][0] or "label" in query
    assert tab.input_value("[name=score]") == next(iter(data["scores"]))
    assert tab.input_value("[name=sort]") == ""


def test_the_order_follows_the_score_and_undefined_ones_come_last(visit, data):
    tab = visit("?sort=energy_share&descending=yes")
    shares = data["scores"]["energy_share"][0]
    best = max((share, -index) for index, share in enumerate(shares) if share is not None)
    tab.focus("[role=listbox]")
    tab.keyboard.press("Home")
    assert current(tab) == data["id"][-best[1]]


def test_colours_by_outcome_have_marks_and_words(visit, data):
    tab = visit()
    assert tab.inner_text("[data-part=legend]") == "A cross marks a misclassified slice."
    tab.check("[name=colours]")
    pairs = list(zip(data["label"], data["predicted"], strict=True))
    benign, malignant = data["classes"]
    counts = {
        ("●", f"{benign}, right"): (0, 0),
        ("▲", f"{malignant}, right"): (1, 1),
        (CROSS + "●", f"{benign}, predicted {malignant}"): (0, 1),
        (CROSS + "▲", f"{malignant}, predicted {benign}"): (1, 0),
    }
    said = tab.locator("[data-part=legend] .outcome").all_inner_texts()
    assert said == [f"{mark} {words} ({pairs.count(pair)})" for (mark, words), pair in counts.items()]
    marks = {pair: mark for (mark, _), pair in counts.items()}
    outline = "tile => [tile.dataset.mark, getComputedStyle(tile).outlineStyle, getComputedStyle(tile, '::after').backgroundColor]"
    for at, pair in enumerate(pairs[:10]):
        mark, style, colour = tab.locator(f"#slice-{at}").evaluate(outline)
        assert mark == marks[pair]
        assert colour == ("rgb(0, 114, 178)", "rgb(213, 94, 0)")[pair[0]]
        if at:  # the first one is the current one, with an outline of its own
            assert style == ("solid" if pair[0] == pair[1] else "dashed")
    assert "colours=yes" in settled(tab)
    tab.focus("[role=listbox]")
    tab.keyboard.press("w")
    assert not tab.is_checked("[name=colours]")
    assert tab.locator("#slice-0").get_attribute("data-mark") in {"", CROSS}


def test_no_strip_is_empty_beside_the_wall(visit):
    tab = visit()
    for width in (1280, 1100, 800, 390):
        tab.set_viewport_size({"width": width, "height": 900})
        tab.wait_for_function(
            """() => {
          const wall = document.querySelector(".wall"), step = 68, columns = (wall.clientWidth - 4) / step;
          return Number.isInteger(columns) && wall.parentElement.clientWidth - wall.offsetWidth < step;
        }"""
        )
    tab.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("query", ["?colours=yes&threshold=0.3", "?compare={0}&slice={1}", "?outcome=wrong&from=2"])
def test_every_state_can_be_used_by_everybody(visit, data, query, scheme):
    tab = visit(query.format(*data["id"]))
    tab.emulate_media(color_scheme=scheme)
    tab.evaluate("() => document.querySelectorAll('.further').forEach((part) => { part.open = true; })")
    assert violations(tab) == []


def test_the_list_of_keys_names_every_key(visit):
    tab = visit()
    tab.click("[data-part=help]")
    keys = tab.locator(".keys kbd").all_inner_texts()
    assert {"j", "k", "+", "-", "c", "w", "o", "?", "Enter", "Esc"} <= set(keys)


def test_data_that_cannot_be_loaded_are_a_sentence(browser, address):
    tab = browser.new_page()
    tab.route("**/explorer.json", lambda route: route.fulfill(status=404))
    tab.goto(address + "tiny/explorer/")
    tab.wait_for_selector("[data-part=status]:has-text('could not be loaded')")
    tab.close()
