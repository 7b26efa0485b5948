"""Two complete builds of one project in other folders, homes, languages and time zones, on one processor and on all."""

from __future__ import annotations

import runpy
import shutil
import sys
from pathlib import Path

import pytest

SCRIPT = runpy.run_path(str(Path(__file__).resolve().parents[2] / "scripts" / "same_site.py"))


def test_differences_are_found(tmp_path):
    for name in ("one", "other"):
        (tmp_path / name / "in").mkdir(parents=True)
        (tmp_path / name / "in" / "same").write_text("same", encoding="utf-8")
        (tmp_path / name / "other").write_text(name, encoding="utf-8")
    (tmp_path / "one" / "alone").touch()
    assert SCRIPT["differences"](tmp_path / "one", tmp_path / "other") == ["alone", "other"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the number of processors of a process can be set on Linux only")
def test_complete_builds_under_other_circumstances_give_the_same_site(copy_project, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    sites = []
    for number, circumstances in enumerate((SCRIPT["HERE_AND_NOW"], SCRIPT["ELSEWHERE"])):
        project = copy_project(tmp_path / str(number) / circumstances.folder)
        shutil.rmtree(project / "artifacts")
        sites.append(SCRIPT["built"](project, tmp_path / "homes" / str(number), circumstances))
    assert len(list(sites[0].rglob("*.html"))) > 10
    assert SCRIPT["differences"](*sites) == []
