"""The faces of figures: the sans of the pages, in pictures that stand for themselves."""

from __future__ import annotations

import base64
import html
import io
import re
from functools import cache
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from matplotlib import font_manager

FOLDER = Path(__file__).with_name("fonts")
FAMILY = "Camfolio Sans"
FALLBACK = "DejaVu Sans"
"""Of matplotlib: characters that the face has not, such as those of other scripts."""
WEIGHTS = {"sans.ttf": "normal", "sans-bold.ttf": "bold"}
TEXT = re.compile(r"<text([^>]*)>([^<]*)</text>")


@cache
def register() -> None:
    """Make the faces known to matplotlib."""
    for file in WEIGHTS:
        font_manager.fontManager.addfont(FOLDER / file)


def with_faces(svg: str) -> str:
    """An SVG whose text is in these faces, with the characters that it uses of them.

    A picture on a page cannot use the page's fonts, nor a file beside it.

    Args:
        svg: as matplotlib writes it with text as text.
    """
    texts: dict[str, str] = dict.fromkeys(WEIGHTS, "")
    for attributes, text in TEXT.findall(svg):
        texts["sans-bold.ttf" if "font-weight" in attributes else "sans.ttf"] += html.unescape(text)
    rules = "".join(face_rule(file, frozenset(text)) for file, text in texts.items() if text)
    return svg.replace("</style>", f"{rules}</style>", 1)


def face_rule(file: str, characters: frozenset[str]) -> str:
    """The rule of CSS that contains the characters of a face."""
    data = base64.b64encode(subset(file, characters)).decode()
    return f'@font-face {{font-family: "{FAMILY}"; font-weight: {WEIGHTS[file]}; src: url(data:font/woff;base64,{data})}}\n'


@cache
def subset(file: str, characters: frozenset[str]) -> bytes:
    """Some characters of a face as WOFF; the same characters give the same bytes."""
    font = TTFont(FOLDER / file, recalcTimestamp=False)
    options = Options()
    options.layout_features = ["kern"]
    options.name_IDs = [0]
    options.notdef_outline = True
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[ord(character) for character in characters])
    subsetter.subset(font)
    font.flavor = "woff"
    written = io.BytesIO()
    font.save(written)
    return written.getvalue()
