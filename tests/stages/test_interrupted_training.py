"""A build whose processes are killed while it trains: the next one goes on and gives the same bytes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from camfolio.store.artefacts import Store

BUILD = """
import logging, sys
from pathlib import Path
from camfolio.pipeline.contents import stages
from camfolio.pipeline.portfolio import with_upstream
from camfolio.store.artefacts import Store
from camfolio.store.build import build
from camfolio.study.file import read_study

logging.basicConfig(level=logging.INFO)
build(with_upstream(["training"], stages(read_study(Path(sys.argv[1])))), Store(Path(sys.argv[2])))
"""
STUDY = """
title: T
excerpt: E
data: {source: npz, path: tiny.npz}
split: {train: 0.6, validation: 0.2, test: 0.2}
network: {width: 4, blocks: [1, 1, 1, 1]}
training: {max_epochs: 20, patience: 20, batch_size: 4, threads: 1, ensemble: 1}
"""


@pytest.fixture
def start(tmp_path, tiny_npz):
    """`start(store)`: a build of a study's training, in a session of its own."""
    tiny_npz(n=96)
    (tmp_path / "tiny.yaml").write_text(STUDY, encoding="utf-8")

    def build(store):
        command = [sys.executable, "-c", BUILD, str(tmp_path / "tiny.yaml"), str(tmp_path / store)]
        return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)

    return build


def unfinished(folder):
    """Files after finished epochs of a store's only training."""
    return list(folder.glob(".unfinished/*/*.ckpt"))


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="kills a group of processes")
def test_a_killed_build_goes_on_after_the_last_epoch_and_gives_the_same_bytes(start, tmp_path):
    killed = start("killed")
    end = time.monotonic() + 60
    while not unfinished(tmp_path / "killed") and killed.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert len(unfinished(tmp_path / "killed")) >= 1
    assert Store(tmp_path / "killed").history("training") == []
    said = []
    for store in ("killed", "undisturbed"):
        build = start(store)
        said.append(build.communicate(timeout=120)[1])
        assert build.returncode == 0, said
        assert list((tmp_path / store / ".unfinished").iterdir()) == []
    assert [len(re.findall(r"training goes on after epoch [1-9]", text)) for text in said] == [1, 0]
    [one], [other] = (Store(tmp_path / store).history("training") for store in ("killed", "undisturbed"))
    assert one.key == other.key
    assert one.outputs == other.outputs
