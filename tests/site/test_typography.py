"""Numbers in the text of all pages: narrow spaces, true minus signs, no commas between thousands. Code stays as it is."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from camfolio.site.numbers import NARROW_SPACE, counted, typeset
from camfolio.site.wording import as_text
from camfolio.vocabulary import MINUS

CODE = {"code", "pre", "script", "style", "kbd", "samp", "math", "svg"}
SPOKEN = {"alt", "title", "aria-label"}
"""Attributes that are read or shown."""
WRONG = {
    "a percent sign without its narrow space": re.compile(r"\d[^\S\u202f]+%|\d%"),
    "a hyphen as a minus sign": re.compile(r"(?<![\w\u2010-\u2015.)/-])-\s?\d"),
    "a comma between thousands": re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])"),
}


class Prose(HTMLParser):
    """The text of a page that is no code: one entry per element or attribute, so that neighbours do not run together."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.texts, self.code = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.texts += [value for name, value in attrs if name in SPOKEN and value]
        if tag in CODE:
            self.code.append(tag)

    def handle_endtag(self, tag):
        if self.code and self.code[-1] == tag:
            self.code.pop()

    def handle_data(self, data):
        if not self.code:
            self.texts.append(data)


def faults(page: str) -> list[str]:
    """What is wrong in the text of a page, with the words around it."""
    return [
        f"{fault}: {text[max(0, found.start() - 30) : found.end() + 30].strip()!r}"
        for text in Prose(page).texts
        for fault, pattern in WRONG.items()
        for found in pattern.finditer(text)
    ]


def test_numbers_of_all_pages_are_set_properly(built):
    found = {
        page.relative_to(built.site).as_posix(): wrong
        for page in built.pages()
        if (wrong := faults(page.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_pages_have_percentages_and_thousands_that_do_not_break(built):
    texts = [text for page in built.pages() for text in Prose(page.read_text(encoding="utf-8")).texts]
    assert any(f"95{NARROW_SPACE}%" in text for text in texts)
    assert any(re.search(rf"\d{NARROW_SPACE}\d{{3}}", text) for text in texts)


@pytest.mark.parametrize(
    "text", ["34 %", "34%", "34&nbsp;%", "34\n%", "from -5 HU", "from - 5", "(-0.2", "1,234 slices", "12,345,678"]
)
def test_each_fault_is_found(text):
    assert len(faults(f"<p>{text}</p>")) == len(faults(f'<img alt="{text}">')) == 1


@pytest.mark.parametrize(
    "text",
    [
        f"34{NARROW_SPACE}% of 1{NARROW_SPACE}234",
        "from \u22125 to 5",
        "AlexNet-2, 2026-11-29 and 10.1000/x-1",
        "in 2, 300 and 0.1,200",
        "<code>7 % 3, -5, 1,000</code>",
    ],
)
def test_what_is_right_is_no_fault(text):
    assert faults(f"<p>{text}</p>") == []


def test_numbers_are_set_where_they_are_no_code_and_no_attribute():
    percent, minus = f"34{NARROW_SPACE}%", f"{MINUS}5"
    assert typeset("34 % and 34\n%, {# 34 % #}") == f"{percent} and {percent}, {{# {percent} #}}"
    assert typeset("-5, (-5 to -5)\n-5 | -5") == f"-5, ({minus} to {minus})\n{minus} | {minus}"
    code = (
        "```py\n7 % 3 -5\n```\n`7 % 3 -5` <code>7 % 3 -5</code> <pre a=b>7 % 3 -5</pre>\n<svg><path d='M0 -5'/></svg>"
    )
    kept = f"{code} <p style='margin: -5px'> AlexNet-5, 2-5\n- 5\n| --- | ---: |\n"
    assert typeset(f"{kept}34 % of -5") == f"{kept}{percent} of {minus}"


def test_the_spaces_within_numbers_reach_the_page():
    assert as_text(counted(1234567, "slice")) == f"1{NARROW_SPACE}234{NARROW_SPACE}567 slices"
    assert as_text("a \t\u2003 b\x00c") == "a b c"


def test_tables_have_tabular_figures_and_headings_are_balanced(browser, address):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    tab.goto(f"{address}tiny/evidence/")
    style = "(found, name) => [...new Set(found.map(one => getComputedStyle(one)[name]))]"
    assert tab.locator("article table").evaluate_all(style, "fontVariantNumeric") == ["lining-nums tabular-nums"]
    assert tab.locator("article :is(h1, h2, h3)").evaluate_all(style, "textWrapStyle") == ["balance"]
    assert tab.locator("article > p").evaluate_all(style, "textWrapStyle") == ["pretty"]
    width = "(cell, text) => { cell.innerHTML = `<span>${text}</span>`; return cell.firstChild.getBoundingClientRect().width; }"
    cell = tab.locator("article td").first
    assert len({cell.evaluate(width, digit * 8) for digit in "0123456789"}) == 1
    context.close()
