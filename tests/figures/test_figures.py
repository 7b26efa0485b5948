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
from camfolio.figures.drawing.panels import SIGNED_RAMP, edges, show_map, show_outline, show_overlay, show_slice
from camfolio.figures.drawing.style import DARK, LIGHT
from camfolio.method_words import method_looks
from camfolio.network.evaluation import evaluate
from camfolio.pipeline.pictures import EXAMPLES
from camfolio.results.arrays.maps import SliceMaps
from camfolio.results.arrays.slice_scores import SliceScores
from camfolio.results.evaluation import EvaluationResult, RocCurves
from camfolio.results.files import read_json
from camfolio.results.selection import CasesResult, MethodCases
from camfolio.results.subject import Subject
from camfolio.results.training import Epoch, PartResult, TrainingResult
from camfolio.stages.selection import candidates_of
from camfolio.vocabulary import SCALING_NAMES

METHODS = ("grad_cam", "hires_cam", "score_cam", "finer_layer_cam", "ours.edge_cam")
SHOWN = {look.key: look for look in method_looks(METHODS)}
CLASSES = ("benign", "malignant")
WINDOW = (-1000.0, 400.0)
LOOKS = Looks(tuple(SHOWN.values()), CLASSES, WINDOW)
EMPTY_MAP, EMPTY_MASK = 5, 6  # slices of the test part


def epoch(number, **replaced):
    values = {"loss": 0.7 - 0.1 * number, "accuracy": 0.5 + 0.05 * number, "auc": 0.6 + 0.05 * number, **replaced}
    return Epoch(training=PartResult(**values), validation=PartResult(**values))


def trained(best, history):
    return TrainingResult(loaded=None, parameters=9, best_epoch=best, epochs=len(history), history=history)


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

    chance = np.random.default_rng(0)
    maps = {method: chance.random((12, 16, 16)).astype(np.float32) for method in METHODS}
    maps["grad_cam"][EMPTY_MAP] = 0
    shares = {
        Subject(method): LOCALISATION["energy_share"](values, Truth(test.mask, test.spacing))
        for method, values in maps.items()
    }
    SliceScores({"energy_share": shares}).write(folders["localisation"])
    signed = {method: values - np.float32(0.5) * (values > 0) for method, values in maps.items()}
    SliceMaps(maps, signed).write(folders["localisation"])

    margin = np.where(test.label == 1, 1.0, -1.0) + chance.normal(0, 0.8, 12)
    margin[0] = 1.5 if test.label[0] == 0 else -1.5  # misclassified
    logits = np.stack([np.zeros(12), margin], 1).astype(np.float32)
    methods, truth = {}, Truth(test.mask, test.spacing)
    for method in METHODS:
        shares = (LOCALISATION[name](maps[method], truth) for name in ("energy_share", "energy_ratio"))
        candidates = candidates_of(test, logits, *shares, area_share(test.mask))
        chosen = {"misclassified": 0, "good": EMPTY_MAP, "bad": EMPTY_MASK}
        cases = {kind: candidates.case(one, 1, 9) for kind, one in chosen.items()}
        methods[method] = MethodCases(cases=cases, undefined=0)
    CasesResult(methods=methods, misclassified=1, correct=11).write(folders["selection"])

    probability = 1 / (1 + np.exp(-margin))
    result = evaluate(probability, test.label, test.patient, test.area_mm2, larger=True, resamples=10, bins=5, seed=0)
    result.write(folders["evaluation"])
    trained(3, [epoch(number) for number in (1, 2, 3, 2)]).write(folders["training"])
    return folders


def drawers(study):
    """Kind -> what draws it into a folder."""
    example = {name: study[name] for name in EXAMPLES} | {"looks": LOOKS}
    evaluation = study["evaluation"]
    return {
        "calibration": lambda out: calibration.run(out=out, evaluation=evaluation, classes=CLASSES),
        "case": lambda out: case.run(out=out, **example, method=SHOWN["score_cam"], kind="misclassified"),
        "case, empty map": lambda out: case.run(out=out, **example, method=SHOWN["grad_cam"], kind="good"),
        "case, empty mask": lambda out: case.run(out=out, **example, method=SHOWN["hires_cam"], kind="bad"),
        "confusion": lambda out: confusion.run(out=out, evaluation=evaluation, classes=CLASSES),
        "roc": lambda out: roc.run(out=out, evaluation=evaluation),
        "strip": lambda out: strip.run(out=out, **example),
        "teaser": lambda out: teaser.run(out=out, **example),
        "training_curves": lambda out: training_curves.run(out=out, training=study["training"]),
    }


def misclassified(study, scaling):
    """The misclassified example of Score-CAM."""
    read = ExampleFolders(**{name: study[name] for name in EXAMPLES})
    return read.load(read.case("score_cam", "misclassified"), scaling)


KINDS = tuple(drawers(dict.fromkeys((*EXAMPLES, "evaluation", "training"))))


@pytest.fixture(scope="module")
def drawn(study, tmp_path_factory):
    """`drawn(kind)`: a folder with that figure, drawn once."""
    found = {}

    def draw(kind):
        if kind not in found:
            found[kind] = tmp_path_factory.mktemp("figure")
            drawers(study)[kind](found[kind])
        return found[kind]

    return draw


def alt_of(folder):
    return read_json(folder / "figure.json")["alt"]


def rows_of(folder):
    with (folder / "data.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("kind", KINDS)
def test_a_figure_drawn_twice_is_the_same_bytes_and_has_its_size(kind, study, drawn, tmp_path):
    once = drawn(kind)
    drawers(study)[kind](tmp_path)
    names = {"light.svg", "light.png", "dark.svg", "dark.png", "data.csv", "figure.json"}
    assert {path.name for path in once.iterdir()} == names
    for name in names:
        assert (once / name).read_bytes() == (tmp_path / name).read_bytes(), name
    size = read_json(once / "figure.json")
    for theme in ("light", "dark"):
        with Image.open(once / f"{theme}.png") as picture:
            assert picture.size == (2 * size["width"], 2 * size["height"])
    assert (once / "light.svg").read_bytes() != (once / "dark.svg").read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_alt_text_is_a_sentence(kind, drawn):
    alt = alt_of(drawn(kind))
    assert alt[0].isupper()
    assert alt.endswith(".")
    assert "  " not in alt
    assert "None" not in alt
    assert "nan" not in alt.split()


def test_the_confusion_matrix_says_and_holds_its_counts(study, drawn):
    counts = EvaluationResult.read(study["evaluation"]).confusion.matrix
    alt = alt_of(drawn("confusion"))
    for i, name in enumerate(CLASSES):
        share = counts[i][i] / sum(counts[i])
        assert f"Of {sum(counts[i])} {name} slices {counts[i][i]} ({share:.0%}) are predicted {name}." in alt
    rows = {(row["label"], row["predicted"]): int(row["slices"]) for row in rows_of(drawn("confusion"))}
    assert rows == {(CLASSES[i], CLASSES[j]): counts[i][j] for i in (0, 1) for j in (0, 1)}


def test_the_roc_figure_says_both_areas_and_holds_both_curves(study, drawn):
    result = EvaluationResult.read(study["evaluation"])
    alt = alt_of(drawn("roc"))
    assert f"an area of {result.metrics['auc'].value:.3f}" in alt
    assert f"alone {result.baseline.auc.value:.3f}" in alt
    rows = rows_of(drawn("roc"))
    for name, words in roc.NAMES.items():
        curve = getattr(result.roc, name)
        held = [(float(row["1 - specificity"]), float(row["sensitivity"])) for row in rows if row["score"] == words]
        np.testing.assert_allclose(held, list(zip(curve.false_positive, curve.true_positive, strict=True)))


def test_the_calibration_figure_says_its_distance_and_holds_its_bins(study, drawn):
    result = EvaluationResult.read(study["evaluation"])
    alt = alt_of(drawn("calibration"))
    assert f"in {len(result.calibration)} bins" in alt
    assert f"distance is {result.metrics['calibration_error'].value:.3f}." in alt
    held = [{name: float(value) for name, value in row.items()} for row in rows_of(drawn("calibration"))]
    assert [row["slices"] for row in held] == [row.slices for row in result.calibration]
    for row, expected in zip(held, result.calibration, strict=True):
        assert row == pytest.approx(dict(expected), rel=1e-8)


def test_training_curves_say_the_best_epoch_and_hold_every_epoch(drawn):
    alt = alt_of(drawn("training_curves"))
    assert "over 4 epochs" in alt
    assert "Validation loss is 0.600 at epoch 1 and lowest, 0.400, at epoch 3." in alt
    rows = rows_of(drawn("training_curves"))
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    assert [float(row["validation/loss"]) for row in rows] == pytest.approx([0.6, 0.5, 0.4, 0.5])


def test_training_curves_say_that_the_first_epoch_is_the_best():
    history = [epoch(number) for number in (3, 2)]
    alt = training_curves.drawing(trained(1, history)).alt
    assert "Validation loss is lowest, 0.400, at epoch 1." in alt
    assert "over 1 epoch," in training_curves.drawing(trained(1, history[:1])).alt


def test_training_curves_draw_nothing_for_what_is_not_defined(tmp_path):
    drawing = training_curves.drawing(trained(2, [epoch(number, auc=None) for number in (1, 2)]))
    assert "validation AUC not defined (training not defined)." in drawing.alt
    loss, accuracy, auc = drawing.draw(LIGHT).axes
    assert (len(loss.lines), len(accuracy.lines), len(auc.lines)) == (4, 4, 1)
    assert auc.get_title() == "AUC: not defined at epoch 2"
    write(tmp_path, drawing)
    assert [row["validation/auc"] for row in rows_of(tmp_path)] == ["", ""]


def test_an_area_without_masks_has_no_curve(study):
    result = EvaluationResult.read(study["evaluation"])
    without = RocCurves(network=result.roc.network, area=None)
    drawing = roc.drawing(result.model_copy(update={"roc": without}))
    assert "the nodule's area has no curve for want of masks; a diagonal" in drawing.alt
    assert {row[0] for row in drawing.rows} == {"network"}
    assert len(drawing.draw(LIGHT).axes[0].lines) == 2


def test_a_case_says_where_its_map_is_highest_and_holds_every_pixel(study, drawn):
    folder, told = drawn("case"), CasesResult.read(study["selection"]).methods["score_cam"]
    told = told.cases["misclassified"]
    values = SliceMaps.read(study["localisation"]).enlarged["score_cam"][0]
    with np.load(study["slices"] / "slices.npz") as slices:
        hounsfield, mask = slices["hounsfield"][4], slices["mask"][4]
    place = "inside" if mask[np.unravel_index(values.argmax(), values.shape)] else "outside"
    alt = alt_of(folder)
    assert f"Score-CAM on slice {told.id}: benign, predicted malignant, p = {told.probability:.2f}." in alt
    assert f"The map is highest {place} the nodule. {told.energy_share:.0%} of the map's energy" in alt
    assert f"covers {mask.mean():.1%} of the slice." in alt
    rows = rows_of(folder)
    assert len(rows) == values.size
    for row in rows:
        at = int(row["row"]), int(row["column"])
        assert float(row["score_cam"]) == pytest.approx(float(values[at]), rel=1e-8)
        assert float(row["hounsfield"]) == pytest.approx(float(hounsfield[at]), rel=1e-8)
        assert row["nodule"] == str(bool(mask[at]))


def test_a_case_with_an_empty_map_says_so(drawn):
    alt = alt_of(drawn("case, empty map"))
    assert "The map is empty. No share of energy is defined for the nodule's mask, which covers" in alt


def test_a_case_with_an_empty_mask_says_that_its_share_is_not_defined(drawn):
    alt = alt_of(drawn("case, empty mask"))
    assert "The map is highest at row" in alt
    assert alt.endswith("The slice has no mask, so no share of energy is defined.")


def test_the_strip_says_and_holds_every_method_s_share(study, drawn):
    alt, rows = alt_of(drawn("strip")), {row["method"]: row["energy share"] for row in rows_of(drawn("strip"))}
    assert list(rows) == list(METHODS)
    for method in METHODS:
        share = CasesResult.read(study["selection"]).methods[method].cases["misclassified"].energy_share
        assert f"{SHOWN[method].name} {share:.0%}" in alt
        assert float(rows[method]) == pytest.approx(share, rel=1e-8)


def test_the_teaser_names_its_slice_and_methods(study, drawn):
    told = CasesResult.read(study["selection"]).methods["grad_cam"].cases["good"]
    rows, about = rows_of(drawn("teaser")), read_json(drawn("teaser") / "figure.json")
    assert {row["slice"] for row in rows} == {told.id}
    assert [row["method"] for row in rows] == list(METHODS)
    assert (about["kind"], about["case"]) == ("good", dict(told))
    scores = SliceScores.read(study["localisation"])
    for method in METHODS[1:]:
        share = float(scores.of("energy_share", Subject(method))[EMPTY_MAP])
        assert about["energy_share"][method] == pytest.approx(share)
        assert f"{SHOWN[method].name} {share:.0%}" in about["alt"]
    assert about["energy_share"]["grad_cam"] is None
    assert "Grad-CAM not defined" in about["alt"]


@pytest.fixture
def nothing(study, tmp_path):
    """The same folders, with no case chosen, one class, no training."""
    empty = dict(study)
    for name in ("selection", "evaluation", "training"):
        empty[name] = tmp_path / name
        empty[name].mkdir()
    cases = MethodCases(cases=dict.fromkeys(case.NOTHING), undefined=0)
    CasesResult(methods=dict.fromkeys(METHODS, cases), misclassified=0, correct=0).write(empty["selection"])
    result = EvaluationResult.read(study["evaluation"])
    result.model_copy(update={"roc": RocCurves(network=None, area=None)}).write(empty["evaluation"])
    TrainingResult(loaded="peer.ckpt", parameters=9, best_epoch=None, epochs=0, history=()).write(empty["training"])
    return empty


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("case", "No test slice was misclassified: there is no such example."),
        ("case, empty map", "There is no good example: no correctly classified test slice has both a map and a mask"),
        ("case, empty mask", "There is no bad example: no correctly classified test slice has both a map and a mask"),
        ("strip", "No test slice was misclassified: there is nothing to compare here."),
        ("teaser", "No example could be chosen: there is no picture for this study."),
        ("roc", "All test slices are of one class: a ROC curve is not defined."),
        ("training_curves", "The network was loaded from peer.ckpt: there is no training to show."),
    ],
)
def test_where_there_is_nothing_to_draw_a_sentence_says_why_and_there_is_no_picture(kind, sentence, nothing, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    drawers(nothing)[kind](out)
    assert [path.name for path in out.iterdir()] == ["figure.json"]
    said = json.loads((out / "figure.json").read_text())
    assert list(said) == ["empty"]
    assert said["empty"].startswith(sentence)
    assert said["empty"].endswith(".")


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "$x_$", r"\frac", "a & b", "50 %", "$"])
def test_a_class_may_have_any_name(name, tmp_path):
    write(tmp_path, confusion.drawing(np.array([[3, 1], [0, 4]]), (name, "malignant")))
    assert b"<script" not in (tmp_path / "light.svg").read_bytes()
    assert rows_of(tmp_path)[0]["label"] == name


def test_a_matrix_with_an_empty_row_has_no_shares_there():
    drawing = confusion.drawing(np.array([[3, 1], [0, 0]]), CLASSES)
    assert [row[3] for row in drawing.rows] == [0.75, 0.25, "", ""]
    assert drawing.alt.endswith("There are no malignant slices.")
    said = [text.get_text() for text in drawing.draw(LIGHT).axes[0].texts]
    assert said == ["3", "75.0% of row", "1", "25.0% of row", "0", "no slices", "0", "no slices"]


def test_the_scale_bar_takes_the_spacing_between_columns(study, tmp_path):
    told = CasesResult.read(study["selection"]).methods["grad_cam"].cases["misclassified"]
    slices = Slices.load(study["slices"] / "slices.npz")
    slices.spacing[:] = 2.0, 0.5
    slices.save(tmp_path / "slices.npz")
    folders = {name: study[name] for name in EXAMPLES} | {"slices": tmp_path}
    assert ExampleFolders(**folders).load(told, "per_image").spacing_mm == 0.5


def edges_by_loops(mask):
    """Every pixel of the nodule, its four sides, unless the neighbour there is nodule, too."""
    height, width = mask.shape
    found = []
    for row in range(height):
        for column in range(width):
            for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1)):
                r, c = row + down, column + right
                neighbour = 0 <= r < height and 0 <= c < width and mask[r, c]
                if mask[row, column] and not neighbour:
                    middle = row + down / 2, column + right / 2
                    half = (0, 0.5) if down else (0.5, 0)
                    ends = ([middle[0] - half[0], middle[0] + half[0]], [middle[1] - half[1], middle[1] + half[1]])
                    found.append(ends)
    return sorted(found)


@pytest.mark.parametrize("seed", range(5))
def test_the_outline_s_edges_are_those_of_a_slow_twin(seed):
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


def test_an_empty_map_says_empty_and_a_map_does_not():
    for values, said in ((np.zeros((4, 4), np.float32), ["empty"]), (np.eye(4, dtype=np.float32), [])):
        axes = Figure().subplots()
        show_map(axes, scaled(values, "per_image", 1.0), LIGHT)
        assert [text.get_text() for text in axes.texts] == said


@pytest.mark.parametrize(
    ("scaling", "share", "low"),
    [
        ("per_image", [[0, 0], [0.5, 1]], 0),
        ("shared", [[0, 0], [0.125, 0.25]], 0),
        ("signed", [[-1, 0], [0.25, 0.5]], -1),
    ],
)
def test_a_map_is_shown_as_its_scaling_says(scaling, share, low):
    values = np.array([[-4.0, 0.0], [1.0, 2.0]], np.float32)
    axes = Figure().subplots()
    show_map(axes, scaled(values, scaling, 8.0), DARK)
    (image,) = axes.images
    assert np.asarray(image.get_array()).tolist() == share
    assert image.get_clim() == (low, 1)


def test_white_is_zero_where_signs_are_kept():
    axes = Figure().subplots()
    show_map(axes, scaled(np.array([[-3.0, 0.0, 3.0]], np.float32), "signed", 1.0), DARK)
    (image,) = axes.images
    against, nothing, speaks_for = image.cmap(image.norm(image.get_array()))[0]
    assert image.cmap is SIGNED_RAMP
    np.testing.assert_allclose(nothing, 1, atol=0.01)
    assert against[2] > against[0]
    assert speaks_for[0] > speaks_for[2]


@pytest.mark.parametrize("scaling", SCALING_NAMES)
def test_a_colour_bar_names_the_scaling(scaling, study):
    figure = case.drawing(misclassified(study, scaling), SHOWN["score_cam"], LOOKS).draw(LIGHT)
    bar = figure.axes[-1]
    assert " ".join(bar.get_ylabel().split()) == SCALING_NAMES[scaling]
    assert bar.get_ylim() == (-1 if scaling == "signed" else 0, 1)


def test_signed_and_shared_maps_are_those_that_localisation_wrote(study):
    maps = SliceMaps.read(study["localisation"])
    signed, enlarged = maps.signed["score_cam"], maps.enlarged["score_cam"]
    example = misclassified(study, "signed")
    one, found = example.case.slice, example.shown["score_cam"]
    np.testing.assert_allclose(found.share * found.limit, signed[one], atol=1e-6)
    found = misclassified(study, "shared").shown["score_cam"]
    assert found.limit == pytest.approx(float(enlarged.max()))
    np.testing.assert_allclose(found.share * found.limit, enlarged[one], atol=1e-6)


@pytest.mark.parametrize(("count", "rows", "columns"), [(1, 1, 2), (3, 1, 4), (4, 2, 4), (5, 2, 4)])
def test_a_strip_has_at_most_four_panels_to_a_row(count, rows, columns, study):
    looks = replace(LOOKS, methods=LOOKS.methods[:count])
    figure = strip.drawing(misclassified(study, "per_image"), looks).draw(LIGHT)
    assert len(figure.axes) == count + 1
    assert figure.get_size_inches().tolist() == [2.25 * columns, 2.6 * rows]


def test_an_overlay_lets_the_slice_through_where_the_map_is_zero():
    axes = Figure().subplots()
    show_overlay(axes, scaled(np.array([[0.0, 1.0], [0.5, 2.0]], np.float32), "per_image", 2.0))
    alpha = np.asarray(axes.images[0].get_array())[..., 3]
    assert alpha[0, 0] == 0
    assert alpha[1, 1] == pytest.approx(0.85)
    assert alpha[0, 0] < alpha[1, 0] < alpha[0, 1] < alpha[1, 1]


@pytest.mark.parametrize(
    ("size", "spacing_mm", "said"), [(32, 1.0, "10 mm"), (16, 1.0, "5 mm"), (16, 0.3, "2 mm"), (128, 0.3, "10 mm")]
)
def test_the_scale_bar_fits_into_the_slice_and_is_as_long_as_it_says(size, spacing_mm, said):
    axes = Figure().subplots()
    show_slice(axes, np.zeros((size, size), np.float32), WINDOW, spacing_mm)
    (bar,) = axes.lines
    start, end = bar.get_xdata()
    assert axes.texts[0].get_text() == said
    assert (end - start) * spacing_mm == pytest.approx(float(said.split()[0]))
    assert -0.5 <= start < end <= size - 0.5
    assert axes.get_xlim() == (-0.5, size - 0.5)
    assert axes.get_ylim() == (size - 0.5, -0.5)


def test_a_case_is_plain_json(study):
    told = CasesResult.read(study["selection"]).methods["grad_cam"].cases["good"]
    assert told.energy_share is None
    assert told.slice == EMPTY_MAP
