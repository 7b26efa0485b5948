"""A study as an RO-Crate, read back with the library that others read it with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from rocrate.rocrate import ROCrate

import camfolio
from camfolio import cli
from camfolio.commands.crate import add_citations
from camfolio.pipeline.portfolio import Portfolio
from camfolio.pipeline.recording import Rule, record_study
from camfolio.site.components.figures import figures_of
from camfolio.store.artefacts import Store
from camfolio.study.file import read_study

PROJECT = Path(__file__).resolve().parents[2]
STUDY = Path("gen/studies/tiny.yaml")


@pytest.fixture(scope="module")
def project(copy_project, tmp_path_factory):
    """The tiny project with an author, a licence, a citation, and recorded and kept results."""
    folder = copy_project(tmp_path_factory.mktemp("project"))
    study = folder / STUDY
    document = yaml.safe_load(study.read_text(encoding="utf-8"))
    study.write_text(yaml.safe_dump(document | {"author": "A. Author"}), encoding="utf-8")
    (folder / "LICENSE").write_text("CC BY 4.0\n", encoding="utf-8")
    record_study(study, Store(folder / "artifacts"), Rule(seconds=0.1))
    return folder


@pytest.fixture
def export(project, tmp_path, monkeypatch):
    """`export(...)` writes the crate of the tiny study; the exit status and the folder."""
    monkeypatch.chdir(project)
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)

    def call(*options: str, to: str = "crate"):
        return cli.main(["export", "crate", str(STUDY), "--to", str(tmp_path / to), *options]), tmp_path / to

    return call


@pytest.fixture(scope="module")
def written(project, tmp_path_factory):
    """The folder of the crate."""
    target = tmp_path_factory.mktemp("there") / "crate"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        patch.setenv("SOURCE_DATE_EPOCH", "1700000000")
        assert cli.main(["export", "crate", str(STUDY), "--to", str(target)]) == 0
    return target


@pytest.fixture(scope="module")
def crate(written):
    return ROCrate(written)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_crate_is_one_of_version_1_1(written):
    graph = json.loads((written / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    about = next(one for one in graph["@graph"] if one["@id"] == "ro-crate-metadata.json")
    assert graph["@context"] == "https://w3id.org/ro/crate/1.1/context"
    assert about["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert about["about"] == {"@id": "./"}


def test_every_listed_file_exists_and_every_file_is_listed(written, crate):
    listed = {entity.id for entity in crate.data_entities if entity.id != "./"}
    assert listed == set(files_of(written)) - {"ro-crate-metadata.json"}
    assert {entity.id for entity in crate.root_dataset["hasPart"]} == listed


def test_the_study_is_described(crate):
    root = crate.root_dataset
    assert root["name"] == 'Discs, "nodules": a <b>tiny</b> study'
    assert root["description"] == "Discs on lung."
    assert root["datePublished"] == "2023-11-14T22:13:20+00:00"
    assert root["author"]["name"] == "A. Author"
    assert root["license"].id == "LICENSE"


def test_the_publications_of_the_data_are_cited():
    study = read_study(PROJECT / "gen" / "studies" / "lung-nodules.yaml")
    crate = ROCrate(version="1.1")
    add_citations(crate, Portfolio("lung-nodules", study, {}), PROJECT)
    cited = {entity.id: entity["name"] for entity in crate.root_dataset["citation"]}
    assert cited["https://doi.org/10.1118/1.3528204"].startswith("The Lung Image Database Consortium (LIDC)")
    assert len(cited) == len(study.data.words.citations)


def test_every_figure_has_its_alternative_text(portfolio, crate):
    drawn = {
        name: figure.json("figure.json")["alt"]
        for name, figure in figures_of(portfolio).items()
        if "light.svg" in figure.manifest.outputs
    }
    assert drawn
    for name, alt in drawn.items():
        for file, kind in (("light.svg", "image/svg+xml"), ("light.png", "image/png"), ("data.csv", "text/csv")):
            entity = crate.get(f"figures/{name}-{file}")
            assert (entity["description"], entity["encodingFormat"]) == (alt, kind)


def test_the_metrics_are_those_that_show_prints(project, written, monkeypatch, capsys):
    monkeypatch.chdir(project)
    cli.main(["show", "--json", str(STUDY)])
    assert (written / "metrics.json").read_text(encoding="utf-8") == capsys.readouterr().out


def test_study_and_recorded_results_lie_where_camfolio_finds_them(project, written):
    there = files_of(written)
    kept = {f"results/tiny/{file.name}" for file in (project / "gen/results/tiny").iterdir()}
    assert kept
    assert kept == {name for name in there if name.startswith("results/")}
    assert there["studies/tiny.yaml"] == (project / STUDY).read_bytes()
    assert there["studies/tiny.results.json"] == (project / "gen/studies/tiny.results.json").read_bytes()


def test_an_action_says_what_computed_the_results_from_what_and_where(project, crate):
    action = crate.get("#computation")
    recorded = json.loads((project / "gen/studies/tiny.results.json").read_text(encoding="utf-8"))["stages"]
    assert action.type == "CreateAction"
    assert (action["instrument"].type, action["instrument"]["name"]) == ("SoftwareApplication", "camfolio")
    assert action["instrument"]["version"] == camfolio.__version__
    assert [entity.id for entity in action["object"]] == ["studies/tiny.yaml"]
    assert {"figures/roc-light.svg", "metrics.json"} <= {entity.id for entity in action["result"]}
    assert action["endTime"] == max(one["computed"] for one in recorded.values())
    assert all(one["processor"] in action["description"] for one in recorded.values())
    assert crate.root_dataset["mentions"].id == "#computation"


def test_two_exports_are_identical(export, monkeypatch):
    _, first = export(to="first")
    _, second = export(to="second")
    assert files_of(first) == files_of(second)


def test_without_a_given_date_it_is_that_of_the_results(export):
    _, target = export()
    crate = ROCrate(target)
    assert crate.root_dataset["datePublished"] == f"{crate.get('#computation')['endTime']}T00:00:00+00:00"


def test_a_date_that_is_none_is_refused(export, monkeypatch, capsys):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    status, target = export()
    assert status == 1
    assert "Expected seconds since 1970 in SOURCE_DATE_EPOCH, but got 'yesterday'." in capsys.readouterr().err
    assert not target.exists()


def test_a_folder_with_files_in_it_is_not_written_over(export, tmp_path, capsys):
    (tmp_path / "crate").mkdir()
    (tmp_path / "crate" / "mine.txt").write_text("", encoding="utf-8")
    status, target = export()
    assert status == 1
    assert "Expected an empty or new folder, but" in capsys.readouterr().err
    assert list(files_of(target)) == ["mine.txt"]


def test_a_study_is_exported_as_its_file_says(export, capsys):
    status, target = export("--set", "seed=3")
    assert status == 2
    assert "Expected a study as its file says, but got --set seed=3." in capsys.readouterr().err
    assert not target.exists()


def test_a_missing_library_is_named_before_anything_is_computed(export, monkeypatch, no_worker, capsys):
    monkeypatch.setattr("camfolio.commands.extras.find_spec", lambda _: None)
    status, target = export("--store", "empty")
    assert status == 1
    assert "Expected rocrate to be installed, but it is not." in capsys.readouterr().err
    assert not target.exists()


def test_a_study_without_author_licence_and_record_is_a_crate_too(copy_project, tmp_path, monkeypatch):
    monkeypatch.chdir(copy_project(tmp_path / "bare"))
    assert cli.main(["export", "crate", "--to", str(tmp_path / "crate")]) == 0
    crate = ROCrate(tmp_path / "crate")
    assert [crate.root_dataset.get(name) for name in ("author", "license", "citation")] == [None] * 3
    assert sorted(path.name for path in (tmp_path / "crate").iterdir()) == [
        "figures",
        "metrics.json",
        "ro-crate-metadata.json",
        "sbom.cdx.json",
        "studies",
    ]
