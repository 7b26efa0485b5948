"""One slice in the explorer, or two: pixels, scores, threshold and comparison."""

from __future__ import annotations

import numpy as np
import pytest

from camfolio.data.slices import Slices
from explorer_tab import current, pixels, settled


def test_scores_are_shown_by_their_names(visit, data):
    tab = visit()
    options = tab.locator("[name=score] option").all_inner_texts()
    assert sorted(options) == sorted(data["names"][key] for key in data["scores"])
    assert options[0] == "energy inside the nodule"


def test_a_few_scores_are_there_at_once_and_the_others_can_be_opened(visit, data):
    tab = visit()
    further = [key for key in data["scores"] if key not in data["first"]]
    names = tab.locator("[data-part=first] tr:has(.value) th").all_inner_texts()
    assert [name.removesuffix(" (lower is better)") for name in names] == [
        data["names"][key] for key in ("probability", "area_share", *data["first"])
    ]
    assert data["first"][0] == "energy_share"
    assert further
    assert tab.locator("[name=score] optgroup option").all_inner_texts() == [data["names"][key] for key in further]
    tab.click(f"summary:has-text('{len(further)} further scores')")
    tab.wait_for_selector(f"[data-part=further] tr:nth-child({len(further) + 1})")
    tab.click("summary:has-text('All scores by method')")
    tab.wait_for_selector("[data-part=every] tr")
    cells = tab.locator("[data-part=every] td").all_inner_texts()
    assert len(cells) == len(data["scores"]) * len(data["methods"])


def test_a_row_has_the_value_its_mark_in_the_distribution_and_its_rank(visit, data):
    tab = visit(f"?method=1&slice={data['id'][2]}")
    values = data["scores"]["energy_share"][1]
    known = sorted(value for value in values if value is not None)
    row = tab.locator("[data-part=first] tr", has_text="energy inside the nodule").first
    assert row.locator(".value").inner_text() == f"{values[2]:.2f}"
    below = sum(value < values[2] for value in known)
    assert row.inner_text().endswith(f"higher than {100 * below / len(known):.0f}\u202f% of {len(known)}")
    at = float(row.locator(".strip .mark").get_attribute("d").removeprefix("M").split()[0])
    assert at == pytest.approx(200 * (values[2] - known[0]) / (known[-1] - known[0]), abs=0.1)


def test_a_slice_is_drawn_as_its_pixels_and_its_numbers_are_those_of_the_study(visit, data, portfolio):
    tab = visit("?blend=0")
    index = data["id"].index(current(tab))
    assert f"p = {data['probability'][index]:.2f}" in tab.inner_text("[data-part=outcome]")
    shown = pixels(tab, data, "[data-card=current] canvas[data-shows*='/0/']")
    slices = Slices.load(portfolio.artefacts["slices"] / "slices.npz")
    hounsfield = slices.hounsfield[slices.id == current(tab)][0]
    assert np.abs(shown[..., 0] - 255 * np.clip((hounsfield + 1000) / 1400, 0, 1)).max() <= 1


def test_a_threshold_hides_the_map_below_it_and_says_how_many_pixels_remain(visit, data):
    tab = visit("?blend=0")
    grey = pixels(tab, data, "[data-card=current] canvas[data-shows$='/0/0']")
    whole = visit("?blend=1")
    coloured = pixels(whole, data, "[data-card=current] canvas[data-shows$='/1/0']")
    assert (coloured != grey).any(-1).sum() > (coloured != grey).any(-1).size / 4
    tab.locator("[name=threshold]").fill("0.5")
    cut = pixels(tab, data, "[data-card=current] canvas[data-shows$='/1/0.5']")
    remains = (cut != grey).any(-1)
    assert 0 < remains.sum() < (coloured != grey).any(-1).sum()
    assert (cut[remains] == coloured[remains]).all()
    rows, columns = data["size"]
    tab.wait_for_selector(f".card .said:has-text('on {remains.sum()} of {rows * columns} pixels')")
    assert "at least 50\u202f% of its maximum" in tab.inner_text("[data-card=current] .said")
    tile = ".tile[aria-selected=true] canvas"
    assert (pixels(tab, data, f"{tile}[data-shows$='/1/0.5']") == cut).all()
    assert "threshold=0.5" in settled(tab)
    tab.focus("[role=listbox]")
    tab.keyboard.press("+")
    assert tab.input_value("[name=threshold]") == "0.55"
    tab.keyboard.press("-")
    assert tab.inner_text("output[data-part=threshold]") == "50\u202f%"


def test_two_slices_stand_beside_each_other_with_the_same_method_and_threshold(visit, data):
    tab = visit(f"?method=1&threshold=0.25&slice={data['id'][1]}")
    assert not tab.is_visible("[data-card=kept]")
    tab.focus("[role=listbox]")
    tab.keyboard.press("c")
    assert "Choose another slice" in tab.inner_text("[data-part=hint]")
    tab.keyboard.press("j")
    assert (tab.inner_text("[data-part=kept]"), current(tab)) == (data["id"][1], data["id"][2])
    shown = tab.locator(".card canvas")
    tab.wait_for_selector("[data-card=kept] canvas[data-shows]")
    assert [one.get_attribute("data-shows") for one in shown.all()] == ["1/1/1/0.25", "2/1/1/0.25"]
    boxes = [one.bounding_box() for one in tab.locator(".card .pixels").all()]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
    assert boxes[0]["y"] == boxes[1]["y"]
    row = tab.locator("[data-part=first] tr", has_text="energy inside the nodule").first
    kept, this = (data["scores"]["energy_share"][1][index] for index in (1, 2))
    assert row.locator(".value").all_inner_texts() == [f"{kept:.2f}", f"{this:.2f}"]
    assert row.locator(".mark").count() == 2
    assert ("higher" if this > kept else "lower") in row.inner_text()
    assert f"compare={data['id'][1]}" in settled(tab)
    tab = visit(tab.url.partition("explorer/")[2])
    assert (tab.inner_text("[data-part=kept]"), current(tab)) == (data["id"][1], data["id"][2])
    assert tab.get_attribute(".tile.kept", "id") == "slice-1"
    assert tab.get_attribute(".tile.kept", "aria-label").endswith(", kept to compare")
    tab.click("text=Stop comparing")
    assert not tab.is_visible("[data-card=kept]")
    assert "compare=" not in settled(tab)


def test_buttons_do_what_keys_do(visit, data):
    tab = visit()
    tab.click("[data-act=next]")
    tab.click("[data-act=next]")
    tab.click("[data-act=previous]")
    assert current(tab) == data["id"][1]
    assert tab.inner_text("[data-part=position]") == f"2 of {len(data['id'])}"
    tab.click("[data-card=current] .pixels")
    assert tab.input_value("[name=blend]") == "0"


def test_a_slice_leads_to_the_page_on_which_the_network_runs(visit, data, address):
    tab = visit(f"?slice={data['id'][3]}")
    assert (
        tab.locator("a:has-text('Try this slice')").evaluate("link => link.href")
        == f"{address}tiny/try/?slice={data['id'][3]}"
    )
    tab.focus("[role=listbox]")
    tab.keyboard.press("ArrowRight")
    tab.wait_for_function(
        "name => document.querySelector('[data-part=try]').href.endsWith(name)", arg=f"?slice={data['id'][4]}"
    )
