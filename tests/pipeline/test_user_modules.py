"""Stages run the methods and user code of a study where their imports lead to what imports these by name."""

from __future__ import annotations

import subprocess
import sys

import pytest

from camfolio.pipeline.contents import stages
from camfolio.pipeline.user_modules import IMPORTERS
from camfolio.store.code import CodeReader
from camfolio.store.survey import with_dynamic_imports
from camfolio.study.settings import Study

DATA = {"title": "t", "excerpt": "e", "data": {"source": "lidc-phantom"}}
SHORTCUT = {"shortcut": {"cues": ["tag"], "seeds": 1}}
METHODS = ["finer_layer_cam", "ours.edge_cam"]
LAYER_CAM = "camfolio.explanation.methods.layer_cam"


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    return CodeReader(tmp_path_factory.mktemp("memory") / "code.json")


@pytest.fixture
def table(tmp_path, reader):
    """`table(network={...})`: name -> stage of a study with a method of user code in `ours.py`."""
    (tmp_path / "ours.py").write_text("", encoding="utf-8")

    def make(**more):
        study = Study.model_validate(DATA | {"explanation": {"methods": METHODS}} | more)
        return {stage.name: with_dynamic_imports(stage, reader) for stage in stages(study, tmp_path)}

    return make


def test_what_makes_maps_runs_the_study_s_methods_and_nothing_else_imports_them(table):
    others: set[str] = set()
    for more, makers in (({}, {"layer", "stability"}), (SHORTCUT, {"layer", "shortcut_outputs-tag-0"})):
        found = table(**more)
        making = {name for name, stage in found.items() if "ours" in stage.modules}
        assert makers <= making
        assert making == {name for name, stage in found.items() if LAYER_CAM in stage.also}
        others |= {found[name].module for name in set(found) - making}
    lines = [
        *(f"import {module}" for module in sorted(others)),
        f"import sys; print({IMPORTERS['explanation']!r} in sys.modules)",
    ]
    run = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False"]


def test_user_code_of_a_section_is_run_where_the_section_is_used(table, tmp_path):
    found = table(
        data={"source": "own", "class_path": "ours.discs"}, network={"class_path": "ours.Net", "layer": "features"}
    )
    using = {name for name, stage in found.items() if "ours" in stage.modules}
    assert {"slices", "training", "predictions", "faithfulness", "explanations"} <= using
    assert not {"split", "inspection", "evaluation", "localisation", "selection", "figure-roc"} & using
    assert found["slices"].modules == {"ours": tmp_path / "ours.py"}


def test_a_study_without_user_code_depends_on_its_own_methods_only(reader):
    explanations = next(stage for stage in stages(Study.model_validate(DATA)) if stage.name == "explanations")
    code = reader.closure(with_dynamic_imports(explanations, reader).also).modules
    prefix = "camfolio.explanation.methods."
    assert {name.removeprefix(prefix) for name in code if name.startswith(prefix)} == {
        *("grad_cam", "hires_cam", "score_cam")
    }
