"""The evidence page and its figures: what they say is what the stages found, also where nothing is defined."""

from __future__ import annotations

import csv
import io
import re

import pytest

from camfolio.evidence.verdicts import FOLLOWS, STAYS
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
    assert len(rows) == 2 * sum(len(shares) for shares in steps.values()) * subjects


def test_a_class_is_spoken_of_only_where_its_numbers_do(changed_page, found):
    explained = found["by_class"].model_dump()["explained"]
    for part, gain, fall in zip(explained, (0.3, -0.2), (0.5, -0.1), strict=True):
        part["gain"]["road_gap"]["grad_cam"] = {"value": gain, "low": gain - 0.1, "high": gain + 0.1}
        part["gain"]["road_gap"]["score_cam"] = {"value": 0.1, "low": -0.1, "high": 0.3}
        part["ends"]["blur"]["fall"] = {"value": fall, "low": fall - 0.05, "high": fall + 0.05}
    text = changed_page("evidence", by_class={"explained": explained})
    assert "Grad-CAM's maps that explain benign mark pixels that matter more than pixels in random order" in text
    assert "those that explain malignant mark pixels that matter less than pixels in random order" in text
    assert "Score-CAM's maps that explain benign were not shown to mark pixels that matter more or less" in text
    assert "Grad-CAM is better than a uniform map for maps of benign and worse for those of the other class" in text
    assert "Blurred, slices whose maps explain malignant become **more** probably malignant" in text


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


def test_the_headline_is_about_the_control_named_in_advance(changed_page, board):
    others = verdicts(board, grad_cam="better", hires_cam="worse", score_cam="different within margin")
    for row in others["comparisons"]["controls"]["rows"]:
        row.update(value=0.02, low=0.01, high=0.03)
    text = changed_page("evidence", scoreboard=others)
    others_mean = "the mean of the same method's maps of other patients"
    assert f"Grad-CAM puts more energy on the nodule than {others_mean}." in text
    assert "Score-CAM puts more energy on the nodule than" in text
    assert (
        "but the difference is within the margin of 5.0 percentage points. For HiRes-CAM no such difference was shown."
        in text
    )
    for row in others["comparisons"]["controls"]["rows"]:
        row["verdict"] = "equivalent" if row["second"].startswith("control/others/") else "better"
    said = "No method was shown to put more energy on the nodule than"
    assert f"{said} the mean of the same method's maps of other patients." in changed_page(
        "evidence", scoreboard=others
    )
    blob = others | {"named_control": dict.fromkeys(others["methods"], "control/centre_blob")}
    text = changed_page("evidence", scoreboard=blob)
    assert said not in text
    assert "than the control “blob at the centre”." in text


def test_few_patients_are_said(changed_page, board, found):
    few = "intervals cover the true value less often than 95 %"
    enough = {name: found[name].model_dump() | {"patients": 30} for name in ("evaluation", "stability")}
    for page in ("index", "evidence"):
        assert few in changed_page(page)
        assert few not in changed_page(page, **enough)
    board["comparisons"]["methods"]["patients_needed"] = 4000
    text = changed_page("evidence", scoreboard=board).replace("\u202f", " ")
    assert "family *methods* could be significant after correction only with 4 000 patients or more" in text


def test_a_difference_within_the_margin_is_said_to_be(changed_page, board):
    row = next(row for row in board["comparisons"]["methods"]["rows"] if row["score"] == "energy_share")
    row.update(verdict="different within margin", value=-0.02)
    text = changed_page("evidence", scoreboard=board)
    assert "the difference is 2.0 percentage points, within the margin." in text
    assert "but the difference is within the margin of 5.0 percentage points" in changed_page("index", scoreboard=board)


def test_without_masks_no_claim_is_made_about_localisation(changed_page, board):
    for value in board["scores"]["energy_share"].values():
        value.update(value=None, low=None, high=None)
    text = changed_page("evidence", scoreboard=board)
    assert "No test slice has a mask, so localisation cannot be measured." in text
    assert "was shown to put" not in text


def test_maps_follow_the_nodule_only_where_its_position_is_tested(changed_page, found):
    measured = found["localisation"].model_dump()
    centred, displaced = measured | {"offset_in_radii": 0.1}, measured | {"offset_in_radii": 1.7}
    for key, slope in zip(found["scoreboard"].methods, (0.95, 0.43, 0.05), strict=False):
        displaced["following"][key]["maximum"] = {"value": slope, "low": slope - 0.1, "high": slope + 0.1}
    text = changed_page("evidence", localisation=centred)
    assert "This was not tested. Half of the nodules are less than their radius from the centre of their slice" in text
    assert "the maximum of" not in text.lower()
    for page in ("evidence", "index"):
        text = changed_page(page, localisation=displaced)
        assert "The maximum of Grad-CAM follows the nodule: it moves by 0.95 (0.85 to 1.05) times" in text
        assert "HiRes-CAM follows the nodule partly" in text
        assert "Score-CAM does not follow the nodule" in text
        assert "1.7 times the nodule's radius" in text
        assert "less than their radius from the centre" not in text


def test_the_limits_of_following_are_those_of_the_findings(changed_page, found):
    displaced = found["localisation"].model_dump() | {"offset_in_radii": 1.7}
    text = changed_page("evidence", localisation=displaced)
    assert f"is above {FOLLOWS}, and *does not follow* if it is below {STAYS}" in text


def test_a_difference_is_claimed_only_with_a_verdict(changed_page, board):
    for row in board["comparisons"]["methods"]["rows"]:
        row["verdict"] = "not separable"
    assert "puts more of its energy on the nodule than" not in changed_page("evidence", scoreboard=board)
    row = next(row for row in board["comparisons"]["methods"]["rows"] if row["score"] == "energy_share")
    row.update(verdict="worse", value=-0.25)
    said = f"{method_name(row['second'])} puts more of its energy on the nodule than {method_name(row['first'])}; the difference is 25.0 percentage points."
    assert said in changed_page("evidence", scoreboard=board)


def test_without_retraining_stability_is_not_assessed(changed_page, found):
    stability = found["stability"].model_dump() | {"seeds": 0}
    stability["similarity"].pop("seed", None)
    text = changed_page("evidence", stability=stability, retrained={})
    assert "Stability under retraining was not assessed: evidence.seeds is 0." in text
    assert "What training does to maps" not in text


def test_a_single_layer_is_stated(changed_page, board):
    text = changed_page("evidence", scoreboard=board | {"layers": board["layers"][:1]})
    assert "others were not assessed" in text


def test_the_write_up_s_conclusion_draws_on_the_evidence(changed_page, board, found):
    for row in board["comparisons"]["controls"]["rows"]:
        row["verdict"] = "better"
    assert "All methods were shown to do better" in changed_page("index", scoreboard=board)
    for row in board["comparisons"]["controls"]["rows"]:
        row["verdict"] = "not separable"
    assert "No method was shown to do better" in changed_page("index", scoreboard=board)
    stability = found["stability"].model_dump()
    for measures in stability["similarity"]["seed"].values():
        measures["rank_signed"] = {"value": 0.1, "low": 0.0, "high": 0.2}
    assert "Retrained with another seed, the network gives different maps" in changed_page("index", stability=stability)
    for measures in stability["similarity"]["seed"].values():
        measures["rank_signed"] = {"value": 0.9, "low": 0.8, "high": 0.95}
    assert "Retrained with another seed" not in changed_page("index", stability=stability)


def test_the_claims_page_finds_what_the_other_pages_say(changed_page, found):
    measured = found["localisation"].model_dump()
    displaced = measured | {"offset_in_radii": 1.7}
    for key, slope in zip(found["scoreboard"].methods, (0.95, 0.43, 0.05), strict=False):
        displaced["following"][key]["maximum"] = {"value": slope, "low": slope - 0.1, "high": slope + 0.1}
    text = changed_page("claims", lines=True, localisation=displaced)
    rows = [line.split(" | ") for line in text.splitlines() if "|" in line]
    verdicts = [row[-1].strip(" |") for row in rows if "follows the nodule's place" in row[0]]
    assert verdicts == ["follows", "follows partly", "does not follow"][: len(verdicts)]
    assert verdicts
    centred = changed_page("claims", localisation=measured | {"offset_in_radii": 0.1})
    assert "not tested: half of the nodules are less than their radius from the centre" in centred
    assert "follows the nodule's place" not in centred
    compared = {row.first: row.verdict for row in found["findings"].against_control}
    assert [row[-1].strip(" |") for row in rows if row[0].startswith("| **Primary:**")] == list(compared.values())
