"""User code is taken from the project alone, or from packages that it allows by name; somebody else's file never runs."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from camfolio import cli
from camfolio.errors import StudyError
from camfolio.study.file import read_study
from camfolio.study.project import (
    CONFIGURATIONS,
    NO_USER_CODE,
    OTHER_CONFIGURATION,
    configuration_of,
    docs_of,
    project_of,
    read_configuration,
    use_configuration,
)
from camfolio.study.user_modules import module_file

STUDY = "title: t\nexcerpt: e\ndata: {source: lidc-phantom}\n"
COMMAND = "title: t\nexcerpt: e\ndata: {class_path: os.system, init_args: {command: touch ran}}\n"
POSIX = pytest.mark.skipif(os.name != "posix", reason="modes of another system")


@pytest.fixture(autouse=True)
def user_code_may_run(monkeypatch):
    monkeypatch.setenv(NO_USER_CODE, "")
    monkeypatch.setenv(OTHER_CONFIGURATION, "")


@pytest.fixture
def project(tmp_path):
    """A project, and in the folder above it a file `above.py`."""
    root = tmp_path / "project"
    (root / "gen" / "studies").mkdir(parents=True)
    (root / "mkdocs.yml").write_text("plugins: [camfolio]\n", encoding="utf-8")
    (tmp_path / "above.py").write_text("", encoding="utf-8")
    return root


def study(project, text):
    path = project / "gen" / "studies" / "a.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def network(name):
    return f"{STUDY}network: {{class_path: {name}, layer: a}}\n"


@pytest.mark.parametrize(
    "text",
    [
        COMMAND,
        network("os.system"),
        network("subprocess.Popen"),
        network("torch.hub.load"),
        f"{STUDY}external: {{class_path: os.system}}\n",
        f"{STUDY}explanation: {{methods: [antigravity.fly]}}\n",
    ],
)
def test_a_study_alone_names_nothing_that_is_installed(project, text):
    words = r"Expected [\w/]+\.py in the study's folder or one above it in the project, or in a package that mkdocs\.yml allows"
    with pytest.raises(StudyError, match=words):
        read_study(study(project, text))


def test_a_study_alone_runs_no_command(project, monkeypatch, capsys):
    monkeypatch.chdir(project)
    assert cli.main(["build", str(study(project, COMMAND))]) == 2
    assert "a.yaml, line 3). If it should run, put os into `packages` of the plugin camfolio" in capsys.readouterr().err
    assert not (project / "ran").exists()


def test_a_file_above_the_project_is_not_found(project):
    folder = project / "gen" / "studies"
    assert module_file("above", folder) is None
    with pytest.raises(
        StudyError, match=r"Expected above\.py in the study's folder or one above it in the project, but"
    ):
        read_study(study(project, network("above.Net")))
    (project / "above.py").touch()
    assert module_file("above", folder) == project / "above.py"
    assert read_study(study(project, network("above.Net"))).network.class_path == "above.Net"


def test_without_a_project_only_the_study_s_folder_counts(tmp_path):
    (tmp_path / "alone").mkdir()
    (tmp_path / "above.py").touch()
    (tmp_path / "alone" / "beside.py").touch()
    assert project_of(tmp_path / "alone" / ".." / "alone") == tmp_path / "alone"
    assert module_file("above", tmp_path / "alone") is None
    assert module_file("beside", tmp_path / "alone") == tmp_path / "alone" / "beside.py"


@pytest.mark.parametrize("name", ["/evil", "..above", "a/../above", "", "above.."])
def test_only_names_of_modules_lead_to_files(project, name):
    assert module_file(name, project) is None


@POSIX
@pytest.mark.parametrize("place", ["", "gen/studies", "gen/studies/ours.py"])
def test_user_code_that_every_user_can_write_is_refused(project, place):
    (project / "gen/studies/ours.py").touch()
    path = study(project, network("ours.Net"))
    assert read_study(path).network.class_path == "ours.Net"
    (project / place).chmod(0o777)
    with pytest.raises(
        StudyError, match=rf"every user of this computer can write to \S*{place}\. Change that with chmod"
    ):
        read_study(path)


def test_a_link_out_of_the_project_is_no_user_code(project):
    (project / "ours.py").symlink_to(project.parent / "above.py")
    with pytest.raises(
        StudyError, match=r"but ours\.py is a link out of the project|but above\.py is a link out of the"
    ):
        read_study(study(project, network("ours.Net")))


@pytest.mark.parametrize("listed", ["- camfolio: {packages: [torch.nn]}", "camfolio: {packages: [torch.nn]}"])
def test_a_package_that_the_project_allows_by_name_may_be_named(project, listed):
    text = f"extra: !!python/name:os.system\nsite_url: !ENV [URL]\nplugins:\n  {listed}\n"
    (project / "mkdocs.yml").write_text(text, encoding="utf-8")
    assert read_study(study(project, network("torch.nn.Flatten"))).network.class_path == "torch.nn.Flatten"
    for other in ("torch.hub.load", "torch.nnx.Net", "os.system"):
        with pytest.raises(StudyError, match=r"If it should run, put (torch|os) into `packages`"):
            read_study(study(project, network(other)))


FLATTEN = "torch.nn.Flatten"
ALLOWING = "plugins: [camfolio: {packages: [torch.nn]}]\n"


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_configuration_may_have_every_name_that_mkdocs_looks_for(project, name):
    (project / "mkdocs.yml").rename(project / name)
    (project / name).write_text(f"docs_dir: pages\n{ALLOWING}", encoding="utf-8")
    assert configuration_of(project) == project / name
    assert docs_of(project) == project / "pages"
    assert read_study(study(project, network(FLATTEN))).network.class_path == FLATTEN


@pytest.mark.parametrize("place", ["site.yml", "conf/mkdocs.yml", "conf/deep/x.yaml"])
def test_a_configuration_of_another_name_or_place_is_read_once_it_is_named(project, place):
    (project / "mkdocs.yml").unlink()
    (project / place).parent.mkdir(parents=True, exist_ok=True)
    (project / place).write_text(f"docs_dir: pages\n{ALLOWING}", encoding="utf-8")
    (project / "ours.py").touch()
    path = study(project, network(FLATTEN))
    assert project_of(path.parent) == project  # the folder with gen/studies
    with pytest.raises(StudyError, match=r"put torch into `packages` of the plugin camfolio in mkdocs\.yml"):
        read_study(path)
    use_configuration(project / place)
    assert project_of(path.parent) == project
    assert read_study(path).network.class_path == FLATTEN
    assert docs_of(project) == (project / place).parent / "pages"
    assert read_study(study(project, network("ours.Net"))).network.class_path == "ours.Net"


def test_a_configuration_that_was_named_counts_for_its_own_project_and_before_mkdocs_yml(project, tmp_path):
    (project / "site.yml").write_text(ALLOWING, encoding="utf-8")
    use_configuration(project / "site.yml")
    assert configuration_of(project) == project / "site.yml"
    assert configuration_of(tmp_path / "elsewhere") is None


def test_a_configuration_that_is_not_there_is_a_sentence(project, monkeypatch, capsys):
    monkeypatch.chdir(project)
    assert cli.main(["build", "--config-file", "sit.yml", str(study(project, STUDY))]) == 2
    assert (
        "Expected a configuration of MkDocs, but there is no file sit.yml. Check the path." in capsys.readouterr().err
    )


def test_packages_may_be_allowed_in_a_file_of_the_project_that_the_configuration_inherits(project, tmp_path):
    (project / "mkdocs.yml").write_text("INHERIT: base.yml\nsite_name: x\n", encoding="utf-8")
    (project / "base.yml").write_text(f"INHERIT: mkdocs.yml\n{ALLOWING}docs_dir: pages\n", encoding="utf-8")
    assert read_study(study(project, network(FLATTEN))).network.class_path == FLATTEN
    assert docs_of(project) == project / "pages"
    (project / "base.yml").rename(tmp_path / "base.yml")
    (project / "mkdocs.yml").write_text("INHERIT: ../base.yml\n", encoding="utf-8")
    with pytest.raises(
        StudyError, match=r"put torch into `packages`"
    ):  # nobody vouches for a file outside of the project
        read_study(study(project, network(FLATTEN)))


@POSIX
def test_packages_that_every_user_can_allow_do_not_count(project):
    (project / "mkdocs.yml").write_text("plugins: [camfolio: {packages: [os]}]\n", encoding="utf-8")
    (project / "mkdocs.yml").chmod(0o666)
    with pytest.raises(
        StudyError, match=r"Expected mkdocs\.yml in a place that is the project's alone, but every user"
    ):
        read_study(study(project, COMMAND))


@pytest.mark.parametrize("text", ["a: [", "a: \x01", "[" * 20000])
def test_a_configuration_that_cannot_be_read_is_a_sentence(tmp_path, text):
    (tmp_path / "mkdocs.yml").write_text(text, encoding="utf-8")
    with pytest.raises(StudyError, match=r"Expected YAML in .*mkdocs\.yml, but got"):
        read_configuration(tmp_path)


@pytest.mark.parametrize(
    "keys", ["network: {class_path: ours.Net}", "external: {class_path: ours.x}", "explanation: {methods: [ours.x]}"]
)
def test_user_code_can_be_refused(project, monkeypatch, keys):
    (project / "ours.py").write_text("raise SystemExit(3)\n", encoding="utf-8")
    path = study(project, f"{STUDY}{keys}\n")
    assert read_study(path)
    monkeypatch.setenv(NO_USER_CODE, "1")
    with pytest.raises(
        StudyError, match=r"Expected a study without user code, but got ours\.\w+ \(.*a\.yaml, line 4\)"
    ):
        read_study(path)


@pytest.mark.parametrize(
    "command", ["build", "status", "show", "inspect", "record", "verify", "clean", "draw", "site", "export crate"]
)
def test_every_command_can_refuse_user_code(project, monkeypatch, capfd, command):
    monkeypatch.chdir(project)
    (project / "ours.py").touch()
    path = study(project, network("ours.Net"))
    assert cli.main([*command.split(), str(path), "--no-user-code"]) > 0
    assert "Expected a study without user code, but got ours.Net" in capfd.readouterr().err


def test_modules_in_the_current_folder_are_none_of_a_worker(tmp_path):
    (tmp_path / "pydantic.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n", encoding="utf-8")
    lines = ["from camfolio.store.crew import Crew", "import os", f"os.chdir({str(tmp_path)!r})", "crew = Crew()"]
    lines += ["crew.worker('')", "crew.close()"]
    subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True, timeout=60)
    assert not (tmp_path / "ran").exists()
