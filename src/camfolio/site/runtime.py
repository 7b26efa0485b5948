"""ONNX Runtime and a DICOM reader for the browser: fetched by npm at build, pinned, checked by their digests, kept in the store."""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from camfolio.store.files import PART, file_digest, settle
from camfolio.store.private import private_folder

PINS = Path(__file__).with_name("runtime.json")
"""Package -> version, and name of a published file -> its place in the package and SHA-256 of its bytes."""
ASSETS = "assets/runtime"
"""Folder of the files in the site."""
FOLDER = "runtime"
"""Folder of the files in the store."""
VARIABLE = "CAMFOLIO_RUNTIME"
"""Environment variable with another folder for them, which several projects may share."""
PATIENCE = 300.0
"""Seconds after which npm is stopped."""
NPM = ("pack", "--silent", "--ignore-scripts", "--prefer-offline", "--fetch-retries=1", "--fetch-timeout=60000")
"""What npm is asked for: the archive of a package as it was published; nothing is installed, and nothing in it is run."""
LARGEST = 64 * 10**6
"""Bytes of a file in a package."""
FAILED: dict[Path, str] = {}
"""Folder -> why its files could not be fetched in this process."""
CODE = re.compile(r"\bcode (E[A-Z]+)\b")
"""How npm names the kind of an error."""
log = logging.getLogger("camfolio")


class RuntimeMissingError(Exception):
    """The files cannot be fetched; the message is why, as a clause."""


@dataclass(frozen=True)
class Pin:
    """A published file: its package and version, its place in that, and its digest."""

    package: str
    version: str
    place: str
    sha256: str

    @property
    def specifier(self) -> str:
        """The package as npm is asked for it."""
        return f"{self.package}@{self.version}"

    @property
    def folder(self) -> str:
        """The folder of its files in the store."""
        return f"{self.package}-{self.version}"


class BrowserRuntime:
    """The files with which networks run in a browser, fetched when a page first asks for them.

    A build without npm, or without a connection, has none, and its pages say why. The project may have files of these names in
    `assets/runtime/` below its folder of documents; those are published instead.

    Args:
        store: folder of results; None if there is none.
        documents: the project's folder of documents.
    """

    def __init__(self, store: Path | None = None, documents: Path | None = None) -> None:
        self.store = store
        self.documents = documents
        self.asked = False

    @property
    def why_not(self) -> str:
        """Why networks cannot run on the pages of this site, as a clause; empty if they can."""
        self.asked = True
        if self.in_documents:
            return ""
        return fetch_once(self.folder) if self.folder else "there is no folder to keep it in"

    @property
    def folder(self) -> Path | None:
        """Where the files are kept; None if there is no such folder."""
        if named := os.environ.get(VARIABLE):
            return Path(named)
        return self.store / FOLDER if self.store else None

    @property
    def in_documents(self) -> bool:
        """Whether the project has all files itself."""
        return self.documents is not None and all((self.documents / ASSETS / name).is_file() for name in pins())

    @property
    def files(self) -> dict[str, Path]:
        """Path in the site -> file in the store; empty if no page has asked for them, the project has them, or there are none."""
        if not self.asked or self.why_not or self.in_documents or self.folder is None:
            return {}
        return {f"{ASSETS}/{name}": self.folder / pin.folder / name for name, pin in pins().items()}


@cache
def pins() -> dict[str, Pin]:
    """Name of a published file -> what it is."""
    packages = json.loads(PINS.read_text(encoding="utf-8"))
    return {
        name: Pin(package, about["version"], file["from"], file["sha256"])
        for package, about in packages.items()
        for name, file in about["files"].items()
    }


def fetch_once(folder: Path) -> str:
    """Fetch what is missing; why that is not possible, for which a process tries it once."""
    if all(is_right(folder / pin.folder / name, pin) for name, pin in pins().items()):
        return ""
    if folder not in FAILED:
        try:
            for package in {pin.folder: pin for pin in pins().values()}.values():
                fetch(package, folder)
        except RuntimeMissingError as error:
            FAILED[folder] = str(error)
            log.info("networks will not run in the browser on this site: %s", error)
            return str(error)
        return ""
    return FAILED[folder]


def is_right(file: Path, pin: Pin) -> bool:
    """Whether a file has the bytes of its pin."""
    try:
        status = file.stat()
    except OSError:
        return False
    return digest(file, status.st_size, status.st_mtime_ns) == pin.sha256


@cache
def digest(file: Path, size: int, changed: int) -> str:  # noqa: ARG001 - a file that changes is read again
    """SHA-256 of a file, read once as long as it does not change."""
    return file_digest(file)


def fetch(package: Pin, folder: Path) -> None:
    """Fetch one package by npm and put its files, checked, into the folder under their final name at once.

    Raises:
        RuntimeMissingError: if npm cannot fetch it, or it is not what was pinned.
    """
    wanted = {name: pin for name, pin in pins().items() if pin.folder == package.folder}
    if all(is_right(folder / package.folder / name, pin) for name, pin in wanted.items()):
        return
    log.info("npm fetches %s for pages on which networks run", package.specifier)
    try:
        private_folder(folder)
        with tempfile.TemporaryDirectory(dir=folder, suffix=PART) as aside:
            contents = unpacked(packed(package, Path(aside)), wanted)
            made = Path(aside, package.folder)
            made.mkdir()
            for name, content in contents.items():
                (made / name).write_bytes(content)
            settle(made)
            shutil.rmtree(folder / package.folder, ignore_errors=True)  # what is not right
            with suppress(OSError):  # another build has just put the same files there
                made.replace(folder / package.folder)
        if not all(is_right(folder / package.folder / name, pin) for name, pin in wanted.items()):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    except OSError as error:
        msg = f"{package.specifier} cannot be kept in the folder of results: {error.strerror or error}"
        raise RuntimeMissingError(msg.lower()) from error


def packed(package: Pin, folder: Path) -> Path:
    """The archive of a package, as npm fetches it into a folder.

    Raises:
        RuntimeMissingError: if there is no npm, or it cannot.
    """
    npm = shutil.which("npm")
    if npm is None:
        msg = f"npm, which fetches {package.specifier}, is not installed where this site was built"
        raise RuntimeMissingError(msg)
    try:
        ran = subprocess.run(  # noqa: S603 - a fixed program with fixed arguments
            [npm, *NPM, package.specifier],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        msg = f"npm did not fetch {package.specifier} when this site was built ({type(error).__name__})"
        raise RuntimeMissingError(msg) from error
    archives = sorted(folder.glob("*.tgz"))
    if ran.returncode or len(archives) != 1:
        found = CODE.search(ran.stderr)
        msg = f"npm could not fetch {package.specifier} when this site was built ({found[1] if found else f'exit status {ran.returncode}'})"
        raise RuntimeMissingError(msg)
    return archives[0]


def unpacked(archive: Path, wanted: Mapping[str, Pin]) -> dict[str, bytes]:
    """Name -> bytes of the wanted files of an archive; nothing else of it is read, and no path in it is written to.

    Raises:
        RuntimeMissingError: if one is missing, or is not what was pinned.
    """
    contents, specifier = {}, next(iter(wanted.values())).specifier
    try:
        with tarfile.open(archive, "r:gz") as opened:
            for name, pin in wanted.items():
                member = opened.getmember(pin.place)
                file = opened.extractfile(member) if member.size <= LARGEST else None
                contents[name] = file.read() if file else b""
    except (tarfile.TarError, KeyError, OSError, EOFError, zlib.error) as error:
        msg = f"npm gave an archive of {specifier} that cannot be read or lacks a file"
        raise RuntimeMissingError(msg) from error
    for name, pin in wanted.items():
        if hashlib.sha256(contents[name]).hexdigest() != pin.sha256:
            msg = f"npm gave another {pin.specifier} than the pinned one: {name} has other bytes"
            raise RuntimeMissingError(msg)
    return contents
