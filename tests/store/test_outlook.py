"""What is left of a build: counts, and the expected time from what is recorded or was computed here."""

from __future__ import annotations

import logging
import shutil

import pytest

from camfolio.store.artefacts import Store
from camfolio.store.build import build
from camfolio.store.outlook import Outlook, outlook
from camfolio.store.record import Record, Recorded
from camfolio.store.survey import survey
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
    assert said[1] == "computing number"
    assert said[2] == "number 0 s; 2 left"
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
