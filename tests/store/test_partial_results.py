"""Results of a study of which some are missing: names of all, and an error for one that is not finished."""

from __future__ import annotations

import shutil

import pytest

from camfolio.errors import StoreError, WaitingError
from camfolio.store.artefacts import Store
from camfolio.store.build import build
from camfolio.store.partial_results import PartialResults
from camfolio.store.survey import survey
from tiny_chain import chain


@pytest.fixture
def store(tiny):
    return Store(tiny / "artifacts")


def test_all_names_are_there_and_an_unfinished_result_is_an_error_with_its_name(store):
    built = build(chain(), store)
    shutil.rmtree(store.root / "parity")
    results = PartialResults("tiny", survey(chain(), store), store)
    assert list(results) == list(built)
    assert len(results) == len(built)
    assert "parity" in results
    assert "letter" not in results
    assert results["number"] == built["number"]
    with pytest.raises(WaitingError, match=r"^Expected the result of parity of the study tiny, but it is not finished"):
        results["parity"]
    with pytest.raises(StoreError):
        results.get("parity")
    with pytest.raises(KeyError):
        results["letter"]


def test_finished_results_are_those_of_a_build(store):
    built = build(chain(), store)
    assert dict(PartialResults("tiny", survey(chain(), store), store)) == built


def test_later_states_count_unless_they_are_of_stages_declared_otherwise(store):
    results = PartialResults("tiny", survey(chain(), store), store)
    assert results.missing == {"number", "parity", "word"}
    build(chain(5), store)
    results.update(survey(chain(5), store))
    assert results.missing == {"number", "parity", "word"}
    build(chain(), store)
    results.update(survey(chain(), store))
    assert results.missing == frozenset()
