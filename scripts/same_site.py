"""Build the site of this commit twice, under different circumstances, and compare the two trees byte by byte.

    python scripts/same_site.py            # from kept results
    python scripts/same_site.py --anew     # everything from nothing, twice

The two builds differ in folder, home, language, time zone, seed of Python's hashes and number of processors.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Circumstances:
    """Under which a site is built.

    Attributes:
        folder: name of the project's folder.
        processors: how many a build may use; all if it is 0.
        environment: variables of its process; HOME is a folder of its own.
    """

    folder: str
    processors: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)


HERE_AND_NOW = Circumstances(
    "site", environment={"TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"}
)
ELSEWHERE = Circumstances(
    "Eine andere Mappe",
    1,
    {"TZ": "America/New_York", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "PYTHONHASHSEED": "2"},
)


def built(project: Path, home: Path, circumstances: Circumstances, options: Sequence[str] = ()) -> Path:
    """Build the site of a project; its folder.

    Raises:
        subprocess.CalledProcessError: if the build fails.
    """
    home.mkdir(parents=True)
    source = [str(project / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"HOME": str(home), "PYTHONPATH": os.pathsep.join(source), **circumstances.environment}
    command = [sys.executable, "-m", "camfolio.cli", "site", "--strict", *options]
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[: circumstances.processors or None])  # inherited by the build
    try:
        subprocess.run(command, cwd=project, env=environment, check=True)  # noqa: S603 - ours
    finally:
        os.sched_setaffinity(0, before)
    return project / "site"


def differences(first: Path, second: Path) -> list[str]:
    """Files that only one of two folders has, or that differ."""
    names = {path.relative_to(folder) for folder in (first, second) for path in folder.rglob("*") if path.is_file()}
    return sorted(str(name) for name in names if content(first / name) != content(second / name))


def content(file: Path) -> bytes | None:
    """The bytes of a file; None if it does not exist."""
    return file.read_bytes() if file.is_file() else None


def cloned(folder: Path) -> Path:
    """This commit in an empty folder."""
    subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(folder)], check=True)  # noqa: S603, S607 - fixed program
    return folder


def main() -> int:
    """Build twice and compare; the exit status is 1 if the sites differ."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--anew", action="store_true", help="compute everything from nothing")
    options = ["--anew"] if parser.parse_args().anew else []
    moment = ["git", "-C", str(PROJECT), "log", "-1", "--format=%ct"]
    os.environ["SOURCE_DATE_EPOCH"] = subprocess.run(moment, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603
    with tempfile.TemporaryDirectory() as folder:
        sites = [
            built(cloned(Path(folder) / one.folder), Path(folder) / "homes" / str(number), one, options)
            for number, one in enumerate((HERE_AND_NOW, ELSEWHERE))
        ]
        different = differences(*sites)
        count = sum(path.is_file() for path in sites[0].rglob("*"))
    sys.stdout.write("".join(f"differs: {name}\n" for name in different))
    sys.stdout.write(f"{count} files, {len(different)} differ\n")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
