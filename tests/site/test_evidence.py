"""The evidence page and its figures: what they say is what the stages found, also where nothing is defined."""

from __future__ import annotations

import csv
import io
import re

import pytest

from camfolio.figures import removal, scores
from camfolio.method_words import method_looks, method_name
from camfolio.results.scoreboard import ScoreboardResult
from camfolio.site.values import results

FIGURES = ("scores", "distributions", "random_examples", "removal", "randomisation", "randomised_maps")


@pytest.fixture(scope="module")
def found(portfolio):
    return results(portfolio)


@pytest.fixture
def board(found):
    """The scoreboard as plain JSON, to be changed."""
    return found["scoreboard"].model_dump()


def data_of(portfolio, name):
    return list(csv.reader(io.StringIO((portfolio.artefacts[f"figure-{name}"] / "data.csv").read_text())))


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_has_alt_text_data_and_no_nan(portfolio, name):
    about = portfolio.artefacts[f"figure-{name}"].json("figure.json")
    assert about["alt"].endswith(".")
    rows = data_of(portfolio, name)
    assert len(rows) > 1
    assert len({len(row) for row in rows}) == 1
    assert not [cell for row in rows for cell in row if cell.lower() in {"nan", "none", "inf"}]
    assert "nan" not in re.findall(r"[a-z]+", about["alt"].lower())


def test_the_data_of_the_scores_are_those_of_the_scoreboard(portfolio, board):
    header, *rows = data_of(portfolio, "scores")
    assert header == ["score", "subject", "mean", "low", "high", "slices not defined"]
    assert len(rows) == sum(len(subjects) for subjects in board["scores"].values())
    for score, subject, mean, *_ in rows:
        value = board["scores"][score][subject]["value"]
        assert mean == ("" if value is None else f"{value:.9g}")


def test_every_slice_is_in_the_distributions_and_the_shown_ones_are_named(portfolio, found):
    _, *rows = data_of(portfolio, "distributions")
    methods = found["study"].explanation.methods
    assert len(rows) == found["evaluation"].slices * len(methods)
    for method in methods:
        chosen = found["cases"].methods[method]
        for kind, case in chosen.cases.items():
            marked = [int(row[1]) for row in rows if row[0] == method and kind in row[3].split()]
            assert marked == ([case.slice] if case else [])
        drawn = {int(row[1]) for row in rows if row[0] == method and "random" in row[3].split()}
        assert drawn == {case.slice for case in chosen.random}


def test_every_curve_of_every_subject_is_in_the_data_of_the_removal(portfolio, board, found):
    _, *rows = data_of(portfolio, "removal")
    steps = {curve: found["faithfulness"].shares_of(curve) for curve in removal.PANELS}
    subjects = len(board["methods"]) + len(board["controls"])
    assert len(rows) == sum(len(shares) for shares in steps.values()) * subjects


def test_the_first_column_is_the_trained_network(portfolio, found):
    _, *rows = data_of(portfolio, "randomised_maps")
    columns = [row[1] for row in rows if row[0] == found["study"].explanation.methods[0]]
    assert columns == ["trained", *found["randomisation"].parts]


def test_undefined_scores_are_not_drawn_and_are_listed(board):
    for value in board["scores"]["energy_ratio"].values():
        value.update(value=None, low=None, high=None)
    drawing = scores.drawing(ScoreboardResult.model_validate(board), method_looks(board["methods"]))
    assert "(higher is better): Grad-CAM not defined" in drawing.alt
    assert all(row[2] == "" for row in drawing.rows if row[0] == "energy_ratio")


def verdicts(board, **said):
    """The board with one verdict for every comparison of a method by its energy share with a control."""
    for row in board["comparisons"]["controls"]["rows"]:
        if row["score"] == "energy_share" and row["first"] in said:
            row["verdict"] = said[row["first"]]
    return board


def test_a_method_is_reported_as_better_only_if_it_beats_every_control(changed_page, board):
    good = verdicts(board, grad_cam="better", hires_cam="worse", score_cam="not separable")
    text = changed_page("evidence", scoreboard=good)
    assert "Grad-CAM puts more energy on the nodule than every control" in text
    assert "HiRes-CAM and Score-CAM do not." in text
    one_lost = next(
        row
        for row in good["comparisons"]["controls"]["rows"]
        if row["first"] == "grad_cam" and row["score"] == "energy_share"
    )
    one_lost["verdict"] = "equivalent"
    assert "No method was shown to put more energy on the nodule than every control" in changed_page(
        "evidence", scoreboard=good
    )


def test_without_masks_no_claim_is_made_about_localisation(changed_page, board):
    for value in board["scores"]["energy_share"].values():
        value.update(value=None, low=None, high=None)
    text = changed_page("evidence", scoreboard=board)
    assert "No test slice has a mask, so localisation cannot be measured." in text
    assert "was shown to put" not in text


def test_a_difference_is_claimed_only_with_a_verdict(changed_page, board):
    for row in board["comparisons"]["methods"]["rows"]:
        row["verdict"] = "not separable"
    assert "puts more of its energy on the nodule than" not in changed_page("evidence", scoreboard=board)
    row = next(row for row in board["comparisons"]["methods"]["rows"] if row["score"] == "energy_share")
    row.update(verdict="worse", value=-0.25)
    said = f"{method_name(row['second'])} puts more of its energy on the nodule than {method_name(row['first'])}; the difference is 25.0 % of the energy."
    assert said in changed_page("evidence", scoreboard=board)


def test_without_retraining_stability_is_not_assessed(changed_page, found):
    stability = found["stability"].model_dump() | {"seeds": 0}
    stability["similarity"].pop("seed", None)
    text = changed_page("evidence", stability=stability, retrained={})
    assert "Stability under retraining was not assessed: evidence.seeds is 0." in text
    assert "permuted labels" not in text


def test_a_single_layer_is_stated(changed_page, board):
    text = changed_page("evidence", scoreboard=board | {"layers": board["layers"][:1]})
    assert "others were not assessed" in text


def test_the_write_up_s_conclusion_draws_on_the_evidence(changed_page, board, found):
    for row in board["comparisons"]["controls"]["rows"]:
        row["verdict"] = "better"
    assert "all methods were shown to do better" in changed_page("index", scoreboard=board)
    for row in board["comparisons"]["controls"]["rows"]:
        row["verdict"] = "not separable"
    assert "no method was shown to do better" in changed_page("index", scoreboard=board)
    stability = found["stability"].model_dump()
    for measures in stability["similarity"]["seed"].values():
        measures["rank_signed"] = {"value": 0.1, "low": 0.0, "high": 0.2}
    assert "Retrained with another seed, the network gives different maps" in changed_page("index", stability=stability)
    for measures in stability["similarity"]["seed"].values():
        measures["rank_signed"] = {"value": 0.9, "low": 0.8, "high": 0.95}
    assert "Retrained with another seed" not in changed_page("index", stability=stability)
