"""Figures and pages use the faces of the package: text stays text, and a picture has the characters that it uses."""

from __future__ import annotations

import base64
import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

import camfolio
from camfolio.figures.drawing.faces import FAMILY, FOLDER, subset
from camfolio.figures.drawing.output import Drawing, write
from camfolio.figures.drawing.style import new_figure

PAGES = Path(camfolio.__file__).parent / "site" / "defaults" / "assets" / "fonts"
LABEL = "\N{GREEK SMALL LETTER MU} ± 2 \N{GREEK SMALL LETTER SIGMA} ≤ \N{MINUS SIGN}300 HU & <mm²>"
EMBEDDED = re.compile(r'font-family: "([^"]+)"; font-weight: (\w+); src: url\(data:font/woff;base64,([^)]+)\)')


def drawing(title: str, **style: str) -> Drawing:
    def draw(theme, _place):
        figure = new_figure(theme, 4.0, 2.0, layout="constrained")
        axes = figure.subplots()
        axes.set_title(title, **style)
        axes.set_xlabel(LABEL)
        return figure

    return Drawing(draw, "")


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def faces(svg: str) -> dict[str, set[str]]:
    """Weight -> characters of the faces in a picture."""
    found = {}
    for family, weight, data in EMBEDDED.findall(svg):
        assert family == FAMILY
        found[weight] = {chr(code) for code in TTFont(io.BytesIO(base64.b64decode(data))).getBestCmap()}
    return found


def test_text_of_a_picture_is_text_in_a_face_with_its_characters(tmp_path):
    write(tmp_path, drawing("Energy, 35 %"))
    svg = (tmp_path / "light.svg").read_text(encoding="utf-8")
    assert {"Energy, 35\u202f%", LABEL} <= set(texts(svg))  # the space is narrow
    (characters,) = faces(svg).values()
    assert characters == set("".join(texts(svg))) | {"≥"}  # the mirror image of another


def test_bold_text_has_the_bold_face(tmp_path):
    write(tmp_path, drawing("Bold", fontweight="bold"))
    found = faces((tmp_path / "dark.svg").read_text(encoding="utf-8"))
    assert found["bold"] == set("Bold")
    assert LABEL[0] in found["normal"]


def test_characters_without_a_face_stay_text_and_are_not_embedded(tmp_path):
    write(tmp_path, drawing("● Nodule"))
    svg = (tmp_path / "light.svg").read_text(encoding="utf-8")
    assert "● Nodule" in texts(svg)
    assert "●" not in set().union(*faces(svg).values())


def test_the_same_figure_has_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        subset.cache_clear()
        write(tmp_path / name, drawing("Energy"))
    assert (tmp_path / "one" / "light.svg").read_bytes() == (tmp_path / "two" / "light.svg").read_bytes()


@pytest.mark.parametrize("folder", [PAGES, FOLDER])
def test_faces_are_small_have_a_licence_and_not_its_reserved_name(folder):
    files = [file for file in folder.iterdir() if file.suffix in {".woff2", ".ttf"}]
    assert files
    assert sum(file.stat().st_size for file in files) <= 150_000
    assert list(folder.glob("LICENSE-*.txt"))
    for file in folder.glob("*.ttf"):
        names = {name.nameID: str(name) for name in TTFont(file)["name"].names}
        assert names[1] == FAMILY
        assert not any("Source" in text for number, text in names.items() if number not in {0, 13, 14})
