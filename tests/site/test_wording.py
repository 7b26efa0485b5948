"""Values on a page: text of a study is escaped; numbers and intervals are formatted."""

from __future__ import annotations

from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jinja2 import Environment
from markdown import Markdown
from markupsafe import Markup

from camfolio.results.interval import Interval
from camfolio.site import wording
from camfolio.study.project import read_yaml

PROJECT = Path(__file__).resolve().parents[2]
ACTING = "&<>\"'`*_[]()|~^=$\\{}#+-!:.\n\t 1a"
SIGNS = [*"&<>\"'`*_[]()|~^=$\\{}#+-!:.%@/"]
NASTY = [
    "<script>alert(1)</script>",
    "a|b*c_",
    "&lt;b&gt;",
    "![x](y.png)",
    "[link](http://example.org)",
    "<http://example.org>",
    "# heading",
    "C#",
    "- item",
    "+ item",
    "1. item",
    "!!! note",
    "---",
    "===",
    "```",
    "~~~",
    "    indented",
    "two\n\nparagraphs",
    "a\\",
    "[^1]",
    "[^1]: note",
    "{ .class }",
    "{: #id }",
    "{{ 7 * 7 }}",
    "**b** __b__ `c`",
    "&#60;",
    "| a | b |",
    "a\x02b\x03c",
]
PLACES = {
    "alone": "{{ value }}",
    "line": "{{ value }} said so.",
    "sentence": "He said {{ value }} twice.",
    "strong": "He said **{{ value }}** twice.",
    "heading": "# {{ value }}",
    "cell": "| Key | Value |\n| --- | --- |\n| one | {{ value }} |",
    "first cell": "| Key | Value |\n| --- | --- |\n| {{ value }} | two |",
    "link": "[{{ value }}](index.md)",
    "item": "- {{ value }}",
    "caption": '<figure markdown="1">\n\n<figcaption markdown="span">{{ value }} said.</figcaption>\n\n</figure>',
    "paragraph": '<p class="excerpt" markdown="span">{{ value }}</p>',
    "name": "{{ value | code }} said so.",
}


@cache
def markdown() -> Markdown:
    """Markdown with the extensions of the site."""
    listed = read_yaml(PROJECT / "mkdocs.yml")["markdown_extensions"]
    return Markdown(extensions=[entry if isinstance(entry, str) else next(iter(entry)) for entry in listed])


@cache
def environment() -> Environment:
    """Jinja with the filters of the site."""
    made = Environment(autoescape=True, finalize=wording.as_text)
    made.filters |= wording.FILTERS
    return made


class Page(HTMLParser):
    """Visible text, tags, and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.tags, self.attributes = "", [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


def render(template: str, value: object) -> Page:
    return Page(markdown().reset().convert(environment().from_string(template).render(value=value)))


def plain(text: str) -> str:
    """Text with its white space and control characters as one blank, as a browser shows it."""
    return " ".join("".join(" " if sign.isspace() or not sign.isprintable() else sign for sign in text).split())


def check(place: str, value: str) -> None:
    harmless, shown = render(PLACES[place], "word"), render(PLACES[place], value)
    assert plain(shown.text) == plain(harmless.text.replace("word", value))
    assert shown.tags == harmless.tags
    assert [name for name, _ in shown.attributes] == [name for name, _ in harmless.attributes]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("value", NASTY)
def test_markup_from_a_study_is_shown_as_it_was_written(place, value):
    check(place, value)


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("shape", ["{0}", "{0}a{0}", "a {0} b", "{0} a", "a{0}"])
def test_every_sign_is_shown_as_itself_at_the_start_of_a_line(sign, shape):
    check("line", shape.format(sign))


@settings(max_examples=150, deadline=None)
@given(place=st.sampled_from(sorted(PLACES)), value=st.text(ACTING, min_size=1, max_size=12).filter(str.strip))
@example(place="cell", value="a|b")
def test_no_mixture_of_signs_acts(place, value):
    check(place, value)


@settings(max_examples=100, deadline=None)
@given(value=st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Z")), min_size=1).filter(str.strip))
def test_any_text_is_shown_in_a_sentence(value):
    shown = render(PLACES["sentence"], value)
    assert plain(shown.text) == plain(f"He said {value} twice.")
    assert shown.tags == ["p"]


@pytest.mark.parametrize("value", NASTY)
def test_an_alternative_text_is_what_was_written(value):
    shown = render("![{{ value }}](a.png)", value)
    assert shown.tags == ["p", "img"]
    assert plain(dict(shown.attributes)["alt"]) == plain(value)


@pytest.mark.parametrize("value", NASTY)
def test_a_title_in_front_matter_is_read_back_as_escaped_text(value):
    written = environment().from_string("title: {{ value | front_matter }}").render(value=value)
    title = yaml.safe_load(written)["title"]
    assert not {"<", ">", '"'} & set(title)
    assert Page(title).text == value


def test_markup_stays_markup():
    assert wording.as_text(Markup("<b>x</b>")) == "<b>x</b>"


def test_numbers_pass_as_they_are():
    assert (wording.as_text(3), wording.as_text(0.5)) == (3, 0.5)


def test_none_reads_as_not_defined():
    row = Interval(value=None, low=None, high=None)
    said = [wording.as_number(None), wording.as_percent(None), wording.interval(row), wording.percent_interval(row)]
    assert [*said, wording.as_text(None)] == ["not defined"] * 5


def test_a_value_without_an_interval_stands_alone():
    row = Interval(value=0.25, low=None, high=None)
    assert (wording.interval(row), wording.percent_interval(row)) == ("0.250", "25 %")


def test_an_interval_names_value_and_both_ends():
    row = Interval(value=0.9444, low=0.92, high=0.9611)
    assert wording.interval(row) == "0.944 (0.920 to 0.961)"
    assert wording.interval(row, 1) == "0.9 (0.9 to 1.0)"
    assert wording.percent_interval(row) == "94 % (92 to 96)"


def test_a_negative_difference_keeps_its_sign():
    row = Interval(value=-0.014, low=-0.059, high=0.002)
    assert render("{{ value | ci }} it is.", row).text == "\u22120.014 (\u22120.059 to 0.002) it is."


def test_counts_have_their_noun_and_thin_thousands():
    assert wording.counted(0, "slice") == "0 slices"
    assert wording.counted(1, "slice") == "1 slice"
    assert wording.counted(2, "answer that is right", "answers that are right") == "2 answers that are right"
    assert wording.counted(1234567, "weight") == "1\u202f234\u202f567 weights"


def test_words_are_listed_with_commas_and_a_final_and():
    assert [wording.listed(list("abc"[:count])) for count in (1, 2, 3)] == ["a", "a and b", "a, b and c"]


def test_a_formula_at_the_start_of_a_line_stays_in_its_sentence():
    shown = render("{{ 'K' | mathml }} channels and\n{{ 'y' | mathml }} is the logit.", "")
    assert shown.tags.count("p") == 1
    assert shown.tags.count("math") == 2
    assert plain(shown.text) == "K channels and y is the logit."


def test_a_block_formula_is_a_block():
    shown = render("Before.\n\n{{ 'E = m' | mathml(block=True) }}\n\nAfter.", "")
    assert ("display", "block") in shown.attributes
    assert shown.tags.count("p") == 2


@pytest.mark.parametrize("name", ["our_nodules", "a-b.local", "x_y_z"])
def test_a_name_in_a_link_is_the_address(name):
    assert dict(render("[see]({{ value | address }}/index.md)", name).attributes) == {"href": f"{name}/index.md"}


@pytest.mark.parametrize("value", ["/home/ann/data", "token-1234", ["/home/ann"], {"path": "/home/ann"}, None])
def test_an_argument_that_is_no_number_is_only_named(value):
    assert render("{{ value | argument('source') }}", value).text.strip() == "source"
    assert render("{{ value | argument('source') }}", 0.5).text.strip() == "source=0.5"
