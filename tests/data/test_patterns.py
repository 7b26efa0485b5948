"""Patterns of a study: mistakes are sentences, and a search that would take for ever is given up."""

from __future__ import annotations

import re
import signal
import threading
from functools import partial

import pytest

from camfolio.data import patterns
from camfolio.data.parallel import Tolerance, spread
from camfolio.data.patterns import compiled, first_group
from camfolio.errors import DataError, StudyError

FOR_EVER = compiled("patient", "^((a+)+)_")
LONG = "a" * 40 + "-1.png"
GIVEN_UP = (
    r"Expected a pattern in data\.patient that is fast, but .* has searched a+-1\.png for .* s\. Leave out repetitions"
)
limited = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no such timer")


def test_the_first_group_is_found():
    assert first_group("patient", compiled("patient", "^([^_]+)_(.)"), "ann_1.png") == "ann"


@pytest.mark.parametrize("pattern", ["(", "(a){99999999999999999999}", "(" * 20000])
def test_what_is_no_pattern_is_a_short_sentence(pattern):
    with pytest.raises(DataError, match=r"Expected a regular expression in data\.nodule, but got") as caught:
        compiled("nodule", pattern)
    assert len(str(caught.value)) < 250


@limited
def test_a_search_without_end_is_given_up_and_what_listened_to_the_timer_is_restored(monkeypatch):
    monkeypatch.setattr(patterns, "SECONDS", 0.1)
    before = signal.getsignal(signal.SIGVTALRM)
    with pytest.raises(StudyError, match=GIVEN_UP):
        first_group("patient", FOR_EVER, LONG)
    assert signal.getsignal(signal.SIGVTALRM) is before
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)


@limited
def test_it_is_not_skipped_as_an_image_would_be_in_another_process_either():
    with pytest.raises(StudyError, match=GIVEN_UP):
        list(
            spread(partial(first_group, "patient", FOR_EVER), [LONG] * 4, "names", Tolerance("skip"), reason="", few=0)
        )


def test_another_thread_than_the_first_has_no_limit():
    found = []
    thread = threading.Thread(target=lambda: found.append(first_group("patient", re.compile("(b)"), "abc")))
    thread.start()
    thread.join(timeout=20)
    assert found == ["b"]
