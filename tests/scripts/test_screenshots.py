"""Pictures of a site: every page is found, served, and taken in every theme and width."""

from __future__ import annotations

import runpy
import urllib.request
from pathlib import Path

from PIL import Image

SCRIPT = runpy.run_path(str(Path(__file__).resolve().parents[2] / "scripts" / "screenshots.py"))


def make_site(folder: Path) -> Path:
    for name in ("", "a.b", "a.b/c"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "index.html").write_text(f"<h1>{name}</h1>", encoding="utf-8")
    return folder


def test_every_page_has_its_address(tmp_path):
    assert SCRIPT["pages"](make_site(tmp_path)) == ["", "a.b/", "a.b/c/"]


def test_a_folder_is_served_as_long_as_it_is_looked_at(tmp_path):
    with (
        SCRIPT["served"](make_site(tmp_path)) as address,
        urllib.request.urlopen(f"{address}a.b/c/", timeout=5) as answer,
    ):
        assert answer.read() == b"<h1>a.b/c</h1>"


def test_every_page_is_taken_in_every_look(tmp_path, browser):
    target = tmp_path / "shots"
    target.mkdir()
    with SCRIPT["served"](make_site(tmp_path / "site")) as address:
        SCRIPT["take"](browser, address, ["", "a.b/c/"], target)
    names = {f"{page}-{theme}-{width}.png" for page in ("home", "a.b-c") for theme, width in SCRIPT["LOOKS"]}
    assert {path.name for path in target.iterdir()} == names
    for path in target.iterdir():
        with Image.open(path) as picture:
            assert picture.width == int(path.stem.rpartition("-")[2])
