"""How a stage is declared: its function, and everything that its result depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class DynamicImports:
    """Code that one module of camfolio imports by name at run time, so that no import statement leads to it.

    Attributes:
        importer: full name of that module; stages whose code does not reach it import none of this.
        also: modules of camfolio.
        modules: name -> file of user code.
    """

    importer: str
    also: tuple[str, ...] = ()
    modules: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Stage:
    """One step of a study: a function `run(out, **upstream, **files, **parameters)` that fills the folder `out`.

    Attributes:
        name: unique in the study; also its folder in the store.
        module: holds `run`.
        also: further modules whose code decides the result but which `module` imports by name at run time.
        parameters: JSON values handed to `run`; part of the key.
        upstream: parameter of `run` -> name of the stage whose folder it receives.
        files: parameter of `run` -> file or folder outside the store; its digest is part of the key, its path is not.
        modules: name -> file of user code, imported before `run`; its digest is part of the key.
        dynamic: what joins `also` and `modules` if the stage's code reaches the importer.
        group: where no process can be forked, one worker computes stages of one group, so that it imports its libraries once.
        threads: in how many it computes, so that as many stages run side by side as there are processors; 0: in all.
        intermediate: only other stages read the result; where theirs are known, it is not computed.
        local: the result is never kept beside a study: pictures, which every change of style draws again, slices, which may be
            those of patients, and copies of what is kept.
    """

    name: str
    module: str
    also: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    upstream: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)
    modules: Mapping[str, Path] = field(default_factory=dict)
    dynamic: tuple[DynamicImports, ...] = ()
    group: str = ""
    threads: int = 1
    intermediate: bool = False
    local: bool = False

    @property
    def outside(self) -> dict[str, Path]:
        """All inputs outside the store, by their names in `Ingredients.inputs`."""
        return {**self.files, **{f"module:{name}": file for name, file in self.modules.items()}}
