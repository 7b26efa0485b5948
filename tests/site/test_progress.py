"""What waiting pages show of a computation, and the file from which their script reads it."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from camfolio.site import progress
from camfolio.site.progress import FILE, ProgressFile, study_progress
from camfolio.store.artefacts import Artefact, Manifest
from camfolio.store.outlook import Outlook
from camfolio.store.stage import Stage
from camfolio.store.survey import State
from camfolio.store.watch import Running


def state(name, word="new", reason="", **more):
    return State(Stage(name, "a.module"), word, reason, **more)


@pytest.fixture
def states(tmp_path):
    made = Artefact(tmp_path, Manifest.model_construct(seconds=1.0))
    return [
        state("slices", "fresh", artefact=made),
        state("later", "waiting", "waits for training"),
        state("card", "stale", "seed changed from 1 to 2"),
        state("training"),
    ]


def test_stages_that_are_being_computed_come_first_with_their_words(states):
    at_work = Running("training", 30.0, done=0.25, words="epoch 3/12")
    shown = study_progress(states, [at_work], Outlook(1, 0, 3, 130.0, 1))
    assert [(row.stage, row.state, row.running, row.share, row.left) for row in shown.rows] == [
        ("training", "being computed: epoch 3/12", True, 0.25, "about 90 s left"),
        ("later", "waits for training", False, None, ""),
        ("card", "waits for its turn", False, None, ""),
    ]
    assert shown.words == "1 of 4 results are finished."
    assert shown.left == "Time left: about 2 minutes, besides 1 result of unknown time."
    assert shown.share == pytest.approx(1.25 / 4, abs=1e-4)


def test_a_stage_of_unknown_time_has_no_share_and_a_result_can_be_fetched(states, tmp_path):
    states[3] = state("training", kept=tmp_path / "training.zip")
    shown = study_progress(states, [Running("training", 3.0)])
    first = shown.rows[0]
    assert (first.state, first.share, first.left, shown.left) == ("being fetched", None, "for 3 s", "")


def test_the_file_holds_the_rows_of_every_study(states, tmp_path):
    file = ProgressFile()
    file.release(tmp_path, {'a"</script>': study_progress(states)})
    read = json.loads((tmp_path / FILE).read_text(encoding="utf-8"))
    assert [row["stage"] for row in read['a"</script>']["rows"]] == ["later", "card", "training"]


def test_the_file_is_written_a_few_times_per_second_at_most(states, tmp_path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: now[0]))
    file = ProgressFile()
    file.release(tmp_path, {})
    file.write({"tiny": study_progress(states)})
    assert json.loads((tmp_path / FILE).read_text(encoding="utf-8")) == {}
    now[0] += 1
    file.write({"tiny": study_progress(states)})
    assert list(json.loads((tmp_path / FILE).read_text(encoding="utf-8"))) == ["tiny"]


def test_nothing_is_written_while_the_site_is_being_built(tmp_path):
    file = ProgressFile()
    file.write({})
    file.release(tmp_path / "site", {})
    file.hold()
    (tmp_path / "site" / FILE).unlink()
    file.write({})
    assert not (tmp_path / "site" / FILE).exists()
    (tmp_path / "file").write_text("", encoding="utf-8")
    file.release(tmp_path / "file", {})  # what cannot be written is left
