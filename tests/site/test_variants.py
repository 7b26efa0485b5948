"""Edge cases of studies: missing values are stated in a sentence, and the site builds strictly."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from camfolio.pipeline.portfolio import inspect_study
from camfolio.results.arrays.maps import LayerMaps
from camfolio.results.subject import Subject

pytestmark = pytest.mark.slow  # eight studies from the data to the built pages

PROJECT = Path(__file__).resolve().parents[2]
HALF_AND_HALF = """
import sys
import numpy as np, torch
from camfolio.network.architecture import make_network, through_window
from camfolio.network.weights import save_network

torch.manual_seed(0)
network = make_network(width=4, blocks=(1, 1, 1, 1), dropout=0.0).eval()
with np.load(sys.argv[1]) as data, torch.no_grad():
    slices = torch.from_numpy(data["image"].astype(np.float32))
    margin = network(through_window(slices, (-1000.0, 400.0))).diff(dim=1).squeeze(1)
    last = [module for module in network.modules() if isinstance(module, torch.nn.Linear)][-1]
    last.bias[1] -= margin.median() - 1e-6
    labels = network(through_window(slices, (-1000.0, 400.0))).argmax(1)
save_network(network, sys.argv[2])
np.save(sys.argv[3], labels.numpy().astype(np.uint8))
"""
"""An untrained network whose bias makes it predict half of the slices as malignant, and its predictions."""
OWN = """
from camfolio.explanation.registry import Batch, Signed, method


@method("edge_cam", gradient=True)
def edge_cam(batch: Batch) -> Signed:
    return (batch.reading.gradients.abs() * batch.reading.activations).sum(1)
"""
VARIANTS = ["loaded", "perfect", "one_class", "no_masks", "one_method", "names", "words", "own"]
OWN_EXPLANATION = {
    "layers": ["layer2.0.conv2", "layer3.0.conv2"],
    "methods": ["grad_cam_plus_plus", "finer_layer_cam", "ours.edge_cam", "eigen_cam"],
    "scaling": "signed",
}
WORDS = {
    "labels_are": "histology after resection.",
    "masks_are": "drawn by *one* radiologist",
    "attribution": "St. <Elsewhere>",
    "date": "2019 to 2023",
}
WEIGHTS = "our \"best\" 'weights' <img src=x onerror=alert(1)>.safetensors"
REPORTING = {
    "claim_3": "<script>alert(1)</script> for | *teaching*",
    "claim_43": "On request.\n\n- Or not.",
    "tripod_17": "Approved, [no](https://example.org) waiver.",
}
CLASSES = ["<script>alert(1)</script>", "a|b*c_"]


@pytest.fixture(scope="module")
def checkpoint(portfolio, folder, python):
    """Weights in a file, and the labels by which they are always right."""
    names = ("tiny.npz", WEIGHTS, "labels.npy")
    ran = python("-c", HALF_AND_HALF, *names, folder=folder)
    assert ran.status == 0, ran.err
    return {"checkpoint": names[1]}, np.load(folder / names[2])


@pytest.fixture(scope="module")
def variants(checkpoint, write_study, compute, tiny_arrays):
    """Name -> portfolio of every study at the edge."""
    loaded, labels = checkpoint
    assert 0 < labels.mean() < 1
    empty = {"mask": np.zeros_like(tiny_arrays["mask"])}
    each = np.array([f"n{i:02d}" for i in range(len(tiny_arrays["label"]))])  # labels of slices
    benign = {"label": (tiny_arrays["patient"] == "p001").astype(np.uint8)}  # who is malignant goes to the train part
    paths = [
        write_study("loaded", network=loaded),
        write_study(
            "perfect", {"label": labels, "nodule": each}, network=loaded, explanation={"methods": ["grad_cam"]}
        ),
        write_study("one_class", benign, explanation={"methods": ["hires_cam"]}),
        write_study("no_masks", empty, network=loaded, explanation={"methods": ["grad_cam", "score_cam"]}),
        write_study("one_method", explanation={"methods": ["score_cam"]}),
        write_study(
            "names", classes=CLASSES, explanation={"methods": ["score_cam"]}, label="[x](y) _z_", title="# T: 'q'"
        ),
        write_study(
            "words",
            data=WORDS,
            reporting=REPORTING,
            author="A. *Nobody*",
            network={"checkpoint": loaded["checkpoint"]},
            explanation={"layers": ["layer4"], "methods": ["grad_cam", "hires_cam"]},
        ),
        write_study("own", network=loaded, explanation=OWN_EXPLANATION),
    ]
    (paths[-1].parent / "ours.py").write_text(OWN)
    return dict(zip(VARIANTS, compute(*paths), strict=True))


@pytest.fixture(scope="module")
def site(variants, folder, store, python, tmp_path_factory):
    """The strictly built site of all of them."""
    target = tmp_path_factory.mktemp("site")
    studies = [str(folder / f"{name}.yaml") for name in VARIANTS]
    options = ("--strict", "--site-dir", str(target), "--store", str(store.root))
    ran = python("-m", "camfolio.cli", "site", *studies, *options, folder=PROJECT)
    assert ran.status == 0, ran.err
    return target


@pytest.fixture(scope="module")
def article(site, read):
    """`article("loaded", "model")`: the elements of one page."""

    def page(*where: str):
        return read(site.joinpath(*where, "index.html").read_text(encoding="utf-8"))

    return page


def visible_text(reading) -> str:
    return " ".join(reading.words("article")[0].split())


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("page", ["", "evidence", "claims", "data", "model", "reporting"])
def test_no_page_shows_a_value_of_the_machine(article, name, page):
    text = visible_text(article(*filter(None, (name, page))))
    assert re.findall(r"\b(?:nan|NaN|None|Undefined|inf|Traceback|null)\b|\{\{|\}\}|\{%|&#\d|&lt;", text) == []
    assert re.findall(r".{30}not defined of (?:the|its).{20}", text) == []


def test_the_home_page_shows_every_study(article):
    reading = article()
    assert re.findall(r"\b(?:nan|NaN|None|Undefined)\b", visible_text(reading)) == []
    assert len([one for one in reading.all("div") if one.attributes.get("class") == "study"]) == len(VARIANTS)


def test_a_loaded_network_is_described_as_loaded(article, variants):
    text = visible_text(article("loaded"))
    assert f"its weights come from {WEIGHTS}" in text
    assert "there is no training to show" in text
    assert "training_curves" not in {figure.attributes["id"] for figure in article("loaded").all("figure")}
    assert f"Loaded from {WEIGHTS}" in visible_text(article("loaded", "model"))
    assert re.findall("never seen|best weights|trained on 36", text) == []
    assert "whether they were trained on any of these patients is not known" in text
    assert "The training data of its weights are not known" in visible_text(article("loaded", "model"))
    assert variants["loaded"].artefacts["training"].json("training.json")["history"] == []


def test_without_an_error_there_is_no_misclassified_example(article, variants):
    assert variants["perfect"].artefacts["selection"].json("cases.json")["misclassified"] == 0
    text = visible_text(article("perfect"))
    assert "No test slice was misclassified: there is no such example." in text
    assert "No test slice was misclassified: there is nothing to compare here." in text
    identifiers = {figure.attributes["id"] for figure in article("perfect").all("figure")}
    assert not {"strip", "grad_cam-misclassified"} & identifiers
    assert {"grad_cam-good", "grad_cam-bad"} <= identifiers


def test_a_test_part_of_one_class_has_no_curve(article):
    text = visible_text(article("one_class"))
    assert "belong to one class, so the area under the ROC curve is not defined" in text
    assert "All test nodules are of one class: a ROC curve is not defined." in text
    assert re.search(r"AUC (?:is )?0\.0", text) is None
    assert re.search(r"sensitivity 0\s%", text) is None
    assert "there are no malignant test nodules." in text
    assert "one of the two parts holds a single class, so its AUC is not defined." in text
    assert "neither AUC nor balanced accuracy is defined" in visible_text(article("one_class", "model"))


def test_without_masks_no_example_is_chosen_by_its_energy(article):
    text = visible_text(article("no_masks"))
    assert (
        "There is no example with the most energy on the nodule for its size: no correctly classified test slice has both a map and a mask"
        in text
    )
    assert "The nodule's area cannot be compared: the test nodules have no masks." in text
    assert "could not be measured: no test slice has a mask." in text
    assert "Whether the network uses more than the nodule's size could not be tested." in text
    assert "The nodule's area has none" in text
    assert "Size is not measured." in visible_text(article("no_masks", "data"))
    assert "the nodule's area has no AUC, since masks are missing" in visible_text(article("no_masks", "model"))
    assert re.findall("does not exclude zero|was shown to|Size is a shortcut", text) == []
    identifiers = {figure.attributes["id"] for figure in article("no_masks").all("figure")}
    assert not {"grad_cam-good", "grad_cam-bad", "score_cam-good", "score_cam-bad"} & identifiers
    assert "grad_cam-misclassified" in identifiers


@pytest.mark.parametrize("name", [name for name in VARIANTS if name != "words"])
@pytest.mark.parametrize("page", ["", "evidence", "claims", "data", "model", "reporting"])
def test_no_page_about_a_file_mentions_readers(article, name, page):
    text = visible_text(article(*filter(None, (name, page))))
    assert re.findall("[^.]*(?:reader|radiologist|opinion|simulated|pathology)[^.]*", text.split("Figure 1.")[0]) == []
    assert re.findall("(?:readers|radiologists|opinion|simulated)", text) == []
    assert "The labels are taken from the file as they are. The masks are the masks in the file." in text
    assert "it is not a medical device" in text


@pytest.mark.parametrize("page", ["", "evidence", "claims", "data", "model", "reporting"])
def test_the_author_s_words_about_the_data_are_on_every_page(article, page):
    text = visible_text(article(*filter(None, ("words", page))))
    assert "The labels are histology after resection. The masks are drawn by *one* radiologist." in text
    assert "By A. *Nobody*." in text


def test_the_author_s_words_about_the_data_are_on_data_card_and_home_page(article):
    data, home = visible_text(article("words", "data")), visible_text(article())
    assert "Attribution. St. <Elsewhere>" in data
    assert "Date. 2019 to 2023." in data
    assert "By A. *Nobody*." in home
    assert "2019 to 2023" in home
    assert "The labels are histology after resection." in " ".join(home.split())


def test_the_author_s_answers_to_checklists_are_text_on_their_page(article):
    reading = article("words", "reporting")
    text = visible_text(reading)
    assert "The author: <script>alert(1)</script> for | *teaching*" in text
    assert "The author: On request. - Or not." in text
    assert "The author: Approved, [no](https://example.org) waiver." in text
    assert "by the author 1, not assessed" in text
    assert [link for link in reading.all("a") if "example.org" in link.attributes.get("href", "")] == []
    assert "The author:" not in visible_text(article("loaded", "reporting"))


def test_a_study_without_masks_or_training_leaves_what_needs_them_to_the_author(article):
    text = visible_text(article("no_masks", "reporting"))
    assert "Training: settings and augmentation not assessed" in text
    assert "Does it agree with prior knowledge? not assessed" in text
    assert "72 slices of 72 have no mask" in text
    assert "All test nodules are of one class, so there is no AUC" in visible_text(article("one_class", "reporting"))
    assert "No test slice was misclassified." in visible_text(article("perfect", "reporting"))


def test_texts_about_the_data_recompute_nothing(variants):
    assert variants["words"].artefacts["slices"].manifest.key == variants["loaded"].artefacts["slices"].manifest.key


def test_in_front_of_the_pooling_both_gradient_methods_are_one_map(article, variants):
    text = visible_text(article("words"))
    assert "it is the same map as Grad-CAM" in text
    assert "is proved only for a layer" not in text
    shares = variants["words"].artefacts["localisation"].json("localisation.json")["energy_share"]
    assert shares["grad_cam"]["value"] == pytest.approx(shares["hires_cam"]["value"], rel=1e-4)


def test_a_middle_layer_is_described_as_followed_by_others(article):
    text = visible_text(article("one_class"))
    assert "is proved only for a layer that nothing but pooling and one linear layer follow" in text
    assert "it is the same map as Grad-CAM" not in text


def test_one_method_stands_alone(article):
    reading = article("one_method")
    headings = " ".join(reading.words("h2"))
    assert "Score-CAM" in headings
    assert headings.count("Grad-CAM") == 0
    assert re.findall("All methods|the others|They explain", visible_text(reading)) == []


@pytest.mark.parametrize("page", ["", "data", "model", "reporting"])
def test_names_of_classes_are_text_everywhere(article, page):
    reading = article(*filter(None, ("names", page)))
    assert all(name in visible_text(reading) for name in CLASSES)
    assert not [script for script in reading.all("script") if "alert" in script.attributes.get("src", "")]


def test_names_of_classes_never_become_markup(site):
    pages = {page.relative_to(site).as_posix(): page.read_text(encoding="utf-8") for page in site.rglob("*.html")}
    assert [name for name, text in pages.items() if "<script>alert(1)" in text] == []


def test_alternative_texts_name_classes_as_they_are(article):
    described = " ".join(image.attributes["alt"] for image in article("names").all("img"))
    assert all(name in described for name in CLASSES)


def test_titles_and_labels_are_text(article):
    reading = article("names")
    assert reading.words("h1")[0].removesuffix("#").strip() == "# T: 'q'"
    assert "[x](y) _z_" in " ".join(article().words("h2"))
    assert "[x](y) _z_" in " ".join(article().words("nav"))


def test_the_search_index_holds_names_as_text(site):
    index = (site / "search" / "search_index.json").read_text(encoding="utf-8")
    assert index.count("<script>alert") == 0


def test_user_methods_finer_methods_and_warnings_are_on_the_page(article):
    reading = article("own")
    assert {"Grad-CAM++", "Finer Layer-CAM", "Edge-CAM", "Eigen-CAM"} <= {
        words.rstrip("#") for words in reading.words("h2")
    }
    text = visible_text(reading)
    assert "Edge-CAM is user code of this study, ours.edge_cam." in text
    assert "Finer Layer-CAM is Layer-CAM of a difference" in text
    assert "It is unstable where activations have both signs" in text


def test_captions_name_the_scaling(article):
    assert "Scaling: signed share of the map's own largest magnitude" in visible_text(article("own"))
    assert "Scaling: share of the map's own maximum" in visible_text(article("loaded"))


def test_maps_of_all_layers_are_kept(variants):
    maps = LayerMaps.read(variants["own"].artefacts["explanations"].folder)
    assert maps.of(Subject("ours.edge_cam")).shape[1:] == (8, 8)
    assert maps.of(Subject("ours.edge_cam", "layer3.0.conv2")).shape[1:] == (4, 4)
    assert len(maps.signed) == 2 * 4


def test_a_changed_user_method_recomputes_maps_and_a_changed_scaling_does_not(variants, folder, store):
    def stale(*overrides):
        states = inspect_study(folder / "own.yaml", store, overrides)
        return {state.stage.name: state.reason for state in states if state.word in {"stale", "new"}}

    assert stale() == {}
    redrawn = stale("explanation.scaling=shared")
    assert redrawn
    assert all(
        name in {"card", "explorer", "matrix", "overview", "try"} or name.startswith("figure-") for name in redrawn
    )
    (folder / "ours.py").write_text(OWN.replace("abs()", "relu()"))
    assert stale() == dict.fromkeys(("layer", "explanations"), "input module:ours changed")
    (folder / "ours.py").write_text(OWN)
    assert stale() == {}


@pytest.fixture(scope="module")
def tab(site, browser, serve):
    """`tab("names/")`: a page of that site in a browser; scripts from values, errors and missing files fail the test."""
    with serve(site) as address:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        events: list[str] = []
        page.on("dialog", lambda dialog: (events.append(dialog.message), dialog.dismiss()))
        page.on("console", lambda message: events.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: events.append(str(error)))

        def visit(path: str):
            page.goto(address + path)
            return page

        yield visit
        context.close()
    assert events == []


COUNT = "([selector, count]) => document.querySelectorAll(selector).length === count"
"""Whether so many elements match; the parts that open are filled after a moment."""


@pytest.mark.parametrize("name", VARIANTS)
def test_every_explorer_works(tab, name, variants):
    page = tab(f"{name}/explorer/")
    page.wait_for_selector("[data-ready]")
    page.focus("[role=listbox]")
    for key in ("ArrowRight", "o", " ", "2", "End"):
        page.keyboard.press(key)
    data = variants[name].artefacts["explorer"].json("explorer.json")
    assert page.inner_text("[data-part=heading]") == data["id"][-1]
    page.evaluate("() => document.querySelectorAll('.further').forEach((part) => { part.open = true; })")
    for table, scores in (("first", 2 + len(data["first"])), ("further", len(data["scores"]) - len(data["first"]))):
        page.wait_for_function(COUNT, arg=[f"[data-part={table}] tr:has(.value)", scores])


@pytest.mark.parametrize("path", ["", "names/", "names/explorer/", "names/data/", "loaded/", "loaded/model/"])
def test_names_from_outside_run_nothing_in_a_browser(tab, path):
    page = tab(path)
    page.keyboard.press("/")
    page.keyboard.type("script")
    page.wait_for_timeout(300)
    assert page.evaluate("() => [...document.images].filter(one => one.getAttribute('src') === 'x').length") == 0
