"""Figures: alternative text, data and panels against the results; reproducible files; sentences for empty figures."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from PIL import Image

from camfolio.data.slices import Slices
from camfolio.evidence.localisation import LOCALISATION, Truth, area_share
from camfolio.explanation.scaling import scaled
from camfolio.figures import calibration, case, confusion, roc, strip, teaser, training_curves
from camfolio.figures.drawing.examples import ExampleFolders
from camfolio.figures.drawing.looks import Looks
from camfolio.figures.drawing.output import write
from camfolio.figures.drawing.panels import SIGNED_COLORMAP, edges, show_map, show_outline, show_overlay, show_slice
from camfolio.figures.drawing.style import ARTICLE, DARK, LIGHT, PAGE
from camfolio.method_words import method_looks
from camfolio.network.cases import Cases
from camfolio.network.evaluation import evaluate
from camfolio.pipeline.pictures import EXAMPLES
from camfolio.results.arrays.maps import SliceMaps
from camfolio.results.arrays.slice_scores import SliceScores
from camfolio.results.evaluation import EvaluationResult, RocCurves
from camfolio.results.files import read_json
from camfolio.results.interval import Interval
from camfolio.results.selection import CasesResult, MethodCases
from camfolio.results.subject import Subject
from camfolio.results.training import Epoch, PartResult, TrainingResult
from camfolio.stages.selection import candidates_of
from camfolio.vocabulary import SCALING_NAMES, as_percent

METHODS = ("grad_cam", "hires_cam", "score_cam", "finer_layer_cam", "ours.edge_cam")
SHOWN = {look.key: look for look in method_looks(METHODS)}
CLASSES = ("benign", "malignant")
WINDOW = (-1000.0, 400.0)
LOOKS = Looks(tuple(SHOWN.values()), CLASSES, WINDOW)
EMPTY_MAP, EMPTY_MASK = 5, 6  # slices of the test part
NO_CORRELATION = Interval(value=None, low=None, high=None)


def epoch(number, **replaced):
    values = {"loss": 0.7 - 0.1 * number, "accuracy": 0.5 + 0.05 * number, "auc": 0.6 + 0.05 * number, **replaced}
    return Epoch(training=PartResult(**values), validation=PartResult(**values))


def trained(best, history):
    return TrainingResult(loaded=None, parameters=9, kept_epoch=best, epochs=len(history), history=history)


@pytest.fixture(scope="module")
def study(tiny_slices, tmp_path_factory):
    """Folders of every stage that figures read, by name; twelve of sixteen slices are the test part."""
    root = tmp_path_factory.mktemp("study")
    folders = {name: root / name for name in ("slices", "split", "localisation", "selection", "evaluation", "training")}
    for folder in folders.values():
        folder.mkdir()
    whole = tiny_slices(n=16, size=16)
    whole.mask[4 + EMPTY_MASK] = False
    whole.save(folders["slices"] / "slices.npz")
    part = np.array(["train"] * 4 + ["test"] * 12)
    np.save(folders["split"] / "part.npy", part)
    test = whole.select(part == "test")

    generator = np.random.default_rng(0)
    maps = {method: generator.random((12, 16, 16)).astype(np.float32) for method in METHODS}
    maps["grad_cam"][EMPTY_MAP] = 0
    shares = {
        Subject(method): LOCALISATION["energy_share"](values, Truth(test.mask, test.spacing))
        for method, values in maps.items()
    }
    SliceScores({"energy_share": shares}).write(folders["localisation"])
    signed = {method: values - np.float32(0.5) * (values > 0) for method, values in maps.items()}
    SliceMaps(maps, signed).write(folders["localisation"])

    margin = np.where(test.label == 1, 1.0, -1.0) + generator.normal(0, 0.8, 12)
    margin[0] = 1.5 if test.label[0] == 0 else -1.5  # misclassified
    logits = np.stack([np.zeros(12), margin], 1).astype(np.float32)
    methods, truth = {}, Truth(test.mask, test.spacing)
    for method in METHODS:
        shares = (LOCALISATION[name](maps[method], truth) for name in ("energy_share", "energy_ratio"))
        candidates = candidates_of(test, logits, *shares, area_share(test.mask))
        selected = {"misclassified": 0, "good": EMPTY_MAP, "median": 3, "bad": EMPTY_MASK}
        cases = {kind: candidates.case(index, 1, 9) for kind, index in selected.items()}
        methods[method] = MethodCases(cases=cases, undefined=0, size_groups=2, area_correlation=NO_CORRELATION)
    CasesResult(methods=methods, misclassified=1, correct=11).write(folders["selection"])

    probability = 1 / (1 + np.exp(-margin))
    cases = Cases(probability, test.label, test.patient, test.nodule, test.area_mm2)
    result = evaluate(cases, larger=True, resamples=10, bins=5, seed=0)
    result.write(folders["evaluation"])
    trained(3, [epoch(number) for number in (1, 2, 3, 2)]).write(folders["training"])
    return folders


def drawers(study):
    """Kind -> function that draws this kind of figure into a folder."""
    example = {name: study[name] for name in EXAMPLES} | {"looks": LOOKS}
    evaluation = study["evaluation"]
    return {
        "calibration": lambda out: calibration.run(out=out, evaluation=evaluation, classes=CLASSES),
        "case": lambda out: case.run(out=out, **example, method=SHOWN["score_cam"], kind="misclassified"),
        "case, empty map": lambda out: case.run(out=out, **example, method=SHOWN["grad_cam"], kind="good"),
        "case, empty mask": lambda out: case.run(out=out, **example, method=SHOWN["hires_cam"], kind="bad"),
        "case, no values": lambda out: case.run(
            out=out, **example, method=SHOWN["score_cam"], kind="misclassified", slice_values=False
        ),
        "confusion": lambda out: confusion.run(out=out, evaluation=evaluation, classes=CLASSES),
        "roc": lambda out: roc.run(out=out, evaluation=evaluation),
        "strip": lambda out: strip.run(out=out, **example),
        "teaser": lambda out: teaser.run(out=out, **example),
        "training_curves": lambda out: training_curves.run(out=out, training=study["training"]),
    }


def misclassified(study, scaling):
    """The misclassified example of Score-CAM."""
    folders = ExampleFolders(**{name: study[name] for name in EXAMPLES})
    return folders.load(folders.case("score_cam", "misclassified"), scaling)


KINDS = tuple(drawers(dict.fromkeys((*EXAMPLES, "evaluation", "training"))))


@pytest.fixture(scope="module")
def drawn(study, tmp_path_factory):
    """`drawn(kind)`: a folder with that figure, drawn once."""
    folders = {}

    def draw(kind):
        if kind not in folders:
            folders[kind] = tmp_path_factory.mktemp("figure")
            drawers(study)[kind](folders[kind])
        return folders[kind]

    return draw


def alt_of(folder):
    return read_json(folder / "figure.json")["alt"]


def rows_of(folder):
    with (folder / "data.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("kind", KINDS)
def test_a_figure_drawn_twice_has_the_same_bytes_and_the_stated_size(kind, study, drawn, tmp_path):
    first = drawn(kind)
    drawers(study)[kind](tmp_path)
    names = {"light.svg", "dark.svg", "light.png", "data.csv", "figure.json"}
    phone = set() if kind in {"confusion", "roc", "teaser"} else {"phone-light.svg", "phone-dark.svg"}
    assert {path.name for path in first.iterdir()} == names | phone
    for name in names | phone:
        assert (first / name).read_bytes() == (tmp_path / name).read_bytes(), name
    size = read_json(first / "figure.json")
    with Image.open(first / "light.png") as picture:
        assert picture.size == (2 * size["width"], 2 * size["height"])
    assert (first / "light.svg").read_bytes() != (first / "dark.svg").read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_alt_text_is_a_sentence(kind, drawn):
    alt = alt_of(drawn(kind))
    assert alt[0].isupper()
    assert alt.endswith(".")
    assert "  " not in alt
    assert "None" not in alt
    assert "nan" not in alt.split()


def test_alt_text_and_data_of_the_confusion_matrix_have_its_counts(study, drawn):
    counts = EvaluationResult.read(study["evaluation"]).confusion.matrix
    alt = alt_of(drawn("confusion"))
    for i, name in enumerate(CLASSES):
        share = counts[i][i] / sum(counts[i])
        assert f"Of {sum(counts[i])} {name} slices {counts[i][i]} ({as_percent(share)}) are predicted {name}." in alt
    rows = {(row["label"], row["predicted"]): int(row["slices"]) for row in rows_of(drawn("confusion"))}
    assert rows == {(CLASSES[i], CLASSES[j]): counts[i][j] for i in (0, 1) for j in (0, 1)}


def test_alt_text_of_the_roc_figure_has_both_areas_and_its_data_both_curves(study, drawn):
    result = EvaluationResult.read(study["evaluation"])
    alt = alt_of(drawn("roc"))
    assert f"an area of {result.metrics['auc'].value:.3f}" in alt
    assert f"alone {result.baseline.auc.value:.3f}" in alt
    rows = rows_of(drawn("roc"))
    for key, name in roc.NAMES.items():
        curve = getattr(result.roc, key)
        points = [(float(row["1 - specificity"]), float(row["sensitivity"])) for row in rows if row["score"] == name]
        np.testing.assert_allclose(points, list(zip(curve.false_positive, curve.true_positive, strict=True)))


def test_alt_text_of_the_calibration_figure_has_its_distance_and_its_data_the_bins(study, drawn):
    result = EvaluationResult.read(study["evaluation"])
    alt = alt_of(drawn("calibration"))
    assert f"in {len(result.calibration)} bins" in alt
    assert f"distance is {result.metrics['calibration_error'].value:.3f}." in alt
    rows = [{name: float(value) for name, value in row.items()} for row in rows_of(drawn("calibration"))]
    assert [row["nodules"] for row in rows] == [row.nodules for row in result.calibration]
    for row, expected in zip(rows, result.calibration, strict=True):
        assert row == pytest.approx(dict(expected), rel=1e-8)


def test_alt_text_of_training_curves_has_the_kept_epoch_and_their_data_every_epoch(drawn):
    alt = alt_of(drawn("training_curves"))
    assert "over 4 epochs" in alt
    assert "Validation loss is 0.600 at epoch 1 and lowest, 0.400, at epoch 3." in alt
    rows = rows_of(drawn("training_curves"))
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    assert [float(row["validation/loss"]) for row in rows] == pytest.approx([0.6, 0.5, 0.4, 0.5])


def test_alt_text_of_training_curves_whose_first_epoch_is_the_best():
    history = [epoch(number) for number in (3, 2)]
    alt = training_curves.drawing(trained(1, history)).alt
    assert "Validation loss is lowest, 0.400, at epoch 1." in alt
    assert "over 1 epoch," in training_curves.drawing(trained(1, history[:1])).alt


def test_training_curves_have_no_line_for_a_metric_that_is_not_defined(tmp_path):
    drawing = training_curves.drawing(trained(2, [epoch(number, auc=None) for number in (1, 2)]))
    assert "validation AUC not defined (training not defined)." in drawing.alt
    loss, accuracy, auc = drawing.draw(LIGHT, PAGE).axes
    assert (len(loss.lines), len(accuracy.lines), len(auc.lines)) == (4, 4, 1)
    assert auc.get_title() == "AUC: not defined at epoch 2"
    write(tmp_path, drawing)
    assert [row["validation/auc"] for row in rows_of(tmp_path)] == ["", ""]


def test_without_masks_the_area_has_no_curve(study):
    result = EvaluationResult.read(study["evaluation"])
    without = RocCurves(network=result.roc.network, area=None)
    drawing = roc.drawing(result.model_copy(update={"roc": without}))
    assert "the nodule's area has no curve, since there are no masks; a diagonal" in drawing.alt
    assert {row[0] for row in drawing.rows} == {"network"}
    assert len(drawing.draw(LIGHT, PAGE).axes[0].lines) == 2


def test_alt_text_of_a_case_states_where_its_map_is_highest_and_its_data_every_pixel(study, drawn):
    folder, example = drawn("case"), CasesResult.read(study["selection"]).methods["score_cam"].cases["misclassified"]
    values = SliceMaps.read(study["localisation"]).enlarged["score_cam"][0]
    with np.load(study["slices"] / "slices.npz") as slices:
        hounsfield, mask = slices["hounsfield"][4], slices["mask"][4]
    place = "inside" if mask[np.unravel_index(values.argmax(), values.shape)] else "outside"
    alt = alt_of(folder)
    assert f"Score-CAM on slice {example.id}: benign, predicted malignant, p = {example.probability:.2f}." in alt
    assert f"The map is highest {place} the nodule. {as_percent(example.energy_share)} of the map's energy" in alt
    assert f"covers {as_percent(mask.mean(), 1)} of the slice." in alt
    rows = rows_of(folder)
    assert len(rows) == values.size
    for row in rows:
        at = int(row["row"]), int(row["column"])
        assert float(row["score_cam"]) == pytest.approx(float(values[at]), rel=1e-8)
        assert float(row["hounsfield"]) == pytest.approx(float(hounsfield[at]), rel=1e-8)
        assert row["nodule"] == str(bool(mask[at]))


def test_the_values_of_a_slice_are_left_out_of_the_table_if_the_study_says_so(drawn):
    full, reduced = rows_of(drawn("case")), rows_of(drawn("case, no values"))
    assert [{key: value for key, value in row.items() if key != "hounsfield"} for row in full] == reduced
    assert "slice_values" not in json.loads((drawn("case, no values") / "figure.json").read_text(encoding="utf-8"))
    assert json.loads((drawn("case") / "figure.json").read_text(encoding="utf-8"))["slice_values"]


def test_alt_text_of_a_case_states_that_its_map_is_empty(drawn):
    alt = alt_of(drawn("case, empty map"))
    assert "The map is empty. No share of energy is defined for the nodule's mask, which covers" in alt


def test_alt_text_of_a_case_without_a_mask_states_that_its_share_is_not_defined(drawn):
    alt = alt_of(drawn("case, empty mask"))
    assert "The map is highest at row" in alt
    assert alt.endswith("The slice has no mask, so no share of energy is defined.")


def test_alt_text_and_data_of_the_strip_have_the_share_of_every_method(study, drawn):
    alt, rows = alt_of(drawn("strip")), {row["method"]: row["energy share"] for row in rows_of(drawn("strip"))}
    assert list(rows) == list(METHODS)
    for method in METHODS:
        share = CasesResult.read(study["selection"]).methods[method].cases["misclassified"].energy_share
        assert f"{SHOWN[method].name} {as_percent(share)}" in alt
        assert float(rows[method]) == pytest.approx(share, rel=1e-8)


def test_the_teaser_names_its_slice_and_methods(study, drawn):
    example = CasesResult.read(study["selection"]).methods["grad_cam"].cases["good"]
    rows, contents = rows_of(drawn("teaser")), read_json(drawn("teaser") / "figure.json")
    assert {row["slice"] for row in rows} == {example.id}
    assert [row["method"] for row in rows] == list(METHODS)
    assert (contents["kind"], contents["case"]) == ("good", dict(example))
    scores = SliceScores.read(study["localisation"])
    for method in METHODS[1:]:
        share = float(scores.of("energy_share", Subject(method))[EMPTY_MAP])
        assert contents["energy_share"][method] == pytest.approx(share)
        assert f"{SHOWN[method].name} {as_percent(share)}" in contents["alt"]
    assert contents["energy_share"]["grad_cam"] is None
    assert "Grad-CAM not defined" in contents["alt"]


@pytest.fixture
def undrawable(study, tmp_path):
    """The same folders, but without selected cases, ROC curves and training."""
    folders = dict(study)
    for name in ("selection", "evaluation", "training"):
        folders[name] = tmp_path / name
        folders[name].mkdir()
    cases = MethodCases(
        cases=dict.fromkeys(case.NO_EXAMPLE), undefined=0, size_groups=0, area_correlation=NO_CORRELATION
    )
    CasesResult(methods=dict.fromkeys(METHODS, cases), misclassified=0, correct=0).write(folders["selection"])
    result = EvaluationResult.read(study["evaluation"])
    result.model_copy(update={"roc": RocCurves(network=None, area=None)}).write(folders["evaluation"])
    TrainingResult(loaded="peer.ckpt", parameters=9, kept_epoch=None, epochs=0, history=()).write(folders["training"])
    return folders


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("case", "No test slice was misclassified: there is no such example."),
        (
            "case, empty map",
            "There is no example with the most energy on the nodule for its size: no correctly classified test slice has both a map and a mask",
        ),
        (
            "case, empty mask",
            "There is no example with the least energy on the nodule for its size: no correctly classified test slice has both a map and a mask",
        ),
        ("strip", "No test slice was misclassified: there is nothing to compare here."),
        ("teaser", "No example could be chosen: there is no picture for this study."),
        ("roc", "All test slices are of one class: a ROC curve is not defined."),
        ("training_curves", "The network was loaded from peer.ckpt: there is no training to show."),
    ],
)
def test_without_anything_to_draw_only_a_sentence_is_written(kind, sentence, undrawable, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    drawers(undrawable)[kind](out)
    assert [path.name for path in out.iterdir()] == ["figure.json"]
    contents = json.loads((out / "figure.json").read_text())
    assert list(contents) == ["empty"]
    assert contents["empty"].startswith(sentence)
    assert contents["empty"].endswith(".")


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "$x_$", r"\frac", "a & b", "50 %", "$"])
def test_a_class_may_have_any_name(name, tmp_path):
    write(tmp_path, confusion.drawing(np.array([[3, 1], [0, 4]]), (name, "malignant"), "nodule"))
    assert b"<script" not in (tmp_path / "light.svg").read_bytes()
    assert rows_of(tmp_path)[0]["label"] == name


def test_a_confusion_matrix_without_slices_of_a_class_has_no_shares_in_its_row():
    drawing = confusion.drawing(np.array([[3, 1], [0, 0]]), CLASSES, "slice")
    assert [row[3] for row in drawing.rows] == [0.75, 0.25, "", ""]
    assert drawing.alt.endswith("There are no malignant slices.")
    texts = [text.get_text() for text in drawing.draw(LIGHT, PAGE).axes[0].texts]
    assert texts == ["3", "75.0 % of row", "1", "25.0 % of row", "0", "empty row", "0", "empty row"]


def test_the_scale_bar_takes_the_spacing_between_columns(study, tmp_path):
    example = CasesResult.read(study["selection"]).methods["grad_cam"].cases["misclassified"]
    slices = Slices.load(study["slices"] / "slices.npz")
    slices.spacing[:] = 2.0, 0.5
    slices.save(tmp_path / "slices.npz")
    folders = {name: study[name] for name in EXAMPLES} | {"slices": tmp_path}
    assert ExampleFolders(**folders).load(example, "per_image").spacing_mm == 0.5


def edges_by_loops(mask):
    """The sides of the nodule's pixels, except between two pixels of the nodule."""
    height, width = mask.shape
    segments = []
    for row in range(height):
        for column in range(width):
            for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1)):
                r, c = row + down, column + right
                neighbour = 0 <= r < height and 0 <= c < width and mask[r, c]
                if mask[row, column] and not neighbour:
                    middle = row + down / 2, column + right / 2
                    half = (0, 0.5) if down else (0.5, 0)
                    ends = ([middle[0] - half[0], middle[0] + half[0]], [middle[1] - half[1], middle[1] + half[1]])
                    segments.append(ends)
    return sorted(segments)


@pytest.mark.parametrize("seed", range(5))
def test_the_edges_of_an_outline_equal_those_of_its_slow_twin(seed):
    mask = np.random.default_rng(seed).random((6, 5)) > 0.5
    assert sorted(edges(mask)) == edges_by_loops(mask)


def test_an_empty_mask_has_no_outline_and_a_full_one_runs_around_the_slice():
    assert edges(np.zeros((3, 4), bool)) == []
    assert len(edges(np.ones((3, 4), bool))) == 14
    axes = Figure().subplots()
    show_outline(axes, np.zeros((3, 4), bool))
    assert all(len(lines.get_segments()) == 0 for lines in axes.collections)


def test_the_outline_is_drawn_along_the_edges_in_x_and_y():
    mask = np.zeros((4, 6), bool)
    mask[1, 4] = True
    axes = Figure().subplots()
    show_outline(axes, mask)
    (halo, line) = axes.collections
    assert isinstance(line, LineCollection)
    points = np.concatenate(line.get_segments())
    assert (points.min(0).tolist(), points.max(0).tolist()) == ([3.5, 0.5], [4.5, 1.5])
    np.testing.assert_array_equal(np.concatenate(halo.get_segments()), points)


def test_only_an_empty_map_has_the_text_empty():
    for values, texts in ((np.zeros((4, 4), np.float32), ["empty"]), (np.eye(4, dtype=np.float32), [])):
        axes = Figure().subplots()
        show_map(axes, scaled(values, "per_image", 1.0), LIGHT)
        assert [text.get_text() for text in axes.texts] == texts


@pytest.mark.parametrize(
    ("scaling", "share", "low"),
    [
        ("per_image", [[0, 0], [0.5, 1]], 0),
        ("shared", [[0, 0], [0.125, 0.25]], 0),
        ("signed", [[-1, 0], [0.25, 0.5]], -1),
    ],
)
def test_a_map_is_shown_under_its_scaling(scaling, share, low):
    values = np.array([[-4.0, 0.0], [1.0, 2.0]], np.float32)
    axes = Figure().subplots()
    show_map(axes, scaled(values, scaling, 8.0), DARK)
    (image,) = axes.images
    assert np.asarray(image.get_array()).tolist() == share
    assert image.get_clim() == (low, 1)


def test_zero_is_white_in_a_signed_map():
    axes = Figure().subplots()
    show_map(axes, scaled(np.array([[-3.0, 0.0, 3.0]], np.float32), "signed", 1.0), DARK)
    (image,) = axes.images
    negative, zero, positive = image.cmap(image.norm(image.get_array()))[0]
    assert image.cmap is SIGNED_COLORMAP
    np.testing.assert_allclose(zero, 1, atol=0.01)
    assert negative[2] > negative[0]
    assert positive[0] > positive[2]


@pytest.mark.parametrize("scaling", SCALING_NAMES)
def test_a_colour_bar_names_the_scaling(scaling, study):
    figure = case.drawing(misclassified(study, scaling), SHOWN["score_cam"], "misclassified", LOOKS).draw(LIGHT, PAGE)
    bar = figure.axes[-1]
    assert " ".join(bar.get_ylabel().split()) == SCALING_NAMES[scaling]
    assert bar.get_ylim() == (-1 if scaling == "signed" else 0, 1)


def test_signed_and_shared_maps_are_those_that_localisation_wrote(study):
    maps = SliceMaps.read(study["localisation"])
    signed, enlarged = maps.signed["score_cam"], maps.enlarged["score_cam"]
    example = misclassified(study, "signed")
    index, shown = example.case.slice, example.scaled_maps["score_cam"]
    np.testing.assert_allclose(shown.share * shown.limit, signed[index], atol=1e-6)
    shown = misclassified(study, "shared").scaled_maps["score_cam"]
    assert shown.limit == pytest.approx(float(enlarged.max()))
    np.testing.assert_allclose(shown.share * shown.limit, enlarged[index], atol=1e-6)


@pytest.mark.parametrize(("count", "rows", "columns"), [(1, 1, 2), (3, 1, 4), (4, 2, 4), (5, 2, 4)])
def test_a_strip_has_at_most_four_panels_to_a_row(count, rows, columns, study):
    looks = replace(LOOKS, methods=LOOKS.methods[:count])
    figure = strip.drawing(misclassified(study, "per_image"), looks).draw(LIGHT, PAGE)
    assert len(figure.axes) == count + 1
    assert figure.get_size_inches().tolist() == pytest.approx([ARTICLE / 4 * columns, 2.15 * rows])


def test_an_overlay_is_transparent_where_the_map_is_zero():
    axes = Figure().subplots()
    show_overlay(axes, scaled(np.array([[0.0, 1.0], [0.5, 2.0]], np.float32), "per_image", 2.0))
    alpha = np.asarray(axes.images[0].get_array())[..., 3]
    assert alpha[0, 0] == 0
    assert alpha[1, 1] == pytest.approx(0.85)
    assert alpha[0, 0] < alpha[1, 0] < alpha[0, 1] < alpha[1, 1]


@pytest.mark.parametrize(
    ("size", "spacing_mm", "label"), [(32, 1.0, "10 mm"), (16, 1.0, "5 mm"), (16, 0.3, "2 mm"), (128, 0.3, "10 mm")]
)
def test_the_scale_bar_fits_into_the_slice_and_has_the_labelled_length(size, spacing_mm, label):
    axes = Figure().subplots()
    show_slice(axes, np.zeros((size, size), np.float32), WINDOW, spacing_mm)
    (bar,) = axes.lines
    start, end = bar.get_xdata()
    assert axes.texts[0].get_text() == label
    assert (end - start) * spacing_mm == pytest.approx(float(label.split()[0]))
    assert -0.5 <= start < end <= size - 0.5
    assert axes.get_xlim() == (-0.5, size - 0.5)
    assert axes.get_ylim() == (size - 0.5, -0.5)


def test_a_case_with_an_empty_map_is_written_without_an_energy_share(study):
    example = CasesResult.read(study["selection"]).methods["grad_cam"].cases["good"]
    assert example.energy_share is None
    assert example.slice == EMPTY_MAP
