"""Code digests: what changes a key, and what does not."""

from __future__ import annotations

import importlib.metadata
import inspect
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from camfolio.errors import StoreError
from camfolio.store import code
from camfolio.store.code import Code, CodeReader
from camfolio.store.files import read_cache

STAGE = '"""A stage."""\n\nimport numpy as np\n\nfrom camfolio.rooms.floor import height\n\n\ndef run(out):\n    """Run."""\n    return height(2) + np.pi\n'
FLOOR = "def height(n):\n    return n * 2\n"
SILENT = {
    "a comment": STAGE.replace("    return", "    # why\n    return"),
    "another docstring": STAGE.replace("A stage.", "Another text."),
    "no docstring": STAGE.replace('    """Run."""\n', ""),
    "blank lines": STAGE.replace("\n\n", "\n\n\n\n"),
    "a line break": STAGE.replace("height(2) + np.pi", "(\n        height(2)\n        + np.pi\n    )"),
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package that stands where camfolio stands: stages/one.py imports rooms/floor.py and, through it, settings."""
    root = tmp_path / "camfolio"
    for name, source in {
        "__init__.py": "",
        "config.py": "WIDTH = 3\n",
        "configuration.py": "DEPTH = 3\n",
        "stages/__init__.py": '"""Stages."""\n',
        "stages/one.py": STAGE,
        "rooms/__init__.py": "",
        "rooms/floor.py": "from camfolio import configuration\nfrom camfolio.study.settings import WIDTH\n" + FLOOR,
        "rooms/roof.py": "import scipy\n",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(source, encoding="utf-8")
    monkeypatch.setattr(code, "ROOT", root)
    return root


def behind(root: Path) -> Code:
    reader = CodeReader(root.parent / "code.json")
    found = reader.closure(("camfolio.stages.one",))
    reader.remember()
    return found


def test_the_closure_holds_the_stage_its_packages_and_what_it_imports(package):
    assert set(behind(package).modules) == {
        "camfolio.stages",
        "camfolio.stages.one",
        "camfolio.rooms",
        "camfolio.rooms.floor",
        "camfolio.configuration",
    }


def test_libraries_are_the_stage_s_own_with_versions(package):
    import numpy as np

    libraries = behind(package).libraries
    assert libraries["numpy"] == np.__version__
    assert set(libraries) == {"numpy"}


@pytest.mark.parametrize("source", SILENT.values(), ids=SILENT)
def test_what_computes_nothing_changes_no_digest(package, source):
    before = behind(package)
    assert source != STAGE
    (package / "stages/one.py").write_text(source, encoding="utf-8")
    assert behind(package) == before


@pytest.mark.parametrize(("old", "new"), [("2)", "3)"), ("return", "pass; return"), ("height(2)", "height(n=2)")])
def test_a_changed_statement_changes_the_digest_of_its_module_alone(package, old, new):
    before = behind(package).modules
    (package / "stages/one.py").write_text(STAGE.replace(old, new), encoding="utf-8")
    after = behind(package).modules
    assert {name for name in after if after[name] != before[name]} == {"camfolio.stages.one"}


def test_a_changed_module_that_the_stage_imports_is_noticed(package):
    before = behind(package).modules
    floor = package / "rooms/floor.py"
    floor.write_text(floor.read_text().replace("* 2", "* 3"), encoding="utf-8")
    after = behind(package).modules
    assert {name for name in after if after[name] != before[name]} == {"camfolio.rooms.floor"}


@pytest.mark.parametrize("name", ["config.py", "rooms/roof.py"])
def test_settings_and_what_is_not_imported_change_nothing(package, name):
    before = behind(package)
    (package / name).write_text("CHANGED = True\n", encoding="utf-8")
    assert behind(package) == before


def test_a_module_whose_name_only_begins_like_the_settings_counts(package):
    before = behind(package).modules
    (package / "configuration.py").write_text("DEPTH = 4\n", encoding="utf-8")
    assert behind(package).modules != before


def test_imports_inside_functions_count(package):
    (package / "stages/one.py").write_text("def run(out):\n    from camfolio.rooms import roof\n", encoding="utf-8")
    found = behind(package)
    assert "camfolio.rooms.roof" in found.modules
    assert "scipy" in found.libraries


def test_modules_that_import_each_other_end(package):
    (package / "rooms/floor.py").write_text("import camfolio.stages.one\n", encoding="utf-8")
    assert "camfolio.rooms.floor" in behind(package).modules


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", "3", '{"a": 3}', '{"a": ["b"]}', '{"a": [1, 2, 3]}', "null", "\udcff"], ids=repr
)
def test_a_damaged_memory_is_made_again(package, damage):
    before = behind(package)
    memory = package.parent / "code.json"
    memory.write_bytes(damage.encode("utf-8", "surrogateescape"))
    assert behind(package) == before
    assert read_cache(memory)


def test_a_memory_with_another_digest_of_some_code_is_made_again(package):
    before = behind(package)
    memory = package.parent / "code.json"
    digest = before.modules["camfolio.stages.one"]
    memory.write_text(memory.read_text(encoding="utf-8").replace(digest, "0" * 64), encoding="utf-8")
    assert behind(package) == before


def test_a_module_is_parsed_once_between_runs(package, monkeypatch):
    before = behind(package)
    monkeypatch.setattr(code, "examine", lambda *_: pytest.fail("parsed again"))
    assert behind(package) == before


def test_another_python_parses_for_itself(package, monkeypatch):
    behind(package)
    monkeypatch.setattr(code, "python_version", lambda: "3.99")
    monkeypatch.setattr(code, "examine", lambda *_: code.ModuleCode("other", (), ()))
    assert behind(package).modules == {"camfolio.stages.one": "other"}


def test_entries_of_another_version_of_the_reader_do_not_count(package, monkeypatch):
    behind(package)
    monkeypatch.setattr(code, "reader_digest", lambda: "other")
    monkeypatch.setattr(code, "examine", lambda *_: code.ModuleCode("other", (), ()))
    assert behind(package).modules == {"camfolio.stages.one": "other"}


def test_what_is_no_longer_used_is_forgotten(package):
    before = behind(package).modules
    (package / "stages/one.py").write_text(STAGE + "\nTHREE = 3\n", encoding="utf-8")
    behind(package)
    assert len(read_cache(package.parent / "code.json")) == len(before)


def test_a_reader_of_other_modules_leaves_the_entries_of_the_rest(package, monkeypatch):
    before = behind(package)
    (package / "rooms/roof.py").write_text("SLOPE = 3\n", encoding="utf-8")
    reader = CodeReader(package.parent / "code.json")
    reader.closure(("camfolio.rooms.roof",))
    reader.remember()
    monkeypatch.setattr(code, "examine", lambda *_: pytest.fail("parsed again"))
    assert behind(package) == before


def test_nothing_is_written_if_nothing_is_new(package):
    behind(package)
    memory = package.parent / "code.json"
    written = memory.stat().st_mtime_ns, memory.stat().st_ino
    behind(package)
    assert (memory.stat().st_mtime_ns, memory.stat().st_ino) == written


def test_a_module_that_is_no_python_is_named_with_its_line(package):
    (package / "rooms/floor.py").write_text("HEIGHT = 3\ndef height(n:\n", encoding="utf-8")
    with pytest.raises(
        StoreError, match=r"but got a syntax error in .*rooms.floor\.py, line 2: '\(' was never closed\."
    ):
        behind(package)


def test_a_library_installed_in_another_way_has_its_version(monkeypatch):
    monkeypatch.setattr(code, "installed", dict)
    code.version.cache_clear()
    assert code.version("PIL") == importlib.metadata.version("pillow")
    assert code.version("no_such_library") == "absent"
    code.version.cache_clear()


def test_no_file_is_left_beside_the_memory(package):
    behind(package)
    assert {path.name for path in package.parent.iterdir()} == {"camfolio", "code.json"}


def test_a_module_s_words_about_itself_change_nothing(package):
    stage = package / "stages/one.py"
    stage.write_text(STAGE + '\nABOUT = dict(name="One")\n', encoding="utf-8")
    before = behind(package)
    stage.write_text(STAGE + '\nABOUT = dict(name="Two", colour="red")\n', encoding="utf-8")
    assert behind(package) == before
    stage.write_text(STAGE + '\nOTHER = dict(name="Two")\n', encoding="utf-8")
    assert behind(package) != before
    stage.write_text(STAGE + "\ndef other():\n    ABOUT = 1\n    return ABOUT\n", encoding="utf-8")
    one = behind(package)
    stage.write_text(STAGE + "\ndef other():\n    ABOUT = 2\n    return ABOUT\n", encoding="utf-8")
    assert behind(package) != one


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    return CodeReader(tmp_path_factory.mktemp("memory") / "code.json")


def test_training_knows_nothing_of_figures_and_maps(reader):
    found = reader.closure(("camfolio.stages.training",))
    assert "camfolio.data.loading" in found.modules
    assert not [name for name in found.modules if name.startswith(("camfolio.figures", "camfolio.explanation"))]
    assert "matplotlib" not in found.libraries
    assert {"torch", "monai", "numpy", "pytorch_lightning"} <= set(found.libraries)


def test_settings_errors_shapes_progress_and_the_store_are_in_no_closure(reader):
    found = reader.closure(
        (
            "camfolio.stages.training",
            "camfolio.stages.explanations",
            "camfolio.figures.case",
            "camfolio.explanation.methods.grad_cam",
        )
    )
    assert not [
        name for name in found.modules if name.startswith(("camfolio.store", "camfolio.study.settings", "camfolio.err"))
    ]
    assert not {"camfolio.shapes", "camfolio.progress", "camfolio.method_words"} & set(found.modules)


def test_every_library_behind_a_stage_has_a_version(reader):
    from camfolio.pipeline.contents import stages
    from camfolio.study.settings import Study

    study = Study.model_validate({"title": "T", "excerpt": "E", "data": {"source": "lidc-phantom"}})
    for stage in stages(study):
        versions = reader.closure((stage.module, *stage.also)).libraries
        assert "absent" not in versions.values(), (stage.name, versions)


def runs(python: str) -> bool:
    """Whether there is such a Python; a version manager may have a command for one that is not installed."""
    return (
        bool(shutil.which(python))
        and subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0
    )


PYTHONS = [name for name in ("python3.12", "python3.13") if runs(name)]


@pytest.mark.parametrize("other", PYTHONS or [pytest.param("", marks=pytest.mark.skip("needs another Python"))])
def test_every_python_reads_the_same_code(other):
    """All modules of the package have the same canonical tree under every Python on the PATH."""
    source = inspect.getsource(code.canonical)
    program = (
        f"import ast, hashlib, pathlib, sys\n{source}\n"
        "for file in sorted(pathlib.Path(sys.argv[1]).rglob('*.py')):\n"
        "    print(file.name, hashlib.sha256(canonical(ast.parse(file.read_bytes())).encode()).hexdigest())\n"
    )
    said = [
        subprocess.run([python, "-c", program, str(code.ROOT)], capture_output=True, text=True, check=True).stdout
        for python in (sys.executable, other)
    ]
    assert said[0] == said[1]
    assert said[0].count("\n") > 200
