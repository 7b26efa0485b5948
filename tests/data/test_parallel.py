"""Parallel map over files: in order, with unreadable files counted, in one or several processes, without leftovers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from camfolio.data.parallel import Tolerance, files_under, spread
from camfolio.errors import DataError


def doubled(number: int) -> int:
    if number % 7 == 3:
        msg = f"Expected a number, but got {number}."
        raise DataError(msg)
    return 2 * number


def process(_: int) -> int:
    return os.getpid()


@pytest.mark.parametrize("few", [1000, 0])
def test_results_come_in_order_without_the_refused(few):
    tolerance = Tolerance("skip")
    found = list(spread(doubled, range(40), "numbers", tolerance, reason="odd ones", few=few))
    assert found == [2 * number for number in range(40) if number % 7 != 3]
    assert tolerance.skipped == {"odd ones": 6}


@pytest.mark.parametrize("few", [1000, 0])
def test_the_first_refusal_ends_it_unless_tolerated(few):
    with pytest.raises(DataError, match=r"Expected a number, but got 3\. Or set on_error: skip\."):
        list(spread(doubled, range(40), "numbers", Tolerance(), reason="odd ones", few=few))


def test_many_items_are_spread_over_processes():
    found = set(spread(process, range(64), "numbers", Tolerance(), reason="", few=0))
    assert os.getpid() not in found


def test_files_are_found_at_any_depth_in_order(tmp_path):
    (tmp_path / "b" / "c").mkdir(parents=True)
    for name in ("b/c/2", "a", "b/1"):
        (tmp_path / name).write_text("", encoding="utf-8")
    assert [path.relative_to(tmp_path).as_posix() for path in files_under(tmp_path)] == ["a", "b/1", "b/c/2"]


only_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
LONG = """
import os, re, time
from camfolio.data.parallel import Tolerance, spread

def long(number):
    with open(os.environ["PIDS"], "a") as file:
        file.write(f"{os.getpid()}\\n")
    if os.environ["HOW"] == "sleeps":
        time.sleep(60)
    else:
        re.search("(a+)+$", "a" * 60 + "b")

if __name__ == "__main__":
    list(spread(long, range(64), "working", Tolerance(), reason="", few=0))
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", ["sleeps", pytest.param("lets nothing else run", marks=only_linux)])
def test_processes_end_with_the_one_that_started_them(tmp_path, how):
    (tmp_path / "long.py").write_text(LONG, encoding="utf-8")
    pids = tmp_path / "pids"
    parent = subprocess.Popen(
        [sys.executable, str(tmp_path / "long.py")], env=os.environ | {"PIDS": str(pids), "HOW": how}
    )
    deadline = time.monotonic() + 30
    while not (pids.exists() and pids.read_text().strip()) and time.monotonic() < deadline:
        time.sleep(0.1)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    children = {int(line) for line in pids.read_text().split()}
    assert children
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [child for child in children if Path(f"/proc/{child}").exists()]
