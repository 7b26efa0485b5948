"""Time of a site build with all results stored, compared with the same site as plain files; and time after an edit.

Usage: python benchmarks/site_build.py [RUNS]   (after `make site`; prints medians in seconds and their ratio)
"""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import yaml

from camfolio.commands.templates import copy_templates
from camfolio.site.project import site_for
from camfolio.study.project import read_yaml

PROJECT = Path(__file__).resolve().parent.parent
QUIET = os.environ | {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"}


def plain_copy(folder: Path) -> None:
    """Write the same site with every generated page and figure as a file under docs/."""
    shutil.copytree(PROJECT / "docs", folder / "docs")
    shutil.copytree(PROJECT / "gen", folder / "gen")
    site = site_for(PROJECT)
    for page in site.pages:
        target = folder / "docs" / page.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(page.content)
    config = read_yaml(PROJECT / "mkdocs.yml")
    config["plugins"] = ["search"]
    config["nav"] = site.nav(config["nav"])
    config["watch"] = []
    (folder / "mkdocs.yml").write_text(yaml.safe_dump(config))


def build(folder: Path, target: Path) -> float:
    """Wall seconds of one `mkdocs build` in a new process."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(target)]
    subprocess.run(command, cwd=folder, env=QUIET, check=True, capture_output=True)
    return time.perf_counter() - start


def rebuild_after_edit(folder: Path) -> list[float]:
    """Seconds from saving a template until the served page has the new sentence, three times."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (template,) = copy_templates(folder / "gen" / "templates", ["methods.md.jinja"])
    command = [sys.executable, "-m", "mkdocs", "serve", "-a", f"127.0.0.1:{port}"]
    with subprocess.Popen(
        command, cwd=folder, env=QUIET, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            wait_for(port, "How the methods work")
            times = []
            for turn in range(3):
                time.sleep(2)
                start = time.perf_counter()
                template.write_text(template.read_text() + f"\nEdit number {turn}.\n")
                wait_for(port, f"Edit number {turn}.")
                times.append(time.perf_counter() - start)
            return times
        finally:
            server.terminate()


def wait_for(port: int, sentence: str) -> None:
    """Poll a page until it contains a sentence, for at most a minute."""
    for _ in range(3000):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/methods/", timeout=30) as answer:
                if sentence in answer.read().decode():
                    return
        except OSError:
            pass
        time.sleep(0.02)
    msg = f"Expected {sentence!r} on the page within a minute."
    raise TimeoutError(msg)


def project_copy(folder: Path) -> None:
    """A copy of the project with its results, whose templates can be edited."""
    for name in ("docs", "gen"):
        shutil.copytree(PROJECT / name, folder / name)
    shutil.copy(PROJECT / "mkdocs.yml", folder)
    (folder / "src").symlink_to(PROJECT / "src")
    (folder / "artifacts").symlink_to(PROJECT / "artifacts")


def main() -> None:
    """Time both sites in alternating runs, and print medians and their ratio."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plain_copy(folder / "plain")
        project_copy(folder / "project")
        times: dict[str, list[float]] = {"warm": [], "plain": []}
        for _ in range(runs + 1):
            times["warm"].append(build(PROJECT, folder / "warm-site"))
            times["plain"].append(build(folder / "plain", folder / "plain-site"))
        warm, plain = (statistics.median(values[1:]) for values in times.values())
        print(f"warm build {warm:.2f} s, plain files {plain:.2f} s, ratio {warm / plain:.2f} (medians of {runs})")
        edits = rebuild_after_edit(folder / "project")
        print(f"template edit to served page {statistics.median(edits):.2f} s ({', '.join(f'{t:.2f}' for t in edits)})")


if __name__ == "__main__":
    main()
