"""Which stages run user code, so that its digest is part of their keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from camfolio.store.artefacts import Stage
from camfolio.study.paths import user_names
from camfolio.study.settings import Study
from camfolio.user_code import module_file

MAPPING = frozenset(
    f"camfolio.stages.{name}"
    for name in ("layer", "explanations", "randomisation", "retrained", "stability", "shortcut_answers")
)
"""Modules of stages that make maps, and so run methods of the user's own."""


def own_modules(study: Study, folder: Path) -> dict[str, dict[str, Path]]:
    """Section of the study -> the user's modules that it names, with their files."""
    found: dict[str, dict[str, Path]] = {}
    for place, name in user_names(study).items():
        module = name.rpartition(".")[0]
        if file := module_file(module, folder):
            found.setdefault(str(place[0]), {})[module] = file
    return found


def with_own(one: Stage, own: Mapping[str, Mapping[str, Path]]) -> Stage:
    """A stage with the user's modules of those sections that are among its parameters, methods only where they run."""
    parts = [part for part in own if part in one.parameters and (part != "explanation" or one.module in MAPPING)]
    modules = {name: file for part in parts for name, file in own[part].items()}
    return replace(one, modules=modules) if modules else one
