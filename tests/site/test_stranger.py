"""A stranger's portfolio is looked at without running anything of it: neither its studies' modules nor its site's programs."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import yaml

from camfolio import cli
from camfolio.study.project import read_yaml

DATA = {
    ".txt",
    ".f32",
    ".i16",
    ".u8",
    ".csv",
    ".json",
    ".lock",
    ".npy",
    ".npz",
    ".onnx",
    ".png",
    ".safetensors",
    ".svg",
    ".webp",
}
"""Suffixes of files that are read as data."""
LEAVE_A_MARK = "from pathlib import Path\nPath({mark!r}).touch()\n"


@pytest.fixture
def stranger(tmp_path, store, portfolio, tiny_study):
    """A portfolio with results in which every program of a site touches `ran`."""
    folder = tmp_path / "theirs"
    assert cli.main(["new", str(folder)]) == 0
    (folder / "gen/studies/first-study.yaml").unlink()
    for file in (tiny_study, tiny_study.with_name("tiny.npz")):
        shutil.copy2(file, folder / "gen/studies")
    shutil.copytree(store.root, folder / "artifacts")
    program = LEAVE_A_MARK.format(mark=str(tmp_path / "ran"))
    for name in ("gen/pages.py", "hook.py", "jinja2.py", "camfolio.py"):
        (folder / name).write_text(program, encoding="utf-8")
    (folder / "theme").mkdir()
    (folder / "theme" / "main.html").write_text(
        "{{ config.__class__.__init__.__globals__['os'].system('touch " + str(tmp_path / "ran") + "') }}",
        encoding="utf-8",
    )
    changed = read_yaml(folder / "mkdocs.yml")
    changed["theme"]["custom_dir"], changed["hooks"], changed["site_name"] = "theme", ["hook.py"], "Their maps"
    text = yaml.safe_dump(changed) + f"extra_tag: !!python/object/apply:os.system ['touch {tmp_path / 'ran'}']\n"
    (folder / "mkdocs.yml").write_text(text, encoding="utf-8")
    return folder


def test_a_site_without_user_code_runs_no_program_of_the_project(stranger, tmp_path, python):
    ran = python("-P", "-m", "camfolio.cli", "site", "--no-user-code", "--strict", folder=stranger)
    assert ran.status == 0, ran.err
    assert "Their maps" in (stranger / "site/index.html").read_text(encoding="utf-8")
    assert (stranger / "site/tiny/index.html").is_file()
    assert not (tmp_path / "ran").exists()


def test_a_template_that_reaches_for_files_ends_a_site_without_user_code(stranger, tmp_path, python):
    text = "# x\n\n{{ split.read.__func__.__globals__['Path']('" + str(tmp_path / "ran") + "').touch() }}\n"
    (stranger / "gen/templates/study/index.md.jinja").write_text(text, encoding="utf-8")
    ran = python("-P", "-m", "camfolio.cli", "site", "--no-user-code", folder=stranger)
    assert ran.status > 0
    assert "Expected a template that can be filled, but got" in ran.err
    assert not (tmp_path / "ran").exists()


def test_a_link_out_of_the_pages_of_a_stranger_is_refused(stranger, python):
    (stranger / "docs" / "more").symlink_to("/etc")
    ran = python("-P", "-m", "camfolio.cli", "site", "--no-user-code", folder=stranger)
    assert ran.status > 0
    assert "Expected files of the project, but" in ran.err


def test_documents_of_a_stranger_are_in_the_project(stranger, python):
    (stranger / "mkdocs.yml").write_text("docs_dir: /etc\n", encoding="utf-8")
    ran = python("-P", "-m", "camfolio.cli", "site", "--no-user-code", folder=stranger)
    assert ran.status > 0
    assert "Expected a folder of the project, but got /etc." in ran.err


@pytest.mark.slow
def test_a_stranger_s_site_needs_neither_navigation_nor_name(stranger, python):
    (stranger / "mkdocs.yml").rename(stranger / "mkdocs.yaml")
    text = "site_name: !ENV NAME\ndocs_dir: docs\nplugins: [camfolio]\n"
    (stranger / "mkdocs.yaml").write_text(text, encoding="utf-8")
    ran = python("-P", "-m", "camfolio.cli", "site", "--no-user-code", "--strict", folder=stranger)
    assert ran.status == 0, ran.err
    page = (stranger / "site/index.html").read_text(encoding="utf-8")
    assert "<title>theirs" in page or "- theirs</title>" in page
    assert 'href="about/"' in page


def test_files_of_a_site_are_readable_by_a_web_server_though_the_store_is_not(stranger, python):
    ran = python("-P", "-m", "camfolio.cli", "site", "--no-user-code", folder=stranger)
    assert ran.status == 0, ran.err
    figures = list((stranger / "site/tiny/figures").iterdir())
    assert figures
    assert {figure.stat().st_mode & 0o444 for figure in figures} == {0o444}


def test_a_store_holds_data_only(store, portfolio):
    files = [path for path in store.root.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} <= DATA
    for path in files:
        if path.suffix in {".npy", ".npz"}:
            loaded = np.load(path, allow_pickle=False)
            assert all(loaded[name].dtype != object for name in getattr(loaded, "files", []))
