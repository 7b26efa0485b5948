"""Make the faces that pages and figures use: subsets of Source Serif Pro and Source Sans Pro (Adobe, SIL Open Font License 1.1).

    pip download --no-deps font-source-serif-pro font-source-sans-pro     # unpack both into FOLDER
    python scripts/fonts.py FOLDER                                        # needs fonttools and brotli

Pages get WOFF2, figures TrueType. The licence reserves the name Source for the complete fonts, so subsets have another name.
"""

from __future__ import annotations

import argparse
import shutil
from dataclasses import dataclass
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._g_l_y_f import Glyph

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "camfolio"
PAGES = PACKAGE / "site" / "defaults" / "assets" / "fonts"
FIGURES = PACKAGE / "figures" / "drawing" / "fonts"
CHARACTERS = (
    *range(0x20, 0x7F),
    *range(0xA0, 0x180),  # Latin with accents
    *map(ord, "ΔΣΩαβγδεκλμπρσχ"),
    *range(0x2010, 0x2028),  # dashes, quotation marks, ellipsis
    *map(ord, "\u2009\u202f′″‹›⁰¹²³⁴⁵⁶⁷⁸⁹⁻₀₁₂₃₄€™←↑→↓∂∏∑−∕√∞∫≈≠≤≥⋅■□▪▲△▼●○◦✓"),  # noqa: RUF001 - these are meant
)
NARROW_SPACE = 0x202F
"""Within numbers; Source Serif Pro has none."""
FEATURES = ("kern", "liga", "mark", "mkmk", "ccmp", "locl", "tnum", "lnum", "sups", "subs", "frac")
NAMES = (1, 3, 4, 6)
"""Entries of the name table that contain the family's name."""


@dataclass(frozen=True)
class Face:
    """A face of a package, its family and style here, and its file."""

    source: str
    family: str
    style: str
    file: str
    in_figures: bool = False


FACES = (
    Face("font_source_serif_pro/files/SourceSerifPro-Regular.ttf", "Camfolio Serif", "Regular", "serif"),
    Face("font_source_serif_pro/files/SourceSerifPro-It.ttf", "Camfolio Serif", "Italic", "serif-italic"),
    Face("font_source_serif_pro/files/SourceSerifPro-Semibold.ttf", "Camfolio Serif", "Bold", "serif-bold"),
    Face("font_source_sans_pro/files/SourceSansPro-Regular.ttf", "Camfolio Sans", "Regular", "sans", in_figures=True),
    Face(
        "font_source_sans_pro/files/SourceSansPro-Semibold.ttf", "Camfolio Sans", "Bold", "sans-bold", in_figures=True
    ),
)


def subset(folder: Path, face: Face) -> TTFont:
    """The characters of pages and figures from a font, under another family name."""
    font = TTFont(folder / face.source, recalcTimestamp=False)
    options = Options()
    options.layout_features = list(FEATURES)
    options.name_IDs = [0, 2, 5, 13, 14, *NAMES]
    options.hinting = False
    options.notdef_outline = True
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=CHARACTERS)
    subsetter.subset(font)
    add_narrow_space(font)
    if face.style == "Bold":  # of two weights the heavier one is bold
        font["OS/2"].usWeightClass = 700
        font["OS/2"].fsSelection = 1 << 5
        font["head"].macStyle = 1
    texts = dict.fromkeys(NAMES, face.family) | dict.fromkeys((3, 6), f"{face.family.replace(' ', '')}-{face.style}")
    for record in list(font["name"].names):
        if text := (texts | {2: face.style}).get(record.nameID):
            font["name"].setName(text, record.nameID, record.platformID, record.platEncID, record.langID)
    return font


def add_narrow_space(font: TTFont) -> None:
    """Give a font without the narrow space one of an eighth of an em, as wide as that of Source Sans Pro."""
    if NARROW_SPACE in font.getBestCmap():
        return
    name = f"uni{NARROW_SPACE:04X}"
    font["glyf"][name] = Glyph()
    font["hmtx"][name] = (font["head"].unitsPerEm // 8, 0)
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap[NARROW_SPACE] = name


def main() -> None:
    """Write all faces and their licences."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="with both unpacked packages")
    folder = parser.parse_args().folder
    for target in (PAGES, FIGURES):
        target.mkdir(parents=True, exist_ok=True)
        for package in sorted({face.source.partition("/")[0] for face in FACES if target == PAGES or face.in_figures}):
            shutil.copyfile(
                folder / package / "files" / "LICENSE.txt", target / f"LICENSE-{package[5:].replace('_', '-')}.txt"
            )
    for face in FACES:
        font = subset(folder, face)
        if face.in_figures:
            font.save(FIGURES / f"{face.file}.ttf")
        font.flavor = "woff2"
        font.save(PAGES / f"{face.file}.woff2")


if __name__ == "__main__":
    main()
