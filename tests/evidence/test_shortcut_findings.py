import pytest

from camfolio.evidence.shortcut_findings import Alarm, EmptyMaps, detection_verdict, is_learned, shortcut_findings

NONE = {"value": None, "low": None, "high": None}


def around(value, width=0.1):
    return {"value": value, "low": value - width, "high": value + width}


def flips(trained, clean):
    return {"shortcut": {"put_in": trained}, "clean": {"put_in": clean}}


def cue(trained, detection, clean_alarms, alarms):
    method = {
        "detection": {"with": detection, "without": around(0.5)},
        "alarms": {"clean": {"with": clean_alarms}, "shortcut": {"with": alarms}},
        "undefined": {"shortcut": {"with": 0, "without": 3}, "clean": {"with": 0, "without": 0}},
    }
    return {"flips": flips(trained, around(0.1, 0.05)), "methods": {"grad_cam": method}}


def test_a_cue_is_learned_only_where_the_intervals_are_apart():
    assert is_learned(flips(around(0.8), around(0.1)))
    assert not is_learned(flips(around(0.25), around(0.1)))
    assert not is_learned(flips(NONE, around(0.1)))
    assert not is_learned(flips(around(0.8), NONE))


@pytest.mark.parametrize(
    ("auc", "answer"),
    [
        (around(0.8), "yes"),
        (around(0.2), "inverted"),
        (around(0.55), "not shown"),
        (NONE, "not defined"),
        ({"value": 0.9, "low": None, "high": None}, "no interval"),
    ],
)
def test_networks_are_told_apart_only_where_the_interval_leaves_out_chance(auc, answer):
    assert detection_verdict(auc) == answer


def test_every_method_has_one_answer_per_cue():
    cues = {
        "tag": cue(around(0.9), around(0.9), around(0.3), around(0.2)),
        "blur": cue(around(0.9), around(0.2), around(0.1), around(0.9)),
        "none": cue(around(0.9), NONE, around(0.1), around(0.9)),
    }
    found = shortcut_findings({"cues": cues, "slices": 20, "seeds": 3}, ["grad_cam"])
    assert found.revealing == {"tag": ["grad_cam"], "blur": [], "none": []}
    assert found.inverted == {"tag": [], "blur": ["grad_cam"], "none": []}
    assert found.undecided == {"tag": [], "blur": [], "none": ["grad_cam"]}


def test_alarms_are_told_by_whole_intervals_and_missed_ones_only_of_cues_that_are_used():
    cues = {
        "tag": cue(around(0.9), around(0.9), around(0.3), around(0.2)),
        "blur": cue(around(0.1), around(0.9), around(0.15), around(0.2)),
    }
    found = shortcut_findings({"cues": cues, "slices": 20, "seeds": 3}, ["grad_cam"])
    assert found.learned == {"tag": True, "blur": False}
    assert found.false_alarms == (Alarm("tag", "grad_cam", around(0.3)),)
    assert found.missed == (Alarm("tag", "grad_cam", around(0.2)),)
    assert found.empty_maps == tuple(EmptyMaps(name, "grad_cam", "shortcut", "without", 3) for name in ("tag", "blur"))
    assert found.maps == 60
