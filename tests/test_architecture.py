"""Architecture: the order of rooms, one-way imports, and limits on the size of modules and functions."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
SOURCE = PROJECT / "src" / "camfolio"
FILES = sorted(SOURCE.rglob("*.py"))
MODULES = {
    ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__"): path for path in FILES
}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}

BASE = {"errors", "shapes", "study.settings", "study.training"}
ROOMS: dict[str, set[str]] = {
    "": {"data", "explanation", "pipeline", "study"},
    "errors": set(),
    "processes": set(),
    "progress": set(),
    "shapes": set(),
    "vocabulary": set(),
    "method_words": {"vocabulary"},
    "user_code": {"errors"},
    "study": {"errors", "method_words", "user_code", "vocabulary"},
    "store": {"errors", "processes", "progress", "user_code"},
    "installed": {"store"},
    "pipeline": {"errors", "method_words", "store", "study", "user_code", "vocabulary"},
    "results": {"errors", "shapes"},
    "data": BASE | {"results", "processes", "progress", "statistics", "study", "user_code"},
    "network": BASE | {"results", "data", "processes", "progress", "statistics", "user_code"},
    "statistics": {"results", "shapes"},
    "explanation": {"", "errors", "method_words", "network", "shapes", "vocabulary"},
    "evidence": {"results", "shapes", "statistics", "vocabulary"},
    "stages": BASE
    | {"results", "data", "evidence", "explanation", "network", "progress", "statistics", "study", "vocabulary"},
    "figures": {"results", "data", "evidence", "explanation.scaling", "stages.results", "vocabulary"},
    "raster": {
        "results",
        "evidence",
        "statistics.measures",
        "explanation.scaling",
        "figures",
        "network",
        "stages",
        "vocabulary",
    },
    "site": {
        "",
        "results",
        "errors",
        "evidence.answers",
        "evidence.class_findings",
        "evidence.findings",
        "evidence.limits",
        "evidence.sample_size",
        "evidence.shortcut_findings",
        "evidence.standing",
        "evidence.trainings",
        "installed",
        "method_words",
        "pipeline",
        "store",
        "study",
        "vocabulary",
    },
    "mkdocs": {"errors", "site", "store", "study"},
    "commands": {"", "errors", "installed", "mkdocs", "pipeline", "results", "site", "store", "study"},
    "cli": {"", "commands", "errors", "installed", "pipeline", "site", "store", "study"},
}
"""Room -> the rooms it may import from, besides itself; figures share one module of `stages`, and the scalings."""
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "misc", "common", "manager", "base", "core"}
HEAVY = ("torch", "monai", "matplotlib", "pytorch_lightning", "torchmetrics", "scipy", "skimage")
LIGHT = [
    name
    for name in (
        "camfolio",
        "camfolio.pipeline.portfolio",
        "camfolio.site.pages",
        "camfolio.cli",
        "camfolio.commands.show",
        "camfolio.site.project",
    )
    if name in MODULES
]


def room(module: str) -> str:
    """The room of a module: `data` for `camfolio.data.slices`; an empty string for the package itself."""
    return [*module.split("."), ""][1]


def imported(tree: ast.AST) -> set[str]:
    """Full names of all modules (or names in them) that a module imports, at any depth."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@cache
def camfolio_imports(module: str) -> set[str]:
    """Modules of camfolio that a module imports."""
    names = {name for name in imported(TREES[module]) if name.split(".")[0] == "camfolio"}
    return {name if name in MODULES else name.rpartition(".")[0] for name in names}


def functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_every_room_is_in_the_import_table():
    assert {room(module) for module in MODULES} == set(ROOMS)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_from_allowed_rooms(module):
    allowed = ROOMS[room(module)] | {room(module)}
    wrong = {
        name
        for name in camfolio_imports(module)
        if room(name) not in allowed and name.removeprefix("camfolio.") not in allowed
    }
    assert wrong == set()


def test_the_import_table_has_no_cycle():
    """Except for the package itself, whose public names are imported on first use."""
    left = {name: {before.split(".")[0] for before in allowed} for name, allowed in ROOMS.items() if name}
    while left:
        free = {name for name, before in left.items() if not before - {""} & set(left)}
        assert free, left
        left = {name: before for name, before in left.items() if name not in free}


@pytest.mark.parametrize("module", [name for name in MODULES if name != "camfolio"])  # whose imports are lazy
def test_no_module_is_in_an_import_cycle(module):
    waiting, seen = set(camfolio_imports(module)), set()
    while waiting:
        name = waiting.pop()
        assert name != module
        if name not in seen and name != "camfolio":
            seen.add(name)
            waiting |= camfolio_imports(name)


@pytest.mark.parametrize("module", MODULES)
def test_only_one_room_imports_mkdocs(module):
    known = room(module) == "mkdocs"
    assert known or not [
        name for name in imported(TREES[module]) if name.split(".")[0] in {"mkdocs", "mkdocs_gen_files"}
    ]


@pytest.mark.parametrize("module", MODULES)
def test_no_import_is_relative(module):
    assert not [node for node in ast.walk(TREES[module]) if isinstance(node, ast.ImportFrom) and node.level]


@pytest.mark.parametrize("module", MODULES)
def test_no_module_prints_or_asserts(module):
    calls = [node.func for node in ast.walk(TREES[module]) if isinstance(node, ast.Call)]
    assert not [call for call in calls if isinstance(call, ast.Name) and call.id == "print"]
    assert not [node for node in ast.walk(TREES[module]) if isinstance(node, ast.Assert)]


@pytest.mark.parametrize("module", MODULES)
def test_no_module_has_a_catch_all_name(module):
    assert not set(module.split(".")) & FORBIDDEN_NAMES


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_at_most_three_hundred_lines(module):
    assert len(MODULES[module].read_text(encoding="utf-8").splitlines()) <= 300


def test_half_of_the_modules_are_short():
    lengths = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in FILES)
    assert lengths[len(lengths) // 2] <= 150


@pytest.mark.parametrize("module", MODULES)
def test_no_function_body_is_longer_than_fifty_lines(module):
    long = {}
    for function in functions(TREES[module]):
        body = function.body[1:] if ast.get_docstring(function) else function.body
        if body and (lines := (function.end_lineno or 0) - body[0].lineno + 1) > 50:
            long[function.name] = lines
    assert long == {}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_begins_with_a_sentence(module):
    docstring = ast.get_docstring(TREES[module]) or ""
    assert docstring.partition("\n\n")[0].rstrip().endswith((".", ":")) or docstring.startswith("Interpretability")


@pytest.mark.parametrize("module", MODULES)
def test_everything_public_has_a_docstring(module):
    public = [
        node
        for parent in ast.walk(TREES[module])
        if isinstance(parent, ast.Module | ast.ClassDef)
        for node in parent.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    ]
    assert [node.name for node in public if not ast.get_docstring(node)] == []


@pytest.mark.parametrize("module", MODULES)
def test_every_argument_and_result_is_annotated(module):
    bare = []
    for function in functions(TREES[module]):
        arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        bare += [f"{function.name}({a.arg})" for a in arguments if not a.annotation and a.arg not in {"self", "cls"}]
        bare += [function.name] if function.returns is None else []
    assert bare == []


@pytest.mark.parametrize("path", sorted((PROJECT / "gen").glob("*.py")), ids=lambda path: path.name)
def test_a_script_of_the_generator_is_a_thin_adapter(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 20


@pytest.mark.parametrize("module", LIGHT)
def test_the_warm_path_imports_nothing_heavy(module):
    code = f"import sys, {module}; print(*(name for name in {HEAVY} if name in sys.modules))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.split() == []
