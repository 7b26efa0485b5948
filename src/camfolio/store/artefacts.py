"""The ingredients of results' keys, and the folders that hold results."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path, PurePosixPath
from time import perf_counter, time
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from camfolio.errors import StoreError
from camfolio.store.checks import Checks
from camfolio.store.files import PART, file_digest, settle, sync
from camfolio.store.in_use import alone
from camfolio.store.private import private_folder
from camfolio.store.processor import processor

MANIFEST = "manifest.json"
MEMORY = "code.json"
LAYOUT = "store.json"
UNFINISHED = ".unfinished"
CHECKED = ".checked.json"
OURS = (MEMORY, LAYOUT, CHECKED, ".inputs", ".locks", ".serving", ".templates", UNFINISHED)
NAMED = re.compile(rf"[0-9a-f]{{20}}({re.escape(PART)})?")
ABANDONED_AFTER = 60.0
"""Seconds after which a temporary file is taken for that of a killed run."""


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


def inside(name: str) -> str:
    """A file's name, if it leads to no other folder."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or not path.parts:
        msg = f"Expected the name of a file of the result, but got {name!r}."
        raise ValueError(msg)
    return name


FileName = Annotated[str, AfterValidator(inside)]
"""Name of a file of a result, relative to its folder and in it."""


class Manifest(BaseModel):
    """The manifest of an artefact: its ingredients, its output files with digests, and when, where and how long it was computed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    ingredients: Ingredients
    outputs: dict[FileName, str]
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
            listed = ", ".join(self.manifest.outputs)
            msg = f"Expected {name} in {self.folder}, but its manifest lists {listed}. Delete it, and it is computed again."
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
        self.checks = Checks(root / CHECKED)

    def folder(self, ingredients: Ingredients) -> Path:
        """The folder of the result of these ingredients, whether it exists or not."""
        return self.root / ingredients.stage / ingredients.key[:20]

    def find(self, ingredients: Ingredients) -> Artefact | None:
        """The finished result of these ingredients; None if there is none or its files are not as they were finished."""
        manifest, damage = self.examine(ingredients)
        return Artefact(self.folder(ingredients), manifest) if manifest and not damage else None

    def damage(self, ingredients: Ingredients) -> str:
        """What is wrong with the result of these ingredients, in words; empty if there is none or it is whole."""
        return self.examine(ingredients)[1]

    def examine(self, ingredients: Ingredients) -> tuple[Manifest | None, str]:
        """The manifest in the folder of the result, if it can be read, and what is wrong with the result."""
        folder = self.folder(ingredients)
        manifest = read_manifest(folder)
        if manifest is None:
            return None, f"{MANIFEST} cannot be read" if folder.is_dir() else ""
        if manifest.key != ingredients.key or manifest.ingredients != ingredients:
            return manifest, f"{MANIFEST} is that of another result"
        return manifest, self.checks.damage(folder, manifest.outputs)

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
        for parent in (folder.parent, self.root / ".locks"):
            private_folder(parent)
        with FileLock(self.root / ".locks" / f"{ingredients.key}.lock"):
            finished = self.find(ingredients)
            if finished:
                return finished
            aside = folder.with_name(folder.name + PART)
            remove(aside)
            discard(folder)
            private_folder(aside)
            start = perf_counter()
            compute(aside)
            manifest = known or manifest_of(aside, ingredients, perf_counter() - start)
            content = manifest.model_dump_json(indent=1)
            (aside / MANIFEST).write_text(content, encoding="utf-8", newline="\n")
            settle(aside)
            aside.replace(folder)
            sync(folder.parent)
        return Artefact(folder, manifest)

    def delete(self, folders: Iterable[Path]) -> None:
        """Delete results, or folders of interrupted stages, and temporary files of killed runs.

        Raises:
            StoreError: if another process uses the store.
        """
        with alone(self.root):
            for folder in folders:
                discard(folder)
            for file in (*self.root.glob(f"*.json.*{PART}"), *self.root.glob(f".inputs/*{PART}")):
                if time() - file.stat().st_mtime > ABANDONED_AFTER:
                    file.unlink(missing_ok=True)

    def unused(self, keep: set[str]) -> list[Path]:
        """The folders of all results whose key is not in `keep` and that no process is computing.

        Raises:
            StoreError: if the folder is not a store.
        """
        self.check()
        named = [folder for folder in sorted(self.root.glob("[!.]*/*/")) if NAMED.fullmatch(folder.name)]
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


def discard(folder: Path) -> None:
    """Delete a result; it loses its name first, so that a run that is killed meanwhile leaves no half of it."""
    if folder.suffix != PART and folder.exists():
        aside = folder.with_name(folder.name + PART)
        remove(aside)
        folder = folder.replace(aside)
    remove(folder)


def remove(folder: Path) -> None:
    """Delete a folder if it exists."""
    if folder.exists():
        shutil.rmtree(folder)
