"""Numbers run through the pages of a study; references lead to any page, and unknown ones are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camfolio.errors import PageError
from camfolio.site.components.figures import see
from camfolio.site.components.numbering import MARK, defined, mark, numbered


def count(**pages: str) -> dict[str, str]:
    """Pages by path with `__` for a slash, after numbering."""
    texts = {f"{path.replace('__', '/')}.md": text for path, text in pages.items()}
    return numbered(texts, {path: f"gen/templates/{path}.jinja" for path in texts})


def test_figures_and_tables_are_counted_apart_and_through_all_pages_of_a_study():
    first = f"{mark('figure', 'a')} {mark('table', 'b')} {mark('figure', 'c')}"
    pages = count(one__index=first, one__data=f"{mark('figure', 'd')}", two__index=f"{mark('figure', 'a')}")
    assert pages == {"one/index.md": "Figure 1 Table 1 Figure 2", "one/data.md": "Figure 3", "two/index.md": "Figure 1"}


def test_a_reference_forward_on_the_same_page_is_an_anchor():
    assert count(one__index=f"{see('a')}: {mark('figure', 'a')}")["one/index.md"] == "[Figure 1](#a): Figure 1"


def test_a_reference_to_another_page_and_to_another_study_is_a_path():
    pages = count(
        one__index=f"{see('a')} {see('two/b')}",
        one__data=f"{mark('table', 'a')}",
        two__index=f"{mark('figure', 'b')}",
        methods=f"{see('two/b')}",
    )
    assert pages["one/index.md"] == "[Table 1](data.md#a) [Figure 1](../two/index.md#b)"
    assert pages["methods.md"] == "[Figure 1](two/index.md#b)"


def test_a_figure_that_is_not_drawn_takes_no_number_and_can_be_referred_to():
    page = count(one__index=f"{mark('empty', 'a')}{mark('figure', 'b')} {see('a')}")["one/index.md"]
    assert page == "Figure 1 [the note in place of a figure](#a)"


def test_a_reference_to_nothing_names_template_and_the_nearest():
    said = r"but got 'rock' in gen/templates/one/index\.md\.jinja\. Did you mean roc\? Known: confusion, roc\."
    with pytest.raises(PageError, match=said):
        count(one__index=f"{see('rock')}{mark('figure', 'roc')}{mark('figure', 'confusion')}")


def test_a_figure_on_two_pages_of_a_study_is_refused():
    with pytest.raises(PageError, match=r"once in a study, but got 'roc' again in gen/templates/one/data\.md\.jinja"):
        count(one__index=f"{mark('figure', 'roc')}", one__data=f"{mark('figure', 'roc')}")


@given(st.lists(st.sampled_from(["figure", "table", "empty"]), max_size=30))
def test_no_mark_is_left_and_every_kind_is_counted_from_one_without_gaps(kinds):
    text = " ".join(f"{mark(kind, f'n{number}')} {see(f'n{number}')}" for number, kind in enumerate(kinds))
    page = numbered({"s/index.md": text}, {"s/index.md": "t"})["s/index.md"]
    assert not MARK.search(page)
    for kind in ("figure", "table"):
        wanted = [f"[{kind.capitalize()} {number}](" for number in range(1, kinds.count(kind) + 1)]
        assert [one for one in wanted if one in page] == wanted
        assert f"[{kind.capitalize()} {kinds.count(kind) + 1}](" not in page


def test_figures_and_tables_of_a_page_are_listed_in_order_without_references():
    assert defined(f"{mark('table', 'b')}{see('b')}{mark('figure', 'a')}") == [("table", "b"), ("figure", "a")]
