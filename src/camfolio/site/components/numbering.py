"""Numbers of figures and tables, assigned when all pages are rendered, so that any page can refer to any figure.

A rendered page has marks in place of numbers and references. Figures and tables are numbered through all pages of a
study in the order of its navigation, so that "Figure 3" is unique in a study.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup

from camfolio.errors import PageError, nearest

MARK = re.compile("\ue000(?P<word>figure|table|empty|see):(?P<name>[^\ue000\ue001]+)\ue001")
NOT_DRAWN = "the note in place of a figure"
TO_COME = "a figure to come"
"""In place of a reference to what may be on a page whose results are not finished."""


@dataclass(frozen=True)
class Anchor:
    """A figure or table on a page: the page's path, the anchor there, and the label, such as "Figure 3"."""

    page: str
    name: str
    label: str


def mark(word: str, name: str) -> Markup:
    """A mark that `numbered` replaces by the number of a `figure` or `table`, by nothing (`empty`), or by a link (`see`)."""
    return Markup("\ue000{}:{}\ue001").format(word, name)


def numbered(pages: Mapping[str, str], template: Mapping[str, str], waiting: Collection[str] = ()) -> dict[str, str]:
    """The pages with numbers and links in place of marks. While pages wait for results, the others are numbered without them.

    Args:
        pages: path -> content, in the order of the navigation.
        template: path -> its template, for error messages.
        waiting: paths of pages that wait for results, so that their figures are not known.

    Raises:
        PageError: for a reference to an unknown figure, or a figure that occurs twice in a study.
    """
    anchors, open_folders = anchors_of(pages, template), {posixpath.dirname(page) for page in waiting}
    return {
        page: MARK.sub(
            partial(replacement, page=page, anchors=anchors, template=template[page], open_folders=open_folders), text
        )
        for page, text in pages.items()
    }


def replacement(
    match: re.Match[str], page: str, anchors: Mapping[str, Anchor], template: str, open_folders: Collection[str]
) -> str:
    """The replacement of a mark on a page: the figure's label, nothing, or a link to a figure."""
    folder, name = posixpath.dirname(page), match["name"]
    if match["word"] == "empty":
        return ""
    if match["word"] != "see":
        return anchors[posixpath.join(folder, name)].label
    anchor = anchors.get(posixpath.join(folder, name)) or anchors.get(name)
    if anchor is None and {folder, posixpath.dirname(name)} & set(open_folders):
        return TO_COME
    if anchor is None:
        known_names = [known.removeprefix(f"{folder}/") for known in anchors]
        msg = f"Expected a figure or table to refer to, but got {name!r} in {template}. {nearest(name, known_names)}"
        raise PageError(msg)
    address = "" if anchor.page == page else posixpath.relpath(anchor.page, folder or ".")
    return f"[{anchor.label}]({address}#{anchor.name})"


def anchors_of(pages: Mapping[str, str], template: Mapping[str, str]) -> dict[str, Anchor]:
    """`FOLDER/NAME` of every figure and table -> its anchor."""
    anchors: dict[str, Anchor] = {}
    numbers: Counter[tuple[str, str]] = Counter()
    for page, text in pages.items():
        folder = posixpath.dirname(page)
        for word, name in defined(text):
            full = posixpath.join(folder, name)
            if full in anchors:
                msg = f"Expected every figure and table once in a study, but got {name!r} again in {template[page]}."
                raise PageError(msg)
            numbers[folder, word] += 1
            label = NOT_DRAWN if word == "empty" else f"{word.capitalize()} {numbers[folder, word]}"
            anchors[full] = Anchor(page, name, label)
    return anchors


def defined(text: str) -> Sequence[tuple[str, str]]:
    """Kind and name of the figures and tables on a page, in its order."""
    return [(match["word"], match["name"]) for match in MARK.finditer(text) if match["word"] != "see"]
