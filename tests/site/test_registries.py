"""A score, a control, a metric is one decorated function: results, pages, figures and the explorer have it without another line."""

from __future__ import annotations

import json
from contextlib import ExitStack
from unittest.mock import patch

import numpy as np
import pytest
from pydantic import validate_call

from camfolio.evidence.controls import CONTROLS, control
from camfolio.evidence.faithfulness import FAITHFULNESS, GROUPS, MapScores, faithfulness_scores
from camfolio.evidence.localisation import LOCALISATION, localisation_score
from camfolio.figures import distributions, scores
from camfolio.method_words import method_looks
from camfolio.network.metrics import METRICS, metric
from camfolio.pipeline.contents import stages
from camfolio.raster.explorer import read_scores, score_name
from camfolio.results.arrays.slice_scores import SliceScores
from camfolio.results.evaluation import EvaluationResult
from camfolio.results.localisation import LocalisationResult
from camfolio.results.scoreboard import ScoreboardResult
from camfolio.results.subject import Subject
from camfolio.site.values import results
from camfolio.stages import by_class, evaluation, faithfulness, localisation, scoreboard
from camfolio.statistics.measures import Measure

RUNS = {
    "localisation": localisation.run,
    "faithfulness": faithfulness.run,
    "by_class": by_class.run,
    "scoreboard": scoreboard.run,
    "evaluation": evaluation.run,
}


def register():
    """One addition of every kind, as its author would write it."""

    @localisation_score(Measure("nodule left out", "share", "lower", panel=True, by_layer=True))
    def left_out(maps, truth):
        return (maps * ~truth.masks).sum((1, 2)) / maps.sum((1, 2))

    @faithfulness_scores({"change": Measure("change under a shift of 10 HU", "share")})
    def shift_of_values(queries, maps, perturbation):
        both = queries.probability(np.stack([queries.hounsfield, queries.hounsfield + 10], axis=1))
        return MapScores({"change": np.abs(both[:, 1] - both[:, 0])})

    @control("everything at the left")
    def left(scene):
        maps = np.zeros(scene.hounsfield.shape)
        maps[:, :, 0] = 1
        return maps

    @metric("Share called malignant", written="percent")
    def called_malignant(predictions):
        return (predictions.probability > 0.5).double().mean()


@pytest.fixture(scope="module")
def folders(portfolio, tmp_path_factory):
    """The folders of the stages that use registries, computed again after the additions."""
    with ExitStack() as stack:
        for registry in (LOCALISATION, FAITHFULNESS, GROUPS, CONTROLS, METRICS):
            stack.enter_context(patch.dict(registry))
        register()
        found = {name: artefact.folder for name, artefact in portfolio.artefacts.items()}
        table = {stage.name: stage for stage in stages(portfolio.study)}
        for name, run in RUNS.items():
            before = {argument: found[stage] for argument, stage in table[name].upstream.items()}
            found[name] = tmp_path_factory.mktemp(name)
            validate_call(run)(out=found[name], **before, **table[name].parameters)
        yield found


@pytest.fixture(scope="module")
def values(folders):
    """What pages read of these stages."""
    return {name: json.loads((folders[name] / f"{name}.json").read_text()) for name in RUNS}


def rows_of(page):
    """Cells of every row of every table of a page, by the row's first cell; the last row of several."""
    lines = [line.strip().strip("|").split("|") for line in page.splitlines() if line.startswith("|")]
    return {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in lines}


def test_scores_are_in_the_tables_of_the_evidence_page(changed_page, values):
    page = changed_page("evidence", lines=True, **values)
    rows = rows_of(page.partition('id="by-class"')[0])
    board, methods = values["scoreboard"], values["scoreboard"]["methods"]
    for title, key, better in (("nodule left out", "left_out", "lower"), ("change under a shift", "change", "higher")):
        (cells,) = [cells for words, cells in rows.items() if words.startswith(title)]
        assert cells[0] == better
        assert [cell.split()[0] for cell in cells[1 : 1 + len(methods)]] == [
            f"{board['scores'][key][method]['value']:.2f}" for method in methods
        ]
    assert values["scoreboard"]["scores"]["left_out"]["grad_cam"]["value"] == pytest.approx(
        1 - values["localisation"]["energy_share"]["grad_cam"]["value"]
    )


def test_a_control_is_scored_compared_and_called_by_its_title(changed_page, values):
    board = values["scoreboard"]
    assert board["controls"]["control/left"] == "everything at the left"
    assert board["scores"]["energy_share"]["control/left"]["value"] == pytest.approx(0, abs=0.05)
    assert board["scores"]["deletion_parenchyma"]["control/left"]["value"] is not None
    page = changed_page("evidence", **values)
    assert "| Grad-CAM | everything at the left |" in page
    assert f"{len(CONTROLS)} controls" in page


def test_a_score_and_a_control_are_in_the_figures(values, folders):
    looks = method_looks(values["scoreboard"]["methods"])
    drawing = scores.drawing(ScoreboardResult.read(folders["scoreboard"]), looks)
    assert f"9 scores for {len(values['scoreboard']['methods'])} methods and {len(CONTROLS)} controls" in drawing.alt
    assert "nodule left out (lower is better): Grad-CAM" in drawing.alt
    assert {"left_out", "change"} <= {row[0] for row in drawing.rows}
    assert "control/left" in {row[1] for row in drawing.rows}
    stored = SliceScores.read(folders["localisation"])
    column = {"grad_cam": stored.of("left_out", Subject("grad_cam"))}
    none = {kind: [] for kind in distributions.MARKERS}
    drawn = distributions.drawing(looks[:1], column, stored.chance["left_out"], {"grad_cam": none}, "left_out")
    assert drawn.alt.startswith("Every test slice's nodule left out,")


def test_a_score_is_in_the_explorer_under_its_title(folders, values):
    count = values["evaluation"]["slices"]
    assert "left_out" in read_scores(folders["localisation"], ("grad_cam",), count)
    assert (score_name("left_out"), score_name("change")) == ("nodule left out", "change under a shift of 10 HU")


def test_a_metric_is_a_row_of_the_write_up_and_of_the_external_test_set(changed_page, portfolio, folders, values):
    found = values["evaluation"]["metrics"]["called_malignant"]["value"]
    page = changed_page(lines=True, **values)
    assert rows_of(page)["Share called malignant"][0].startswith(f"{100 * found:.0f} % (")
    card = results(portfolio)["card"]
    evaluated, localised = (
        EvaluationResult.read(folders["evaluation"]),
        LocalisationResult.read(folders["localisation"]),
    )
    away = {"card": card, "evaluation": evaluated, "localisation": localised}
    rows = rows_of(changed_page(lines=True, **values, external=away))
    assert len(rows["Share called malignant"]) == 2
    assert rows["Accuracy"][0] == rows["Accuracy"][1]
