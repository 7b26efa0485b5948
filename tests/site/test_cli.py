"""The command line: every command, what it prints, how it ends, and that nothing is computed twice."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from camfolio import cli
from camfolio.commands.options import make_parser
from camfolio.commands.show import show
from camfolio.store import in_use
from camfolio.store.artefacts import Store
from camfolio.store.unfinished import folder_of
from in_process import in_process

COMMANDS = [
    {"export": "export jekyll", "push": "push there", "pull": "pull there"}.get(name, name)
    for name in cli.STUDY_COMMANDS
]
HEAVY = ("torch", "matplotlib", "monai", "pytorch_lightning", "scipy")


@pytest.fixture
def camfolio(store, tiny_study, monkeypatch, capsys):
    """`camfolio("status", "--set", "seed=1")` on the tiny study: exit status, output, errors."""
    monkeypatch.setenv("COLUMNS", "200")

    def call(command: str, *options: str, study=tiny_study, kept=store.root):
        capsys.readouterr()
        status = cli.main([*command.split(), str(study), "--store", str(kept), *options])
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


@pytest.fixture
def own_store(portfolio, store, tmp_path):
    """A copy of the results, to be damaged."""
    return shutil.copytree(store.root, tmp_path / "own")


def results(root):
    return {file.parent.relative_to(root).as_posix() for file in root.glob("*/*/manifest.json")}


def states(out: str) -> dict[str, str]:
    """Stage -> state: the first two words of every line that is not the rest of a reason."""
    rows = [line.split() for line in out.splitlines() if re.match(r" [a-z]", line)]
    return {row[0]: row[1] for row in rows[1:]}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_overrides_and_a_store(command):
    options = make_parser(cli.STUDY_COMMANDS, cli.PROJECT_COMMANDS).parse_args(
        [*command.split(), "a.yaml", "--set", "seed=1", "--set", "author=x", "--store", "there"]
    )
    assert options.overrides == ["seed=1", "author=x"]
    assert str(options.store) == "there"
    assert [str(path) for path in options.study] == ["a.yaml"]


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in {"site", "record"}])
def test_an_error_in_the_study_file_ends_with_status_two_and_one_line(camfolio, command):
    status, out, err = camfolio(command, "--set", "training.epochs=3")
    assert (status, out) == (2, "")
    assert err.splitlines() == [err.strip()]
    assert err.startswith("camfolio: Expected a known key, but got training.epochs (from --set training.epochs=3).")


def test_a_study_that_is_not_there_ends_with_status_two(camfolio, tmp_path):
    status, _, err = camfolio("build", study=tmp_path / "none.yaml")
    assert status == 2
    assert err.startswith("camfolio: Expected a study file, but there is none at")


@pytest.mark.parametrize("command", ["build", "status", "show", "clean"])
def test_a_store_that_is_a_file_ends_with_status_one_and_one_line(camfolio, command, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    status, _, err = camfolio(command, kept=tmp_path / "file")
    assert status == 1
    assert err.splitlines() == [err.strip()]
    assert err.startswith(f"camfolio: Expected a folder of results, but {tmp_path / 'file'} is a file. Give a folder")


@pytest.mark.parametrize("command", ["build", "status", "show", "clean"])
def test_a_store_that_is_a_link_to_nothing_ends_with_status_one_and_one_line(camfolio, command, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    status, _, err = camfolio(command, kept=tmp_path / "link")
    assert status == 1
    assert err.splitlines() == [err.strip()]
    assert err.startswith(f"camfolio: Expected a folder of results, but {tmp_path / 'link'} is a link to {tmp_path}")


@pytest.mark.parametrize("name", ["one.yaml", "one.yml"])
def test_study_files_may_end_either_way(monkeypatch, tmp_path, capsys, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gen" / "studies").mkdir(parents=True)
    (tmp_path / "gen" / "studies" / name).write_text("titel: x\n", encoding="utf-8")
    assert cli.main(["status"]) == 2
    assert name in capsys.readouterr().err


def test_the_site_is_built_with_the_store_of_the_current_folder(monkeypatch, tmp_path):
    asked = {}

    def run(command, *, env, check):
        asked.update(json.loads(env["CAMFOLIO_SITE"]))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.chdir(tmp_path)
    assert cli.main(["site", "one.yaml", "--store", "there"]) == 0
    assert asked["store"] == str(Path(tmp_path / "there").resolve())


def test_a_folder_without_studies_ends_with_status_two(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["status"]) == 2
    assert (
        capsys.readouterr().err == "camfolio: Expected a study file, but there is none in gen/studies. Give its path.\n"
    )


def test_a_layer_that_is_not_there_ends_with_status_one_and_no_traceback(portfolio, store, tiny_study, python):
    options = (
        "--store",
        str(store.root),
        "--set",
        "explanation.layers=[layer9]",
        "--set",
        "explanation.methods=[grad_cam]",
    )
    ran = python("-m", "camfolio.cli", "build", str(tiny_study), *options, folder=store.root.parent)
    assert ran.status == 1
    assert ran.err.splitlines()[-1].startswith("camfolio: Expected the name of a layer, but got 'layer9'.")
    assert ran.err.count("Traceback") == 0


def test_a_site_with_an_error_ends_with_the_status_of_the_error(tiny_study, copy_project, python, tmp_path):
    project = copy_project(tmp_path / "project")
    ran = python("-m", "camfolio.cli", "site", str(tiny_study), "--set", "seed=-1", folder=project)
    assert ran.status == 2
    assert "seed" in next(line for line in ran.err.splitlines() if "Expected" in line)
    assert (ran.out + ran.err).count("Traceback") == 0


def test_show_prints_metrics_examples_and_matrix_as_json(camfolio, portfolio, no_worker):
    status, out, _ = camfolio("show", "--json")
    found = json.loads(out)
    assert status == 0
    assert {"value", "low", "high"} <= set(found["metrics"]["auc"])
    assert [len(row) for row in found["confusion_matrix"]] == [2, 2]
    for method in ("grad_cam", "hires_cam", "score_cam"):
        assert list(found["examples"][method]) == ["misclassified", "good", "median", "bad"]
        for case in found["examples"][method].values():
            assert {"slice", "energy_share", "true", "predicted"} <= set(case)
            assert {case["true"], case["predicted"]} <= set(found["classes"])


def test_json_is_printed_on_consoles_that_know_few_letters(camfolio, portfolio, no_worker, monkeypatch):
    monkeypatch.setattr(cli, "summary", lambda _: {"classes": ["gutartig", "b\u00f6sartig \u2192"]})
    _, out, _ = camfolio("show", "--json")
    assert out.isascii()
    assert json.loads(out)["classes"][1] == "b\u00f6sartig \u2192"


def test_several_studies_are_printed_under_their_names(portfolio, store, tiny_study, tmp_path, capsys):
    for file in (tiny_study, tiny_study.with_name("tiny.npz")):
        shutil.copy2(file, tmp_path)
    other = (tmp_path / tiny_study.name).rename(tmp_path / "other.yaml")
    assert cli.main(["show", str(tiny_study), str(other), "--store", str(store.root), "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)) == ["tiny", "other"]


def test_show_prints_tables(camfolio, portfolio, no_worker):
    status, out, _ = camfolio("show")
    assert status == 0
    auc = portfolio.artefacts["evaluation"].json("evaluation.json")["metrics"]["auc"]
    row = next(line for line in out.splitlines() if line.startswith(" auc "))
    assert f"{auc['value']:.3f}" in row
    assert f"{auc['low']:.3f} to {auc['high']:.3f}" in row


@pytest.mark.parametrize("command", ["show", "status"])
def test_tables_fit_80_columns_and_cut_no_word(camfolio, portfolio, no_worker, monkeypatch, command):
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = camfolio(command)
    assert "…" not in out
    assert max(map(len, out.splitlines())) <= 80
    words = set(out.split())
    if command == "status":
        assert words >= set(portfolio.artefacts)
    else:
        chosen = portfolio.artefacts["selection"].json("cases.json")["methods"]
        ids = {case["id"] for method in chosen.values() for case in method["cases"].values() if case}
        assert words >= {*ids, "misclassified", *chosen}


def test_long_names_of_slices_and_stages_are_whole_in_80_columns(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    case = {"slice": "LIDC-IDRI-0123-2-14", "energy_share": 0.5, "true": "malignant", "predicted": "malignant"}
    examples = {"finer_hires_cam": {"misclassified": case}, "ablation_cam": {"good": None}}
    metrics = {"balanced_accuracy": {"value": 0.9, "low": 0.8, "high": None}}
    one = {"unit": "nodule", "metrics": metrics}
    show("mine", one | {"test": one, "external": one, "examples": examples})
    out = capsys.readouterr().out
    assert set(out.split()) >= {
        "LIDC-IDRI-0123-2-14",
        "finer_hires_cam",
        "misclassified",
        "malignant",
        "balanced_accuracy",
    }
    assert "mine, external test set" in out
    assert max(map(len, out.splitlines())) <= 80


def test_everything_is_fresh_after_a_build(camfolio, portfolio):
    status, out, _ = camfolio("status")
    found = states(out)
    assert status == 0
    assert set(portfolio.artefacts) <= set(found)
    assert {found[name] for name in portfolio.artefacts} == {"fresh"}


def test_a_changed_setting_makes_a_stage_stale_and_the_next_ones_wait(camfolio, portfolio):
    _, out, _ = camfolio("status", "--set", "training.max_epochs=3")
    found = states(out)
    assert (found["slices"], found["split"]) == ("fresh", "fresh")
    assert found["training"] == "stale"
    assert "training.max_epochs changed from 2 to 3" in out
    assert {found[name] for name in ("predictions", "evaluation", "figure-roc")} == {"waiting"}


def test_a_class_with_brackets_is_printed_as_it_is(camfolio, portfolio):
    status, out, _ = camfolio("status", "--set", "classes=['[/red]', '[b]x']")
    assert status == 0
    assert "'[/red]', '[b]x'" in out


def test_a_second_build_starts_no_worker_and_leaves_no_folder(camfolio, portfolio, store, no_worker):
    before = results(store.root)
    status, _, _ = camfolio("build")
    assert status == 0
    assert results(store.root) == before


@pytest.mark.parametrize("command", [["build"], ["status"], ["show", "--json"]])
def test_a_second_build_imports_nothing_heavy(portfolio, store, tiny_study, python, command):
    code = f"import sys; from camfolio.cli import main; main(sys.argv[1:]); print([n for n in {HEAVY} if n in sys.modules])"
    ran = python("-c", code, *command, str(tiny_study), "--store", str(store.root), folder=store.root.parent)
    assert ran.status == 0
    assert ran.out.splitlines()[-1] == "[]"


def test_verify_finds_a_file_that_was_changed(camfolio, own_store, portfolio, monkeypatch, tmp_path):
    evaluated = portfolio.artefacts["evaluation"].folder
    file = own_store / "evaluation" / evaluated.name / "evaluation.json"
    before = file.read_text(encoding="utf-8")
    file.write_text(before.replace('"slices": ', '"slices": 9', 1), encoding="utf-8")
    assert file.read_text(encoding="utf-8") != before
    copy_instead_of_computing(monkeypatch, evaluated.parents[1])
    status, out, _ = camfolio("verify", "--to", str(tmp_path / "log"), kept=own_store)
    assert status == 1
    assert re.search(r"evaluation .*damaged .*evaluation\.json", out)
    count = len(portfolio.artefacts)
    assert out.splitlines()[-1] == f"tiny: {count} results: {count - 1} identical, 1 damaged."
    (report,) = (tmp_path / "log").iterdir()
    assert "The stored files were damaged for evaluation; they were computed again." in report.read_text(
        encoding="utf-8"
    )


def copy_instead_of_computing(monkeypatch, source):
    """Missing results come from another store, as if they had been computed."""

    def copy(self, state):
        folder = self.store.folder(state.ingredients)
        shutil.copytree(source / folder.relative_to(self.store.root), folder, dirs_exist_ok=True)

    in_process(monkeypatch.setattr, copy)


@pytest.mark.slow
def test_verify_recomputes_in_workers_and_finds_identical_files(portfolio, store, tiny_study, python):
    ran = python("-m", "camfolio.cli", "verify", str(tiny_study), "--store", str(store.root), folder=store.root.parent)
    assert ran.status == 0, ran.err
    assert f"tiny: {len(portfolio.artefacts)} results: {len(portfolio.artefacts)} identical." in ran.out


def test_clean_removes_what_no_study_uses(camfolio, portfolio, own_store, store, tiny_study):
    unused = own_store / "training" / "0123456789abcdef0123"
    shutil.copytree(next((own_store / "training").iterdir()), unused)
    manifest = unused / "manifest.json"
    manifest.write_text(
        manifest.read_text(encoding="utf-8").replace('"key":"', '"key":"0').replace('"key": "', '"key": "0'),
        encoding="utf-8",
    )
    (own_store / "slices" / "0123456789abcdef0123.part").mkdir()
    (own_store / "anew" / "slices").mkdir(parents=True)
    interrupted = own_store / ".unfinished" / "0123456789abcdef0123"
    interrupted.mkdir(parents=True)
    (interrupted / "1.ckpt").write_bytes(bytes(1_200_000))
    before = results(own_store)
    status, out, _ = camfolio("clean", "--dry-run", kept=own_store)
    assert status == 0
    assert results(own_store) == before
    assert re.search(r"^ training +\d+ +\d+\.\d", out, re.MULTILINE)
    assert re.search(r"^ unfinished +1 +1\.2", out, re.MULTILINE)
    assert re.search(r"^\d+ results that no study uses", out, re.MULTILINE)
    assert interrupted.is_dir()
    status, _, _ = camfolio("clean", kept=own_store)
    assert status == 0
    assert not (own_store / "anew").exists()
    assert not interrupted.exists()
    used = {artefact.folder.relative_to(store.root).as_posix() for artefact in portfolio.artefacts.values()}
    assert results(own_store) == used
    assert list(own_store.glob("*/*.part")) == []


def test_clean_deletes_nothing_while_another_process_uses_the_store(camfolio, portfolio, own_store):
    fcntl = pytest.importorskip("fcntl", reason="Windows has no lock that several processes share")
    unused = own_store / "slices" / "0123456789abcdef0123.part"
    unused.mkdir()
    user = in_use.locked(own_store / in_use.FILE, fcntl.LOCK_SH)
    status, _, err = camfolio("clean", kept=own_store)
    assert status == 1
    assert err.splitlines()[-1].startswith(
        "camfolio: Expected a store that no other process uses, but a build, a server"
    )
    assert unused.is_dir()
    os.close(user)
    assert camfolio("clean", kept=own_store)[0] == 0
    assert not unused.exists()


def test_clean_keeps_what_the_next_build_goes_on_from(camfolio, portfolio, own_store):
    training = portfolio.artefacts["training"].manifest.ingredients
    shutil.rmtree(own_store / "training" / portfolio.artefacts["training"].folder.name)
    interrupted = folder_of(Store(own_store), training)
    interrupted.mkdir(parents=True)
    assert camfolio("clean", kept=own_store)[0] == 0
    assert interrupted.is_dir()


def test_clean_refuses_a_folder_that_is_no_store_and_leaves_nothing_there(camfolio, tmp_path):
    kept = tmp_path / "repository"
    (kept / "src" / "0123456789abcdef0123").mkdir(parents=True)
    status, _, err = camfolio("clean", kept=kept)
    assert status == 1
    assert err == (
        f"camfolio: Expected a folder of results, but {kept} holds other things. Give the right one with --store.\n"
    )
    assert [path.name for path in kept.rglob("*")] == ["src", "0123456789abcdef0123"]


def test_draw_writes_identical_files_and_changes_no_result(portfolio, store, tiny_study, python, tmp_path):
    before = results(store.root)
    arguments = ("-m", "camfolio.cli", "draw", str(tiny_study), "--figure", "roc", "--to", str(tmp_path / "there"))
    ran = python(*arguments, "--store", str(store.root), folder=tmp_path)
    assert ran.status == 0, ran.err
    kept = portfolio.artefacts["figure-roc"]
    drawn = {file.name: file.read_bytes() for file in (tmp_path / "there").iterdir()}
    assert drawn == {f"tiny-roc-{name}": (kept / name).read_bytes() for name in kept.manifest.outputs}
    assert results(store.root) == before


def test_a_figure_that_is_not_there_is_offered_the_nearest(camfolio, portfolio):
    status, _, err = camfolio("draw", "--figure", "rok")
    assert status == 2
    assert "but got 'rok'. Did you mean roc? Known: calibration, confusion" in err
