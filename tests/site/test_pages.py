"""Pages as values: numbers from the results, figures in order, escaped text, errors with their line."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import torch
import yaml
from markdown import Markdown

from camfolio.errors import PageError, StudyError
from camfolio.explanation.explain import explain
from camfolio.method_words import METHOD_NAMES
from camfolio.network.architecture import build_network
from camfolio.results.evaluation import Confusion
from camfolio.results.interval import Interval
from camfolio.site.numbers import interval
from camfolio.site.pages import Site, assets, check_names, make_site, pictures, study_pages, with_numbers
from camfolio.site.templates import Page, make_environment, render
from camfolio.site.values import is_at_last_layer, results
from camfolio.study.project import read_yaml
from camfolio.study.settings import Network

PROJECT = Path(__file__).resolve().parents[2]
OWN = PROJECT / "gen" / "templates"
NAMES = ("benign", "malignant")
SHARED = {"version": "0", "rooms": [], "settings": [], "studies": []}
ROWS = {
    "Accuracy": "accuracy",
    "Balanced accuracy": "balanced_accuracy",
    "Sensitivity": "sensitivity",
    "Specificity": "specificity",
    "AUC": "auc",
    "Average precision": "average_precision",
    "Expected calibration error": "calibration_error",
    "Brier score": "brier_score",
    "Calibration slope": "calibration_slope",
    "Calibration intercept": "calibration_intercept",
}


@pytest.fixture(scope="session")
def shown(read):
    """`shown(page)`: the elements of a page after Markdown, and its front matter."""
    written = read_yaml(PROJECT / "mkdocs.yml")["markdown_extensions"]
    names = [entry if isinstance(entry, str) else next(iter(entry)) for entry in written]

    def convert(page: Page):
        _, front, body = page.content.decode().split("---\n", 2)
        return read(Markdown(extensions=names).convert(body)), yaml.safe_load(front)

    return convert


@pytest.fixture(scope="session")
def pages(portfolio, tmp_path_factory):
    """Path -> page or picture of the tiny study."""
    environment = make_environment(OWN, tmp_path_factory.mktemp("compiled"))
    written = [*with_numbers(study_pages(environment, portfolio, SHARED)), *pictures(portfolio)]
    return {page.path: page for page in written}


@pytest.fixture
def fill(tmp_path, portfolio):
    """`fill(template)` renders a template with the results of the tiny study."""

    def page(words: str) -> str:
        (tmp_path / "page.md.jinja").write_text(words, encoding="utf-8")
        return render(
            make_environment(tmp_path, tmp_path / "compiled"),
            "page.md.jinja",
            "page.md.jinja",
            results(portfolio),
            portfolio,
        ).content.decode()

    return page


def table(reading) -> dict[str, list[str]]:
    """First cell -> the other cells, of all rows on a page."""
    rows = [[cell for cell in reading.all("td") if row in cell.inside] for row in reading.all("tr")]
    return {row[0].text: [cell.text for cell in row[1:]] for row in rows if row}


@pytest.mark.parametrize(
    "words", ["{{ evaluation.metrics.acuracy }}", "{{ nobody }}", "{{ nobody.name }}", "{{ classes[2] }}"]
)
def test_an_unknown_value_stops_with_template_and_line(fill, words):
    with pytest.raises(
        PageError, match=r"Expected a template that can be filled.*gen/templates/page\.md\.jinja, line 3"
    ):
        fill(f"# Title\n\n{words}\n")


@pytest.mark.parametrize(
    "words", ["{% if %}", "{{ 1 + }}", "{% for x in classes %}", "{% endif %}", "{{ 3 | unknown }}"]
)
def test_a_syntax_error_stops_with_template_and_line(fill, words):
    with pytest.raises(PageError, match=r"gen/templates/page\.md\.jinja, line \d"):
        fill(f"# Title\n\n{words}\n")


@pytest.mark.parametrize(
    "words", ["{{ classes | num }}", "{{ 1 / 0 }}", "{{ 'solo_cam' | method }}", "{{ [] | span }}", "{{ [] | listed }}"]
)
def test_a_value_that_a_filter_cannot_take_stops_with_template_and_line(fill, words):
    with pytest.raises(PageError, match=r"gen/templates/page\.md\.jinja, line 3"):
        fill(f"# Title\n\n{words}\n")


def test_a_missing_part_of_a_page_stops(fill):
    with pytest.raises(PageError, match=r"nowhere\.md.* in gen/templates/page\.md\.jinja, line 2"):
        fill('# Title\n{% include "nowhere.md" %}\n')


def test_an_unknown_figure_stops_and_lists_the_known(fill):
    with pytest.raises(
        PageError,
        match=r"Expected a figure of this study, but got 'rock'\. Did you mean roc\? Known: calibration, confusion",
    ):
        fill('{% call figure("rock") %}x{% endcall %}')


def test_none_reads_as_not_defined(fill):
    assert fill("It is {{ training.loaded }}.") == "It is not defined."


def test_figures_are_numbered_in_the_order_of_the_page(pages, shown):
    reading, _ = shown(pages["tiny/index.md"])
    captions = [one.text for one in reading.all("figcaption") if one.text.lstrip().startswith("Figure")]
    assert [int(re.match(r"\s*Figure (\d+)\.", caption)[1]) for caption in captions] == list(
        range(1, len(captions) + 1)
    )
    assert len(captions) == 19  # twelve examples, their matrix and six others


def test_a_figure_has_both_themes_with_alternative_text_size_and_downloads(pages, shown):
    reading, _ = shown(pages["tiny/index.md"])
    drawn = [one for one in reading.all("figure") if [a for a in reading.all("details") if one in a.inside]]
    assert len(drawn) == 18
    for figure in drawn:
        images = [image for image in reading.all("img") if figure in image.inside]
        places = len(images) // 2  # for pages, and for phones if it is wider than these
        themes = ["only-light"] * places + ["only-dark"] * places
        assert places in (1, 2)
        assert [image.attributes["src"].partition("#")[2] for image in images] == themes
        for image in images:
            assert image.attributes["alt"]
            assert int(image.attributes["width"]) > 0
            assert int(image.attributes["height"]) > 0
        links = [link.attributes["href"] for link in reading.all("a") if figure in link.inside]
        links = [address for address in links if not address.startswith("explorer.md?")]
        assert {"svg", "png", "csv"} == {link.rpartition(".")[2] for link in links}
        for address in [image.attributes["src"].partition("#")[0] for image in images] + links:
            assert f"tiny/{address}" in pages


def test_the_table_of_metrics_is_that_of_the_evaluation(pages, shown, portfolio):
    evaluation = portfolio.artefacts["evaluation"].json("evaluation.json")
    reading, _ = shown(pages["tiny/index.md"])
    rows = table(reading)
    for words, name in ROWS.items():
        row = evaluation["metrics"][name]
        assert rows[words][0] == interval(Interval.model_validate(row))


def test_metrics_over_slices_stand_beside_those_over_nodules(pages, shown, portfolio):
    evaluation = portfolio.artefacts["evaluation"].json("evaluation.json")
    reading, _ = shown(pages["tiny/index.md"])
    rows = table(reading)
    for words, name in ROWS.items():
        assert rows[words][1] == interval(Interval.model_validate(evaluation["by_slice"]["metrics"][name]))
    units = (evaluation, evaluation["by_slice"])
    assert rows["AUC, network minus area"] == [
        interval(Interval.model_validate(unit["difference"]["auc"])) for unit in units
    ]
    largest = interval(Interval.model_validate(evaluation["largest_slice"]["difference"]["auc"]))
    assert rows["AUC, network minus area, largest slice of each nodule alone"] == [largest, ""]


@pytest.mark.parametrize("name", ["index", "data", "model", "reporting", "evidence"])
def test_the_auc_of_the_ratings_that_slices_are_drawn_from_stands_on_every_page_with_an_auc(
    changed_page, portfolio, name
):
    card = results(portfolio)["card"]
    words = "these ratings alone, without any pixel, separates the labels with an AUC of 0.945"
    assert words in changed_page(name, card=card.model_copy(update={"ratings_auc": 0.945}))
    assert words not in changed_page(name)


def test_pages_speak_of_slices_where_nodules_are_not_known_and_say_so(changed_page, portfolio):
    values = results(portfolio)
    card = values["card"].model_copy(update={"nodules_known": False})
    evaluation = values["evaluation"].model_copy(update={"slices": values["evaluation"].cases})
    written = {name: changed_page(name, card=card, evaluation=evaluation) for name in ("index", "data", "reporting")}
    assert all("hich slices show the same nodule is not known" in page for page in written.values())
    assert f"On {evaluation.cases} test slices of" in written["index"]
    assert "By slice" not in written["index"]
    assert "Which slices show the same nodule" not in changed_page("index")


def test_resamples_that_are_left_out_are_counted(changed_page, portfolio):
    evaluation = results(portfolio)["evaluation"]
    auc = evaluation.metrics["auc"].model_copy(update={"undefined": 73})
    page = changed_page(evaluation=evaluation.model_copy(update={"metrics": {**evaluation.metrics, "auc": auc}}))
    assert (
        "leave out resamples in which the value is not defined, such as those of one class: 73 of 100 at most." in page
    )


def test_the_numbers_in_sentences_are_those_of_the_evaluation(pages, shown, portfolio):
    evaluation = portfolio.artefacts["evaluation"].json("evaluation.json")
    card = portfolio.artefacts["slices"].json("card.json")
    reading, _ = shown(pages["tiny/index.md"])
    text = " ".join(" ".join(reading.words("p")).split())
    auc, area = evaluation["metrics"]["auc"], evaluation["baseline"]["auc"]
    for row in (auc, area):
        assert interval(Interval.model_validate(row)) in text
    for count in (
        f"{evaluation['cases']} test nodules",
        f"{evaluation['slices']} slices",
        f"{evaluation['patients']} patients",
        f"{card['slices']} slices",
    ):
        assert count in text
    counts = Confusion.model_validate(evaluation["confusion"])
    assert f"Of {counts.negatives} benign nodules, {counts.true_negatives} are classified as benign" in text
    assert f"of {counts.positives} malignant nodules, {counts.true_positives} are classified as malignant" in text


def rank_text(case):
    """The rank of a case as captions say it: in its group of similar area, or among the errors."""
    place = case["size_group"]
    if place is None:
        return f"rank {case['rank']} of {case['among']}"
    return f"rank {place['rank']} of {place['slices']} in group {place['group']} of {place['groups']}"


def test_captions_name_slice_rank_and_probability_of_the_chosen_case(pages, shown, portfolio):
    cases = portfolio.artefacts["selection"].json("cases.json")["methods"]
    reading, _ = shown(pages["tiny/index.md"])
    captions = {figure.attributes["id"]: figure.text for figure in reading.all("figure")}
    for method, found in cases.items():
        for kind, case in found["cases"].items():
            caption = " ".join(captions[f"{method}-{kind}"].split())
            assert case["id"] in caption
            assert rank_text(case) in caption
        assert f"{found['cases']['misclassified']['probability']:.2f}" in captions[f"{method}-misclassified"]


def test_the_captions_of_teaser_and_strip_have_slice_rule_and_scores(pages, shown, portfolio):
    cases = portfolio.artefacts["selection"].json("cases.json")["methods"]
    teaser = portfolio.artefacts["figure-teaser"].json("figure.json")
    reading, _ = shown(pages["tiny/index.md"])
    captions = {figure.attributes["id"]: " ".join(figure.text.split()) for figure in reading.all("figure")}
    good, wrong = (cases["grad_cam"]["cases"][kind] for kind in ("good", "misclassified"))
    for name, case in (("teaser", good), ("strip", wrong)):
        assert f"Slice {case['id']}, labelled {NAMES[case['true']]}" in captions[name]
        assert f"classified as {NAMES[case['predicted']]} with probability {case['probability']:.2f}" in captions[name]
        assert rank_text(case) in captions[name]
    assert "It has the most energy on the nodule for its size under Grad-CAM" in captions["teaser"]
    for method in portfolio.study.explanation.methods:
        name = METHOD_NAMES[method]
        assert f"{name} {100 * teaser['energy_share'][method]:.0f} %" in captions["teaser"]
        share = cases[method]["cases"]["misclassified"]["energy_share"]
        assert f"{name} {100 * share:.0f} %" in captions["strip"]


@pytest.fixture
def changed(changed_page):
    """`changed(page="index", cases=...)`: that page with some results replaced."""
    return changed_page


@pytest.mark.parametrize(
    ("kind", "ratio", "said", "not_said"),
    [
        ("good", 0.5, "the nodule gets 0.50 times the energy of a uniform map", "here the map puts"),
        ("good", 0.9, "most of the map lies on the nodule, and yet less", "elsewhere"),
        ("good", 1.2, "hardly more than the nodule's share of the slice: 1.20 times as much", "elsewhere"),
        ("good", 3.0, "and here the map puts 3.00 times as much", "hardly more"),
        ("bad", 0.1, "the nodule gets 0.10 times the energy of a uniform map", "even here"),
        ("bad", 1.3, "hardly more than the nodule's share of the slice: 1.30 times as much", "elsewhere"),
        ("bad", 2.0, "and even here the map puts 2.00 times as much", "elsewhere"),
    ],
)
def test_a_caption_claims_only_what_its_numbers_support(changed, portfolio, *, kind, ratio, said, not_said):
    cases = portfolio.artefacts["selection"].json("cases.json")
    area = 0.8 if ratio == 0.9 else 0.1
    for found in cases["methods"].values():
        found["cases"][kind] |= {"energy_ratio": ratio, "energy_share": area * ratio, "area_share": area, "rank": 2}
    text = changed(cases=cases)
    caption = text.partition(f'id="grad_cam-{kind}"')[2].partition("</figcaption>")[0]
    assert said in caption
    assert not_said not in caption
    assert "those before it by the rule belong to patients already shown" in caption


@pytest.mark.parametrize(
    ("gain", "said"),
    [
        ({"value": 0.1, "low": 0.05, "high": 0.2}, "the network is better, the difference is 0.100"),
        ({"value": -0.1, "low": -0.2, "high": -0.05}, "the network is **worse**: the difference is \u22120.100"),
        ({"value": 0.1, "low": -0.05, "high": 0.2}, "does not exclude zero"),
        ({"value": 0.1, "low": None, "high": None}, "the difference is 0.100, and there is no interval for it."),
    ],
)
def test_the_difference_to_the_area_is_claimed_by_its_interval(changed, portfolio, gain, said):
    evaluation = portfolio.artefacts["evaluation"].json("evaluation.json")
    evaluation["difference"]["auc"] |= gain
    sentences = ("the network is better", "**worse**", "does not exclude zero", "there is no interval")
    text = changed(evaluation=evaluation)
    assert said in text
    assert sum(sentence in text for sentence in sentences) == 1


def test_the_direction_of_the_nodule_s_area_is_stated(changed, portfolio):
    evaluation = portfolio.artefacts["evaluation"].json("evaluation.json")
    evaluation["baseline"]["direction"] = "smaller"
    words = {
        "index": "smaller nodules are more often malignant",
        "data": "alone, smaller nodules counting as malignant, has an AUC",
    }
    for page, said in words.items():
        assert said in changed(page, evaluation=evaluation)
    evaluation["baseline"]["direction"] = "larger"
    for page, said in words.items():
        assert said not in changed(page, evaluation=evaluation)


@pytest.mark.parametrize(
    ("best", "said"),
    [
        (1, "it is 0.700 there, and not lower at any later epoch."),
        (2, "it is 0.700 at epoch 1 and lowest there, 0.600."),
    ],
)
def test_the_best_epoch_is_described_by_its_losses(changed, portfolio, best, said):
    training = portfolio.artefacts["training"].json("training.json")
    for row, loss in zip(training["history"], (0.7, 0.6 if best == 2 else 0.8), strict=True):
        row["validation"]["loss"] = loss
    text = changed(training=training | {"kept_epoch": best, "averaged": False})
    assert said in text
    assert "The two parts are not comparable" in text
    assert re.findall("overfitting|carry over|fell from", text) == []


def test_averaged_weights_are_described_without_a_choice_of_an_epoch(changed, portfolio):
    training = portfolio.artefacts["training"].json("training.json")
    for row, loss in zip(training["history"], (0.7, 0.8), strict=True):
        row["validation"]["loss"] = loss
    text = changed(training=training)
    assert "so no epoch was chosen" in text
    assert "goes from 0.700 after epoch 1 to 0.800 after the last, 2. At that epoch" in " ".join(text.split())
    assert "with the average of the weights at the end of the epoch" in text


def test_an_ensemble_is_said_wherever_a_map_is_shown(changed, portfolio):
    training = portfolio.artefacts["training"].json("training.json")
    assert "ensemble" not in changed(training=training)
    text = changed(training=training | {"members": 3})
    assert "The network is an ensemble: 3 networks were trained" in text
    assert "The map is the mean over 3 networks; the last panel is their disagreement" in text


@pytest.mark.parametrize("method", METHOD_NAMES)
@pytest.mark.parametrize("last", [True, False])
def test_every_method_has_its_paragraph(method, last, portfolio, tmp_path):
    template = make_environment(OWN, tmp_path).get_template("partials/methods.md")
    said = template.render(study=portfolio.study, method=method, at_last_layer=last).strip()
    assert said.startswith(f"{METHOD_NAMES[method]} ")
    words = "Since only pooling and one linear layer follow the explained layer"
    assert (words in said) == (last and method.removeprefix("finer_") in {"grad_cam", "hires_cam"})


LAST_LAYERS = {
    "layer3": False,
    "layer4.0": False,
    "layer4.1.conv2": False,
    "layer4.1": True,
    "layer4": True,
    "avgpool": True,
}


@pytest.mark.parametrize("layer", LAST_LAYERS)
def test_only_pooling_and_one_linear_layer_follow_where_grad_cam_and_hires_cam_agree(layer, portfolio):
    study = portfolio.study.model_copy(
        update={
            "network": Network(width=4, blocks=(1, 1, 1, 2)),
            "explanation": portfolio.study.explanation.model_copy(update={"layers": (layer,)}),
        }
    )
    torch.manual_seed(0)
    network = build_network(study.network).eval()
    found = explain(network, torch.rand(2, 1, 32, 32), layer, ["grad_cam", "hires_cam"]).signed
    assert torch.allclose(found["grad_cam"], found["hires_cam"], atol=1e-5) == LAST_LAYERS[layer]
    assert is_at_last_layer(study) == LAST_LAYERS[layer]
    own = study.model_copy(update={"network": Network(class_path="ours.Net")})
    assert not is_at_last_layer(own)


def test_a_model_card_holds_no_times(pages, shown, portfolio):
    reading, _ = shown(pages["tiny/model.md"])
    assert "Seconds" not in reading.words("th")
    stages = [name for name in portfolio.artefacts if not name.startswith("figure-")]
    assert set(stages) <= set(table(reading))


def test_front_matter_takes_any_title(pages, shown):
    _, front = shown(pages["tiny/index.md"])
    assert front["title"] == "Discs, &quot;nodules&quot;: a &lt;b&gt;tiny&lt;/b&gt; study"
    assert shown(pages["tiny/model.md"])[1]["title"].endswith("Tiny &amp; quick")


def test_a_page_has_its_template_and_an_edit_path_only_for_the_project_s(pages, tmp_path):
    page = pages["tiny/index.md"]
    assert page.source == "camfolio/site/defaults/templates/study/index.md.jinja"
    assert (PROJECT / "src" / page.source).is_file()
    assert page.edit_path == ""
    assert Page("x.md", b"", "gen/templates/x.md.jinja").edit_path == "../gen/templates/x.md.jinja"


def test_a_template_of_the_package_is_used_until_the_project_has_one_of_that_name(tmp_path):
    own = tmp_path / "gen" / "templates"

    def methods() -> Page:
        environment = make_environment(own, tmp_path / "compiled")
        return render(environment, "methods.md.jinja", "methods.md.jinja", {"version": "0"}, None)

    page = methods()
    assert page.source.startswith("camfolio/")
    assert "# How the methods work" in page.content.decode()
    own.mkdir(parents=True)
    (own / "methods.md.jinja").write_text(
        "# In our words {{ cite('selvaraju2017') }} {{ references() }}", encoding="utf-8"
    )
    assert methods().content.startswith(b"# In our words")
    assert methods().source == "gen/templates/methods.md.jinja"


def test_a_projects_reference_replaces_the_packages_of_that_key(tmp_path):
    own = tmp_path / "gen" / "references.bib"
    own.parent.mkdir()
    own.write_text("@misc{selvaraju2017, author={Doe, Jane}, title={T}, year={2021}}", encoding="utf-8")
    known = make_environment(own.parent / "templates", tmp_path / "compiled").globals["bibliography"]
    assert known["selvaraju2017"].authors == "J. Doe"
    assert "draelos2020" in known or len(known) > 10


def test_styles_and_scripts_are_the_packages_unless_the_project_has_a_file_of_that_name(tmp_path):
    names = {asset.path for asset in assets(tmp_path)}
    assert {"assets/camfolio.css", "assets/camfolio.js", "assets/explorer/index.js", "assets/logo.svg"} <= names
    (tmp_path / "docs" / "assets").mkdir(parents=True)
    (tmp_path / "docs" / "assets" / "logo.svg").write_text("<svg/>", encoding="utf-8")
    assert {asset.path for asset in assets(tmp_path)} == names - {"assets/logo.svg"}


def test_the_pages_of_a_study_come_in_their_order(pages):
    names = ("index", "try", "evidence", "claims", "reporting", "explorer", "data", "model")
    assert [path for path in pages if path.endswith(".md")] == [f"tiny/{name}.md" for name in names]


def test_studies_in_the_navigation_become_sections():
    site = Site((), [("A & b", ["a/index.md"]), ("C", ["c/index.md", "c/data.md"])])
    written = ["index.md", "studies", {"About": ["licence.md"]}]
    assert site.nav(written) == [
        "index.md",
        {"A &amp; b": ["a/index.md"]},
        {"C": ["c/index.md", "c/data.md"]},
        {"About": ["licence.md"]},
    ]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (None, None),
        ([{"Work": ["studies", "methods.md"]}], [{"Work": [{"A": ["a/index.md"]}, "methods.md"]}]),
        ([{"Work": "studies"}], [{"Work": [{"A": ["a/index.md"]}]}]),
        ([{"Work": [{"Mine": ["index.md", "studies"]}]}], [{"Work": [{"Mine": ["index.md", {"A": ["a/index.md"]}]}]}]),
        ([{"Work": {"Mine": "studies"}}], [{"Work": {"Mine": [{"A": ["a/index.md"]}]}}]),
        ([{"studies": "a/index.md"}, "studies/index.md"], [{"studies": "a/index.md"}, "studies/index.md"]),
    ],
)
def test_studies_may_be_in_any_section_and_a_navigation_may_be_left_to_mkdocs(written, shown):
    assert Site((), [("A", ["a/index.md"])]).nav(written) == shown


def test_a_navigation_without_studies_stays_as_it_is():
    assert Site((), [("A", ["a/index.md"])]).nav(["index.md"]) == ["index.md"]


def test_a_site_is_rendered_without_computing_anything(portfolio, store, tiny_study, no_worker, tmp_path):
    shutil.copytree(OWN.parent, tmp_path / "gen")
    site = make_site(tmp_path, store, [tiny_study])
    assert {"index.md", "methods.md", "tiny/index.md", "tiny/figures/roc-light.svg"} <= {
        page.path for page in site.pages
    }
    assert [label for label, _ in site.sections] == ["Tiny & quick"]


@pytest.mark.parametrize(
    "name",
    [
        "sitemap.xml",
        "Sitemap.XML",
        "404",
        "Methods",
        "Index",
        "ABOUT",
        "Assets",
        "cname",
        "CON",
        "con.x",
        "LPT1",
        "x.",
        "Tiny",
    ],
)
def test_a_study_s_name_is_a_folder_of_its_own_on_every_system(tmp_path, name):
    (tmp_path / "docs").mkdir()
    for file in ("about.md", "CNAME"):
        (tmp_path / "docs" / file).write_text("", encoding="utf-8")
    with pytest.raises(StudyError, match=rf"^Expected a file name .* but got '{name}\.yaml'\. Rename it\.$"):
        check_names([Path("tiny.yaml"), Path(f"{name}.yaml")], tmp_path)


def test_other_names_of_studies_are_taken(tmp_path):
    check_names([Path(f"{name}.yaml") for name in ("lung-nodules", "v1.2", "Console", "my_index", "7")], tmp_path)


def test_a_page_says_which_tables_hold_the_values_of_a_slice(pages, portfolio):
    text = pages["tiny/index.md"].content.decode()
    holding = [
        name
        for name, result in portfolio.artefacts.items()
        if "data.csv" in result.manifest.outputs
        and "hounsfield" in (result / "data.csv").read_text(encoding="utf-8").partition("\n")[0]
    ]
    assert len(holding) > 1
    assert text.count("The CSV holds the values of the slice itself, in HU.") == len(holding)
