"""Places with results of other machines: a folder, S3, HTTP, or any other address for which fsspec has a driver.

A place holds, per result, `STAGE/KEY.zip` (see `packed`) and `STAGE/KEY.json`, its manifest. Neither is trusted: the manifest
must have the key that was asked for, and files must have its digests, or the recorded ones where there are any.
"""

from __future__ import annotations

import logging
import re
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from camfolio.errors import StoreError
from camfolio.store.artefacts import Artefact, Ingredients, Manifest
from camfolio.store.packed import pack, unpack
from camfolio.store.record import Recorded

SECRET = re.compile(r"(?<=//)[^/@]+@")
"""User and password in an address, which no message repeats."""
log = logging.getLogger("camfolio")


@dataclass(frozen=True)
class Offer:
    """A result that a place has."""

    place: Place
    recorded: Recorded


@dataclass(eq=False)
class Place:
    """One place. It is asked once per key; after an error that is no absence it is not asked again in this process.

    Attributes:
        address: a folder or a URL.
        answers: key -> the result, or None if the place has none or a damaged one.
        closed: whether the place failed.
    """

    address: str
    answers: dict[str, Recorded | None] = field(default_factory=dict)
    closed: bool = False

    def __str__(self) -> str:
        return SECRET.sub("", self.address)

    def find(self, ingredients: Ingredients) -> Recorded | None:
        """The result of these ingredients as the place states it; None if it has none."""
        key = ingredients.key
        if key not in self.answers:
            self.answers[key] = None if self.closed else self.asked(ingredients)
        return self.answers[key]

    def refuse(self, key: str) -> None:
        """Do not offer this result again."""
        self.answers[key] = None

    def asked(self, ingredients: Ingredients) -> Recorded | None:
        """The place's answer; a damaged or false one, and a place that fails, are a warning."""
        try:
            content = self.read(f"{ingredients.stage}/{ingredients.key}.json")
        except FileNotFoundError:
            return None
        except Exception as error:  # noqa: BLE001 - every driver raises errors of its own
            self.closed = True
            log.warning(
                "Expected results at %s, but got %s. It is not asked again; results are computed.", self, said(error)
            )
            return None
        try:
            return stated(content, ingredients)
        except (ValidationError, UnicodeDecodeError):
            log.warning(
                "Expected the manifest of %s at %s, but got something else. It is computed.", ingredients.stage, self
            )
            return None

    def fetch(self, ingredients: Ingredients, recorded: Recorded, folder: Path) -> None:
        """Write the files of a result to an empty folder.

        Raises:
            StoreError: if the place fails or its files do not have these digests.
        """
        name = f"{ingredients.stage}/{ingredients.key}.zip"
        with tempfile.TemporaryDirectory() as aside:
            file = Path(aside) / f"{ingredients.stage}.zip"
            try:
                file.write_bytes(self.read(name))
            except Exception as error:
                msg = f"Expected {name} at {self}, but got {said(error)}."
                raise StoreError(msg) from error
            unpack(file, recorded.outputs, folder)

    def send(self, artefact: Artefact) -> bool:
        """Write a result to the place; whether it was not there yet.

        Raises:
            StoreError: if the place cannot be read or written.
        """
        manifest = artefact.manifest
        stem = f"{manifest.ingredients.stage}/{manifest.key}"
        try:
            system, root = self.opened()
            if system.exists(f"{root}/{stem}.json"):
                return False
            system.makedirs(f"{root}/{manifest.ingredients.stage}", exist_ok=True)
            with tempfile.TemporaryDirectory() as aside:
                pack(artefact.folder, manifest.outputs, file := Path(aside) / "result.zip")
                system.pipe_file(f"{root}/{stem}.zip", file.read_bytes())
            system.pipe_file(
                f"{root}/{stem}.json", manifest.model_dump_json(indent=1).encode()
            )  # last: what it names is there
        except Exception as error:
            msg = f"Expected a place for results that can be written, but {self} gave {said(error)}."
            raise StoreError(msg) from error
        return True

    def read(self, name: str) -> bytes:
        """The bytes of one file of the place."""
        system, root = self.opened()
        content: bytes = system.cat_file(f"{root}/{name}")
        return content

    def opened(self) -> tuple[Any, str]:
        """The file system and the place's path in it."""
        from fsspec.core import url_to_fs  # takes longer than a warm build has

        system, root = url_to_fs(self.address)
        return system, str(root).rstrip("/")


place = cache(Place)
"""The place with an address, one per process."""


def stated(content: bytes, ingredients: Ingredients) -> Recorded:
    """The result in a manifest.

    Raises:
        ValidationError: if it is no manifest of these ingredients.
    """
    manifest = Manifest.model_validate_json(content)
    same = manifest.key == manifest.ingredients.key == ingredients.key
    return Recorded(
        key=manifest.key if same else "",  # which is refused, as every key that is none
        outputs=manifest.outputs,
        seconds=manifest.seconds,
        computed=manifest.computed,
        processor=manifest.processor,
    )


def said(error: Exception) -> str:
    """An error of a driver in one line, without passwords."""
    text = SECRET.sub("", str(error)).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def offer(addresses: tuple[str, ...], ingredients: Ingredients, recorded: Recorded | None) -> Offer | None:
    """The result of these ingredients at the first place that has it: the recorded one, if one is recorded."""
    for address in addresses:
        found = place(address).find(ingredients)
        if found and (recorded is None or found.outputs == recorded.outputs):
            return Offer(place(address), recorded or found)
    return None
