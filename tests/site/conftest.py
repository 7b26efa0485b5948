"""A tiny study from slices to the built site, computed once per session in a separate process."""

from __future__ import annotations

import html
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import yaml
from filelock import FileLock

from camfolio.commands.templates import copy_templates
from camfolio.evidence.class_findings import class_findings
from camfolio.evidence.standing import standings
from camfolio.pipeline.portfolio import Portfolio, open_portfolio
from camfolio.results.result import Result
from camfolio.site.components.bibliography import Citations
from camfolio.site.components.figures import Figures, see
from camfolio.site.templates import make_environment
from camfolio.site.values import answers_of, findings, results
from camfolio.store.artefacts import Store
from file_server import serving
from in_process import no_workers

PROJECT = Path(__file__).resolve().parents[2]
WITHOUT_END = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
TINY = {
    "title": 'Discs, "nodules": a <b>tiny</b> study',
    "label": "Tiny & quick",
    "excerpt": "Discs on lung.",
    "data": {"source": "npz", "path": "tiny.npz"},
    "split": {"train": 0.5, "validation": 0.2, "test": 0.3},
    "network": {"width": 4, "blocks": [1, 1, 1, 1]},
    "training": {"max_epochs": 2, "batch_size": 8, "threads": 1, "ensemble": 1},
    "evaluation": {"resamples": 100},
    "explanation": {"layers": ["layer2.0.conv2"]},
    "evidence": {
        "slices": 8,
        "seeds": 1,
        "permuted_labels": 2,
        "reinitialisations": 2,
        "faithfulness": {"slices": 8, "steps": [0.1, 0.4], "road_steps": [0.2, 0.5]},
    },
}


@dataclass(eq=False, repr=False)
class Element:
    """One element of a page: its tag, attributes, its enclosing elements, and its visible text."""

    tag: str
    attributes: Mapping[str, str]
    inside: list[Element]
    text: str = ""


@dataclass(eq=False, repr=False)
class Reading(HTMLParser):
    """A page as its elements, in their order."""

    elements: list[Element] = field(default_factory=list)
    open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag, attrs):
        element = Element(tag, {name: value or "" for name, value in attrs}, list(self.open))
        self.elements.append(element)
        if tag not in WITHOUT_END:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}, list(self.open)))

    def handle_endtag(self, tag):
        while self.open and self.open.pop().tag != tag:
            pass

    def handle_data(self, data):
        if not {"script", "style"} & {element.tag for element in self.open}:
            for element in self.open:
                element.text += data

    def all(self, *tags: str) -> list[Element]:
        return [element for element in self.elements if element.tag in tags]

    def words(self, tag: str) -> list[str]:
        """The visible text of every element with this tag, white space as one blank."""
        return [" ".join(element.text.split()) for element in self.all(tag)]


@pytest.fixture(scope="session")
def read() -> Callable[[str], Reading]:
    """`read(html)` gives its elements."""

    def parse(text: str) -> Reading:
        reading = Reading()
        reading.feed(text)
        return reading

    return parse


COMPUTE = """
import sys
from pathlib import Path
from camfolio.store.artefacts import Store
from camfolio.pipeline.portfolio import open_portfolio

for path in sys.argv[2:]:
    open_portfolio(Path(path), Store(Path(sys.argv[1])))
"""
"""Computes studies."""
SKETCH = f"""
import base64, sys
sys.path.insert(0, {str(PROJECT / "tests")!r})
from matplotlib.figure import Figure
from camfolio.stages import training
from in_process import in_process

BLANK = {{
    ".svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="2" height="1"/>',
    ".png": base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="),
}}
Figure.draw_without_rendering = lambda self: None
Figure.savefig = lambda self, file, **_: file.write_bytes(BLANK[file.suffix])
training.write_onnx = lambda *_: "it is left out of this test"
in_process()
"""
"""Computes in one process, makes figures whose files are blank, and exports no network: most of the time of a tiny study
goes into these."""


@pytest.fixture
def no_worker(monkeypatch):
    """Fails a test in which a stage is computed."""

    no_workers(monkeypatch.setattr, pytest.fail)


@pytest.fixture(scope="session")
def tiny_arrays(tiny_slices) -> dict[str, np.ndarray]:
    """The npz arrays of 72 slices of 24 patients, each with a nodule of two slices and one of a single slice."""
    slices = tiny_slices(72, 16, 3)
    spacing = np.column_stack([slices.spacing[:, ::-1], np.full(len(slices), 2.0)]).astype(np.float32)
    return {
        "image": slices.hounsfield.round().astype(np.int16),
        "label": slices.label.astype(np.uint8),
        "mask": slices.mask,
        "patient": slices.patient,
        "spacing_xyz": spacing,
        "nodule": np.array([f"{name}-n{i % 3 // 2 + 1}" for i, name in enumerate(slices.patient)]),
    }


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    """Folder of the studies and the store of this session."""
    return tmp_path_factory.mktemp("tiny")


@pytest.fixture(scope="session")
def write_study(folder, tiny_arrays) -> Callable[..., Path]:
    """`write_study("name", arrays={...}, classes=[...])`: the tiny study with other keys and arrays; its path."""

    def write(name: str, arrays: Mapping[str, np.ndarray] | None = None, **keys: object) -> Path:
        document = json.loads(json.dumps(TINY))
        for key, value in keys.items():
            both = isinstance(value, dict) and key in document
            document[key] = document[key] | value if both else value
        data = folder / ("tiny.npz" if arrays is None else f"{name}.npz")
        if not data.exists():
            np.savez(data, **tiny_arrays | dict(arrays or {}))
        document["data"]["path"] = data.name
        path = folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def store(folder) -> Store:
    """Store of this session; studies with the same stage share its result."""
    return Store(folder / "artifacts")


def computed_by(program: str, store: Store, *paths: Path) -> list[Portfolio]:
    ran = run_python("-c", program, str(store.root), *map(str, paths), folder=store.root.parent)
    assert ran.status == 0, ran.err
    return [open_portfolio(path, store) for path in paths]


@pytest.fixture(scope="session")
def compute(portfolio, store) -> Callable[..., list[Portfolio]]:
    """`compute(path, ...)` returns portfolios of studies; what the tiny study does not have is made by SKETCH."""
    return partial(computed_by, SKETCH + COMPUTE, store)


@pytest.fixture(scope="session")
def tiny_study(write_study) -> Path:
    """The study file of which the others are variants."""
    return write_study("tiny")


@pytest.fixture(scope="session")
def shared(tmp_path_factory) -> Path:
    """Folder of what the processes that run tests share: the first one that needs it makes it."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def portfolio(store, tiny_study, shared) -> Portfolio:
    """The tiny study with all results: trained for two epochs, all methods, correct and wrong predictions.

    If several processes run tests, the first one computes it and the others copy its results.
    """
    with FileLock(shared / "tiny.lock"):
        kept = shared / "tiny-artifacts"
        if kept.exists():
            shutil.copytree(kept, store.root, dirs_exist_ok=True)
        portfolio = computed_by(COMPUTE, store, tiny_study)[0]
        if not kept.exists():
            shutil.copytree(store.root, kept)
    return portfolio


@dataclass(frozen=True)
class Ran:
    """Result of a command: exit status, standard output, standard error."""

    status: int
    out: str
    err: str


def run_python(*arguments: str, folder: Path, **environment: str) -> Ran:
    quiet = {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true", "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ | quiet | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def python() -> Callable[..., Ran]:
    """`python("-m", "mkdocs", folder=..., VARIABLE=...)`: exit status, output and errors of a fresh interpreter."""
    return run_python


@pytest.fixture(scope="session")
def copy_project(portfolio, store, tiny_study) -> Callable[[Path], Path]:
    """`copy_project(target)`: templates, pages and settings of this project with the tiny study and its results."""

    def copy(target: Path) -> Path:
        for name in ("docs", "gen"):
            shutil.copytree(PROJECT / name, target / name, ignore=shutil.ignore_patterns("studies", "__pycache__"))
        shutil.copy(PROJECT / "mkdocs.yml", target)
        shutil.copytree(store.root, target / "artifacts")
        studies = target / "gen" / "studies"
        studies.mkdir()
        (target / "src").mkdir()
        for file in (tiny_study, tiny_study.with_name("tiny.npz")):
            shutil.copy2(file, studies)
        return target

    return copy


@pytest.fixture(scope="session")
def copied_template() -> Callable[[Path, str], Path]:
    """`copied_template(project, "study/index.md.jinja")`: a copy of a template of the package in the project, for edits."""

    def copy(project: Path, name: str) -> Path:
        return copy_templates(project / "gen" / "templates", [name])[0]

    return copy


@dataclass(frozen=True)
class Built:
    """A built site: its project, its folder, and the output of the build."""

    project: Path
    site: Path
    ran: Ran

    def pages(self) -> list[Path]:
        return sorted(self.site.rglob("*.html"))


@pytest.fixture(scope="session")
def built(copy_project, shared) -> Built:
    """The tiny site, built strictly with a fixed date."""
    project, log = shared / "project", shared / "built.json"
    with FileLock(shared / "built.lock"):
        if not log.exists():
            project.mkdir()
            copy_project(project)
            ran = run_python("-m", "mkdocs", "build", "--strict", folder=project, SOURCE_DATE_EPOCH="1700000000")
            assert ran.status == 0, ran.err
            log.write_text(json.dumps(asdict(ran)), encoding="utf-8")
    return Built(project, project / "site", Ran(**json.loads(log.read_text(encoding="utf-8"))))


def typed(value: object, before: object) -> object:
    """Plain JSON as an instance of the result that it replaces."""
    if isinstance(before, Result) and not isinstance(value, Result):
        return type(before).model_validate(value)
    return value


@pytest.fixture
def changed_page(portfolio, tmp_path) -> Callable[..., str]:
    """`changed_page("index", cases=...)`: a page of the study with some results replaced and new findings; white space is collapsed,
    or with `lines` kept, without front matter.
    """
    environment = make_environment(PROJECT / "gen" / "templates", tmp_path / "compiled")
    figures = Figures(environment, portfolio)
    citations = Citations(environment.globals["bibliography"])
    callables = {"figure": figures.figure, "table": figures.table, "plate": figures.plate, "see": see}
    callables |= {"cite": citations.cite, "cited": citations.cited, "references": citations.references}

    def page(name: str = "index", *, lines: bool = False, **values: object) -> str:
        template = environment.get_template(f"study/{name}.md.jinja")
        there = results(portfolio)
        replaced = {"shortcuts": [], **there, **{key: typed(value, there.get(key)) for key, value in values.items()}}
        decided = {} if "findings" in values else {"findings": findings(replaced)}
        if "by_class" in values:
            decided["class_findings"] = class_findings(replaced["by_class"], portfolio.study.explanation.methods)
        decided["standings"] = standings(replaced["scoreboard"])
        if values.get("findings", True):
            decided["answers"] = answers_of({**replaced, **decided})
        written = template.render({**replaced, **decided, **callables})
        return written.split("---\n", 2)[2] if lines else " ".join(html.unescape(written).split())

    return page


@pytest.fixture(scope="session")
def serve() -> Callable[[Path], AbstractContextManager[str]]:
    """`with serve(folder) as address:` serves a folder's files."""
    return serving


@pytest.fixture(scope="session")
def address(built) -> Iterator[str]:
    """Address of the tiny site while it is served."""
    with serving(built.site) as address:
        yield address
