"""The figure on a page: both themes, number, caption, downloads and provenance; a table with its caption; empty figures."""

from __future__ import annotations

from dataclasses import replace

import pytest

from camfolio.errors import PageError
from camfolio.site.components.figures import Figures, SiteFigures, method_figures, provenance
from camfolio.site.components.numbering import mark
from camfolio.site.templates import TEMPLATES, make_environment
from camfolio.store.artefacts import Artefact, digest_of


@pytest.fixture
def environment(tmp_path):
    """The environment of the site."""
    return make_environment(TEMPLATES, tmp_path / "compiled")


@pytest.fixture
def figures(environment, portfolio):
    """The figures of the tiny study."""
    return Figures(environment, portfolio)


def test_a_figure_has_its_provenance(portfolio):
    artefact = portfolio.artefacts["figure-roc"]
    made = provenance(portfolio, "roc", artefact)
    assert made.module == "camfolio.figures.roc"
    assert made.key == artefact.manifest.key
    assert made.code == digest_of(artefact.manifest.ingredients.code)
    assert made.inputs == {"evaluation": portfolio.artefacts["evaluation"].manifest.digest}
    assert made.libraries["matplotlib"]
    assert made.seed == portfolio.study.seed
    assert made.command == "camfolio draw gen/studies/tiny.yaml --figure roc"


def test_the_provenance_is_shown_below_the_figure(figures, portfolio, read):
    reading = read(str(figures.figure("roc", lambda: "Words.")))
    text = " ".join(reading.all("details")[0].text.split())
    artefact = portfolio.artefacts["figure-roc"]
    for words in ("Provenance", artefact.manifest.key[:12], "camfolio.figures.roc", "--figure roc"):
        assert words in text


def test_a_figure_without_a_file_has_no_link_to_it(environment, portfolio):
    drawn = portfolio.artefacts["figure-roc"]
    outputs = {name: digest for name, digest in drawn.manifest.outputs.items() if name != "data.csv"}
    lacking = Artefact(drawn.folder, drawn.manifest.model_copy(update={"outputs": outputs}))
    figures = Figures(environment, replace(portfolio, artefacts=portfolio.artefacts | {"figure-roc": lacking}))
    said = str(figures.figure("roc", lambda: "Words."))
    assert "[PNG]" in said
    assert "[CSV]" not in said


def test_an_empty_figure_shows_the_reason_and_does_not_render_its_caption(environment, portfolio, tmp_path):
    (tmp_path / "figure.json").write_text('{"empty": "Nothing was <drawn>."}', encoding="utf-8")
    nothing = Artefact(tmp_path, portfolio.artefacts["figure-roc"].manifest)
    figures = Figures(environment, replace(portfolio, artefacts=portfolio.artefacts | {"figure-roc": nothing}))
    said = figures.figure("roc", lambda: pytest.fail("its caption was rendered"))
    assert (
        said == f'<div class="empty" id="roc" markdown="span">{mark("empty", "roc")}Nothing was &#60;drawn&#62;.</div>'
    )


def test_a_caption_of_several_lines_stays_one_paragraph(figures):
    said = str(figures.figure("roc", lambda: "\nOne.\n\nTwo.\n"))
    assert f"<strong>{mark('figure', 'roc')}.</strong> One. Two.</figcaption>" in said


def test_a_table_has_its_caption_above_it_and_text_from_outside_stays_text(figures):
    said = str(figures.table("metrics", "Of <b>discs</b>.", lambda: "| a | b |\n| --- | --- |\n| 1 | 2 |\n"))
    assert "&#60;b&#62;discs" in said
    assert said.index("figcaption") < said.index("| a | b |")
    assert mark("table", "metrics") in said


def test_a_figure_has_a_drawing_for_phones_unless_it_is_narrow_enough(figures):
    wide, narrow = (str(figures.figure(name, lambda: "Words.")) for name in ("scores", "roc"))
    assert [wide.count(f".{place} ") for place in ("on-page", "on-phone")] == [2, 2]
    assert "figures/scores-phone-dark.svg#only-dark" in wide
    assert "on-page" not in narrow
    assert "phone" not in narrow


def test_a_page_of_the_site_shows_figures_of_studies(environment, portfolio):
    site = SiteFigures(environment, [portfolio])
    said = str(site.figure("tiny/roc", lambda: "Words."))
    assert "(tiny/figures/roc-light.svg#only-light)" in said
    assert "(tiny/figures/roc-data.csv){ download }" in said
    assert 'id="roc"' in said
    with pytest.raises(PageError, match=r"Expected STUDY/NAME of a figure of this site, but got 'tini/roc'.*tiny"):
        site.figure("tini/roc", lambda: "Words.")


def test_a_method_is_shown_by_the_first_study_that_drew_it(portfolio, tmp_path):
    (tmp_path / "figure.json").write_text('{"empty": "Nothing to draw."}', encoding="utf-8")
    drawn = portfolio.artefacts["figure-method-grad_cam"]
    nothing = {"figure-method-grad_cam": Artefact(tmp_path, drawn.manifest)}
    other = replace(portfolio, name="other", artefacts=portfolio.artefacts | nothing)
    found = method_figures([other, portfolio])
    assert {method: one.name for method, one in found.items()} == {
        "hires_cam": "other/method-hires_cam",
        "score_cam": "other/method-score_cam",
        "grad_cam": "tiny/method-grad_cam",
    }
