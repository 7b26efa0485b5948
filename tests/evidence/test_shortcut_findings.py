import pytest

from camfolio.evidence.shortcut_findings import (
    Alarm,
    Detected,
    EmptyMaps,
    detection_verdict,
    is_learned,
    shortcut_findings,
)
from camfolio.results.interval import Interval
from camfolio.results.networks import NetworksInterval
from camfolio.results.planting import LearningCounts, PlantingResult
from camfolio.results.shortcut import (
    AucByNetwork,
    CueResult,
    Flips,
    FlipShare,
    MapCounts,
    MapValues,
    MethodMaps,
    NetworkMaps,
    NetworkPredictions,
    ShortcutResult,
)

UNDEFINED = Interval(value=None, low=None, high=None)
NONE = NetworksInterval(value=None, low=None, high=None, by_network=(UNDEFINED, UNDEFINED))
PLANTING = PlantingResult(
    cue="tag",
    words="a letter",
    pixels=64,
    area_share=0.25,
    mean_change_hu=90.0,
    planted=LearningCounts(train=4, validation=2),
    of_class=LearningCounts(train=4, validation=2),
)


def around(value, width=0.1):
    each = Interval(value=value, low=value - width, high=value + width)
    return NetworksInterval(**dict(each), by_network=(each, each))


def of_networks(*values, low, high, width=0.05):
    each = tuple(Interval(value=value, low=value - width, high=value + width) for value in values)
    return NetworksInterval(value=sum(values) / len(values), low=low, high=high, by_network=each)


def predictions(put_in):
    share = FlipShare(**dict(put_in), slices=10)
    return NetworkPredictions(
        auc=AucByNetwork(with_cue=(0.9,), without_cue=(0.9,)), flips=Flips(put_in=share, taken_out=share)
    )


def values(with_cue):
    return MapValues(with_cue=with_cue, without_cue=around(0.5))


def maps(alarms, empty_without=0):
    counts = MapCounts(with_cue=0, without_cue=empty_without)
    return NetworkMaps(energy=values(around(0.5)), alarms=values(alarms), empty=counts)


def cue(trained, detection, clean_alarms, alarms):
    method = MethodMaps(shortcut=maps(alarms, 3), clean=maps(clean_alarms), detection=values(detection))
    return CueResult(
        planting=PLANTING,
        shortcut=predictions(trained),
        clean=predictions(around(0.1, 0.05)),
        methods={"grad_cam": method},
    )


def result(cues):
    return ShortcutResult(slices=20, patients=10, seeds=3, alarm=2.0, cues=cues)


def test_a_cue_is_learned_only_if_intervals_do_not_overlap():
    assert is_learned(around(0.8), around(0.1))
    assert not is_learned(around(0.25), around(0.1))
    assert not is_learned(NONE, around(0.1))
    assert not is_learned(around(0.8), NONE)


def test_a_cue_is_learned_only_if_every_network_uses_it():
    assert not is_learned(of_networks(0.9, 0.05, low=0.2, high=1.0), around(0.1))


@pytest.mark.parametrize(
    ("auc", "verdict"),
    [
        (around(0.8), "yes"),
        (around(0.2), "inverted"),
        (around(0.55), "not shown"),
        (NONE, "not defined"),
        (
            NetworksInterval(value=0.9, low=None, high=None, by_network=(Interval(value=0.9, low=0.8, high=1.0),)),
            "no interval",
        ),
        (of_networks(0.19, 0.62, 0.58, low=0.0, high=1.0), "depends on the training"),
        (of_networks(0.9, 0.9, 0.6, low=0.4, high=1.0), "depends on the training"),
        (of_networks(0.9, 0.8, 0.49, low=0.51, high=0.95, width=0.3), "not shown"),
        (of_networks(0.48, 0.52, low=0.3, high=0.7), "not shown"),
        (of_networks(0.9, 0.6, low=0.52, high=0.98), "yes"),
    ],
)
def test_detection_needs_an_interval_that_excludes_chance(auc, verdict):
    assert detection_verdict(auc) == verdict


def test_few_patients_are_reported():
    few = result({"tag": cue(around(0.9), around(0.9), around(0.3), around(0.2))})
    assert shortcut_findings(few).few_patients
    assert not shortcut_findings(few.model_copy(update={"patients": 30})).few_patients


def test_every_method_has_one_verdict_per_cue():
    cues = {
        "tag": cue(around(0.9), around(0.9), around(0.3), around(0.2)),
        "blur": cue(around(0.9), around(0.2), around(0.1), around(0.9)),
        "none": cue(around(0.9), NONE, around(0.1), around(0.9)),
    }
    findings = shortcut_findings(result(cues))
    assert findings.detection["tag"] == {"grad_cam": Detected(with_cue="yes", without_cue="not shown")}
    assert findings.revealing == {"tag": ["grad_cam"], "blur": [], "none": []}
    assert findings.inverted == {"tag": [], "blur": ["grad_cam"], "none": []}
    assert findings.undecided == {"tag": [], "blur": [], "none": ["grad_cam"]}


def test_alarms_are_reported_by_intervals_and_missed_only_for_learned_cues():
    cues = {
        "tag": cue(around(0.9), around(0.9), around(0.3), around(0.2)),
        "blur": cue(around(0.1), around(0.9), around(0.15), around(0.2)),
    }
    findings = shortcut_findings(result(cues))
    assert findings.learned == {"tag": True, "blur": False}
    assert findings.false_alarms == (Alarm("tag", "grad_cam", around(0.3)),)
    assert findings.missed == (Alarm("tag", "grad_cam", around(0.2)),)
    assert findings.empty_maps == tuple(
        EmptyMaps(name, "grad_cam", "shortcut", "without", 3) for name in ("tag", "blur")
    )
    assert findings.maps == 60
