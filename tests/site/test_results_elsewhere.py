"""Results at another place: `camfolio push`, `pull` and `status`, and a site that asks there."""

from __future__ import annotations

import shutil

import pytest

from camfolio import cli
from camfolio.pipeline.portfolio import inspect_study
from camfolio.store.artefacts import Store
from camfolio.store.places import place


@pytest.fixture
def there(portfolio, store, tiny_study, tmp_path, caplog):
    """A place to which the tiny study's results were pushed."""
    caplog.set_level("INFO")
    place.cache_clear()
    folder = tmp_path / "there"
    assert cli.main(["push", str(folder), str(tiny_study), "--store", str(store.root)]) == 0
    yield folder
    place.cache_clear()


def test_pictures_and_slices_stay_here(there):
    names = {folder.name for folder in there.iterdir()}
    assert {"training", "faithfulness", "scoreboard", "explanations"} <= names
    assert not [name for name in names if name.startswith(("figure", "permuted")) or name == "slices"]


def test_what_is_there_is_not_sent_again(there, store, tiny_study, caplog):
    caplog.clear()
    assert cli.main(["push", str(there), str(tiny_study), "--store", str(store.root)]) == 0
    assert "tiny: 0 results sent" in caplog.text


def test_pulling_brings_what_pages_need_once_the_slices_are_here(there, store, tiny_study, capsys):
    own = there.with_name("own")
    shutil.copytree(store.root / "slices", own / "slices")
    options = [str(tiny_study), "--store", str(own)]
    assert cli.main(["status", *options, "--results", str(there)]) == 0
    assert "elsewhere" in capsys.readouterr().out
    assert cli.main(["pull", str(there), *options]) == 0
    words = {state.stage.name: state.word for state in inspect_study(tiny_study, Store(own))}
    assert words["training"] == words["scoreboard"] == "fresh"
    assert words["figure-roc"] == "new"


@pytest.mark.slow
@pytest.mark.parametrize("way", ["mkdocs.yml", "--results"])
def test_a_site_asks_there_before_it_computes(way, there, copy_project, python, tmp_path):
    project = copy_project(tmp_path / "project")
    artifacts = project / "artifacts"
    shutil.move(there, project / "shared-results")
    for folder in artifacts.iterdir():
        if folder.is_dir() and not folder.name.startswith(("slices", "figure")):
            shutil.rmtree(folder)
    settings = (project / "mkdocs.yml").read_text(encoding="utf-8")
    assert settings.count("  - camfolio\n") == 1
    if way == "mkdocs.yml":
        asking = settings.replace("  - camfolio\n", "  - camfolio:\n      results: [shared-results]\n")
        (project / "mkdocs.yml").write_text(asking, encoding="utf-8")
        ran = python("-m", "mkdocs", "build", "--strict", folder=project)
    else:
        ran = python("-m", "camfolio.cli", "site", "--strict", "--results", "shared-results", folder=project)
    assert ran.status == 0, ran.err
    assert "fetching " in ran.err
    assert "computing training" not in ran.err
    assert (artifacts / "training").is_dir()
    assert (project / "site" / "tiny" / "index.html").is_file()
