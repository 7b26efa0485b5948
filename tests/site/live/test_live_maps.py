"""Probabilities and maps of networks that run in a browser equal those of torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from camfolio.explanation.ensembles import averaged, disagreement
from camfolio.explanation.explain import explain
from camfolio.explanation.maps import enlarge
from camfolio.network.architecture import in_window, through_window
from camfolio.network.ensembles import together

CLOSE = 1e-4
"""Largest difference, as a share of the range of a map; the promise is 1e-3."""
EXPLAIN = """async ([slice, layer, explained]) => {
  const answer = await engine.explain("network", slice, { layer, explained });
  answer.maps.score_cam = await engine.scoreCam("network", slice, { layer, explained });
  const plain = ({ signed, positive, cells, shape, disagreement }) =>
    ({ signed: [...signed], positive: [...positive], cells: [...cells], shape, disagreement: disagreement && [...disagreement] });
  for (const [key, map] of Object.entries(answer.maps)) answer.maps[key] = { disagreement: answer.disagreement[key], ...map };
  return { ...answer, probability: [...answer.probability], maps: Object.fromEntries(Object.entries(answer.maps).map(([key, map]) => [key, plain(map)])) };
}"""


def with_stroke(hounsfield: np.ndarray) -> np.ndarray:
    stroked = hounsfield.copy()
    stroked[2:5, 9:14] = 250.0
    return stroked


def by_torch(site, study, hounsfield, target=None):
    """Probabilities of one slice, the class explained, and the explanations of all members."""
    images = through_window(torch.from_numpy(hounsfield[None]), site.window_hu)
    members, settings = site.networks[study], site.explanation
    with torch.inference_mode():
        each = torch.stack([one(images).double().softmax(1)[0] for one in members])
        probability = together(members)(images).double().softmax(1)[0]
    target = int(probability.argmax()) if target is None else target
    explained = [
        explain(
            one,
            images,
            settings.layers,
            settings.methods,
            target,
            explains="margin",
            masked=in_window(settings.masked_hu, site.window_hu),
        )
        for one in members
    ]
    return probability.numpy(), each[:, target].tolist(), target, explained


def close(found, expected) -> bool:
    values = np.ravel(expected)
    return np.abs(np.asarray(found) - values).max() <= CLOSE * np.ptp(values)


@pytest.mark.parametrize("layer", range(3))
@pytest.mark.parametrize("edited", [False, True])
@pytest.mark.parametrize("study", ["ensemble", "single"])
def test_maps_and_probabilities_are_those_of_torch(opened, live_site, study, edited, layer):
    hounsfield = live_site.slices.hounsfield[7]
    hounsfield = with_stroke(hounsfield) if edited else hounsfield
    found = opened(study)(EXPLAIN, [hounsfield.ravel().tolist(), layer, None])
    probability, each, target, explained = by_torch(live_site, study, hounsfield)
    np.testing.assert_allclose(found["probability"], probability, rtol=0, atol=1e-5)
    assert found["explained"] == target
    if study == "ensemble":
        assert found["spread"] == pytest.approx([min(each), max(each)], abs=1e-5)
    else:
        assert found["spread"] is None
    at = [one.at(live_site.explanation.layers[layer]) for one in explained]
    mean, differing = averaged(at), disagreement(at)
    centres, size = mean.centres[mean.layer], hounsfield.shape
    assert found["maps"].keys() == mean.signed.keys()
    for method, maps in found["maps"].items():
        signed = mean.signed[method]
        assert tuple(maps["shape"]) == signed.shape[1:]
        assert close(maps["cells"], signed)
        assert close(maps["signed"], enlarge(signed, size, centres))
        assert close(maps["positive"], enlarge(signed.relu(), size, centres))
        if study == "ensemble":
            assert close(maps["disagreement"], enlarge(differing[method], size, centres))
        else:
            assert maps["disagreement"] is None


def test_the_other_class_can_be_explained_at_a_layer_by_its_name(opened, live_site):
    hounsfield, layer = live_site.slices.hounsfield[3], live_site.explanation.layers[1]
    *_, predicted, _ = by_torch(live_site, "single", hounsfield)
    found = opened("single")(EXPLAIN, [hounsfield.ravel().tolist(), layer, 1 - predicted])
    *_, (explained,) = by_torch(live_site, "single", hounsfield, 1 - predicted)
    assert found["explained"] == 1 - predicted
    for method, maps in found["maps"].items():
        assert close(maps["cells"], explained.at(layer).signed[method])


def test_the_layer_in_focus_is_explained_unless_another_is_asked_for(opened, live_site):
    slice_hu = live_site.slices.hounsfield[3].ravel().tolist()
    first, focus = (opened("single")(EXPLAIN, [slice_hu, layer, None]) for layer in (0, None))
    assert focus["maps"] == first["maps"]


def test_a_picture_that_is_no_slice_is_far_from_the_training_slices(opened, live_site):
    hounsfield = live_site.slices.hounsfield
    checks = {
        name: opened("ensemble")(
            "async (slice) => (await engine.explain('network', slice)).check", picture.ravel().tolist()
        )
        for name, picture in (
            ("slice", hounsfield[0]),
            ("noise", np.random.default_rng(0).uniform(-1000, 400, hounsfield[0].shape)),
        )
    }
    assert checks["slice"]["distance"] < checks["noise"]["distance"]
    assert not checks["slice"]["far"]
    assert checks["noise"]["far"]
