"""The explorer on a phone: one slice is a dialog over the wall, and everything works by touch."""

from __future__ import annotations

import pytest

from accessibility import violations
from explorer_tab import current, settled

PHONE = {"width": 390, "height": 844}
OPEN = ".sheet[open]"


@pytest.fixture
def phone(browser, address):
    """`phone("?slice=p001")`: the explorer at that address on a phone; the test fails if the page logs an error."""
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    tab = context.new_page()
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))

    def go(query: str = ""):
        tab.goto(f"{address}tiny/explorer/{query}")
        tab.wait_for_selector("[data-ready]")
        return tab

    yield go
    context.close()
    assert errors == []


def focused(tab) -> str:
    return tab.evaluate("() => document.activeElement.className")


def swipe(tab, box: dict[str, float], by: float) -> None:
    """A finger moves sideways over a box."""
    session = tab.context.new_cdp_session(tab)
    x, y = box["x"] + box["width"] / 2 - by / 2, box["y"] + box["height"] / 2

    def touch(kind: str, *points: dict[str, float]) -> None:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    touch("touchStart", {"x": x, "y": y})
    for step in range(1, 11):
        touch("touchMove", {"x": x + by * step / 10, "y": y})
        tab.wait_for_timeout(16)
    tab.wait_for_timeout(300)  # the finger rests before it is lifted: a tap after a throw would only stop it
    touch("touchEnd")


def test_a_slice_opens_over_the_wall_and_closes_with_the_focus_back(phone, data):
    tab = phone()
    assert not tab.is_visible(OPEN)
    assert "slice=" not in settled(tab)
    for close in (lambda: tab.tap("[data-act=close]"), lambda: tab.keyboard.press("Escape"), tab.go_back):
        tab.tap("#slice-2")
        assert tab.is_visible(OPEN)
        assert current(tab) == data["id"][2]
        assert f"slice={data['id'][2]}" in tab.url
        box = tab.locator(OPEN).bounding_box()
        assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, PHONE["width"], PHONE["height"])
        close()
        tab.wait_for_selector(OPEN, state="hidden")
        assert focused(tab).startswith("wall")
        assert "slice=" not in settled(tab)
        assert tab.get_attribute("#slice-2", "aria-selected") == "true"


def test_closing_leaves_no_entry_in_the_history(phone):
    tab = phone()
    before = tab.evaluate("() => history.length")
    for _ in range(3):
        tab.tap("#slice-1")
        tab.tap("[data-act=close]")
        tab.wait_for_selector(OPEN, state="hidden")
        settled(tab)
    assert tab.evaluate("() => history.length") <= before + 1


def test_forward_opens_the_slice_again(phone, data):
    tab = phone()
    tab.tap("#slice-3")
    tab.go_back()
    tab.wait_for_selector(OPEN, state="hidden")
    tab.go_forward()
    tab.wait_for_selector(OPEN)
    assert current(tab) == data["id"][3]
    assert f"slice={data['id'][3]}" in settled(tab)
    tab.tap("[data-act=close]")
    tab.wait_for_selector(OPEN, state="hidden")


def test_a_link_to_a_slice_opens_it(phone, data):
    tab = phone(f"?slice={data['id'][4]}&method=1")
    assert tab.is_visible(OPEN)
    assert current(tab) == data["id"][4]
    tab.tap("[data-act=close]")
    assert not tab.is_visible(OPEN)
    assert settled(tab).endswith("?score=energy_share&method=1")


def test_the_focus_stays_in_the_dialog(phone, data):
    tab = phone(f"?slice={data['id'][0]}")
    inside = "() => !document.activeElement || document.activeElement === document.body || Boolean(document.activeElement.closest('.sheet'))"
    for _ in range(25):
        tab.keyboard.press("Tab")
        assert tab.evaluate(inside)


def test_a_swipe_and_buttons_change_the_slice(phone, data):
    tab = phone(f"?slice={data['id'][1]}")
    box = tab.locator("[data-card=current] .pixels").bounding_box()
    swipe(tab, box, -150)
    tab.wait_for_selector(f"[data-part=heading]:text-is('{data['id'][2]}')")
    swipe(tab, box, 150)
    tab.wait_for_selector(f"[data-part=heading]:text-is('{data['id'][1]}')")
    tab.tap("[data-act=next]")
    tab.wait_for_selector(f"[data-part=heading]:text-is('{data['id'][2]}')")
    tab.tap("[data-act=previous]")
    tab.wait_for_selector(f"[data-part=heading]:text-is('{data['id'][1]}')")
    assert f"slice={data['id'][1]}" in settled(tab)


def test_a_tap_switches_the_map_and_a_finger_moves_the_sliders(phone, data):
    tab = phone(f"?slice={data['id'][1]}")
    tab.tap("[data-card=current] .pixels")
    assert tab.input_value("[name=blend]") == "0"
    tab.tap("[data-card=current] .pixels")
    assert tab.input_value("[name=blend]") == "1"
    for name, drawn in (("threshold", "/1/0.5"), ("blend", "/0.5/0.5")):
        slider = tab.locator(f".sheet [name={name}]")
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        tab.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        assert float(slider.input_value()) == pytest.approx(0.5, abs=0.06)
        slider.fill("0.5")
        tab.wait_for_selector(f"[data-card=current] canvas[data-shows$='{drawn}']")
    assert "threshold=0.5" in settled(tab)


def test_two_slices_are_one_above_the_other(phone, data):
    tab = phone(f"?slice={data['id'][1]}")
    tab.tap("[data-act=compare]")
    tab.tap("[data-act=next]")
    kept, this = (tab.locator(f"[data-card={name}] .pixels").bounding_box() for name in ("kept", "current"))
    assert kept["y"] + kept["height"] <= this["y"]
    assert kept["x"] == this["x"]
    assert f"compare={data['id'][1]}" in settled(tab)
    assert f"slice={data['id'][2]}" in tab.url


def test_targets_are_large_enough_for_fingers(phone, data):
    tab = phone(f"?slice={data['id'][1]}&compare={data['id'][2]}")
    small = """() => [...document.querySelectorAll(".explorer :is(button, select, summary, input)")]
      .map(one => (one.matches("[type=checkbox]") ? one.closest("label") : one))
      .filter(one => one.checkVisibility() && one.getBoundingClientRect().height < 44).map(one => one.outerHTML)"""
    assert tab.evaluate(small) == []
    tab.tap("[data-act=close]")
    assert tab.evaluate(small) == []


def test_no_page_scrolls_sideways(phone, data):
    wider = "(selector) => { const box = document.querySelector(selector); return box.scrollWidth - box.clientWidth; }"
    tab = phone(f"?slice={data['id'][1]}&compare={data['id'][2]}&colours=yes")
    tab.evaluate("() => document.querySelectorAll('.further').forEach((part) => { part.open = true; })")
    assert tab.evaluate(wider, ".sheet") == 0
    tab.tap("[data-act=close]")
    assert tab.evaluate(wider, "html") == 0


def test_a_wider_window_has_the_slice_beside_the_wall(phone, data):
    tab = phone(f"?slice={data['id'][1]}")
    tab.set_viewport_size({"width": 1280, "height": 900})
    tab.wait_for_selector(".panes .inspector")
    assert not tab.is_visible(OPEN)
    assert current(tab) == data["id"][1]
    assert f"slice={data['id'][1]}" in settled(tab)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("query", ["?colours=yes", "?slice={0}&threshold=0.3", "?slice={1}&compare={0}"])
def test_every_state_on_a_phone_can_be_used_by_everybody(phone, data, query, scheme):
    tab = phone(query.format(*data["id"]))
    tab.emulate_media(color_scheme=scheme)
    assert violations(tab) == []
