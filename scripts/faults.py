"""Kill builds of a study at random moments and check that nothing half-written is ever taken for a result.

    python scripts/faults.py gen/studies/lung-nodules.yaml --kills 200

After every kill (SIGKILL, of the process that was started, not of its workers): no process of the build is alive 2 s later, and
every result under its final name has the digests of its manifest. A build that ends before it is killed is checked, too, and the
next one starts with an empty store. At the end one more build must give the results of an undisturbed one. Linux only.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from camfolio.pipeline.portfolio import inspect_study
from camfolio.store.artefacts import NAMED, Store, read_manifest
from camfolio.store.files import PART, file_digest

PATIENCE = 2.0
"""Seconds after which no process of a killed build may be alive."""
LONGEST = 0.15
"""The latest moment of a kill, as a share of an undisturbed build's time."""


def start(study: Path, store: Path) -> subprocess.Popen[bytes]:
    """Start a build in a session of its own."""
    command = [sys.executable, "-m", "camfolio.cli", "build", str(study), "--store", str(store)]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, start_new_session=True, stdout=quiet, stderr=quiet)  # noqa: S603 - ours


def alive(session: int) -> list[int]:
    """Processes of a session that run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def orphans(session: int) -> list[int]:
    """Processes of a session that are still alive after a while."""
    end = time.monotonic() + PATIENCE
    while (left := alive(session)) and time.monotonic() < end:
        time.sleep(0.02)
    return left


def half_written(store: Path) -> Iterator[str]:
    """Results under their final name whose files are not those of their manifest."""
    for folder in sorted(store.glob("*/*/")):
        if not NAMED.fullmatch(folder.name) or folder.name.endswith(PART):
            continue
        manifest = read_manifest(folder)
        if manifest is None or any(file_digest(folder / name) != digest for name, digest in manifest.outputs.items()):
            yield str(folder.relative_to(store))


def digests(study: Path, store: Path) -> dict[str, str]:
    """Stage -> digest of its finished result."""
    return {
        state.stage.name: state.artefact.manifest.digest
        for state in inspect_study(study, Store(store))
        if state.artefact
    }


def disturbed(study: Path, store: Path, kills: int, longest: float, seed: int) -> Counter[str]:
    """Kill builds; how often each thing happened."""
    chance, count = random.Random(seed), Counter[str]()  # noqa: S311 - moments of kills are no secret
    while count["kills"] < kills:
        build = start(study, store)
        try:
            build.wait(timeout=chance.uniform(0, longest))
        except subprocess.TimeoutExpired:
            build.send_signal(signal.SIGKILL)
            build.wait()
            count["kills"] += 1
            count["orphans"] += len(orphans(build.pid))
        count["half-written results"] += len(list(half_written(store)))
        if build.returncode == 0:
            count["finished builds"] += 1
            shutil.rmtree(store)
    return count


def main() -> int:
    """Run; the exit status is 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("study", type=Path)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        calm, store = Path(folder) / "calm", Path(folder) / "disturbed"
        begun = time.monotonic()
        if start(options.study, calm).wait() != 0:
            sys.stderr.write(f"Expected a study that can be built, but camfolio build {options.study} failed.\n")
            return 1
        longest = LONGEST * (time.monotonic() - begun)
        count = disturbed(options.study, store, options.kills, longest, options.seed)
        last = start(options.study, store).wait()
        expected, found = digests(options.study, calm), digests(options.study, store)
        count["other results at the end"] = sum(found.get(stage) != digest for stage, digest in expected.items()) + last
    for name, number in count.items():
        sys.stdout.write(f"{number:5d} {name}\n")
    wrong = count["orphans"] + count["half-written results"] + count["other results at the end"]
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
