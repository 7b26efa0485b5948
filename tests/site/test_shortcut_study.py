"""A study about a planted shortcut: one page, every number from its stages, sentences only as strong as they."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from rocrate.rocrate import ROCrate

from camfolio import cli
from camfolio.commands.show import summary
from camfolio.evidence.shortcut import CUES
from camfolio.evidence.shortcut_findings import is_learned
from camfolio.method_words import method_name
from camfolio.results.shortcut import ShortcutResult

PROJECT = Path(__file__).resolve().parents[2]
SHORTCUT = {"cues": ["tag", "blur"], "seeds": 2, "share": 1.0}


@pytest.fixture(scope="module")
def studies(compute, write_study, tiny_arrays):
    """One with both classes, one whose only benign patient goes to the train part, so that no cue can be put into
    benign test slices.
    """
    one_class = {"label": (tiny_arrays["patient"] != "p001").astype(np.uint8)}
    few = {"cues": ["blur"], "seeds": 1}
    paths = [
        write_study("planted", shortcut=SHORTCUT, title="A <b>planted</b> mark"),
        write_study("planted-alone", one_class, shortcut=few, explanation={"methods": ["hires_cam"]}),
    ]
    return dict(zip(paths, compute(*paths), strict=True))


@pytest.fixture(scope="module")
def planted(studies):
    return next(iter(studies.values()))


@pytest.fixture(scope="module")
def site(studies, store, python, tmp_path_factory):
    """The folder of the strictly built site."""
    target = tmp_path_factory.mktemp("site")
    options = ("--strict", "--site-dir", str(target), "--store", str(store.root))
    ran = python("-m", "camfolio.cli", "site", *map(str, studies), *options, folder=PROJECT)
    assert ran.status == 0, ran.err
    return target


@pytest.fixture(scope="module")
def page(site, read):
    """`page("planted")`: the elements of a page of the site."""
    return lambda *where: read(site.joinpath(*where, "index.html").read_text(encoding="utf-8"))


def visible_text(reading):
    return " ".join(reading.words("article")[0].split())


def test_the_study_is_exported_as_a_crate(studies, store, tmp_path):
    target = tmp_path / "crate"
    assert cli.main(["export", "crate", str(next(iter(studies))), "--store", str(store.root), "--to", str(target)]) == 0
    crate = ROCrate(target)
    assert crate.root_dataset["name"] == "A <b>planted</b> mark"
    assert json.loads((target / "metrics.json").read_text(encoding="utf-8"))["study"] == "planted"
    assert all((target / entity.id).is_file() for entity in crate.data_entities)


def test_every_network_is_trained_once_and_all_share_the_clean_slices(planted):
    names = [name for name in planted.artefacts if name.startswith("training-")]
    assert names == [f"training-{name}-{one}" for one in range(2) for name in ("clean", "tag", "blur")]
    keys = {planted.artefacts[name].manifest.key for name in names}
    assert len(keys) == len(names)
    inputs = planted.artefacts["training-clean-0"].manifest.ingredients.inputs
    assert inputs["slices"] == planted.artefacts["slices"].manifest.digest


def test_what_is_shown_on_the_command_line_is_what_the_stage_found(planted):
    found = summary(planted)
    assert found["study"] == "planted"
    assert set(found["cues"]) == {"tag", "blur"}
    assert found["seeds"] == 2


def test_the_page_has_a_row_for_every_cue_and_method(planted, page):
    cells = page("planted").words("td")
    for method in planted.study.explanation.methods:
        assert cells.count(method_name(method)) == 2 * 2  # two tables, two cues
    assert page("planted").words("h1")[0].startswith("A <b>planted</b> mark")


@pytest.mark.parametrize("name", ["planted", "planted-alone"])
def test_no_page_shows_a_value_of_the_machine(name, page):
    assert re.findall(r"\b(?:nan|NaN|None|Undefined|inf|null)\b|\{\{|\}\}|\{%|&#\d", visible_text(page(name))) == []


def test_the_page_claims_that_a_cue_is_used_only_if_the_numbers_say_so(planted, page):
    text = visible_text(page("planted"))
    for found in ShortcutResult.read(planted.artefacts["shortcut"].folder).cues.values():
        used = is_learned(found.shortcut.flips.put_in, found.clean.flips.put_in)
        words = found.planting.words
        assert (f"{words}. The networks use it, each of them" in text) == used
        assert (f"{words}. It was not shown that all networks use it" in text) == (not used)


def test_flips_of_a_missing_class_are_not_defined(page):
    text = visible_text(page("planted-alone"))
    assert "It was not shown that all networks use it: adding it to benign slices changes not defined" in text


def test_the_home_page_shows_the_first_cue(page):
    home = page()
    assert any(words.endswith("of the answers change when the tag is added") for words in home.words("span"))
    assert any(words.endswith("AUC with which Grad-CAM reveals it") for words in home.words("span"))
    assert [image for image in home.all("img") if image.attributes["src"] == "planted/overview/slice.png"]


def test_a_reader_puts_a_cue_into_a_slice_for_both_networks(site, browser, serve):
    if not (site / "assets" / "runtime").is_dir():
        pytest.skip("needs ONNX Runtime for browsers, which npm did not fetch")
    with serve(site) as address:
        tab = browser.new_page()
        tab.set_default_timeout(60_000)
        tab.goto(f"{address}planted/try/")
        tab.click("[data-part=start]:enabled")
        tab.wait_for_selector("[data-settled=yes]")
        shown = "() => [...document.querySelectorAll('.network h2')].map(one => one.textContent)"
        assert tab.evaluate(shown) == ["Network trained without a mark", "Network trained with a small bright letter"]
        tab.click("[data-do=mark]")
        tab.wait_for_selector("[data-settled=yes]")
        said = tab.inner_text("[data-part=status]")
        number = r"\d\.\d\d → \d\.\d\d"
        assert re.fullmatch(
            f"Probability of malignant, network trained without a mark: {number}; network trained with a small bright letter: {number}"
            " after adding the tag, a small bright letter.",
            said,
        )
        tab.select_option("[name=cue]", "blur")
        tab.wait_for_selector("[data-settled=yes]")
        assert tab.evaluate(shown)[1] == f"Network trained with {CUES['blur'].words}"
        tab.close()
