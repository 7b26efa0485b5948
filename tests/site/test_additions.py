"""Where an addition goes: one table for CONTRIBUTING and the architecture page, whose files all exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from camfolio.site.additions import ADDITIONS

PROJECT = Path(__file__).resolve().parents[2]
STATED = re.compile(r"`([\w./-]+(?:/|\.(?:py|md|jinja|yml|bib)))`")


def test_contributing_has_the_table_as_it_is():
    text = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert "\n".join(one.row for one in ADDITIONS) in text


def test_common_kinds_of_additions_are_listed():
    kinds = {one.kind for one in ADDITIONS}
    asked = "stage, setting, command, data source, CAM method, scaling, localisation score, faithfulness score, control, metric, figure, page"
    assert {f"a {kind}" for kind in asked.split(", ")} <= kinds
    assert len(kinds) == len(ADDITIONS)


@pytest.mark.parametrize("addition", ADDITIONS, ids=lambda one: one.kind)
def test_every_file_named_exists(addition):
    for column, folders in ((addition.write, ("", "src/camfolio")), (addition.test, ("tests",))):
        named = STATED.findall(column)
        assert named
        missing = [path for path in named if not any((PROJECT / folder / path).exists() for folder in folders)]
        assert missing == []
