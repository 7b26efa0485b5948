"""Results that are damaged after they were finished: a file is truncated, has one other bit, or is deleted."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

from camfolio.store.artefacts import MANIFEST, Artefact
from disturbances.builds import start
from disturbances.checks import Calm, Tally, is_whole, states

Damaging = Callable[[Path, random.Random], None]


def truncate(file: Path, chance: random.Random) -> None:
    """Cut a file's end off."""
    os.truncate(file, chance.randrange(max(1, file.stat().st_size)))


def flip(file: Path, chance: random.Random) -> None:
    """Turn one bit over, and set the time back to that before."""
    status, content = file.stat(), bytearray(file.read_bytes())
    if content:
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    file.write_bytes(bytes(content))
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


def delete(file: Path, _: random.Random) -> None:
    """Delete a file."""
    file.unlink()


KINDS: tuple[Damaging, ...] = (truncate, flip, delete)


def damage(calm: Calm, number: int) -> Tally:
    """Damage the result of every stage, then build once more; in each round every stage has another kind of damage."""
    tally, chance = Tally(), random.Random(calm.seed)  # noqa: S311 - places of damage are no secret
    for tried in range(number):
        store = calm.copy(f"damaged-{tried}")
        found = {state.stage.name: state.artefact for state in states(calm.study, store) if state.artefact}
        done = {}
        for index, (stage, artefact) in enumerate(found.items()):
            kind, file = KINDS[(tried + index) % len(KINDS)], chosen(artefact, chance)
            kind(file, chance)
            done[stage] = f"{kind.__name__} {file.name}"
        tally.tried += len(done)
        if status := start(calm.study, store).wait():
            tally.remarks.append(f"after damage a build ended with {status}")
        taken = [
            state.stage.name
            for state in states(calm.study, store)
            if state.artefact and not is_whole(state.artefact.folder, state.artefact.manifest)
        ]
        tally.half_written += len(taken)
        tally.remarks += [f"damage that was not found: {stage}, {done.get(stage, 'computed since')}" for stage in taken]
        tally.others += calm.others(store)
    return tally


def chosen(artefact: Artefact, chance: random.Random) -> Path:
    """One file of a result; rarely its manifest."""
    return artefact.folder / chance.choice([*sorted(artefact.manifest.outputs), MANIFEST])
