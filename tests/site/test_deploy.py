"""`mkdocs gh-deploy` to a repository on this machine: what a push to GitHub Pages would publish."""

from __future__ import annotations

import subprocess


def git(*arguments: str, folder) -> str:
    options = ("-c", "user.name=Nobody", "-c", "user.email=nobody@example.org", "-c", "commit.gpgsign=false")
    return subprocess.run(["git", *options, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def test_a_deployed_site_is_complete_and_contains_nothing_else(built, copy_project, python, tmp_path):
    project = copy_project(tmp_path / "project")
    git("init", "--quiet", "--bare", str(tmp_path / "there.git"), folder=tmp_path)
    git("init", "--quiet", "--initial-branch=main", folder=project)
    git("remote", "add", "origin", str(tmp_path / "there.git"), folder=project)
    (project / ".gitignore").write_text("/artifacts/\n/site/\n", encoding="utf-8")
    git("add", ".", folder=project)
    git("commit", "--quiet", "-m", "All", folder=project)
    who = {"GIT_AUTHOR_NAME": "Nobody", "GIT_AUTHOR_EMAIL": "nobody@example.org"}
    who |= {"GIT_COMMITTER_NAME": "Nobody", "GIT_COMMITTER_EMAIL": "nobody@example.org"}
    ran = python("-m", "mkdocs", "gh-deploy", "--strict", folder=project, **who)
    assert ran.status == 0, ran.err
    published = git("ls-tree", "-r", "--name-only", "gh-pages", folder=tmp_path / "there.git").splitlines()
    files = {path.relative_to(built.site).as_posix() for path in built.site.rglob("*") if path.is_file()}
    assert set(published) == files | {".nojekyll"}
    page = git("show", "gh-pages:tiny/index.html", folder=tmp_path / "there.git")
    assert "Content-Security-Policy" in page
