"""A new portfolio builds: `camfolio new`, a study of its author, `mkdocs build --strict`."""

from __future__ import annotations

import shutil

from camfolio import cli


def test_a_new_portfolio_builds_strictly(tmp_path, store, portfolio, tiny_study, python):
    folder = tmp_path / "my-maps"
    assert cli.main(["new", str(folder)]) == 0
    (folder / "gen/studies/first-study.yaml").unlink()
    for file in (tiny_study, tiny_study.with_name("tiny.npz")):
        shutil.copy2(file, folder / "gen/studies")
    shutil.copytree(store.root, folder / "artifacts")
    with (folder / "constraints.txt").open("a", encoding="utf-8") as file:
        file.write("numpy==0.1\n")
    ran = python("-m", "mkdocs", "build", "--strict", folder=folder)
    assert ran.status == 0, ran.err
    assert ran.err.count("Expected the versions of constraints.txt, but got numpy") == 1
    assert "My maps" in (folder / "site/index.html").read_text(encoding="utf-8")
    assert (folder / "site/tiny/index.html").is_file()
