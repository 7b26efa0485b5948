"""Methods are read from their files without importing them; a new method needs only its file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import camfolio.explanation.methods
from camfolio.explanation.registry import METHODS
from camfolio.method_words import FOLDER, METHOD_FILES, METHOD_NAMES, METHOD_WORDS, method_looks, read_methods
from camfolio.vocabulary import FINER

EDGE = '''"""Edge-CAM: the magnitude of the gradient times the activation."""

from camfolio.explanation.registry import Batch, Signed, method
from camfolio.method_words import MethodWords

ABOUT = MethodWords(
    name="Edge-CAM",
    colour="#123456",
    formula=r"L = \\sum_k |g^k| \\odot A^k",
    definition="Where $|g^k|$ is large.",
    paper="Doe 2026",
    citation="grad_cam",
    summary="Edge-CAM takes the gradient's magnitude.",
    elsewhere="It was made for this test.",
)


@method("edge_cam", gradient=True)
def edge_cam(batch: Batch) -> Signed:
    """The magnitude of the gradient times the activation."""
    return (batch.reading.gradients.abs() * batch.reading.activations).sum(1)
'''
PRINT_METHOD = """
import json, sys
from pathlib import Path

from camfolio.pipeline.contents import stages
from camfolio.site.study_keys import sections
from camfolio.site.templates import make_environment, render
from camfolio.store.survey import with_dynamic_imports
from camfolio.store.code import CodeReader
from camfolio.study.settings import Study

study = {"title": "t", "excerpt": "e", "data": {"source": "lidc-phantom"}}
study = Study.model_validate(study | {"explanation": {"methods": ["edge_cam", "grad_cam"]}})
environment = make_environment(Path("none"), Path("compiled"))
paragraph = environment.get_template("partials/methods.md")
page = render(environment, "methods.md.jinja", "methods.md.jinja", {"version": "0"}, None)
keys = {key.name: key.meaning for section in sections() for key in section.keys if section.name == "explanation"}
table = {stage.name: stage for stage in stages(study)}
light = "torch" not in sys.modules
import camfolio.explanation.explain
from camfolio.explanation.registry import METHODS

print(json.dumps({
    "page": page.content.decode(),
    "paragraph": paragraph.render(study=study, method="edge_cam", at_last_layer=False),
    "finer": paragraph.render(study=study, method="finer_edge_cam", at_last_layer=True),
    "key": keys["methods"],
    "figure": table["figure-scores"].parameters["methods"][0],
    "example": table["figure-edge_cam-good"].parameters["method"],
    "code": with_dynamic_imports(table["explanations"], CodeReader(Path("code.json"))).also,
    "light": light,
    "registered": sorted(set(METHODS) & {"edge_cam", "finer_edge_cam"}),
}))
"""


def test_a_new_method_is_one_file(tmp_path):
    copy = tmp_path / "camfolio"
    shutil.copytree(Path(camfolio.__file__).parent, copy)
    (copy / "explanation" / "methods" / "edge_cam.py").write_text(EDGE, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-c", PRINT_METHOD]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    printed = json.loads(run.stdout)
    assert printed["light"]
    assert "## Edge-CAM\n" in printed["page"]
    assert printed["page"].count("<math") > printed["page"].split("## Edge-CAM")[0].count("<math") + 2
    assert "Doe 2026" in printed["page"]
    assert printed["paragraph"].split() == [
        "Edge-CAM",
        "takes",
        "the",
        "gradient&#39;s",
        "magnitude.",
        "It",
        "was",
        "made",
        "for",
        "this",
        "test.",
    ]
    assert printed["finer"].startswith("Finer Edge-CAM is Edge-CAM of a difference")
    assert printed["finer"].strip().endswith("magnitude.")
    assert "eigen_cam, edge_cam, finer_grad_cam" in printed["key"]
    assert printed["key"].count("finer_edge_cam") == 1
    assert printed["figure"] == printed["example"] == {"key": "edge_cam", "name": "Edge-CAM", "colour": "#123456"}
    assert printed["code"] == ["camfolio.explanation.methods.edge_cam", "camfolio.explanation.methods.grad_cam"]
    assert printed["registered"] == ["edge_cam", "finer_edge_cam"]


def test_methods_read_from_files_equal_the_registered_methods():
    assert METHODS.keys() == METHOD_NAMES.keys()
    for key, file in METHOD_FILES.items():
        assert METHODS[key].weigh.__module__ == file.module
        assert METHODS[key].gradient == file.gradient == (FINER + key in METHODS)
        assert file.words == import_module(file.module).ABOUT


def test_methods_are_in_the_order_of_pages():
    positions = [words.position for words in METHOD_WORDS.values()]
    assert positions == sorted(set(positions))
    assert list(METHOD_WORDS)[:3] == ["grad_cam", "hires_cam", "score_cam"]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('name="Edge-CAM"', 'name="Edge" + SUFFIX', r"literal in edge_cam\.py, line 7, but got 'Edge' \+ SUFFIX"),
        ("gradient=True", "gradient=GRADIENT", r"literal in edge_cam\.py, line 18, but got GRADIENT"),
        (
            "ABOUT = MethodWords(",
            "WORDS = MethodWords(",
            r"one function under @method in edge_cam\.py, but got 0 and 1",
        ),
        ("@method(", "@methods(", r"one function under @method in edge_cam\.py, but got 1 and 0"),
        ("\n\n@method", "\n\nABOUT = WORDS\n\n\n@method", r"in edge_cam\.py, but got 2 and 1"),
        (
            "ABOUT = MethodWords(",
            "ABOUT = WORDS\nOTHER = MethodWords(",
            r"ABOUT = MethodWords\(\.\.\.\) in edge_cam\.py, l",
        ),
    ],
)
def test_a_file_that_cannot_be_read_without_running_it_is_an_error(before, after, message, tmp_path):
    assert before in EDGE
    (tmp_path / "edge_cam.py").write_text(EDGE.replace(before, after), encoding="utf-8")
    with pytest.raises(ValueError, match=f"Expected .*{message}"):
        read_methods(tmp_path)


def test_the_methods_package_is_the_folder_that_is_read():
    assert Path(camfolio.explanation.methods.__file__).parent == FOLDER


def test_every_method_of_a_study_has_a_colour_and_colours_differ_while_unused_ones_remain():

    looks = {look.key: look for look in method_looks(["ours.edge_cam", "grad_cam", "eigen_cam", "layer_cam"])}
    assert (looks["grad_cam"].colour, looks["layer_cam"].colour) == ("#009E73", "#56B4E9")
    assert looks["ours.edge_cam"].name == "Edge-CAM"
    assert len({look.colour for look in looks.values()}) == len(looks)
    many = [f"ours.m{i}_cam" for i in range(9)]
    assert all(look.colour.startswith("#") for look in method_looks(many))
