"""What is left of a build: counts, and the expected time from what is recorded or was computed here."""

from __future__ import annotations

import logging
import shutil
from dataclasses import replace

import pytest

from camfolio.store.artefacts import Store
from camfolio.store.build import build
from camfolio.store.outlook import Outlook, makespan, outlook
from camfolio.store.record import Record, Recorded
from camfolio.store.stage import Stage
from camfolio.store.survey import survey
from camfolio.store.terminal import Lines
from camfolio.store.watch import Moment, Running
from tiny_chain import chain


@pytest.fixture
def store(tiny):
    return Store(tiny / "artifacts")


def recorded(states, seconds: float) -> Record:
    """All results recorded with a computing time."""
    return Record(
        stages={
            state.stage.name: Recorded(
                key=state.ingredients.key,
                outputs=state.artefact.manifest.outputs,
                seconds=seconds,
                computed="2026-01-01",
                processor="x",
            )
            for state in states
        }
    )


def test_nothing_is_known_of_what_was_never_computed(store):
    left = outlook(survey(chain(), store), store, Record())
    assert (left.here, left.kept, left.missing, left.unknown, left.time) == (0, 0, 3, 3, "")


def test_recorded_seconds_tell_the_time_of_a_clone(tiny, store):
    build(chain(), store)
    record = recorded(survey(chain(), store), 40.0)
    clone = Store(tiny / "clone")
    left = outlook(survey(chain(), clone, record), clone, record)
    assert (left.missing, left.seconds, left.unknown, left.time) == (3, 120.0, 0, "about 2 minutes")


def test_a_machine_is_as_slow_as_its_results_say(tiny, store):
    build(chain(), store)
    states = survey(chain(), store)
    record = recorded(states, 1.0)
    slow = Store(tiny / "slow")
    number = states[0].ingredients
    manifest = states[0].artefact.manifest.model_copy(update={"seconds": 3.0})
    slow.make(number, lambda out: shutil.copy(states[0].artefact / "number.txt", out), manifest)
    left = outlook(survey(chain(), slow, record), slow, record)
    assert (left.here, left.missing, left.seconds) == (1, 2, 6.0)


def test_an_earlier_result_here_tells_more_than_a_record(tiny, store):
    build(chain(), store)
    record = recorded(survey(chain(), store), 1000.0)
    left = outlook(survey(chain(words=("straight", "odd")), store, record), store, record)
    assert left.missing == 1
    assert left.seconds < 1000


def test_every_step_of_a_build_is_told(store, caplog):
    caplog.set_level(logging.INFO)
    build(chain(), store)
    said = [record.getMessage() for record in caplog.records]
    assert said[0] == "0 results are here, 0 are fetched, 3 are computed"
    assert said[1] == "number 0 s; 2 left"
    assert said[-1] == "word 0 s; all are computed"


@pytest.mark.parametrize(
    ("seconds", "unknown", "words"),
    [
        (20.0, 0, "less than a minute"),
        (61.0, 0, "about 1 minute"),
        (600.0, 2, "about 10 minutes, besides 2 results of unknown time"),
    ],
)
def test_the_time_is_said_in_words(seconds, unknown, words):
    assert Outlook(0, 0, 9, seconds, unknown).time == words


def test_stages_side_by_side_take_as_long_as_the_slower_one():
    one, other = (replace(chain()[0], name=name) for name in ("one", "other"))
    last = Stage("last", "tiny_stages.parity", upstream={"number": "other"})
    seconds = {"one": 30.0, "other": 40.0, "last": 5.0}
    assert makespan([one, other, last], seconds, 1) == 75.0
    assert makespan([one, other, last], seconds, 2) == 45.0
    assert makespan([replace(one, threads=0), other, last], seconds, 2) == 75.0


def test_time_that_has_passed_is_not_left(tiny, store):
    build(chain(), store)
    record = recorded(survey(chain(), store), 40.0)
    clone = Store(tiny / "clone")
    left = outlook(survey(chain(), clone, record), clone, record, elapsed={"number": 30.0})
    assert left.seconds == 90.0
    assert left.after(60.0).seconds == 30.0
    assert left.after(100.0).seconds == 0.0


def test_lines_are_about_stages_that_take_long_and_not_too_many(caplog, monkeypatch):
    caplog.set_level(logging.INFO)
    nothing = Outlook(0, 0, 1, 0.0, 1)
    lines = Lines()
    now = [0.0]
    monkeypatch.setattr("camfolio.store.terminal.monotonic", lambda: now[0])
    for second in range(200):
        now[0] = float(second)
        running = Running("training", float(second), 100.0, second / 200, f"epoch {second}")
        lines(Moment([], [running], nothing))
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        "training: epoch 5, about 3:15 left",
        "training: epoch 65, about 2:15 left",
        "training: epoch 125, about 75 s left",
        "training: epoch 185, about 15 s left",
    ]
