"""`mkdocs serve`: an edit appears on the page, an error is shown as a page, and its correction restores the site."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

PATIENCE = 40
PACKAGE = Path(__file__).resolve().parents[2] / "src" / "camfolio"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture
def served(copy_project, tmp_path):
    """A project with a copy of the package, and its address while MkDocs serves it."""
    project = copy_project(tmp_path / "project")
    shutil.copytree(PACKAGE, project / "src" / "camfolio", ignore=shutil.ignore_patterns("__pycache__"))
    address = f"127.0.0.1:{free_port()}"
    quiet = {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"}
    quiet["PYTHONPATH"] = os.pathsep.join([str(project / "src"), *filter(None, [os.environ.get("PYTHONPATH")])])
    with (
        (tmp_path / "said.txt").open("w") as said,
        subprocess.Popen(
            [sys.executable, "-m", "mkdocs", "serve", "--dev-addr", address],
            cwd=project,
            env=os.environ | quiet,
            stdout=said,
            stderr=said,
        ) as server,
    ):
        try:
            yield project, f"http://{address}/"
            server.send_signal(signal.SIGINT)
            assert server.wait(timeout=PATIENCE) == 0
        finally:
            server.kill()  # one that hears no Ctrl-C must not keep the tests waiting


def said(folder: Path, words: str) -> int:
    """How often the server said something."""
    return (folder / "said.txt").read_text(encoding="utf-8").count(words)


def wait_for(words: str, address: str) -> None:
    """Request a page until it contains the text."""
    end, page = time.monotonic() + PATIENCE, ""
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
                page = answer.read().decode()
        except (urllib.error.URLError, OSError) as error:
            page = str(error)
        if words in page:
            return
        time.sleep(0.1)
    pytest.fail(f"{words!r} did not appear in {len(page)} characters: {page[:200]}")


def test_an_edit_appears_an_error_is_shown_and_correcting_it_restores_the_page(served, copied_template, tmp_path):
    project, address = served
    wait_for("Discs on lung.", address + "tiny/")
    template = copied_template(project, "study/index.md.jinja")
    template.write_text(template.read_text(encoding="utf-8") + "\nA sentence of today.\n", encoding="utf-8")
    wait_for("A sentence of today.", address + "tiny/")
    study = project / "gen" / "studies" / "tiny.yaml"
    right = study.read_text(encoding="utf-8")
    study.write_text(right + "titel: x\n", encoding="utf-8")
    wait_for("Expected a known key, but got titel", address)
    study.write_text(right, encoding="utf-8")
    wait_for("A sentence of today.", address + "tiny/")
    wait_for("Tiny &amp; quick", address)
    assert "Traceback" not in (tmp_path / "said.txt").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("file", ["stages/split.py", "raster/card.py"])
def test_code_that_is_no_python_is_shown_and_mending_it_brings_the_page_back(served, file):
    project, address = served
    wait_for("Tiny &amp; quick", address)
    source = project / "src" / "camfolio" / file
    right = source.read_text(encoding="utf-8")
    source.write_text(right + "def height(n:\n", encoding="utf-8")
    wait_for("was never closed", address)
    source.write_text(right, encoding="utf-8")
    wait_for("Tiny &amp; quick", address)


@pytest.mark.slow
def test_an_error_is_shown_at_every_address(served):
    project, address = served
    wait_for("Tiny &amp; quick", address)
    (project / "gen" / "studies" / "tiny.yaml").write_text("titel: x\n", encoding="utf-8")
    for page in ("", "tiny/", "tiny/explorer/", "methods/"):
        wait_for("Expected the key title, but it is missing", address + page)


@pytest.mark.slow
def test_an_edit_of_code_that_the_server_runs_is_logged_with_a_remedy(served, tmp_path):
    project, address = served
    wait_for("Discs on lung.", address + "tiny/")
    with (project / "src" / "camfolio" / "site" / "wording.py").open("a", encoding="utf-8") as source:
        source.write("# A comment.\n")
    sentence, end = "the edited modules camfolio.site.wording", time.monotonic() + PATIENCE
    while sentence not in (tmp_path / "said.txt").read_text(encoding="utf-8"):
        assert time.monotonic() < end
        time.sleep(0.1)
    wait_for("Discs on lung.", address + "tiny/")


def test_pages_appear_once_their_results_are_there_and_the_others_say_what_they_wait_for(
    served, copied_template, tmp_path
):
    project, address = served
    wait_for("Discs on lung.", address + "tiny/")
    for stage in ("figure-roc", "explorer"):
        shutil.rmtree(project / "artifacts" / stage)
    before = said(tmp_path, "Building documentation")
    template = copied_template(project, "study/index.md.jinja")
    template.write_text(template.read_text(encoding="utf-8") + "\nA sentence of today.\n", encoding="utf-8")
    wait_for('data-progress="tiny"', address + "tiny/")
    with urllib.request.urlopen(address + "tiny/evidence/", timeout=PATIENCE) as answer:
        assert "Scores of methods and controls" in answer.read().decode()
    with urllib.request.urlopen(address + "assets/progress.json", timeout=PATIENCE) as answer:
        assert "figure-roc" in {row["stage"] for row in json.load(answer)["tiny"]["rows"]}
    wait_for("A sentence of today.", address + "tiny/")
    wait_for("CLAIM", address + "tiny/reporting/")
    assert list((project / "artifacts" / "figure-roc").glob("*/light.svg"))
    assert said(tmp_path, "Building documentation") - before <= 4  # the edit, the write-up, the explorer, the end


@pytest.mark.slow
def test_a_stage_that_fails_is_a_sentence_until_what_it_depends_on_changes(served, tmp_path):
    project, address = served
    wait_for("Discs on lung.", address + "tiny/")
    source = project / "src" / "camfolio" / "figures" / "roc.py"
    right = source.read_text(encoding="utf-8")
    source.write_text(right + "\n\ndef run(**_: object) -> None:\n    raise RuntimeError(0)\n", encoding="utf-8")
    wait_for("Expected a result of figure-roc, but got RuntimeError", address + "tiny/")
    source.write_text(right, encoding="utf-8")
    wait_for("Discs on lung.", address + "tiny/")
