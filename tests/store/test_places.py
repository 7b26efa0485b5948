"""Places with results of other machines: a folder, a real HTTP server, an S3-compatible server; damage and lies."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from camfolio.errors import StoreError
from camfolio.pipeline.recording import Rule, record_results
from camfolio.store.artefacts import NAMED, Store
from camfolio.store.build import build, fetch
from camfolio.store.places import Place, place
from camfolio.store.record import read_record
from camfolio.store.survey import survey
from file_server import Broken, serving
from tiny_chain import chain, computed

BUCKET = "nodules"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "there"


@pytest.fixture
def over_http(folder):
    """Where results are sent to and read from: a folder, and the same over HTTP."""
    folder.mkdir()
    with serving(folder) as address:
        yield str(folder), address


@pytest.fixture
def in_a_bucket(tmp_path, monkeypatch):
    """A bucket of an S3-compatible server, which runs in a process of its own."""
    pytest.importorskip("moto")
    s3fs = pytest.importorskip("s3fs")
    program = (
        "from moto.server import ThreadedMotoServer; import sys; server = ThreadedMotoServer('127.0.0.1', 0, verbose=False);"
        "server.start(); print(server.get_host_and_port()[1], flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdin=-1, stdout=-1, stderr=-3, text=True) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.stdout.readline().strip()}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        s3fs.S3FileSystem(skip_instance_cache=True).mkdir(BUCKET)
        yield f"s3://{BUCKET}/of/us", f"s3://{BUCKET}/of/us"
        s3fs.S3FileSystem.clear_instance_cache()
        server.stdin.close()


@pytest.fixture(params=["folder", "http", "s3"])
def place_of(request, folder):
    """Where results are sent to, and where they are read."""
    if request.param == "folder":
        return str(folder), str(folder)
    return request.getfixturevalue({"http": "over_http", "s3": "in_a_bucket"}[request.param])


@pytest.fixture(autouse=True)
def forgotten():
    """What an earlier test asked is forgotten."""
    place.cache_clear()


def send(tiny: Path, address: str) -> None:
    """Compute the chain and send its results."""
    results = build(chain(), Store(tiny / "artifacts"))
    assert all(Place(address).send(one) for one in results.values())
    assert not any(Place(address).send(one) for one in results.values())
    computed(tiny)


def test_what_was_sent_is_fetched_and_not_computed(tiny, place_of):
    to, address = place_of
    send(tiny, to)
    results = build(chain(), Store(tiny / "clone", places=[address]))
    assert computed(tiny) == []
    assert (results["word"] / "word.txt").read_text(encoding="utf-8") == "even"
    assert results["word"].manifest.digest == build(chain(), Store(tiny / "artifacts"))["word"].manifest.digest


def test_what_no_place_has_is_computed(tiny, place_of):
    to, address = place_of
    send(tiny, to)
    build(chain(words=("no", "yes")), Store(tiny / "clone", places=[address]))
    assert computed(tiny) == ["word"]


def test_places_are_asked_one_after_the_other(tiny, folder, tmp_path):
    send(tiny, str(folder))
    build(chain(), Store(tiny / "clone", places=[str(tmp_path / "empty"), str(folder)]))
    assert computed(tiny) == []


def test_what_only_other_results_were_computed_from_is_not_fetched(tiny, folder):
    send(tiny, str(folder))
    stages = [replace(stage, intermediate=stage.name != "word") for stage in chain()]
    build(stages, Store(tiny / "clone", places=[str(folder)]))
    assert computed(tiny) == []
    assert not (tiny / "clone" / "number").exists()


def test_local_results_are_never_asked_for(tiny, folder):
    send(tiny, str(folder))
    stages = [replace(stage, local=stage.name == "number") for stage in chain()]
    build(stages, Store(tiny / "clone", places=[str(folder)]))
    assert computed(tiny) == ["number"]


def test_everything_from_nothing_asks_nobody(tiny, folder):
    send(tiny, str(folder))
    build(chain(), Store(tiny / "clone", anew=True, places=[str(folder)]))
    assert computed(tiny) == ["number", "parity", "word"]


def lie(file: Path) -> None:
    """Another result under the name of this one, whole in itself."""
    file.with_suffix(".zip").write_bytes(next(file.parent.parent.glob("number/*.zip")).read_bytes())


def rename(file: Path) -> None:
    """A manifest that would write outside the folder of its result."""
    manifest = json.loads(file.read_text(encoding="utf-8"))
    manifest["outputs"] = {f"../../{name}": digest for name, digest in manifest["outputs"].items()}
    file.write_text(json.dumps(manifest), encoding="utf-8")


def other_key(file: Path) -> None:
    """The manifest of other ingredients."""
    manifest = json.loads(file.read_text(encoding="utf-8"))
    manifest["ingredients"]["parameters"] = {"words": ["x", "y"]}
    file.write_text(json.dumps(manifest), encoding="utf-8")


DAMAGE = {
    "a truncated zip": lambda file: file.with_suffix(".zip").write_bytes(file.with_suffix(".zip").read_bytes()[:-30]),
    "a missing zip": lambda file: file.with_suffix(".zip").unlink(),
    "another result": lie,
    "a truncated manifest": lambda file: file.write_bytes(file.read_bytes()[:-30]),
    "no manifest": lambda file: file.write_bytes(b"\xff<html>"),
    "other ingredients": other_key,
    "a name outside": rename,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_or_false_answer_is_refused_and_computed_instead(tiny, folder, damage, caplog):
    send(tiny, str(folder))
    DAMAGE[damage](next(folder.glob("word/*.json")))
    results = build(chain(), Store(tiny / "clone", places=[str(folder)]))
    assert computed(tiny) == ["word"]
    assert (results["word"] / "word.txt").read_text(encoding="utf-8") == "even"
    assert "Expected" in caplog.text
    assert [file for file in tiny.rglob("word.txt") if not NAMED.fullmatch(file.parent.name)] == []


def test_a_recorded_digest_speaks_louder_than_a_place(tiny, folder):
    study = tiny / "studies" / "mine.yaml"
    study.parent.mkdir()
    store = Store(tiny / "artifacts")
    record_results(chain(), store, read_record(study, store), Rule(seconds=1e9))
    send(tiny, str(folder))
    record = read_record(study, store)
    word = record.stages["word"].model_copy(update={"outputs": {"word.txt": "0" * 64}})
    clone = Store(tiny / "clone", places=[str(folder)])
    states = survey(chain(), clone, record.changed({**record.stages, "word": word}))
    assert [state.word for state in states] == ["elsewhere", "elsewhere", "recorded"]


def test_a_server_that_fails_is_one_warning_and_everything_is_computed(tiny, folder, caplog):
    folder.mkdir()
    with serving(folder, Broken) as address:
        secret = address.replace("//", "//user:hush@")
        build(chain(), Store(tiny / "clone", places=[secret]))
    assert computed(tiny) == ["number", "parity", "word"]
    warnings = [one.message for one in caplog.records if one.levelname == "WARNING"]
    assert len(warnings) == 1
    assert "It is not asked again" in warnings[0]
    assert "hush" not in caplog.text


@pytest.mark.parametrize("address", ["nothing://somewhere", "http://127.0.0.1:9/none"])
def test_a_place_that_does_not_exist_is_one_warning(tiny, address, caplog):
    build(chain(), Store(tiny / "clone", places=[address]))
    assert computed(tiny) == ["number", "parity", "word"]
    assert sum(one.levelname == "WARNING" for one in caplog.records) == 1


def test_a_place_that_cannot_be_written_is_one_sentence(tiny, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    result = build(chain(), Store(tiny / "artifacts"))["word"]
    with pytest.raises(StoreError, match=r"Expected a place for results that can be written, but .* gave "):
        Place(str(tmp_path / "file")).send(result)


def test_fetching_computes_nothing(tiny, folder):
    send(tiny, str(folder))
    shutil.rmtree(folder / "parity")
    states = fetch(chain(), Store(tiny / "clone", places=[str(folder)]))
    assert computed(tiny) == []
    assert [state.word for state in states] == ["fresh", "new", "waiting"]
