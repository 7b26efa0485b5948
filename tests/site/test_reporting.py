"""The page of checklists: every item once, counts that add up, nothing claimed that the run does not know."""

from __future__ import annotations

import pytest
from markdown import Markdown

from camfolio.results.scoreboard import ScoreboardResult
from camfolio.site.numbers import interval
from camfolio.study.checklists import CHECKLISTS, KEYS
from camfolio.study.settings import Study

OPEN = "not assessed"
MARKUP = "<img src=x onerror=alert(1)> | **bold** [link](https://example.org) `code` {{ 7 * 7 }}"


@pytest.fixture
def filled(changed_page, portfolio, read):
    """`filled(reporting={...}, cases=...)`: the page with an author's answers and some results replaced."""

    def page(reporting=None, **values: object):
        study = Study.model_validate(portfolio.study.model_dump(mode="json") | {"reporting": reporting or {}})
        text = changed_page("reporting", lines=True, **{"study": study, **values})
        return read(Markdown(extensions=["attr_list", "md_in_html", "admonition", "tables"]).convert(text))

    return page


def rows(reading) -> dict[str, str]:
    """Key of every item on the page -> its answer."""
    found = {}
    for row in reading.all("tr"):
        cells = [cell for cell in reading.all("td") if row in cell.inside]
        named = [span for span in reading.all("span") if "id" in span.attributes and row in span.inside]
        if named:
            (key,) = [span.attributes["id"].replace("-", "_") for span in named]
            assert key not in found
            found[key] = " ".join(cells[2].text.split())
    return found


def counts(reading) -> dict[str, list[int]]:
    """Name of every checklist -> its row in the table at the top: items, answered by run and by author, not assessed."""
    names = {checklist.name for checklist in CHECKLISTS}
    lines = [[cell.text for cell in reading.all("td") if row in cell.inside] for row in reading.all("tr")]
    return {line[0]: [int(number) for number in line[1:]] for line in lines if line and line[0] in names}


def counted_answers(reading) -> dict[str, list[int]]:
    """The same numbers, counted from the items."""
    answers, found = rows(reading), {}
    for checklist in CHECKLISTS:
        given = [text for key, text in answers.items() if key.startswith(f"{checklist.prefix}_")]
        not_assessed, author = given.count(OPEN), sum(text.startswith("The author:") for text in given)
        found[checklist.name] = [len(given), len(given) - not_assessed - author, author, not_assessed]
    return found


def test_every_checklist_item_occurs_once_answered_or_not_assessed(filled):
    answers = rows(filled())
    assert set(answers) == KEYS
    assert all(answers.values())


@pytest.mark.parametrize("reporting", [{}, {"claim_3": "Words.", "claim_19": "More words.", "co12_context": "None."}])
def test_the_table_on_top_counts_the_answers(filled, reporting):
    page = filled(reporting)
    assert counts(page) == counted_answers(page)
    for checklist in CHECKLISTS:
        items, *parts = counts(page)[checklist.name]
        assert sum(parts) == items == len(checklist.items)
        run, author, nobody = parts
        summary = f"of {items} items, filled in by the run {run}, by the author {author}, not assessed {nobody}."
        assert summary in " ".join(" ".join(page.words("figcaption")).split())
    assert ("The author adds to" in " ".join(page.words("figcaption"))) == bool(reporting)


def test_an_author_s_words_stand_beside_the_run_s_and_are_marked(filled):
    before, after = rows(filled()), rows(filled({"claim_19": "At our hospital.", "claim_44": "A grant."}))
    assert after["claim_19"] == f"{before['claim_19']} The author: At our hospital."
    assert (before["claim_44"], after["claim_44"]) == (OPEN, "The author: A grant.")
    assert {key for key in KEYS if before[key] != after[key]} == {"claim_19", "claim_44"}


def test_markup_in_an_author_s_words_is_text(filled):
    page = filled({"tripod_19": MARKUP})
    assert rows(page)["tripod_19"] == f"The author: {MARKUP}"
    assert [image for image in page.all("img") if image.attributes.get("src") == "x"] == []
    assert [link for link in page.all("a") if "example.org" in link.attributes["href"]] == []


def test_answers_contain_the_numbers_of_the_run(filled, portfolio):
    split = portfolio.artefacts["split"].json("split.json")
    evaluation = portfolio.artefacts["evaluation"].json("evaluation.json")
    training = portfolio.artefacts["training"].json("training.json")
    cases = portfolio.artefacts["selection"].json("cases.json")
    answers = rows(filled())
    auc = evaluation["metrics"]["auc"]
    assert f"AUC {auc['value']:.3f} ({auc['low']:.3f} to {auc['high']:.3f})" in answers["claim_37"]
    for part in split.values():
        assert f"{part['slices']} slices of {part['patients']} patients" in answers["tripod_21"]
    assert "moving average of the weights" in answers["claim_26"]
    chosen = rows(filled(training=training | {"averaged": False}))
    assert f"{training['kept_epoch']} of {training['epochs']}" in chosen["claim_26"]
    assert f"{cases['misclassified']} of {evaluation['slices']} test slices" in answers["claim_39"]
    libraries = portfolio.artefacts["training"].manifest.ingredients.libraries
    assert f"torch {libraries['torch']}" in answers["claim_23"]
    weights = portfolio.artefacts["training"].manifest.outputs["network.safetensors"]
    assert weights[:12] in answers["tripod_22"]


def test_items_that_need_an_author_are_not_assessed(filled):
    answers = rows(filled())
    assert {answers[key] for key in ("claim_34", "claim_44", "tripod_17", "tripod_18a", "tripod_19")} == {OPEN}
    assert {answers[f"co12_{name}"] for name in ("compactness", "context")} == {OPEN}


def test_what_the_evidence_measured_answers_its_properties(filled, portfolio):
    answers, board = rows(filled()), ScoreboardResult.read(portfolio.artefacts["scoreboard"].folder)
    for method, value in board.scores["road_gap"].items():
        if method in board.methods:
            assert interval(value, 2) in answers["co12_correctness"]
    assert "one-pixel shifts" in answers["co12_continuity"]
    assert "Rank correlation with the maps of 1 further training" in answers["co12_consistency"]
    assert answers["claim_30"].startswith("Of the maps, not of the predictions")


def test_a_loaded_network_leaves_its_training_to_the_author(filled, portfolio):
    training = portfolio.artefacts["training"].json("training.json")
    answers = rows(filled(training=training | {"loaded": "w.ckpt", "kept_epoch": None, "epochs": 0, "history": []}))
    assert {answers[key] for key in ("claim_25", "claim_26", "tripod_13", "tripod_16")} == {OPEN}
    assert answers["claim_24"].startswith("Loaded from w.ckpt")
    assert "whether the loaded weights were trained on any of them is not known here" in answers["claim_32"]


def test_without_masks_no_answer_is_about_localisation(filled, portfolio):
    localisation = portfolio.artefacts["localisation"].json("localisation.json")
    localisation["area_share"] |= {"value": None, "low": None, "high": None}
    answers = rows(filled(localisation=localisation))
    assert answers["co12_coherence"] == OPEN
    assert "Energy inside" not in answers["claim_31"]


def test_a_test_part_of_one_class_has_no_auc_and_no_sensitivity(filled, portfolio):
    evaluation = portfolio.artefacts["evaluation"].json("evaluation.json")
    evaluation["metrics"]["auc"] |= {"value": None, "low": None, "high": None}
    evaluation["confusion"] |= {"false_negatives": 0, "true_positives": 0}
    answers = rows(filled(evaluation=evaluation))
    assert "All test nodules are of one class, so there is no AUC" in answers["claim_37"]
    assert "No sensitivity: there are no malignant test nodules." in answers["claim_38"]


def test_slices_without_a_mask_are_counted_as_missing(filled, portfolio):
    card = portfolio.artefacts["slices"].json("card.json") | {"labels_are": "x", "masks_are": "y"}
    card |= {"attribution": "", "date": ""}
    assert rows(filled(card=card))["claim_12"].startswith("Nothing is missing")
    assert "1 slice of 72 has no mask" in rows(filled(card=card | {"empty_masks": 1}))["tripod_11"]
    assert "The area of nodules" in rows(filled(card=card))["tripod_20b"]
    assert "The area of nodules" not in rows(filled(card=card | {"area_mm2_by_class": [None, None]}))["tripod_20b"]


@pytest.mark.parametrize(
    ("explains", "methods", "said"),
    [
        (
            "logit",
            ("finer_grad_cam", "eigen_cam"),
            "By construction for Finer Grad-CAM, whose maps explain the difference",
        ),
        ("margin", ("eigen_cam",), "Not for Eigen-CAM: its map is the same for every class."),
        ("margin", ("grad_cam", "eigen_cam"), "By construction for Grad-CAM, whose maps explain the difference"),
        ("logit", ("grad_cam",), OPEN),
    ],
)
def test_contrastivity_is_what_the_methods_are_built_for(filled, portfolio, explains, methods, said):
    localisation = portfolio.artefacts["localisation"].json("localisation.json")
    localisation["energy_share"] = dict.fromkeys(methods, next(iter(localisation["energy_share"].values())))
    explanation = portfolio.study.explanation.model_copy(update={"methods": methods, "explains": explains})
    study = portfolio.study.model_copy(update={"explanation": explanation})
    assert said in rows(filled(study=study, localisation=localisation, findings=None))["co12_contrastivity"]
