"""The architecture page is printed from the files, so it lists all of them."""

from __future__ import annotations

import pytest

from camfolio.site.rooms import READING_ORDER, ROOT, rooms

ROOMS = rooms()


def test_every_module_is_listed_once():
    paths = [room.path for room in ROOMS]
    files = [file.relative_to(ROOT).as_posix().replace("__init__.py", "") for file in ROOT.rglob("*.py")]
    assert sorted(paths) == sorted(path or "camfolio/" for path in files)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.path)
def test_a_module_has_a_sentence(room):
    assert len(room.sentence.split()) >= 4
    assert "\n" not in room.sentence


def test_a_folder_comes_before_its_files():
    paths = [room.path for room in ROOMS]
    assert paths[0] == "camfolio/"
    for path in paths:
        folder, slash, file = path.rpartition("/")
        if slash and file:
            assert paths.index(f"{folder}/") < paths.index(path)


def test_a_room_has_its_depth(tmp_path):
    (tmp_path / "attic").mkdir()
    (tmp_path / "__init__.py").write_text('"""The house."""\n')
    (tmp_path / "attic" / "__init__.py").write_text('"""The attic,\nunder the roof.\n\nMore.\n"""\n')
    (tmp_path / "attic" / "box.py").write_text("")
    found = [(room.path, room.sentence, room.depth) for room in rooms(tmp_path)]
    assert found == [
        ("camfolio/", "The house.", 1),
        ("attic/", "The attic, under the roof.", 1),
        ("attic/box.py", "", 1),
    ]


def test_every_folder_has_its_place_in_the_reading_order_and_in_contributing():
    folders = [path.name for path in ROOT.iterdir() if (path / "__init__.py").is_file()]
    assert sorted(folders) == sorted(READING_ORDER)
    text = (ROOT.parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = [text.index(f"`{name}/`") for name in READING_ORDER]
    assert named == sorted(named)


def test_rooms_are_in_reading_order_each_before_its_modules():
    paths = [room.path for room in rooms()]
    tops = [path.partition("/")[0] for path in paths if "/" in path and path != "camfolio/"]
    assert list(dict.fromkeys(tops)) == list(READING_ORDER)
    assert paths[0] == "camfolio/"
    assert paths.index("network/") + 1 == paths.index("network/agreement.py")
