"""The write-up printed by Chromium: pages, numbers, notes, faces, and figures that are whole."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, datetime

import pytest

from camfolio import cli
from conftest import CHROMIUM

pypdf = pytest.importorskip("pypdf", reason="needs pypdf (the extra `test`)")
with_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium on the PATH")
MARGIN = 20 * 72 / 25.4
"""Points of paper around everything but page numbers and running heads."""


@pytest.fixture(scope="module")
def file(project, tmp_path_factory):
    """The report of a published portfolio, as the command writes it."""
    target = tmp_path_factory.mktemp("printed") / "report.pdf"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        patch.setenv("SOURCE_DATE_EPOCH", "1700000000")
        assert cli.main(["export", "pdf", "--to", str(target), "--site-url", "https://example.org/x/"]) == 0
    return target


@pytest.fixture(scope="module")
def printed(file):
    return pypdf.PdfReader(file)


@pytest.fixture(scope="module")
def texts(printed):
    """The text of every page on one line."""
    return [" ".join(page.extract_text().split()) for page in printed.pages]


def elements(node, kind):
    """All structure elements of a kind in a tagged PDF, without those inside of others."""
    node = node.get_object()
    if not isinstance(node, dict):
        return []
    if node.get("/S") == kind:
        return [node]
    return below(node, kind)


def below(node, kind):
    """The same inside of an element."""
    return [found for part in parts_of(node) for found in elements(part, kind)]


def parts_of(node):
    parts = node.get("/K", [])
    return parts if isinstance(parts, list) else [parts]


def marked(node, page=None):
    """Page and number of all marked content of a structure element."""
    node = node.get_object()
    if not isinstance(node, dict):
        return {(page, int(node))}
    page = node.raw_get("/Pg").idnum if "/Pg" in node else page
    if node.get("/Type") == "/OBJR":
        return set()
    if "/MCID" in node:
        return {(page, int(node["/MCID"]))}
    return {found for part in parts_of(node) for found in marked(part, page)}


def drawn(page):
    """Number of marked content -> the corners, in points of the page, of what it draws."""
    points, inside = defaultdict(list), []

    def before(operator, operands, matrix, _):
        if operator == b"BDC":
            inside.append(operands[1].get("/MCID") if isinstance(operands[1], dict) else None)
        elif operator == b"BMC":
            inside.append(None)
        elif operator == b"EMC":
            inside.pop()
        number = next((one for one in reversed(inside) if one is not None), None)
        if number is None:
            return
        values = [float(value) for value in operands if isinstance(value, (int, float))]
        if operator == b"re":
            x, y, width, height = values
            values = [x, y, x + width, y + height]
        elif operator == b"Do":
            values = [0, 0, 1, 1]
        elif operator not in (b"m", b"l"):
            return
        a, b, c, d, e, f = matrix
        points[number] += [
            (a * x + c * y + e, b * x + d * y + f) for x, y in zip(values[::2], values[1::2], strict=True)
        ]

    page.extract_text(visitor_operand_before=before)
    return points


@with_chromium
def test_it_has_several_pages_of_a4_and_every_one_its_number(printed, texts):
    assert 5 < len(texts) < 40
    for number, (page, text) in enumerate(zip(printed.pages, texts, strict=True), 1):
        assert [round(float(side) * 25.4 / 72) for side in page.mediabox[2:]] == [210, 297]
        assert f"Page {number} of {len(texts)}" in text
        assert "tiny, 14 November 2023" in text


@with_chromium
def test_the_first_page_names_the_study_and_its_origin(printed, texts):
    assert 'Discs, "nodules": a <b>tiny</b> study Study tiny Date 14 November 2023' in texts[0]
    assert "Software camfolio" in texts[0]
    assert "Contents" in texts[0]
    assert printed.metadata.title == 'Discs, "nodules": a <b>tiny</b> study'
    assert printed.metadata.creation_date == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert [entry.title for entry in printed.outline if not isinstance(entry, list)]


@with_chromium
def test_links_are_notes_with_their_addresses(texts):
    words = " ".join(texts)
    for page in ("model", "data", "evidence", "claims"):
        assert f"https://example.org/x/tiny/{page}/" in words
    assert re.search(r"https://(?:doi|arxiv)\.org/", words)
    assert re.search(r"model card ?\d", words)


@with_chromium
def test_every_face_is_embedded(printed):
    descriptors = []
    for page in printed.pages:
        for font in (one.get_object() for one in page["/Resources"].get("/Font", {}).values()):
            if font["/Subtype"] != "/Type3":  # whose signs are drawn in the file itself
                descriptors += [one.get_object()["/FontDescriptor"] for one in font["/DescendantFonts"]]
    assert descriptors
    assert all({"/FontFile2", "/FontFile3"} & set(one) for one in descriptors)
    assert {"CamfolioSerif", "CamfolioSans"} <= {re.split(r"[+-]", one["/FontName"])[1] for one in descriptors}


@with_chromium
def test_no_figure_is_cut_and_each_is_beside_its_caption(printed, portfolio):
    pages = {page.indirect_reference.idnum: page for page in printed.pages}
    points = {number: drawn(page) for number, page in pages.items()}
    figures = elements(printed.trailer["/Root"]["/StructTreeRoot"], "/Figure")
    pictures = [figure for figure in figures if below(figure, "/Figure")]
    names = [name for name in portfolio.finished if name.startswith("figure-")]
    assert 10 < len(pictures) <= len(names) + 1
    for figure in pictures:
        parts = marked(figure)
        assert len({page for page, _ in parts}) == 1
        corners = [corner for page, number in parts for corner in points[page][number]]
        (x0, y0), (x1, y1) = map(min, zip(*corners, strict=True)), map(max, zip(*corners, strict=True))
        width, height = (float(side) for side in pages[next(iter(parts))[0]].mediabox[2:])
        assert MARGIN < x0 < x1 < width - MARGIN
        assert MARGIN < y0 < y1 < height - MARGIN
        assert (x1 - x0) * (y1 - y0) > 50 * 50


@with_chromium
def test_equal_studies_give_equal_bytes(file, project, tmp_path, monkeypatch):
    monkeypatch.chdir(project)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    again = tmp_path / "again.pdf"
    assert cli.main(["export", "pdf", "--to", str(again), "--site-url", "https://example.org/x/"]) == 0
    assert again.read_bytes() == file.read_bytes()
