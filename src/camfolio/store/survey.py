"""Which results of a study are finished, kept, missing or outdated, and why; nothing is computed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from camfolio.store.artefacts import MEMORY, Artefact, Ingredients, Manifest, Store
from camfolio.store.code import CodeReader
from camfolio.store.in_use import use
from camfolio.store.inputs import InputReader
from camfolio.store.layout import check_layout
from camfolio.store.places import Offer, offer
from camfolio.store.record import NOTHING, Record, Recorded
from camfolio.store.stage import Stage

PRIVATE = "init_args"
"""Arguments of user code, which may be paths or tokens: their values are in no message."""


@dataclass(frozen=True)
class State:
    """The state of a stage and why: `fresh`, `kept`, `elsewhere`, `recorded`, `stale`, `new`, or `waiting` for an upstream stage.

    Attributes:
        stage: as it is declared, with the code that it imports by name.
        word: `fresh`: its result is in the store; `kept`: beside the study; `elsewhere`: at another place; `recorded`: only its
            digest is known.
        reason: a remark, or why there is no result.
        artefact: the result in the store.
        ingredients: None while an upstream result is not known.
        folders: parameter of `run` -> folder of the finished upstream stage.
        recorded: the result in the study's results file.
        kept: the file with the kept result.
        offer: the result at another place, if it is neither in the store nor kept.
        damage: what is wrong with the result in the store, which then does not count, in words.
    """

    stage: Stage
    word: str
    reason: str
    artefact: Artefact | None = None
    ingredients: Ingredients | None = None
    folders: Mapping[str, Path] = field(default_factory=dict)
    recorded: Recorded | None = None
    kept: Path | None = None
    offer: Offer | None = None
    damage: str = ""

    @property
    def digest(self) -> str | None:
        """One digest over the result's files, for the keys of later stages; None if it is not known."""
        if self.recorded:
            return self.recorded.digest
        if self.artefact:
            return self.artefact.manifest.digest
        return self.offer.recorded.digest if self.offer else None

    @property
    def manifest(self) -> Manifest | None:
        """The manifest of the result, in the store, recorded or elsewhere; None if it is not known."""
        if self.artefact:
            return self.artefact.manifest
        known = self.recorded or (self.offer.recorded if self.offer else None)
        return known.manifest(self.ingredients) if known and self.ingredients else None

    @property
    def can_be_fetched(self) -> bool:
        """Whether the result is kept or elsewhere."""
        return bool(self.kept or self.offer)

    @property
    def ready(self) -> bool:
        """Whether the stage could be computed now: all results that it reads are in the store."""
        return self.ingredients is not None and set(self.folders) == set(self.stage.upstream)


def survey(stages: Sequence[Stage], store: Store, record: Record = NOTHING) -> list[State]:
    """The state of every stage, without computing anything; from now on this process uses the store.

    Raises:
        StoreError: if a newer version has written to the store.
    """
    check_layout(store.root)
    use(store.root)
    reader, inputs = CodeReader(store.root / MEMORY), InputReader(store.root / ".inputs")
    states: dict[str, State] = {}
    for stage in stages:
        states[stage.name] = state_of(with_dynamic_imports(stage, reader), states, store, record, (reader, inputs))
    reader.remember()
    store.checks.remember()
    return list(states.values())


def with_dynamic_imports(stage: Stage, reader: CodeReader) -> Stage:
    """A stage with the code that its modules import by name, where its code reaches the module that does so."""
    if not stage.dynamic:
        return stage
    reached = reader.closure((stage.module, *stage.also)).modules
    found = [one for one in stage.dynamic if one.importer in reached]
    also = (*stage.also, *(name for one in found for name in one.also))
    modules = {**stage.modules, **{name: file for one in found for name, file in one.modules.items()}}
    return replace(stage, also=also, modules=modules, dynamic=())


def state_of(
    stage: Stage, before: Mapping[str, State], store: Store, record: Record, readers: tuple[CodeReader, InputReader]
) -> State:
    """The state of one stage, given those of its upstream stages."""
    digests = {name: before[other].digest for name, other in stage.upstream.items()}
    known = {name: digest for name, digest in digests.items() if digest is not None}
    if len(known) < len(digests):
        names = sorted(stage.upstream[name] for name in set(digests) - set(known))
        return State(stage, "waiting", f"waits for {', '.join(names)}")
    ingredients = gather(stage, known, *readers)
    recorded, artefact = record.find(stage.name, ingredients.key), store.find(ingredients)
    kept = record.kept(stage.name) if recorded else None
    asked = artefact is None and kept is None and not stage.local
    found = offer(store.places, ingredients, recorded) if asked else None
    state = State(
        stage,
        "",
        "",
        artefact=artefact,
        ingredients=ingredients,
        folders={name: result.folder for name, other in stage.upstream.items() if (result := before[other].artefact)},
        recorded=recorded,
        kept=kept,
        offer=found,
        damage="" if artefact else store.damage(ingredients),
    )
    word, reason = word_and_reason(state, ingredients, store)
    return replace(state, word=word, reason=reason)


def word_and_reason(state: State, ingredients: Ingredients, store: Store) -> tuple[str, str]:
    """The state of a stage whose key is known in a word, and why."""
    if state.damage:
        return "stale", f"damaged: {state.damage}"
    if state.artefact or state.kept:
        return "fresh" if state.artefact else "kept", f"key {ingredients.key[:12]}"
    if state.offer:
        return "elsewhere", str(state.offer.place)
    if state.recorded:
        return "recorded", "its files are not here; computed when a stage needs them"
    earlier = store.history(ingredients.stage)
    if not earlier:
        return "new", "never computed"
    reasons = min((differences(manifest.ingredients, ingredients) for manifest in earlier), key=len)
    return "stale", "; ".join(reasons)


def gather(stage: Stage, upstream: Mapping[str, str], reader: CodeReader, outside: InputReader) -> Ingredients:
    """The ingredients of a stage's key; `upstream` has the digests of the results that it reads."""
    inputs = {name: outside.digest(path) for name, path in stage.outside.items()}
    inputs |= upstream
    code = reader.closure((stage.module, *stage.also))
    parameters = json.loads(json.dumps(dict(stage.parameters)))
    return Ingredients(
        stage=stage.name, parameters=parameters, inputs=inputs, code=code.modules, libraries=code.libraries
    )


def differences(old: Ingredients, new: Ingredients) -> list[str]:
    """What changed between two sets of ingredients, in words."""
    reasons = [
        f"{key} changed" if PRIVATE in key.split(".") else f"{key} changed from {a} to {b}"
        for key, a, b in changes(flat(old.parameters), flat(new.parameters))
    ]
    reasons += [f"input {name} changed" for name, _, _ in changes(old.inputs, new.inputs)]
    reasons += [f"code of {name} changed" for name, _, _ in changes(old.code, new.code)]
    return reasons + [f"{name} changed from {a} to {b}" for name, a, b in changes(old.libraries, new.libraries)]


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Keys whose values differ, with both values (None for an absent key)."""
    return [(key, old.get(key), new.get(key)) for key in sorted({*old, *new}) if old.get(key) != new.get(key)]


def flat(parameters: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested parameters under dotted keys.

    >>> flat({"training": {"seed": 1}})
    {'training.seed': 1}
    """
    flattened: dict[str, Any] = {}
    for key, value in parameters.items():
        flattened |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return flattened


def needed(states: Sequence[State], everything: bool = False) -> list[State]:
    """The stages whose results are missing in the store and needed there, in the order of `states`.

    A result is needed if a page reads it or if a needed stage must be computed from it. With `everything`, also if it
    is intermediate and not recorded.
    """
    wanted: set[str] = set()
    found: list[State] = []
    for state in reversed(states):
        stage = state.stage
        asked = not stage.intermediate or (everything and state.recorded is None)
        if state.artefact is None and (asked or stage.name in wanted):
            found.append(state)
            if not state.can_be_fetched:
                wanted |= set(stage.upstream.values())
    return found[::-1]


def next_batch(states: Sequence[State], everything: bool = False) -> list[State]:
    """The needed stages that come next: all whose results can be fetched, else all that can be computed now."""
    missing = needed(states, everything)
    return [state for state in missing if state.can_be_fetched] or [state for state in missing if state.ready]
