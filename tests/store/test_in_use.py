"""Stores that are in use: nothing is deleted that another process still reads."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from camfolio.commands.clean import emptied
from camfolio.errors import StoreError
from camfolio.store import in_use
from camfolio.store.artefacts import Store
from camfolio.store.build import build
from camfolio.store.in_use import alone, use
from disks import read_only
from tiny_chain import chain, computed

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no lock that several processes share")
WAIT = r"Expected a store that no other process uses, but a build, a server or an export of .*{} is running\. Wait"
READER = """
import sys
from pathlib import Path
from camfolio.store import code
from camfolio.store.artefacts import Store
from camfolio.store.build import build
from tiny_chain import chain

code.ROOT, code.PACKAGE = Path(sys.argv[2]), "tiny_stages"
results = [result.folder for result in build(chain(), Store(Path(sys.argv[1]))).values()]
print("reads", flush=True)
sys.stdin.readline()
"""
"""Builds, and goes on reading the results until it is killed."""


@pytest.fixture
def store(tiny):
    made = Store(tiny / "artifacts")
    build(chain(), made)
    in_use.release_all()
    return made


def started(root: Path, tiny: Path) -> subprocess.Popen[str]:
    """Another process that builds in a store and reads its results."""
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ["PYTHONPATH"]])
    command = [sys.executable, "-c", READER, str(root), str(tiny / "tiny_stages")]
    environment, pipe = os.environ | {"PYTHONPATH": path}, subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment)


@contextmanager
def reader(root: Path, tiny: Path) -> Iterator[subprocess.Popen[str]]:
    """Context in which another process reads the results of a store."""
    with started(root, tiny) as process:
        try:
            assert process.stdout.readline() == "reads\n"
            yield process
        finally:
            process.kill()


def test_nothing_is_deleted_while_another_process_reads_results(tiny, store):
    before = sorted(store.root.rglob("*"))
    with reader(store.root, tiny) as process:
        with pytest.raises(StoreError, match=WAIT.format("artifacts")):
            store.delete(store.unused(set()))
        assert sorted(store.root.rglob("*")) == before
        process.kill()
        process.wait()
        store.delete(store.unused(set()))
    assert not list(store.root.glob("*/*/manifest.json"))


def test_results_computed_from_nothing_are_not_emptied_under_another_build(tiny, store):
    with reader(store.root / "anew", tiny):
        with pytest.raises(StoreError, match=WAIT.format("anew")):
            emptied(store.root)
        assert list((store.root / "anew").glob("word/*/word.txt"))
    assert not emptied(store.root).exists()


def test_a_process_that_begins_while_results_are_deleted_waits_and_computes_them_again(tiny, store):
    computed(tiny)
    with alone(store.root):
        process = started(store.root, tiny)
        ready, _, _ = select.select([process.stdout], [], [], 1.5)
        assert not ready
        for folder in store.unused(set()):
            shutil.rmtree(folder)
    assert process.communicate("\n", timeout=30)[0] == "reads\n"
    assert computed(tiny) == ["number", "parity", "word"]


def test_what_this_process_has_used_it_may_delete(store):
    use(store.root)
    use(store.root)
    store.delete(store.unused(set()))
    assert not list(store.root.glob("*/*/manifest.json"))


def test_a_store_that_was_deleted_and_made_again_is_in_use_again(store):
    use(store.root)
    (store.root / in_use.FILE).unlink()
    use(store.root)
    assert (store.root / in_use.FILE).is_file()


def test_a_read_only_store_is_used_without_a_word(store):
    (store.root / in_use.FILE).unlink()
    with read_only(store.root):
        use(store.root)
