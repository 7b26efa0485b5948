"""Accepted pictures of views: what is the same passes, what a reader would miss does not."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from PIL import Image

pytest.importorskip("playwright.sync_api")
pytest.importorskip("pixelmatch")
looks = import_module("looks")
VIEW = looks.View("front", "", "light", 390)
PAGE = """<!doctype html><html><head><meta charset="utf-8"><style>
body {{ margin: 20px; color: #1c2328; background: #fbfaf7; font: 16px sans-serif }} h1 {{ color: {colour} }} hr {{ border: {rule} }}
</style></head><body><h1>Where does the network look?</h1><hr><p>{text}</p></body></html>"""
DEFAULT = {"colour": "#0b7285", "rule": "1px solid #777", "text": "A sentence about maps. " * 20}


@pytest.fixture
def picture(tmp_path, browser):
    """`picture(colour="red")`: the page as it is seen, with other words or looks."""

    def take(**changed: str) -> Image.Image:
        folder = tmp_path / "site"
        folder.mkdir(exist_ok=True)
        (folder / "index.html").write_text(PAGE.format(**DEFAULT | changed), encoding="utf-8")
        with looks.served(folder) as address:
            return looks.seen(browser, address, VIEW)

    return take


def judged(tmp_path: Path, picture: Image.Image) -> str:
    return looks.judged(VIEW, picture, tmp_path / "looks", tmp_path / "different")


def test_a_view_that_was_accepted_is_the_same_another_time(tmp_path, picture):
    looks.accept(VIEW, picture(), tmp_path / "looks")
    assert judged(tmp_path, picture()) == ""
    assert not (tmp_path / "different").exists()
    assert (tmp_path / "looks" / "front-light-390.png").stat().st_size < 60_000


@pytest.mark.parametrize(
    "changed",
    [{"colour": "#1c2328"}, {"rule": "0"}, {"text": DEFAULT["text"].replace("maps", "masks")}, {"text": ""}],
    ids=["another colour of the heading", "a lost rule", "another word", "lost text"],
)
def test_a_lost_look_is_found_and_drawn(tmp_path, picture, changed):
    looks.accept(VIEW, picture(), tmp_path / "looks")
    words = judged(tmp_path, picture(**changed))
    assert words.startswith("front: Expected at most 0.10% other pixels than in ")
    assert words.endswith("If the new look is meant, run: make looks-accept")
    assert {path.name for path in (tmp_path / "different").iterdir()} == {
        f"front-light-390-{name}.png" for name in ("before", "now", "difference")
    }
    with Image.open(tmp_path / "different" / "front-light-390-difference.png") as drawn:
        red = sum(count for count, colour in drawn.getcolors(1 << 20) if colour[:3] == (255, 0, 0))
    assert red > looks.MOST * drawn.width * drawn.height


def test_a_shade_that_no_reader_sees_is_the_same(tmp_path, picture):
    looks.accept(VIEW, picture(), tmp_path / "looks")
    assert judged(tmp_path, picture(colour="#0b7385")) == ""


def test_a_missing_picture_is_a_sentence_with_the_command(tmp_path, picture):
    words = judged(tmp_path, picture())
    assert "Expected an accepted picture" in words
    assert words.endswith("run: make looks-accept")


def test_a_view_of_another_size_differs_altogether(tmp_path, picture):
    looks.accept(VIEW, picture().resize((100, 100)), tmp_path / "looks")
    assert "but got 100.00%" in judged(tmp_path, picture())


def test_a_page_that_is_gone_is_a_sentence(tmp_path, browser):
    with looks.served(tmp_path) as address, pytest.raises(SystemExit, match="Expected the page 'gone/' in the site"):
        looks.seen(browser, address, looks.View("gone", "gone/", "light", 390))


def test_eight_views_show_both_themes_and_both_widths():
    views = looks.VIEWS
    assert len({view.page for view in views}) == len(views) == 8
    assert {(view.theme, view.width) for view in views} == {(t, w) for t in ("light", "dark") for w in (1280, 390)}
