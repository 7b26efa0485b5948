"""Stages, the ingredients of their keys, and the folders that hold their results."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from time import perf_counter, time
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from camfolio.errors import StoreError
from camfolio.store.files import PART, file_digest
from camfolio.store.processor import processor

MANIFEST = "manifest.json"
MEMORY = "code.json"
LAYOUT = "store.json"
OURS = (MEMORY, LAYOUT, ".inputs", ".locks", ".serving", ".templates")
NAMED = re.compile(rf"[0-9a-f]{{20}}({re.escape(PART)})?")
ABANDONED_AFTER = 60.0
"""Seconds after which a temporary file is taken for that of a killed run."""


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
        group: missing stages of one group are computed by one worker, so that it imports its libraries once.
        parallel: it computes in one thread; stages of its group run side by side, one per processor.
        intermediate: only other stages read the result; where theirs are known, it is not computed.
        local: the result is never kept beside a study: pictures, which every change of style draws again, and slices,
            which may be those of patients.
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
    parallel: bool = False
    intermediate: bool = False
    local: bool = False

    @property
    def outside(self) -> dict[str, Path]:
        """All inputs outside the store, by their names in `Ingredients.inputs`."""
        return {**self.files, **{f"module:{name}": file for name, file in self.modules.items()}}


class Ingredients(BaseModel):
    """Everything that decides a stage's result; its digest is the key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stage: str
    parameters: dict[str, Any]
    inputs: dict[str, str]
    code: dict[str, str]
    libraries: dict[str, str]

    @cached_property
    def key(self) -> str:
        """SHA-256 over the canonical JSON of the ingredients."""
        return digest_of(self.model_dump(mode="json"))


class Manifest(BaseModel):
    """The manifest of an artefact: its ingredients, its output files with digests, and when, where and how long it was computed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    ingredients: Ingredients
    outputs: dict[str, str]
    seconds: float
    computed: str = ""
    """Date, UTC."""
    processor: str = ""

    @cached_property
    def digest(self) -> str:
        """One digest over all output files, an ingredient of the stages that read them."""
        return digest_of(self.outputs)


@dataclass(frozen=True)
class Artefact:
    """A finished result: a folder and its manifest."""

    folder: Path
    manifest: Manifest

    def __truediv__(self, name: str) -> Path:
        """The path of one output file.

        Raises:
            StoreError: if the manifest does not list it.
        """
        if name not in self.manifest.outputs:
            msg = f"Expected {name} in {self.folder}, but its manifest lists {', '.join(self.manifest.outputs)}."
            raise StoreError(msg)
        return self.folder / name

    def json(self, name: str) -> Any:  # noqa: ANN401 - any JSON value
        """One output file, parsed."""
        return json.loads((self / name).read_text(encoding="utf-8"))


class Store:
    """The folder `artifacts/`: one folder per stage, in it one per key.

    A result is written to a temporary folder under its key's lock, then renamed; readers never see it unfinished.

    Args:
        root: the folder.
        anew: what is recorded, kept beside a study or elsewhere does not count: everything is computed from nothing.
        places: addresses of places that are asked for a result before it is computed.
    """

    def __init__(self, root: Path, *, anew: bool = False, places: Sequence[str] = ()) -> None:
        self.root = root
        self.anew = anew
        self.places = () if anew else tuple(places)

    def folder(self, ingredients: Ingredients) -> Path:
        """The folder of the result of these ingredients, whether it exists or not."""
        return self.root / ingredients.stage / ingredients.key[:20]

    def find(self, ingredients: Ingredients) -> Artefact | None:
        """The finished result of these ingredients; None if there is none or a file is missing."""
        folder = self.folder(ingredients)
        manifest = read_manifest(folder)
        whole = (
            manifest and manifest.key == ingredients.key and all((folder / name).exists() for name in manifest.outputs)
        )
        return Artefact(folder, manifest) if manifest and whole else None

    def history(self, stage: str) -> list[Manifest]:
        """The manifests of all results of a stage, newest first."""
        folders = sorted((self.root / stage).glob("*/" + MANIFEST), key=lambda file: -file.stat().st_mtime_ns)
        return [manifest for file in folders if (manifest := read_manifest(file.parent))]

    def make(
        self, ingredients: Ingredients, compute: Callable[[Path], None], known: Manifest | None = None
    ) -> Artefact:
        """Compute a result under its lock, or return the one that another process has finished meanwhile.

        Args:
            ingredients: of the result.
            compute: fills a folder.
            known: the manifest if the result was computed elsewhere and `compute` fetches it.
        """
        from filelock import FileLock  # takes half of the import time of a warm build

        folder = self.folder(ingredients)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.root / ".locks" / f"{ingredients.key}.lock"):
            finished = self.find(ingredients)
            if finished:
                return finished
            aside = folder.with_name(folder.name + PART)
            remove(aside)
            remove(folder)
            aside.mkdir()
            start = perf_counter()
            compute(aside)
            manifest = known or manifest_of(aside, ingredients, perf_counter() - start)
            content = manifest.model_dump_json(indent=1)
            (aside / MANIFEST).write_text(content, encoding="utf-8", newline="\n")
            aside.replace(folder)
        return Artefact(folder, manifest)

    def sweep(self, keep: set[str]) -> int:
        """Delete all results whose key is not in `keep`, and temporary files of killed runs; returns the number of results.

        Raises:
            StoreError: if the folder is not a store.
        """
        folders = self.unused(keep)
        for folder in folders:
            remove(folder)
        for file in (*self.root.glob(f"{MEMORY}.*{PART}"), *self.root.glob(f".inputs/*{PART}")):
            if time() - file.stat().st_mtime > ABANDONED_AFTER:
                file.unlink(missing_ok=True)
        return len(folders)

    def unused(self, keep: set[str]) -> list[Path]:
        """The folders of all results whose key is not in `keep` and that no process is computing.

        Raises:
            StoreError: if the folder is not a store.
        """
        self.check()
        named = [folder for folder in sorted(self.root.glob("*/*/")) if NAMED.fullmatch(folder.name)]
        manifests = {folder: read_manifest(folder) for folder in named}
        return [
            folder
            for folder, manifest in manifests.items()
            if (manifest is None or manifest.key not in keep) and not self.is_being_made(folder)
        ]

    def check(self) -> None:
        """Check that the folder is a store, or empty.

        Raises:
            StoreError: with the folder's name.
        """
        held = {path.name for path in self.root.iterdir()} if self.root.is_dir() else set()
        if held and not held.intersection(OURS):
            msg = f"Expected a folder of results, but {self.root} holds other things. Give the right one with --store."
            raise StoreError(msg)

    def is_being_made(self, folder: Path) -> bool:
        """Whether a process holds the lock of the result in this folder."""
        from filelock import FileLock, Timeout

        for file in (self.root / ".locks").glob(f"{folder.stem}*.lock"):
            try:
                with FileLock(file, timeout=0):
                    continue
            except Timeout:
                return True
        return False


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a finished folder; None for one that is absent, unfinished or damaged."""
    if folder.suffix == PART:
        return None
    try:
        return Manifest.model_validate_json((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError):
        return None


def manifest_of(folder: Path, ingredients: Ingredients, seconds: float) -> Manifest:
    """The manifest of a result that was computed here and now: its files with their digests."""
    outputs = {
        str(path.relative_to(folder).as_posix()): file_digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    today = datetime.now(UTC).date().isoformat()
    return Manifest(
        key=ingredients.key,
        ingredients=ingredients,
        outputs=outputs,
        seconds=round(seconds, 3),
        computed=today,
        processor=processor(),
    )


def digest_of(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """SHA-256 of the canonical JSON of a value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def remove(folder: Path) -> None:
    """Delete a folder if it exists."""
    if folder.exists():
        shutil.rmtree(folder)
