"""Pages as values: numbers from the results, figures in order, text that stays text, mistakes with their line."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml
from markdown import Markdown

from camfolio.errors import PageError
from camfolio.pages import Figures, Page, Site, make_environment, make_site, render, results, study_pages
from camfolio.store.artefacts import Artefact

PROJECT = Path(__file__).resolve().parents[2]
TEMPLATES = PROJECT / "gen" / "templates"
SHARED = {"version": "0", "rooms": [], "settings": [], "studies": []}
ROWS = {
    "Accuracy": "accuracy",
    "Balanced accuracy": "balanced_accuracy",
    "Sensitivity": "sensitivity",
    "Specificity": "specificity",
    "AUC": "auc",
    "Average precision": "average_precision",
    "Expected calibration error": "calibration_error",
}


@pytest.fixture(scope="session")
def shown(read):
    """`shown(page)`: what Markdown makes of a page, and its front matter."""
    written = yaml.safe_load((PROJECT / "mkdocs.yml").read_text(encoding="utf-8"))["markdown_extensions"]
    names = [entry if isinstance(entry, str) else next(iter(entry)) for entry in written]

    def convert(page: Page):
        _, front, body = page.content.decode().split("---\n", 2)
        return read(Markdown(extensions=names).convert(body)), yaml.safe_load(front)

    return convert


@pytest.fixture(scope="session")
def pages(portfolio, tmp_path_factory):
    """Path -> page of the tiny study."""
    return {
        page.path: page
        for page in study_pages(make_environment(TEMPLATES, tmp_path_factory.mktemp("compiled")), portfolio, SHARED)
    }


@pytest.fixture
def fill(tmp_path, portfolio):
    """`fill(template)` renders words of one's own with the tiny study's results."""

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
def test_a_mistake_of_syntax_stops_with_template_and_line(fill, words):
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
        PageError, match=r"Expected a figure of this study, but got 'rock'\. Known: calibration, confusion"
    ):
        fill('{% call figure("rock") %}x{% endcall %}')


def test_a_nothing_reads_as_not_defined(fill):
    assert fill("It is {{ training.loaded }}.") == "It is not defined."


def test_figures_are_numbered_in_the_order_of_the_page(pages, shown):
    reading, _ = shown(pages["tiny/index.md"])
    captions = [element.text for element in reading.all("figcaption")]
    assert [int(re.match(r"\s*Figure (\d+)\.", caption)[1]) for caption in captions] == list(
        range(1, len(captions) + 1)
    )
    assert len(captions) == 15


def test_an_empty_figure_takes_no_number_and_says_why(portfolio, tmp_path):
    (tmp_path / "figure.json").write_text('{"empty": "Nothing was <drawn>."}', encoding="utf-8")
    drawn = portfolio.artefacts["figure-confusion"]
    figures = Figures({"roc": Artefact(tmp_path, drawn.manifest), "confusion": drawn})
    said = figures("roc", caller=lambda: pytest.fail("its caption is not asked for"))
    assert said == '<div class="empty" markdown="span">Nothing was &#60;drawn&#62;.</div>\n'
    assert "<strong>Figure 1.</strong>" in figures("confusion", caller=lambda: "words")


def test_a_figure_has_both_twins_with_words_and_size_and_downloads(pages, shown):
    reading, _ = shown(pages["tiny/index.md"])
    for figure in reading.all("figure"):
        images = [image for image in reading.all("img") if figure in image.inside]
        assert [image.attributes["src"].partition("#")[2] for image in images] == ["only-light", "only-dark"]
        for image in images:
            assert image.attributes["alt"]
            assert int(image.attributes["width"]) > 0
            assert int(image.attributes["height"]) > 0
        links = [link.attributes["href"] for link in reading.all("a") if figure in link.inside]
        assert {"svg", "png", "csv"} == {link.rpartition(".")[2] for link in links}
        for address in [image.attributes["src"].partition("#")[0] for image in images] + links:
            assert f"tiny/{address}" in pages


def test_the_table_of_metrics_is_that_of_the_evaluation(pages, shown, portfolio):
    evaluation = portfolio.artefacts["evaluation"].json("evaluation.json")
    reading, _ = shown(pages["tiny/index.md"])
    rows = table(reading)
    for words, name in ROWS.items():
        row = evaluation["metrics"][name]
        assert rows[words] == [f"{row['value']:.3f} ({row['low']:.3f} to {row['high']:.3f})"]


def test_the_numbers_in_sentences_are_those_of_the_evaluation(pages, shown, portfolio):
    evaluation = portfolio.artefacts["evaluation"].json("evaluation.json")
    card = portfolio.artefacts["slices"].json("card.json")
    reading, _ = shown(pages["tiny/index.md"])
    text = " ".join(" ".join(reading.words("p")).split())
    auc, area = evaluation["metrics"]["auc"], evaluation["baseline"]["auc"]
    for row in (auc, area):
        assert f"{row['value']:.3f} ({row['low']:.3f} to {row['high']:.3f})" in text
    for count in (
        f"{evaluation['slices']} test slices",
        f"{evaluation['patients']} patients",
        f"{card['slices']} slices",
    ):
        assert count in text
    (right_negative, wrong_negative), (wrong_positive, right_positive) = evaluation["confusion"]
    assert f"Of {right_negative + wrong_negative} benign slices, {right_negative} are called benign" in text
    assert f"of {wrong_positive + right_positive} malignant slices, {right_positive} are called malignant" in text


def test_captions_name_slice_rank_and_probability_of_the_chosen_case(pages, shown, portfolio):
    cases = portfolio.artefacts["selection"].json("cases.json")["methods"]
    reading, _ = shown(pages["tiny/index.md"])
    captions = {figure.attributes["id"]: figure.text for figure in reading.all("figure")}
    for method, found in cases.items():
        for kind, case in found["cases"].items():
            caption = " ".join(captions[f"{method}-{kind}"].split())
            assert case["id"] in caption
            assert f"rank {case['rank']} of {case['among']}" in caption
        assert f"{found['cases']['misclassified']['probability']:.2f}" in captions[f"{method}-misclassified"]


def test_front_matter_takes_any_title(pages, shown):
    _, front = shown(pages["tiny/index.md"])
    assert front["title"] == "Discs, &quot;nodules&quot;: a &lt;b&gt;tiny&lt;/b&gt; study"
    assert shown(pages["tiny/model.md"])[1]["title"].endswith("Tiny &amp; quick")


def test_a_page_knows_the_template_to_edit(pages):
    assert pages["tiny/index.md"].source == "gen/templates/study/index.md.jinja"
    assert (PROJECT / pages["tiny/data.md"].source).is_file()


def test_the_index_of_a_study_comes_first(pages):
    assert [path for path in pages if path.endswith(".md")] == ["tiny/index.md", "tiny/data.md", "tiny/model.md"]


def test_studies_in_the_navigation_become_sections():
    site = Site((), [("A & b", ["a/index.md"]), ("C", ["c/index.md", "c/data.md"])])
    written = ["index.md", "studies", {"About": ["licence.md"]}]
    assert site.nav(written) == [
        "index.md",
        {"A &amp; b": ["a/index.md"]},
        {"C": ["c/index.md", "c/data.md"]},
        {"About": ["licence.md"]},
    ]


def test_a_navigation_without_studies_stays_as_it_is():
    assert Site((), [("A", ["a/index.md"])]).nav(["index.md"]) == ["index.md"]


def test_a_site_is_rendered_without_computing_anything(portfolio, store, tiny_study, no_worker, tmp_path):
    shutil.copytree(TEMPLATES, tmp_path / "gen" / "templates")
    site = make_site(tmp_path, store, [tiny_study])
    assert {"index.md", "methods.md", "tiny/index.md", "tiny/figures/roc-light.svg"} <= {
        page.path for page in site.pages
    }
    assert [label for label, _ in site.sections] == ["Tiny & quick"]
