"""From stages to results: real workers, a tiny package of stages."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from camfolio.errors import ChangedError, DataError, StoreError
from camfolio.store.artefacts import MANIFEST, Ingredients, Store
from camfolio.store.build import build
from camfolio.store.files import file_digest
from camfolio.store.stage import DynamicImports, Stage
from camfolio.store.survey import State, differences, flat, survey
from camfolio.store.workers import error_of
from tiny_chain import chain, computed


@pytest.fixture
def store(tiny):
    return Store(tiny / "artifacts")


def troubled(how: str) -> list[Stage]:
    trouble = Stage("trouble", "tiny_stages.trouble", parameters={"how": how}, upstream={"number": "number"})
    return [chain()[0], trouble]


def words(states: list[State]) -> dict[str, str]:
    return {state.stage.name: state.word for state in states}


def test_everything_missing_is_computed_in_order_and_only_once(tiny, store):
    results = build(chain(), store)
    assert computed(tiny) == ["number", "parity", "word"]
    assert (results["word"] / "word.txt").read_text(encoding="utf-8") == "even"
    assert build(chain(), store) == results
    assert computed(tiny) == []


def test_a_changed_parameter_recomputes_only_what_follows_from_it(tiny, store):
    build(chain(), store)
    computed(tiny)
    results = build(chain(words=("straight", "odd")), store)
    assert computed(tiny) == ["word"]
    assert (results["word"] / "word.txt").read_text(encoding="utf-8") == "straight"


def test_what_follows_from_equal_bytes_is_not_recomputed(tiny, store):
    build(chain(4), store)
    computed(tiny)
    build(chain(6), store)
    assert computed(tiny) == ["number", "parity"]


def test_going_back_computes_nothing(tiny, store):
    before = build(chain(4), store)
    build(chain(5), store)
    computed(tiny)
    assert build(chain(4), store) == before
    assert computed(tiny) == []


def test_a_comment_computes_nothing_and_a_statement_its_stage(tiny, store):
    build(chain(), store)
    computed(tiny)
    source = tiny / "tiny_stages" / "word.py"
    source.write_text("# a comment\n" + source.read_text(encoding="utf-8"), encoding="utf-8")
    build(chain(), store)
    assert computed(tiny) == []
    source.write_text(source.read_text(encoding="utf-8") + "\nTHREE = 3\n", encoding="utf-8")
    assert survey(chain(), store)[-1].reason == "code of tiny_stages.word changed"
    build(chain(), store)
    assert computed(tiny) == ["word"]


def test_a_file_counts_by_its_bytes_not_by_its_path(tiny, store):
    for name, text in (("one", "1"), ("same", "1"), ("three", "3")):
        (tiny / name).write_text(text, encoding="utf-8")

    def from_file(name: str) -> list[Stage]:
        return [Stage("number", "tiny_stages.number", files={"file": tiny / name})]

    build(from_file("one"), store)
    assert words(survey(from_file("same"), store)) == {"number": "fresh"}
    (state,) = survey(from_file("three"), store)
    assert (state.word, state.reason) == ("stale", "input file changed")
    assert (build(from_file("three"), store)["number"] / "number.txt").read_text(encoding="utf-8") == "3"


def test_a_survey_of_nothing_says_new_and_waiting(tiny, store):
    states = survey(chain(), store)
    assert words(states) == {"number": "new", "parity": "waiting", "word": "waiting"}
    assert [state.reason for state in states] == ["never computed", "waits for number", "waits for parity"]
    assert computed(tiny) == []


def test_a_survey_of_a_finished_study_says_fresh(tiny, store):
    results = build(chain(), store)
    for state in survey(chain(), store):
        assert state.word == "fresh"
        assert state.reason == f"key {results[state.stage.name].manifest.key[:12]}"


def test_a_survey_names_the_changed_parameter_with_both_values(tiny, store):
    build(chain(4), store)
    states = survey(chain(5), store)
    assert words(states) == {"number": "stale", "parity": "waiting", "word": "waiting"}
    assert states[0].reason == "number changed from 4 to 5"


def test_a_survey_repeats_no_argument_of_user_code(tiny, store):
    one, other = ({"init_args": {"path": token}} for token in ("token-1", "token-2"))
    before, after = (Ingredients(stage="s", parameters=of, inputs={}, code={}, libraries={}) for of in (one, other))
    assert differences(before, after) == ["init_args.path changed"]


def test_a_survey_compares_with_the_earlier_result_that_differs_least(tiny, store):
    one = replace(chain(1)[0], parameters={"number": 1, "file": None})
    build([one], store)
    build([chain(2)[0]], store)
    (state,) = survey([chain(3)[0]], store)
    assert state.reason == "number changed from 2 to 3"


def lose(file: Path) -> None:
    file.unlink()


def cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def flip_a_bit(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[0] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("harm", [lose, cut_off, flip_a_bit])
@pytest.mark.parametrize("stage", ["number", "parity", "word"])
def test_a_damaged_file_is_found_said_and_made_again_with_the_same_bytes(tiny, store, caplog, harm, stage):
    words = "is missing" if harm is lose else "has other bytes"
    before = build(chain(), store)
    harm(before[stage] / f"{stage}.txt")
    computed(tiny)
    states = {state.stage.name: state for state in survey(chain(), store)}
    assert (states[stage].word, states[stage].reason) == ("stale", f"damaged: {stage}.txt {words}")
    assert build(chain(), store).keys() == before.keys()
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
        f"Expected {before[stage].folder} as it was finished, but {stage}.txt {words}. It is computed again."
    ]
    assert computed(tiny) == [stage]
    assert {name: digests_in(one.folder) for name, one in before.items()} == {
        name: dict(one.manifest.outputs) for name, one in before.items()
    }


def test_of_several_damaged_results_each_is_said(tiny, store, caplog):
    before = build(chain(), store)
    for name, one in before.items():
        flip_a_bit(one / f"{name}.txt")
    build(chain(), store)
    said = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert [re.search(r"but (\w+)\.txt has other bytes", sentence)[1] for sentence in said] == list(before)


def digests_in(folder: Path) -> dict[str, str]:
    return {file.name: file_digest(file) for file in folder.iterdir() if file.name != MANIFEST}


@pytest.mark.parametrize("content", ["{", "", "null", "[]"])
def test_a_damaged_manifest_is_found_and_made_again_with_the_same_bytes(tiny, store, content):
    before = build(chain(), store)
    (before["number"].folder / MANIFEST).write_text(content, encoding="utf-8")
    assert survey(chain(), store)[0].reason == "damaged: manifest.json cannot be read"
    computed(tiny)
    after = build(chain(), store)
    assert computed(tiny) == ["number"]
    assert after["number"].manifest.outputs == before["number"].manifest.outputs


def test_a_file_that_no_manifest_lists_does_not_matter(tiny, store):
    before = build(chain(), store)
    (before["number"].folder / "notes.txt").write_text("mine", encoding="utf-8")
    assert build(chain(), store) == before


def test_code_imported_by_name_counts_where_the_importer_is_reached(tiny, store):
    user = tiny / "user.py"
    user.write_text("", encoding="utf-8")
    dynamic = (DynamicImports("tiny_stages.ink", ("tiny_stages.word",), {"user": user}),)
    one, other = (replace(stage, dynamic=dynamic) for stage in chain()[:2])
    other = replace(other, dynamic=(replace(dynamic[0], importer="tiny_stages.word"),))
    states = {state.stage.name: state for state in survey([one, other], store)}
    found = states[one.name]
    assert "tiny_stages.word" in found.ingredients.code
    assert "module:user" in found.ingredients.inputs
    build([one, other], store)
    states = {state.stage.name: state for state in survey([one, other], store)}
    assert "tiny_stages.word" not in states[other.name].ingredients.code
    assert "module:user" not in states[other.name].ingredients.inputs
    user.write_text("1\n", encoding="utf-8")
    states = {state.stage.name: state for state in survey([one, other], store)}
    assert states[one.name].reason == "input module:user changed"


def test_nested_parameters_stand_under_dotted_keys():
    assert flat({"a": {"b": {"c": 1}, "d": []}, "e": None}) == {"a.b.c": 1, "a.d": [], "e": None}


def test_an_expected_mistake_arrives_as_the_same_class_with_the_same_sentence(tiny, store):
    with pytest.raises(DataError, match=r"^Expected ink, but got water\. Fill it\.$"):
        build(troubled("expected"), store)
    assert words(survey(troubled("expected"), store)) == {"number": "fresh", "trouble": "new"}


def test_an_unexpected_exception_becomes_a_sentence_with_its_name(tiny, store, capfd):
    with pytest.raises(
        StoreError, match=r"Expected a result of trouble, but got ZeroDivisionError: nothing to share\."
    ):
        build(troubled("unexpected"), store)
    said = capfd.readouterr()
    assert "Traceback" in said.err
    assert "a library that prints" in said.err
    assert said.out == ""


def test_a_parameter_that_run_does_not_know_becomes_a_sentence(tiny, store):
    stage = replace(chain()[0], parameters={"nummer": 3})
    with pytest.raises(StoreError, match="Expected a result of number, but got ValidationError"):
        build([stage], store)


def test_a_full_disk_becomes_a_sentence_without_traceback(tiny, store, capfd):
    with pytest.raises(StoreError, match=r"but got \[Errno 28\] No space left on device: '.*artifacts'\. Free space"):
        build(troubled("full"), store)
    assert "Traceback" not in capfd.readouterr().err


def restless(edited: str, text: str, times: int, **files: Path) -> list[Stage]:
    parameters = {"edited": edited, "text": text, "times": times}
    return [Stage("restless", "tiny_stages.restless", parameters=parameters, files=files)]


def test_code_that_changes_while_it_runs_is_run_again_under_its_new_key(tiny, store):
    stages = restless("tiny_stages/ink.py", "THREE = 3\n", 1)
    build(stages, store)
    assert computed(tiny) == ["restless", "restless"]
    assert words(survey(stages, store)) == {"restless": "fresh"}
    assert len(store.history("restless")) == 1


def test_a_file_that_changes_while_it_is_read_is_read_again(tiny, store):
    (tiny / "file").write_text("1", encoding="utf-8")
    stages = restless("file", "2", 1, file=tiny / "file")
    result = build(stages, store)["restless"]
    assert (result / "file.txt").read_text(encoding="utf-8") == "12"
    assert computed(tiny) == ["restless", "restless"]
    (tiny / "file").write_text("1", encoding="utf-8")
    assert words(survey(stages, store)) == {"restless": "stale"}


def test_a_comment_written_while_the_code_runs_computes_nothing_again(tiny, store):
    build(restless("tiny_stages/ink.py", "# a comment\n", 1), store)
    assert computed(tiny) == ["restless"]


def test_code_that_never_stands_still_ends_the_build(tiny, store):
    with pytest.raises(ChangedError, match=r"while restless is computed, but tiny_stages\.ink did\."):
        build(restless("tiny_stages/ink.py", "THREE = 3\n", 9), store)
    assert computed(tiny) == ["restless"] * 3
    assert store.history("restless") == []


@pytest.mark.parametrize(("how", "status"), [("killed", -signal.SIGKILL), ("exit", 7)])
def test_a_dead_worker_becomes_a_sentence_and_a_later_build_succeeds(tiny, store, how, status):
    with pytest.raises(StoreError, match=f"Expected a result of trouble, but its process ended with {int(status)}"):
        build(troubled(how), store)
    (tiny / "calm").touch()
    results = build(troubled(how), store)
    assert (results["trouble"] / "half.txt").read_text(encoding="utf-8") == "whole"
    assert not list(store.root.glob("*/*.part"))


def test_a_worker_that_ends_before_it_reads_its_order_becomes_a_sentence(tiny, store, monkeypatch):
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    stage = replace(chain()[0], parameters={"number": 1, "file": "x" * 300_000})
    with pytest.raises(StoreError, match="Expected a result of number, but its process ended with 1"):
        build([stage], store)


@pytest.mark.parametrize("name", ["nearest", "Path", "unknown"])
def test_an_error_of_an_unknown_class_is_an_error_of_the_store(name):
    error = error_of(name, "Expected this")
    assert type(error) is StoreError
    assert str(error) == "Expected this"


def test_real_slices_and_split_are_built_and_rebuilt(tmp_path, tiny_npz):
    from camfolio.pipeline.contents import stages
    from camfolio.pipeline.portfolio import inspect_study
    from camfolio.study.file import read_study

    file = tiny_npz()
    path = tmp_path / "tiny.yaml"
    path.write_text(f"title: T\nexcerpt: E\ndata: {{source: npz, path: {file.name}}}\n", encoding="utf-8")
    store = Store(tmp_path / "artifacts")
    results = build(stages(read_study(path))[:2], store)
    counts = results["split"].json("split.json")
    assert sum(part["slices"] for part in counts.values()) == 24
    other = {s.stage.name: s for s in inspect_study(path, store, ["split.train=0.6", "split.test=0.25"])}
    assert [other[name].word for name in ("slices", "split", "training")] == ["fresh", "stale", "waiting"]
    assert other["split"].reason == "split.test changed from 0.15 to 0.25; split.train changed from 0.7 to 0.6"


def is_alive(pid: int) -> bool:
    """A process that runs; one that only waits for its parent to take note of its end does not."""
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"


def until(condition, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


PARENT = """
import os, sys
from pathlib import Path
from camfolio.store import code
from camfolio.store.artefacts import Store
from camfolio.store.stage import Stage
from camfolio.store.build import build
from camfolio.store.files import file_digest

here = Path(os.environ["TINY"])
code.ROOT, code.PACKAGE = here / "tiny_stages", "tiny_stages"
number = Stage("number", "tiny_stages.number", parameters={"number": 4})
trouble = Stage("trouble", "tiny_stages.trouble", parameters={"how": sys.argv[1]}, upstream={"number": "number"})
try:
    build([number, trouble], Store(here / "artifacts"))
except KeyboardInterrupt:
    sys.exit("stopped")
"""


def test_a_store_that_a_newer_version_wrote_is_refused_and_left_alone(tiny, store):
    build(chain(), store)
    assert json.loads((store.root / "store.json").read_text(encoding="utf-8")) == {"layout": 1}
    (store.root / "store.json").write_text('{"layout": 2}', encoding="utf-8")
    before = sorted(store.root.rglob("*"))
    with pytest.raises(
        StoreError, match=r"Expected a store of layout 1, but .* has layout 2: a newer camfolio wrote it"
    ):
        build(chain(number=5), store)
    assert sorted(store.root.rglob("*")) == before


@pytest.mark.parametrize("content", ["", "{", "[]", '{"layout": "x"}'])
def test_a_damaged_number_of_the_layout_stops_nothing(tiny, store, content):
    store.root.mkdir()
    (store.root / "store.json").write_text(content, encoding="utf-8")
    build(chain(), store)
    assert computed(tiny) == ["number", "parity", "word"]


def test_two_builds_at_once_compute_every_stage_once(tiny, store):
    parents = [subprocess.Popen([sys.executable, "-c", PARENT, "well"]) for _ in range(2)]
    assert [parent.wait(60) for parent in parents] == [0, 0]
    assert computed(tiny) == ["number"]
    assert words(survey(troubled("well"), store)) == {"number": "fresh", "trouble": "fresh"}


def test_ctrl_c_ends_the_worker_without_a_word(tiny, store):
    command = [sys.executable, "-c", PARENT, "slow"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as parent:
        try:
            assert until((tiny / "waiting").exists, 30)
        finally:
            os.killpg(parent.pid, signal.SIGINT)
        _, said = parent.communicate(timeout=10)
    assert said.splitlines() == ["a library that prints", "stopped"]
    assert words(survey(troubled("slow"), store)) == {"number": "fresh", "trouble": "new"}


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at processes in /proc")
def test_a_killed_build_takes_its_worker_along_and_the_next_one_gives_the_same_bytes(tiny, store):
    parent = subprocess.Popen([sys.executable, "-c", PARENT, "slow"])
    try:
        assert until((tiny / "waiting").exists, 30)
        worker = int((tiny / "pid.txt").read_text(encoding="utf-8"))
        assert is_alive(worker)
    finally:
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
    assert until(lambda: not is_alive(worker), 5)
    assert words(survey(troubled("slow"), store)) == {"number": "fresh", "trouble": "new"}
    (tiny / "calm").touch()
    after = build(troubled("slow"), store)
    undisturbed = build(troubled("slow"), Store(tiny / "other"))
    for name, artefact in after.items():
        assert artefact.manifest.outputs == undisturbed[name].manifest.outputs
        assert artefact.manifest.key == undisturbed[name].manifest.key


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks the worker")
def test_a_killed_server_of_the_worker_takes_its_fork_along(tiny, store):
    parent = subprocess.Popen([sys.executable, "-c", PARENT, "slow"], stderr=subprocess.PIPE, text=True)
    try:
        assert until((tiny / "waiting").exists, 30)
        worker = int((tiny / "pid.txt").read_text(encoding="utf-8"))
        server = int(Path(f"/proc/{worker}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
        os.kill(server, signal.SIGKILL)
        _, said = parent.communicate(timeout=30)
    finally:
        parent.kill()
    assert "Expected a result of trouble, but its process ended with -9" in said
    assert until(lambda: not is_alive(worker), 2)


@pytest.fixture
def without_forks(monkeypatch):
    """As where no process can be forked."""
    alone = "import sys; from camfolio.store import worker; worker.FORKS = False; sys.exit(worker.main())"
    start = subprocess.Popen
    monkeypatch.setattr("camfolio.store.crew.FORKS", False)
    monkeypatch.setattr(
        "camfolio.store.crew.subprocess.Popen", lambda _, **options: start([sys.executable, "-c", alone], **options)
    )


def processes(tiny: Path) -> list[str]:
    """Number of the process of every stage that was computed."""
    return [line.split()[1] for line in (tiny / "log.txt").read_text(encoding="utf-8").splitlines()]


def test_where_no_process_can_be_forked_every_stage_without_group_has_its_own_interpreter(tiny, store, without_forks):
    results = build(chain(), store)
    assert (results["word"] / "word.txt").read_text(encoding="utf-8") == "even"
    assert len(set(processes(tiny))) == 3
    with pytest.raises(DataError, match="Expected ink, but got water"):
        build(troubled("expected"), store)
    with pytest.raises(StoreError, match="Expected a result of trouble, but its process ended with 7 before that"):
        build(troubled("exit"), store)


def test_where_no_process_can_be_forked_stages_of_one_group_share_an_interpreter(
    tiny, store, without_forks, monkeypatch
):
    monkeypatch.setenv("CAMFOLIO_JOBS", "1")
    build([replace(chain(n)[0], name=f"number-{n}", group="numbers") for n in (1, 2, 3)] + chain()[:1], store)
    assert len(set(processes(tiny)[:3])) == 1
    assert len(set(processes(tiny))) == 2


@pytest.mark.parametrize("forks", [True, False])
def test_stages_that_do_not_need_each_other_run_side_by_side(tiny, store, monkeypatch, request, forks):
    if not forks:
        request.getfixturevalue("without_forks")
    elif sys.platform != "linux":
        pytest.skip("only Linux forks the worker")
    monkeypatch.setenv("CAMFOLIO_JOBS", "2")
    results = build([meeting("one", "two"), meeting("two", "one")], store)
    met = {name: (one / "met.txt").read_text(encoding="utf-8") for name, one in results.items()}
    assert met == {"one": "two", "two": "one"}


def meeting(name: str, other: str, threads: int = 1) -> Stage:
    """A stage that ends only when another one has begun."""
    return Stage(name, "tiny_stages.meeting", parameters={"name": name, "other": other}, threads=threads)


@pytest.mark.parametrize(("jobs", "threads"), [("1", 1), ("2", 2), ("3", 0)])
def test_a_stage_waits_until_enough_processors_are_free(tiny, store, monkeypatch, jobs, threads):
    monkeypatch.setenv("CAMFOLIO_JOBS", jobs)
    build([meeting("one", "one", threads), meeting("two", "two")], store)
    assert most_at_once(tiny) == 1


def most_at_once(tiny: Path) -> int:
    """How many stages were computed at the same time, as they noted."""
    running, most = 0, 0
    for line in (tiny / "times.txt").read_text(encoding="utf-8").splitlines():
        running += 1 if line == "begin" else -1
        most = max(most, running)
    return most


def test_results_do_not_depend_on_what_runs_beside_them(tiny, monkeypatch):
    digests = []
    for jobs in ("1", "4"):
        monkeypatch.setenv("CAMFOLIO_JOBS", jobs)
        several = [stage for n in range(3) for stage in renamed(chain(n), str(n))]
        results = build(several, Store(tiny / jobs))
        digests.append({name: result.manifest.digest for name, result in results.items()})
    assert digests[0] == digests[1]
    assert len(digests[0]) == 9


def renamed(stages: list[Stage], suffix: str) -> list[Stage]:
    """A chain of stages under other names."""
    return [
        replace(
            stage,
            name=stage.name + suffix,
            upstream={argument: name + suffix for argument, name in stage.upstream.items()},
        )
        for stage in stages
    ]


@pytest.mark.parametrize("jobs", ["0", "-1", "many", "1.5"])
def test_a_wrong_number_of_jobs_is_a_sentence(tiny, store, monkeypatch, jobs):
    monkeypatch.setenv("CAMFOLIO_JOBS", jobs)
    with pytest.raises(StoreError, match="Expected a number above 0 for --jobs"):
        build(chain(), store)


@pytest.mark.parametrize("how", ["end", "end at once"])
@pytest.mark.parametrize("forks", [True, False])
def test_code_that_ends_its_process_is_not_started_again_for_ever(tiny, store, request, forks, how):
    if not forks:
        request.getfixturevalue("without_forks")
    with pytest.raises(StoreError, match="Expected a result of trouble, but its process ended with 0 before that"):
        build(troubled(how), store)


@pytest.mark.parametrize("forks", [True, False])
def test_a_stage_that_reads_standard_input_takes_no_order_of_others(tiny, store, request, forks):
    if not forks:
        request.getfixturevalue("without_forks")
    with pytest.raises(StoreError, match="Expected a result of trouble, but got EOFError"):
        build(troubled("asks"), store)


@pytest.fixture
def child(tiny):
    """Ends the process that a stage has left behind."""
    yield
    os.kill(int((tiny / "child.txt").read_text(encoding="utf-8")), signal.SIGKILL)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks")
@pytest.mark.parametrize("forks", [True, False])
def test_a_build_does_not_wait_for_processes_that_a_stage_leaves_behind(tiny, store, child, request, forks):
    if not forks:
        request.getfixturevalue("without_forks")
    begun = time.monotonic()
    assert (build(troubled("leave a process"), store)["trouble"] / "half.txt").read_text(encoding="utf-8") == "whole"
    with pytest.raises(StoreError, match="Expected a result of trouble, but its process ended with 0 before that"):
        build(troubled("end beside a process"), store)
    assert time.monotonic() - begun < 30


def test_one_of_several_stages_that_fails_is_reported_and_finished_ones_are_kept(tiny, store, monkeypatch):
    monkeypatch.setenv("CAMFOLIO_JOBS", "1")
    failing = Stage("fails", "tiny_stages.trouble", parameters={"how": "expected", "number": "x"})
    with pytest.raises(DataError, match="Expected ink, but got water"):
        build([meeting("lone", "lone"), failing], store)
    assert words(survey([meeting("lone", "lone"), failing], store)) == {"lone": "fresh", "fails": "new"}


def test_progress_of_a_stage_reaches_whoever_watches(tiny, store):
    seen = []
    build(troubled("reports"), store, lambda moment: seen.extend(moment.running))
    reports = {running.words: running.done for running in seen if running.stage == "trouble"}
    assert reports["halfway"] == 0.5


def test_messages_of_a_stage_are_logged_by_the_build(tiny, store, caplog):
    caplog.set_level("INFO")
    build(troubled("reports"), store)
    said = {record.getMessage(): record.levelname for record in caplog.records}
    assert said["a remark"] == "INFO"
    assert said["a warning of another library"] == "WARNING"
    assert "a remark of another library" not in said


def test_a_result_that_is_damaged_whenever_it_is_computed_ends_the_build(tiny, store, monkeypatch):
    monkeypatch.setattr(Store, "examine", lambda self, ingredients: (None, "number.txt has other bytes"))
    with pytest.raises(StoreError, match=r"Expected the result of number to be whole .* 3 times\. Check the disk"):
        build(chain(), store)
    assert computed(tiny) == ["number"]
