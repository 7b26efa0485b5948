"""The write-up for print, as HTML."""

from __future__ import annotations

import re
from datetime import date

import pytest

from camfolio.errors import PageError
from camfolio.site.documents.about import About
from camfolio.site.documents.articles import Source
from camfolio.site.documents.report import report

ABOUT = About("tiny", date(2026, 11, 3), "1a2b3c4", changed=True, notice="Made up discs.")


@pytest.fixture(scope="module")
def text(published):
    """The report of a published study."""
    return report(published, ABOUT)


@pytest.fixture(scope="module")
def page(text, read):
    """Its elements."""
    return read(text)


def test_the_title_names_study_date_commit_and_software(page):
    head = next(element for element in page.all("header"))
    words = " ".join(head.text.split())
    assert 'Discs, "nodules": a <b>tiny</b> study' in words
    assert page.words("dt") == ["Study", "Date", "Commit", "Software"]
    assert page.words("dd")[:3] == ["tiny", "3 November 2026", "1a2b3c4, with changes"]
    assert page.words("dd")[3].startswith("camfolio ")
    assert page.all("title")[0].text == 'Discs, "nodules": a <b>tiny</b> study'
    assert "Made up discs." in page.words("p")


def test_every_figure_is_there_once_in_light_colours_with_its_caption(page, portfolio):
    names = {name.removeprefix("figure-") for name in portfolio.artefacts if name.startswith("figure-")}
    figures = [element for element in page.all("figure") if element.attributes.get("id") in names]
    assert len(figures) > 10
    for figure in figures:
        inside = [one for one in page.elements if figure in one.inside]
        assert [one.tag for one in inside].count("img") == 1
        assert [one.tag for one in inside].count("figcaption") == 1
    assert all(image.attributes["src"].startswith("data:image/") for image in page.all("img"))
    assert all(image.attributes["alt"] for image in page.all("img"))


def test_it_loads_nothing_and_runs_nothing(text):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy
    assert "default-src 'none'" in policy[1]
    assert not re.findall(r"<(?:script|button|link|iframe)\b", text)
    assert not re.findall(r'(?:src|url)\s*[=(]\s*["\']?(?!data:)[\w./]+\.(?:png|svg|woff2|css)', text)


def test_links_out_of_it_are_numbered_notes_with_their_addresses(page):
    numbers = [element.text for element in page.all("sup") if element.attributes.get("class") == "note"]
    addresses = [link.attributes["href"] for link in page.all("a") if "addresses" in classes(link)]
    assert {int(number) for number in numbers} == set(range(1, len(addresses) + 1))
    assert "https://example.org/x/tiny/evidence/" in addresses
    assert "https://example.org/x/tiny/model/" in addresses
    assert len(set(addresses)) == len(addresses)


def classes(link) -> set[str]:
    return {name for element in link.inside for name in element.attributes.get("class", "").split()}


def test_references_print_their_addresses_themselves(page):
    listed = [link for link in page.all("a") if "references" in classes(link)]
    assert listed
    assert not [note for note in page.all("sup") if "references" in classes(note)]


def test_every_link_inside_leads_to_something_in_it(page):
    there = {element.attributes["id"] for element in page.elements if "id" in element.attributes}
    inside = {link.attributes["href"][1:] for link in page.all("a") if link.attributes["href"].startswith("#")}
    assert inside
    assert inside <= there
    assert len([element for element in page.elements if "id" in element.attributes]) == len(there)


def test_without_an_address_links_to_other_pages_are_their_words(source, read):
    page = read(report(source, ABOUT))
    assert not [link for link in page.all("a") if not re.match(r"#|https?:", link.attributes["href"])]
    assert not page.all("sup")
    assert "model card" in " ".join(page.words("p"))
    assert "In the explorer" not in " ".join(page.words("figcaption"))


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        ("none.png", "Expected a picture of the study or in the folder of documents, but got 'none.png'"),
        ("https://example.org/a.png", "but got 'https://example.org/a.png' on the page tiny/index.md"),
        ("../../../../etc/passwd.png", "Expected a picture of the study or in the folder of documents"),
    ],
)
def test_a_picture_that_is_not_there_is_a_sentence(source, tmp_path, picture, words):
    def convert(text: str) -> str:
        return f'<h1>x</h1><img src="{picture}" alt="x">'

    with pytest.raises(PageError, match=re.escape(words)):
        report(Source(source.project, source.portfolio, convert), ABOUT)
