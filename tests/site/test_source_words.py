"""The data card has words for every source; a value that a template needs and a source lacks would stop the build."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from camfolio.results.card import CardResult, SourceCard
from camfolio.site.data_values import described
from camfolio.site.source_words import about_source, formulas
from camfolio.site.templates import TEMPLATES, make_environment
from camfolio.stages.slices import data_card
from camfolio.study import sources
from camfolio.study.settings import Study
from camfolio.study.sources import SOURCES

NEEDED = {
    "lidc": ({"path": "tree", "consensus": 0.5}, {}, "its mask is what 50 % or more of its readers"),
    "luna16": ({"path": "s", "annotations": "a", "candidates": "c"}, {}, "candidates that are none, 1.0 per nodule"),
    "nodulemnist3d": ({"path": "n.npz"}, {"file": "n.npz", "notes": ["Nobody knows."]}, "1 slice of each"),
    "class-folders": (
        {"path": "f", "patient": "(.)", "spacing_mm": 1.0, "grey_hu": [-1000, 400]},
        {},
        "1000 and 400 HU",
    ),
    "own": ({"class_path": "ours.discs"}, {"made_by": "ours.discs"}, "<code>ours.discs</code>"),
    "npz": ({"path": "n.npz"}, {"file": "n.npz", "stored_spacing_mm": [1.0, 1.0]}, "as they are stored"),
}


@pytest.mark.parametrize("source", sorted(set(SOURCES) - {"lidc-phantom"}))
def test_the_data_card_has_the_origin_of_the_slices(source, tmp_path, tiny_slices):
    settings, found, words = NEEDED[source]
    data = {"source": source, **settings}
    study = Study.model_validate({"title": "T", "excerpt": "E", "data": data})
    said = {"skipped": {"files that cannot be read": 2}, "steps": [{"words": "Slices used", "count": 3}], **found}
    reading = SourceCard.model_validate({"source": source, "attenuation": "measured", **said})
    card = described(data_card(reading, tiny_slices()), study.data)
    environment = make_environment(TEMPLATES, tmp_path)
    values = {"study": study, "card": card, "classes": study.classes, "cite": lambda *keys: f"[{keys[0]}]"}
    values["source"] = about_source(study.data.words, card)
    text = environment.get_template("partials/source.md").render(values)
    assert words in text
    assert "| Slices used | 3 |" in text
    assert "2 files that cannot be read" in text
    assert ("Patients have pseudonyms" in text) == hasattr(study.data, "ids")
    assert all(note in text for note in card.notes)


BORROWED = '''"""Source `borrowed`: slices from a friend."""

from typing import Literal

from pydantic import Field

from camfolio.study.source import DataSource, SourceWords, Template


class BorrowedData(DataSource):
    """Slices from a friend."""

    reader = "camfolio.data.sources.npz"
    words = SourceWords(
        origin=Template("{{ card.slices }} slices that {{ study.data.friend }} lent us {{ cite(*source.citations) }}."),
        label_rule=Template("What {{ study.data.friend }} said."),
        exclusions="None of them.",
        annotators="The friend.",
        citations=("armato2011",),
    )
    source: Literal["borrowed"] = Field(description="a friend's")
    friend: str = Field(description="who")
'''


@pytest.fixture
def lent(tmp_path, monkeypatch):
    """A source defined only by its file in `study/sources/`, with special characters in a setting."""
    (tmp_path / "borrowed.py").write_text(BORROWED, encoding="utf-8")
    monkeypatch.setattr(sources, "__path__", [*sources.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "camfolio.study.sources.borrowed", raising=False)
    (kind,) = [kind for kind in sources.all_sources() if kind.__name__ == "BorrowedData"]
    return kind.model_validate({"source": "borrowed", "friend": "<b>Ann*"})


@pytest.fixture
def about(portfolio):
    """`about(data, ...)`: what the pages of the tiny study know if its slices came from another source."""

    def values(data, **found):
        known = portfolio.artefacts["slices"].json("card.json") | {"source": data.source}
        card = CardResult.model_validate(known | found)
        study = portfolio.study.model_copy(update={"data": data})
        return {"study": study, "card": described(card, data), "source": about_source(data.words, card)}

    return values


def test_a_source_that_is_one_file_is_on_the_data_card_with_its_references(changed_page, lent, about):
    page = changed_page("data", **about(lent))
    assert "72 slices that <b>Ann* lent us" in page
    assert "**Label rule.** What <b>Ann* said." in page
    assert "## References" in page
    assert 'id="ref-armato2011"' in page


def test_no_word_of_a_source_is_markup_of_its_settings(changed_page, lent, about):
    page = changed_page("data", lines=True, **about(lent))
    assert "<b>" not in page
    assert "&#60;b&#62;Ann&#42;" in page


def test_a_source_that_is_one_file_answers_checklists(changed_page, lent, about):
    page = changed_page("reporting", **about(lent))
    for words in ("lent us", "What <b>Ann* said.", "None of them.", "The friend."):
        assert words in page


def test_a_data_card_without_citations_has_no_list_of_them(changed_page):
    assert "## References" not in changed_page("data")


def test_a_lidc_study_s_reporting_page_answers_source_exclusions_and_label_rule(changed_page, about):
    counts = {
        "Nodules drawn by fewer than 3 readers, excluded": 4,
        "Nodules used": 9,
        "Nodules with a median malignancy of exactly 3, excluded": 2,
    }
    steps = [{"words": words, "count": count} for words, count in counts.items()]
    data = SOURCES["lidc"].model_validate({"source": "lidc", "path": "tree"})
    page = changed_page("reporting", **about(data, steps=steps, date="2015"))
    assert "CT series of LIDC-IDRI" in page
    assert (
        "Excluded: nodules drawn by fewer than 3 readers (4), nodules with a median malignancy of exactly 3 (2)" in page
    )
    assert "The median of the readers' malignancy ratings (1 to 5) of nodules that at least 3 readers outlined" in page
    assert "Up to four radiologists of the LIDC" in page


@pytest.mark.parametrize("name", sorted({*SOURCES} - {"own"}))
def test_every_source_of_ours_says_how_slices_get_their_labels(name):
    assert SOURCES[name].words.label_rule


def test_texts_of_user_code_are_escaped_on_pages(changed_page, about):
    data = SOURCES["own"].model_validate({"source": "own", "class_path": "ours.discs"})
    hostile = "<img src=x onerror=alert(1)> **b** {{ 7 * 7 }} {% raw %} [l](https://example.org)"
    words = {
        name: f"{name} {hostile}" for name in ("description", "label_rule", "exclusions", "annotators", "reference")
    }
    values = about(data, made_by="ours.discs", words=words | {"citations": ["armato2011"]})
    for name, shown in {"data": {*words} - {"annotators"}, "reporting": {*words}}.items():
        text, raw = changed_page(name, **values), changed_page(name, lines=True, **values)
        assert [key for key in shown if f"{key} {hostile}" not in text] == []
        assert "<img src=x" not in raw
        assert "**b**" not in raw
        assert "](https://example.org)" not in raw
        assert "The study's label rule does not apply." not in text
        assert 'id="ref-armato2011"' in raw


def test_no_template_compares_a_source_with_a_name():
    texts = [file.read_text(encoding="utf-8") for file in TEMPLATES.rglob("*") if file.is_file()]
    assert [text for text in texts if re.search(r"card\.source (==|!=|in |not in )", text)] == []


def test_settings_and_words_of_sources_import_no_reader():
    heavy = ("torch", "monai", "matplotlib", "pydicom", "SimpleITK", "scipy", "numpy")
    code = f"import sys, camfolio.study.settings; print(*(name for name in {heavy} if name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split() == []


def test_formulas_in_words_become_mathml_and_are_converted_once(tmp_path, monkeypatch):
    words = r"$$y = \frac{1}{2}$$ where $y_{i}$ is **one** of them."
    text = formulas(make_environment(TEMPLATES, tmp_path), words)
    assert (text.count("<math"), text.count('display="block"')) == (2, 1)
    assert text.endswith(" is **one** of them.")
    again = make_environment(TEMPLATES, tmp_path)
    monkeypatch.setitem(again.filters, "mathml", lambda *_, **__: pytest.fail("converted again"))
    assert formulas(again, words) == text
