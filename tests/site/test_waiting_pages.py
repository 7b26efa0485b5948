"""Which pages wait while results are missing, what they show, and when they are rendered again."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import replace

import pytest
import yaml

from camfolio.errors import PageError, StoreError
from camfolio.pipeline.portfolio import open_finished
from camfolio.site import serving
from camfolio.site.components.numbering import mark, numbered
from camfolio.site.lazy import Values, later
from camfolio.site.pages import make_site, render_site
from camfolio.site.progress import FILE, ProgressFile, study_progress
from camfolio.site.serving import FOLDER, REQUESTS, Background
from camfolio.site.templates import DEFAULTS, make_environment, render
from camfolio.store.outlook import Outlook
from camfolio.store.watch import Moment, Running

EVERY = {
    "index.md",
    "methods.md",
    *(f"tiny/{name}.md" for name in ("index", "try", "evidence", "claims", "reporting", "explorer", "data", "model")),
}
"""Pages that read results."""
SOON = 20.0


@pytest.fixture
def opened(portfolio, tiny_study, store):
    """`opened("figure-roc")`: the tiny study as if these results were missing, by its path."""

    def without(*names: str):
        found = open_finished(tiny_study, store)
        found.artefacts.take(lacking(found.artefacts.states, names))
        return {tiny_study: found}

    return without


def lacking(states, names):
    return [replace(one, artefact=None, word="new") if one.stage.name in names else one for one in states]


@pytest.fixture
def rendered(opened, store, tmp_path):
    """`rendered("figure-roc")`: the site as if these results were missing."""

    def without(*names: str, **words: str):
        study = opened(*names)
        (one,) = study.values()
        running = [Running(name, 30.0, done=0.25, words=said) for name, said in words.items()]
        return render_site(tmp_path, study, {"tiny": study_progress(one.artefacts.states, running)})

    return without


@pytest.mark.parametrize(
    ("missing", "waiting"),
    [
        ([], set()),
        (["figure-roc"], {"tiny/index.md", "tiny/reporting.md"}),
        (["figure-scores"], {"tiny/evidence.md", "tiny/reporting.md"}),
        (["figure-hounsfield"], {"tiny/data.md", "tiny/reporting.md"}),
        (["try"], {"tiny/try.md", "tiny/model.md", "tiny/reporting.md"}),
        (["explorer"], {"tiny/explorer.md", "tiny/model.md", "tiny/reporting.md"}),
        (["retrained-seed-1"], {"tiny/evidence.md", "tiny/model.md", "tiny/reporting.md"}),
        (["figure-teaser"], {"index.md", "tiny/index.md", "tiny/reporting.md"}),
        (["slices"], EVERY),
    ],
)
def test_a_page_waits_for_what_it_reads_and_for_nothing_else(rendered, missing, waiting):
    assert {page.path for page in rendered(*missing).waiting} == waiting


def test_without_missing_results_the_site_is_that_of_a_build(opened, store, tiny_study, tmp_path):
    served, built = render_site(tmp_path, opened(), results_folder=store.root), make_site(tmp_path, store, [tiny_study])
    assert [(page.path, page.content) for page in served.pages] == [(page.path, page.content) for page in built.pages]


def test_files_of_finished_stages_are_in_the_site_and_pages_keep_their_places(rendered):
    there, lacks = rendered(), rendered("figure-roc")
    gone = {page.path for page in there.pages} - {page.path for page in lacks.pages}
    assert gone == {f"tiny/figures/roc-{file}" for file in ("light.svg", "dark.svg", "light.png", "data.csv")}
    assert lacks.sections == there.sections


def test_a_waiting_page_has_the_title_of_the_page_and_a_row_per_stage(rendered, read):
    words = {"figure-roc": "<b>*axes*</b> & more"}
    page = next(one for one in rendered("figure-roc", "matrix", **words).waiting if one.path == "tiny/index.md")
    _, front, body = page.content.decode().split("---\n", 2)
    assert yaml.safe_load(front)["title"].startswith("Discs, &quot;nodules&quot;")
    assert body.startswith("# Discs, &#34;nodules&#34;: a &#60;b&#62;tiny")
    shown = read(body)
    assert shown.words("li") == [
        "figure-roc being computed: <b>*axes*</b> & more about 90 s left",
        "matrix waits for its turn",
    ]
    assert [bar.attributes for bar in shown.all("progress")] == [
        {"value": "0.9708", "aria-label": "All results of tiny"},
        {"value": "0.25", "aria-label": "figure-roc"},
    ]
    assert shown.all("b") == []


def test_a_waiting_page_without_front_matter_is_named_after_its_file(opened, tmp_path):
    (tmp_path / "our-page.md.jinja").write_text("{{ evaluation.slices }}", encoding="utf-8")
    environment = make_environment(tmp_path, tmp_path / "compiled")
    (study,) = opened("evaluation").values()
    environment.globals["progress"] = {"tiny": study_progress(study.artefacts.states)}
    values = later(Values({"evaluation": lambda: study.artefacts["evaluation"]}))
    page = render(environment, "our-page.md.jinja", "our-page.md.jinja", values, study)
    assert (page.stage, page.content.decode().partition("\n")[0]) == ("evaluation", "# Our page")


def test_a_value_is_read_once_and_only_if_it_is_used():
    read = []
    values = Values({"first": lambda: read.append(1) or 3, "second": lambda: read.append(2)})
    assert (values["first"], values["first"], "second" in values, len(values)) == (3, 3, True, 2)
    assert read == [1]


def test_a_reference_to_a_figure_of_a_waiting_page_says_so():
    pages = {"a/index.md": "", "a/data.md": str(mark("see", "roc")), "b.md": str(mark("see", "a/roc"))}
    templates = dict.fromkeys(pages, "page.md.jinja")
    shown = numbered(pages, templates, ["a/index.md"])
    assert (shown["a/data.md"], shown["b.md"]) == ("a figure to come", "a figure to come")
    with pytest.raises(PageError, match="Expected a figure or table to refer to"):
        numbered(pages, templates)


@pytest.fixture
def served(opened, store, tmp_path):
    """A background without a computation, the states of the study that it serves, and how often it asked for a rendering."""
    study = opened("figure-roc", "figure-scores", "matrix")
    (one,) = study.values()
    states = one.artefacts.states
    background = Background(running=True)
    background.start(study, store, [])
    background.watch_pages(render_site(tmp_path, study, background.progress).waiting, study)
    background.file.release(tmp_path / "site", background.progress)
    background.file.written = 0.0
    return background, lambda *names: Moment(lacking(states_there(states, study), names), [], Outlook(0, 0, 1, 0.0, 1))


def states_there(states, study):
    (path,) = study
    found = open_finished(path, next(iter(study.values())).artefacts.store)
    assert len(found.artefacts.states) == len(states)
    return found.artefacts.states


def test_a_rendering_is_asked_for_only_when_a_page_can_appear(served, store):
    background, moment = served
    background.report("tiny", moment("figure-roc", "figure-scores", "matrix"), store)
    background.report("tiny", moment("figure-scores", "matrix"), store)  # the write-up still waits for the matrix
    assert background.requests == 0
    background.report("tiny", moment("figure-scores"), store)
    assert background.requests == 1
    background.report("tiny", moment("figure-scores"), store)
    assert background.requests == 1
    assert (store.root / FOLDER / REQUESTS).read_text(encoding="utf-8") == "1\n"


def test_the_file_follows_the_computation(served, store, tmp_path):
    background, moment = served
    background.report("tiny", moment("matrix"), store)
    read = json.loads((tmp_path / "site" / FILE).read_text(encoding="utf-8"))["tiny"]
    assert [row["stage"] for row in read["rows"]] == ["matrix"]


def test_a_rendering_that_did_not_begin_is_asked_for_again(served, store, monkeypatch):
    background, moment = served
    background.report("tiny", moment("figure-scores"), store)
    monkeypatch.setattr(serving, "AGAIN", 0.0)
    background.report("tiny", moment("figure-scores"), store)
    assert background.requests == 2
    background.asked = None  # a rendering began
    background.report("tiny", moment("figure-scores"), store)
    assert background.requests == 2


def test_a_failure_is_raised_while_the_inputs_of_its_stages_are_the_same(opened, store, monkeypatch):
    def fail(declared, store, watch, record):
        states = next(iter(study.values())).artefacts.states
        watch(Moment(states, [Running("matrix", 1.0)], Outlook(0, 0, 1, 0.0, 1)))
        message = "Expected a result of matrix, but got none."
        raise StoreError(message)

    study = opened("matrix")
    monkeypatch.setattr(serving, "build", fail)
    monkeypatch.setattr(serving, "LAST", 1)
    background = Background()
    background.start(study, store, [])
    end = time.monotonic() + SOON
    while (background.running or not background.failures) and time.monotonic() < end:
        time.sleep(0.01)
    with pytest.raises(StoreError, match="Expected a result of matrix"):
        background.start(study, store, [])
    states = next(iter(study.values())).artefacts.states
    assert background.failure([edited(one) for one in states]) == ""


def edited(state):
    """The state of a stage that got another parameter."""
    changed = state.ingredients.model_dump() | {"parameters": {"edited": True}}
    return replace(state, ingredients=type(state.ingredients)(**changed))


@pytest.fixture
def watched(rendered, opened, browser, serve, tmp_path):
    """A waiting page in a folder of a site in a browser, a function that changes the progress, and what the browser complains of."""
    page = next(one for one in rendered("figure-roc", "matrix").waiting if one.path == "tiny/index.md")
    begin = 'import { start } from "../assets/progress.js"; document.querySelectorAll("[data-progress]").forEach((box) => start(box));'
    script = f'<script type="module">{begin}</script>'
    for name in ("tiny", "assets"):
        (tmp_path / "site" / name).mkdir(parents=True)
    (tmp_path / "site" / "favicon.ico").touch()
    text = f"<!doctype html><meta charset=utf-8>{page.content.decode()}{script}"
    (tmp_path / "site" / "tiny" / "index.html").write_text(text, encoding="utf-8")
    shutil.copy(DEFAULTS / "assets" / "progress.js", tmp_path / "site" / "assets")
    file, states = ProgressFile(), next(iter(opened().values())).artefacts.states

    def change(*running: Running, missing: tuple[str, ...] = ("figure-roc", "matrix")):
        file.release(tmp_path / "site", {"tiny": study_progress(lacking(states, missing), running)})

    change()
    context = browser.new_context()
    tab, events = context.new_page(), []
    tab.on("console", lambda message: events.append(message.text))
    tab.on("pageerror", lambda error: events.append(str(error)))
    with serve(tmp_path / "site") as address:
        tab.goto(address + "tiny/")
        yield tab, change, events
        context.close()


def test_the_page_follows_the_computation_in_place(watched):
    tab, change, events = watched
    tab.evaluate("() => { window.same = 1 }")
    change(Running("figure-roc", 30.0, done=0.25, words="<img src=x onerror=console.log(1)>"))
    tab.wait_for_selector('progress[aria-label="figure-roc"][value="0.25"]')
    said = " ".join(tab.locator("li.running").inner_text().split())
    assert said == "figure-roc being computed: <img src=x onerror=console.log(1)> about 90 s left"
    change(Running("figure-roc", 60.0, done=0.5))
    tab.wait_for_selector('progress[aria-label="figure-roc"][value="0.5"]')
    before = tab.locator('progress[aria-label="All results of tiny"]').evaluate("bar => bar.value")
    change(Running("matrix", 1.0), missing=("matrix",))
    tab.wait_for_selector('progress[aria-label="matrix"]:indeterminate')
    assert [" ".join(words.split()) for words in tab.locator("li").all_inner_texts()] == [
        "matrix being computed for 1 s"
    ]
    assert tab.locator('progress[aria-label="All results of tiny"]').evaluate("bar => bar.value") > before
    assert tab.get_by_role("status").inner_text().endswith("results are finished.")
    assert tab.evaluate("() => window.same") == 1
    assert events == []
