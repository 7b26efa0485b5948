"""Code that stages import by name: the CAM methods of a study, and its user code, whose digests become part of keys.

Which stages run it follows from their imports (see `store.survey`): those that are given the section of the study and
reach the module that imports what the section names.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from camfolio.method_words import method_modules
from camfolio.store.stage import DynamicImports, Stage
from camfolio.study.paths import user_names
from camfolio.study.settings import Study
from camfolio.study.user_modules import module_file

IMPORTERS = {
    "data": "camfolio.data.sources.user_code",
    "external": "camfolio.data.sources.user_code",
    "network": "camfolio.network.architecture",
    "explanation": "camfolio.explanation.registry",
}
"""Section of a study -> the module that imports what it names by MODULE.NAME, and the methods of camfolio."""


def named_code(study: Study, folder: Path) -> dict[str, DynamicImports]:
    """Section of the study -> the code that it names."""
    files: dict[str, dict[str, Path]] = {section: {} for section in IMPORTERS}
    for place, name in user_names(study).items():
        module = name.rpartition(".")[0]
        if file := module_file(module, folder):
            files[str(place[0])][module] = file
    also = {"explanation": method_modules(study.explanation.methods)}
    found = {
        section: DynamicImports(importer, also.get(section, ()), files[section])
        for section, importer in IMPORTERS.items()
    }
    return {section: one for section, one in found.items() if one.also or one.modules}


def with_named_code(one: Stage, named: dict[str, DynamicImports]) -> Stage:
    """A stage with the code of those sections that are among its parameters."""
    return replace(one, dynamic=tuple(code for section, code in named.items() if section in one.parameters))
