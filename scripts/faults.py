"""Disturb builds of a study and check that nothing half-written is ever taken for a result.

    python scripts/faults.py gen/studies/lung-nodules.yaml --kills 200

Builds are killed at random moments, several run at once, disks are full or read-only, finished results are damaged, clocks are
wrong; without an option for one of these, all are tried. Afterwards no process of a killed build is alive 2 s later, every result
under its final name has the digests of its manifest, and one more build gives the results of an undisturbed one. Linux only.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from disturbances.checks import Fault, Tally, calm
from disturbances.clock import clock
from disturbances.damage import damage
from disturbances.disks import disk, read_only
from disturbances.several import builds, kills


@dataclass(frozen=True)
class Kind:
    """A kind of fault: what disturbs, how often by default (0: as often as it does), and the words of its option."""

    fault: Fault
    times: int
    words: str


KINDS = {
    "kills": Kind(kills, 200, "builds that are killed"),
    "builds": Kind(builds, 5, "builds at once"),
    "disk": Kind(disk, 3, "disks that become full"),
    "read-only": Kind(read_only, 0, "commands on a read-only store"),
    "damage": Kind(damage, 3, "rounds in each of which a file of every result is damaged"),
    "clock": Kind(clock, 0, "clocks and times that are wrong"),
}


def table(tallies: Mapping[str, Tally]) -> str:
    """A line per fault, and one for each other thing that was wrong."""
    lines = [f"{'fault':10} {'tried':>6} {'orphans':>8} {'half-written':>13} {'other results':>14}"]
    for name, tally in tallies.items():
        counts = f"{tally.tried:6} {tally.orphans:8} {tally.half_written:13} {tally.others:14}"
        lines.append(f"{name:10} {tally.impossible or counts}")
    lines += [f"{name}: {remark}" for name, tally in tallies.items() for remark in tally.remarks]
    return "\n".join(lines) + "\n"


def read_options() -> argparse.Namespace:
    """The command line; `chosen` are the faults with their numbers."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("study", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    for name, kind in KINDS.items():
        if kind.times:
            parser.add_argument(
                f"--{name}", type=int, nargs="?", const=kind.times, help=f"{kind.words} (default {kind.times})"
            )
        else:
            parser.add_argument(f"--{name}", action="store_const", const=1, help=kind.words)
    options = parser.parse_args()
    given = {name: getattr(options, name.replace("-", "_")) for name in KINDS}
    named = {name: times for name, times in given.items() if times is not None}
    options.chosen = named or {name: kind.times for name, kind in KINDS.items()}
    return options


def main() -> int:
    """Run; the exit status is 1 if anything was wrong."""
    options = read_options()
    tallies = {}
    with tempfile.TemporaryDirectory() as folder:
        try:
            undisturbed = calm(options.study, Path(folder), options.seed)
        except RuntimeError as error:
            sys.stderr.write(f"{error}\n")
            return 1
        for name, times in options.chosen.items():
            tallies[name] = KINDS[name].fault(undisturbed, times)
    sys.stdout.write(table(tallies))
    return 1 if any(tally.wrong for tally in tallies.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
