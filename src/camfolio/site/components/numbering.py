"""Numbers of figures and tables, given once all pages are there, so that any page may refer to any figure.

While a page is rendered, a mark stands where a number or a reference goes. Figures and tables are counted through all
pages of a study in the order of its navigation: "Figure 3" means one figure, wherever it is said.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup

from camfolio.errors import PageError, nearest

MARK = re.compile("\ue000(?P<word>figure|table|empty|see):(?P<name>[^\ue000\ue001]+)\ue001")
NOT_DRAWN = "the note in place of a figure"


@dataclass(frozen=True)
class Place:
    """Where a figure or table stands: the page's path, the name under which it is found there, how it is called."""

    page: str
    name: str
    called: str


def mark(word: str, name: str) -> Markup:
    """A place that gets its words later: the number of a `figure` or `table`, nothing (`empty`), or a link (`see`)."""
    return Markup("\ue000{}:{}\ue001").format(word, name)


def numbered(pages: Mapping[str, str], template: Mapping[str, str]) -> dict[str, str]:
    """The same pages with numbers and links in place of their marks.

    Args:
        pages: path -> content, in the order of the navigation.
        template: path -> the template it was made from, for the error.

    Raises:
        PageError: for a reference to nothing, or a figure that stands on two places of one study.
    """
    places = places_of(pages, template)
    return {
        page: MARK.sub(partial(words, page=page, places=places, template=template[page]), text)
        for page, text in pages.items()
    }


def words(found: re.Match[str], page: str, places: Mapping[str, Place], template: str) -> str:
    """What stands in place of a mark on a page: the figure's number, nothing, or a link to where a figure stands."""
    folder, name = posixpath.dirname(page), found["name"]
    if found["word"] == "empty":
        return ""
    if found["word"] != "see":
        return places[posixpath.join(folder, name)].called
    place = places.get(posixpath.join(folder, name)) or places.get(name)
    if place is None:
        here = [known.removeprefix(f"{folder}/") for known in places]
        msg = f"Expected a figure or table to refer to, but got {name!r} in {template}. {nearest(name, here)}"
        raise PageError(msg)
    address = "" if place.page == page else posixpath.relpath(place.page, folder or ".")
    return f"[{place.called}]({address}#{place.name})"


def places_of(pages: Mapping[str, str], template: Mapping[str, str]) -> dict[str, Place]:
    """`FOLDER/NAME` of every figure and table -> where it stands."""
    places: dict[str, Place] = {}
    counted: Counter[tuple[str, str]] = Counter()
    for page, text in pages.items():
        folder = posixpath.dirname(page)
        for word, name in defined(text):
            full = posixpath.join(folder, name)
            if full in places:
                msg = f"Expected every figure and table once in a study, but got {name!r} again in {template[page]}."
                raise PageError(msg)
            counted[folder, word] += 1
            called = NOT_DRAWN if word == "empty" else f"{word.capitalize()} {counted[folder, word]}"
            places[full] = Place(page, name, called)
    return places


def defined(text: str) -> Sequence[tuple[str, str]]:
    """Kind and name of what stands on a page, in its order."""
    return [(found["word"], found["name"]) for found in MARK.finditer(text) if found["word"] != "see"]
