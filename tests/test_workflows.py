"""Workflows of this project and of a new portfolio: which job may write, what it runs, and what it pushes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[1]
FILES = [PROJECT / ".github" / "workflows" / "site.yml", PROJECT / "src" / "camfolio" / "commands" / "new" / "site.yml"]
PINNED = re.compile(r"^ +- uses: (actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$", re.MULTILINE)


@pytest.fixture(params=FILES, ids=["ours", "new"])
def workflow(request) -> dict:
    return yaml.safe_load(request.param.read_text(encoding="utf-8"))


def steps(job: dict, name: str) -> list[dict]:
    """Those steps of a job that use an action."""
    return [step for step in job["steps"] if step.get("uses", "").startswith(f"actions/{name}@")]


def test_every_workflow_is_tested():
    assert sorted((PROJECT / ".github" / "workflows").iterdir()) == FILES[:1]


def test_only_the_last_job_may_write(workflow):
    *others, last = workflow["jobs"].values()
    assert workflow["permissions"] == {"contents": "read"}
    assert not [job for job in others if "permissions" in job]
    assert last["permissions"] == {"contents": "write"}
    assert set(workflow["jobs"]) - {"deploy", "test"} == {
        *(last["needs"] if isinstance(last["needs"], list) else [last["needs"]])
    }


def test_the_job_that_writes_runs_nothing_of_the_project(workflow):
    download, push = workflow["jobs"]["deploy"]["steps"]
    assert download["uses"].startswith("actions/download-artifact@")
    words = re.findall(r"(?:^|&& |\|\| )([\w-]+)", push["run"].replace("\\\n", ""), re.MULTILINE)
    assert set(words) == {"export", "git", "true", "touch"}


def test_no_token_stays_with_code_of_the_project(workflow):
    checkouts = [step for job in workflow["jobs"].values() for step in steps(job, "checkout")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)
    others = {name: job for name, job in workflow["jobs"].items() if name != "deploy"}
    assert not re.search(r"github\.token|secrets\.", json.dumps(others))


def test_actions_are_those_of_a_commit_the_same_in_both():
    pins = [PINNED.findall(file.read_text(encoding="utf-8")) for file in FILES]
    assert [len(found) for found in pins] == [file.read_text(encoding="utf-8").count("uses:") for file in FILES]
    ours, new = (dict(pin.split("@") for pin in found) for found in pins)
    assert new.items() <= ours.items()
    assert len({pin.partition("@")[0] for pin in pins[0]}) == len(set(pins[0]))


def test_node_s_tools_have_digests():
    lock = json.loads((PROJECT / "scripts" / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: about for name, about in lock["packages"].items() if name}
    wanted = json.loads((PROJECT / "scripts" / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert all(about["integrity"].startswith("sha512-") for about in packages.values())
    for file in (*FILES, PROJECT / "Makefile", PROJECT / ".ci" / "run"):
        assert "npx" not in file.read_text(encoding="utf-8")


@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("git")), reason="needs bash and git on the PATH")
def test_what_is_pushed_is_what_was_built(workflow, tmp_path):
    remote, site = tmp_path / "there.git", tmp_path / "site"
    subprocess.run(["git", "init", "--quiet", "--bare", remote], check=True)
    script = workflow["jobs"]["deploy"]["steps"][1]["run"]
    for number, files in enumerate([{"index.html": "1", "old.html": "1"}, {"index.html": "2", ".gitignore": "*.html"}]):
        shutil.rmtree(site, ignore_errors=True)
        site.mkdir()
        for name, text in files.items():
            (site / name).write_text(text, encoding="utf-8")
        temporary = tmp_path / f"runner-{number}"
        temporary.mkdir()
        known = {"REMOTE": str(remote), "RUNNER_TEMP": str(temporary), "GITHUB_SHA": "1a2b", "HOME": str(temporary)}
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", **known}
        subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, env=environment, check=True)
        listed = ["git", "ls-tree", "-r", "--name-only", "gh-pages"]
        pushed = subprocess.run(listed, cwd=remote, check=True, capture_output=True, text=True).stdout.split()
        assert set(pushed) == {*files, ".nojekyll"}
    counted = ["git", "rev-list", "--count", "gh-pages"]
    assert subprocess.run(counted, cwd=remote, check=True, capture_output=True, text=True).stdout == "2\n"
