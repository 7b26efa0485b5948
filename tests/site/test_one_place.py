"""A figure, a stage, a page is one file and the line that names it: a copy of the package with one of each builds a site that shows them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import camfolio

STAGE = '''"""Stage `brightness`: the mean of every test slice."""

from pathlib import Path

import numpy as np

from camfolio.stages.inputs.parts import part_slices


def run(*, out: Path, slices: Path, split: Path, digits: int) -> None:
    """Write `brightness.npy`, HU (n,)."""
    data, _ = part_slices(slices, split, "test")
    np.save(out / "brightness.npy", data.hounsfield.mean((1, 2)).round(digits), allow_pickle=False)
'''
FIGURE = '''"""Figure: how bright the test slices are."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from camfolio.figures.drawing.output import Drawing, write
from camfolio.figures.drawing.style import Place, Theme, new_figure


def run(*, out: Path, brightness: Path) -> None:
    """Draw from `brightness.npy`."""
    values = np.load(brightness / "brightness.npy", allow_pickle=False)

    def draw(theme: Theme, place: Place) -> Figure:
        figure = new_figure(theme, min(4, place.width), 3)
        figure.subplots().hist(values)
        return figure

    rows = [[float(value)] for value in values]
    write(out, Drawing(draw, f"Means of {len(values)} slices.", ["mean, HU"], rows))
'''
PAGE = """# How bright
{% call figure("brightness") %}
Mean of every test slice of {{ study.title }}.
{% endcall %}
"""
LINES = {
    "pipeline/network_study.py": (
        "        *scoring_stages(study),\n",
        '        stage("brightness", {"digits": 1}, "slices", "split"),\n',
    ),
    "pipeline/pictures.py": (
        '        figure("training_curves", {}, "training"),\n',
        '        figure("brightness", {}, "brightness"),\n',
    ),
}
"""File -> a line of it, and the line that is added after it."""
BUILD = """
import sys
from pathlib import Path
from camfolio.site.pages import make_site
from camfolio.store.artefacts import Store

project = Path(sys.argv[1])
for page in make_site(project, Store(project / "artifacts"), [project / "gen/studies/tiny.yaml"]).pages:
    file = project / "built" / page.path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(page.content)
"""


@pytest.fixture(scope="module")
def built_with_additions(copy_project, python, tmp_path_factory) -> Path:
    """The pages of a project, built by a copy of the package with a new stage, a new figure and a new page."""
    folder = tmp_path_factory.mktemp("additions")
    package = folder / "src" / "camfolio"
    shutil.copytree(Path(camfolio.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "stages" / "brightness.py").write_text(STAGE, encoding="utf-8")
    (package / "figures" / "brightness.py").write_text(FIGURE, encoding="utf-8")
    for name, (line, added) in LINES.items():
        text = (package / name).read_text(encoding="utf-8")
        assert text.count(line) == 1
        (package / name).write_text(text.replace(line, line + added), encoding="utf-8")
    project = copy_project(folder / "project")
    page = project / "gen" / "templates" / "study" / "brightness.md.jinja"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(PAGE, encoding="utf-8")
    before = {path.name for path in (project / "artifacts").iterdir()}
    ran = python("-c", BUILD, str(project), folder=folder, PYTHONPATH=str(package.parent))
    assert ran.status == 0, ran.err
    added = {path.name for path in (project / "artifacts").iterdir() if not path.name.startswith(".")} - before
    assert added == {"brightness", "figure-brightness"}
    return project / "built"


def test_a_page_is_one_template(built_with_additions):
    text = (built_with_additions / "tiny" / "brightness.md").read_text(encoding="utf-8")
    assert text.startswith("# How bright")


def test_a_figure_is_one_module_its_line_and_its_call(built_with_additions):
    text = (built_with_additions / "tiny" / "brightness.md").read_text(encoding="utf-8")
    assert "Means of " in text
    assert "Mean of every test slice of" in text
    assert "camfolio.figures.brightness" in text
    for file in ("light.svg", "dark.svg", "phone-light.svg", "phone-dark.svg", "light.png", "data.csv"):
        assert (built_with_additions / "tiny" / "figures" / f"brightness-{file}").stat().st_size > 0


def test_a_stage_is_one_module_and_its_line(built_with_additions):
    assert "| brightness |" in (built_with_additions / "tiny" / "model.md").read_text(encoding="utf-8")
    assert "brightness" in (built_with_additions / "architecture.md").read_text(encoding="utf-8")
