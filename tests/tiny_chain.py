"""A tiny package of three stages in a chain, which note in a file that they run."""

from __future__ import annotations

from pathlib import Path

from camfolio.store.stage import Stage

LOGGED = """
import os
from pathlib import Path

HERE = Path(os.environ["TINY"])

def log(name):
    with (HERE / "log.txt").open("a") as file:
        file.write(f"{name} {os.getpid()}\\n")
"""
STAGES = {
    "__init__": """
from pathlib import Path
from camfolio.store import code

code.ROOT, code.PACKAGE = Path(__file__).parent, __name__
""",
    "ink": LOGGED,
    "number": """
from tiny_stages.ink import log

def run(*, out, number=0, file=None):
    log("number")
    (out / "number.txt").write_text(file.read_text() if file else str(number))
""",
    "parity": """
from tiny_stages.ink import log

def run(*, out, number):
    log("parity")
    (out / "parity.txt").write_text(str(int((number / "number.txt").read_text()) % 2))
""",
    "word": """
from tiny_stages.ink import log

def run(*, out, parity, words):
    log("word")
    (out / "word.txt").write_text(words[int((parity / "parity.txt").read_text())])
""",
    "meeting": """
import time
from tiny_stages.ink import HERE, log

def run(*, out, name, other):
    log(name)
    note("begin")
    (HERE / f"{name}.begun").touch()
    end = time.monotonic() + 20
    while not (HERE / f"{other}.begun").exists():
        if time.monotonic() > end:
            raise TimeoutError(f"{other} has not begun")
        time.sleep(0.01)
    time.sleep(0.1)
    note("end")
    (out / "met.txt").write_text(other)

def note(word):
    with (HERE / "times.txt").open("a") as file:
        file.write(word + "\\n")
""",
    "trouble": """
import logging, os, signal, time
from camfolio.errors import DataError
from camfolio.progress import report
from tiny_stages.ink import HERE, log

def run(*, out, number, how):
    (out / "half.txt").write_text("half")
    (HERE / "pid.txt").write_text(str(os.getpid()))
    print("a library that prints")
    if (HERE / "calm").exists():
        how = "well"
    if how == "expected":
        raise DataError("Expected ink, but got water. Fill it.")
    if how == "unexpected":
        raise ZeroDivisionError("nothing to share")
    if how == "full":
        raise OSError(28, "No space left on device")
    if how in ("exit", "end"):
        raise SystemExit(7 if how == "exit" else 0)
    if how == "asks":
        input("Which ink? ")
    if how == "end at once":
        os._exit(0)
    if how.endswith("a process") and os.fork() == 0:
        (HERE / "child.txt").write_text(str(os.getpid()))
        time.sleep(60)
        os._exit(0)
    if how == "end beside a process":
        os._exit(0)
    if how == "reports":
        report(0.5, "halfway")
        logging.getLogger("camfolio").info("a remark")
        logging.getLogger("library").warning("a warning of another library")
        logging.getLogger("library").info("a remark of another library")
        time.sleep(1.2)
    if how == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "slow":
        (HERE / "waiting").touch()
        time.sleep(60)
    (out / "half.txt").write_text("whole")
""",
    "steps": """
import os, signal
from camfolio.errors import DataError
from tiny_stages.ink import HERE, log

def run(*, out, unfinished, how):
    assert unfinished.is_dir()
    done = unfinished / "done.txt"
    for step in range(int(done.read_text()) if done.exists() else 0, 4):
        log(f"step{step}")
        if step == 2 and not (HERE / "calm").exists():
            if how == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            raise DataError("Expected ink, but got water. Fill it.")
        done.write_text(str(step + 1))
    (out / "steps.txt").write_text("four")
""",
    "restless": """
from tiny_stages.ink import HERE, log

def run(*, out, edited, text, times, file=None):
    log("restless")
    if (HERE / "log.txt").read_text().count("restless") <= times:
        with (HERE / edited).open("a") as opened:
            opened.write(text)
    (out / "file.txt").write_text(file.read_text() if file else "")
""",
}


def write_package(folder: Path) -> None:
    """Write the package `tiny_stages` to a folder."""
    (folder / "tiny_stages").mkdir()
    for name, source in STAGES.items():
        (folder / "tiny_stages" / f"{name}.py").write_text(source, encoding="utf-8")


def chain(number: int = 4, words: tuple[str, ...] = ("even", "odd")) -> list[Stage]:
    return [
        Stage("number", "tiny_stages.number", parameters={"number": number}),
        Stage("parity", "tiny_stages.parity", upstream={"number": "number"}),
        Stage("word", "tiny_stages.word", parameters={"words": list(words)}, upstream={"parity": "parity"}),
    ]


def computed(tiny: Path) -> list[str]:
    """The stages computed since the last time one asked."""
    log = tiny / "log.txt"
    if not log.exists():
        return []
    lines = log.read_text(encoding="utf-8").split("\n")[:-1]
    log.unlink()
    return [line.split()[0] for line in lines]
