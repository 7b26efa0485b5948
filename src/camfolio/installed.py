"""Distributions that camfolio's requirements reach, as they are installed, and how they differ from `constraints.txt`."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from camfolio.store.code import installed as installed_versions

CONSTRAINTS = "constraints.txt"
EXTRAS = ("docs",)
"""Extras of camfolio whose requirements count, too: a site needs them."""
MOST = 5
"""Differences that a warning lists."""
PINNED = re.compile(r"\s*(?P<name>[\w.-]+)\s*==\s*(?P<version>[^\s;#*]+)\s*(#.*)?")
PLAIN = re.compile(r"\s*(?P<name>[\w.-]+)\s*(\[(?P<extras>[^\]]*)\])?[^;@]*")
log = logging.getLogger("camfolio")


@dataclass(frozen=True)
class Installed:
    """An installed distribution, from the header of its metadata.

    Attributes:
        name: as its authors write it.
        version: with a local label, if it has one.
        licence: SPDX expression, or the licence in its authors' words; empty if they do not state one in a line.
        requires: its requirements, with their markers.
    """

    name: str
    version: str
    licence: str
    requires: tuple[str, ...]


def normalised(name: str) -> str:
    """A distribution's name as package indexes compare it.

    >>> normalised("Ruamel_YAML")
    'ruamel-yaml'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def installed(name: str) -> Installed | None:
    """The installed distribution of this name; None if there is none.

    The header is read line by line: the standard library parses it as an e-mail, which takes ten times as long.
    """
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        found = distribution(name)
    except PackageNotFoundError:
        return None
    header = (found.read_text("METADATA") or found.read_text("PKG-INFO") or "").partition("\n\n")[0]
    lines = header.replace("\n ", " ").replace("\n\t", " ").splitlines()
    fields: dict[str, list[str]] = {}
    for line in lines:
        key, _, value = line.partition(": ")
        fields.setdefault(key, []).append(value.strip())
    first = {key: values[0] for key, values in fields.items()}
    return Installed(
        name=first.get("Name", name),
        version=first.get("Version", ""),
        licence=first.get("License-Expression")
        or stated_licence(first.get("License", ""), fields.get("Classifier", [])),
        requires=tuple(fields.get("Requires-Dist", [])),
    )


def stated_licence(line: str, classifiers: list[str]) -> str:
    """A licence from its field, or if that is empty or holds a whole text, from the classifiers of a distribution.

    >>> stated_licence("", ["License :: OSI Approved :: MIT License"])
    'MIT License'
    """
    if line and len(line) <= 100 and line != "UNKNOWN":  # noqa: PLR2004 - longer than any name of a licence
        return line
    named = [words.rpartition(" :: ")[2] for words in classifiers if words.startswith("License :: ")]
    return " or ".join(name for name in named if name != "OSI Approved")


def required(requirement: str, extra: str) -> list[tuple[str, str]]:
    """The distribution that a requirement names, with an empty extra and each of those it names; none if its marker is false."""
    plain = PLAIN.fullmatch(requirement)
    if plain:
        extras = [name.strip() for name in (plain["extras"] or "").split(",") if name.strip()]
        return [(normalised(plain["name"]), wanted) for wanted in ("", *extras)]
    if not extra and "extra ==" in requirement:
        return []  # half of all lines; parsing them takes most of the time
    from packaging.requirements import Requirement

    parsed = Requirement(requirement)
    if parsed.marker and not parsed.marker.evaluate({"extra": extra}):
        return []
    return [(normalised(parsed.name), wanted) for wanted in ("", *sorted(parsed.extras))]


def requirement_graph(name: str = "camfolio", extras: tuple[str, ...] = EXTRAS) -> dict[str, set[str]]:
    """The installed distributions that a distribution's requirements reach, itself included.

    Markers are evaluated for this interpreter; a requirement that is not installed is left out.

    Returns:
        Normalised name -> the normalised names that it requires itself, sorted.
    """
    graph: dict[str, set[str]] = {}
    waiting = [(normalised(name), extra) for extra in ("", *extras)]
    done = set()
    while waiting:
        one = waiting.pop()
        about = installed(one[0])
        if one in done or about is None:
            continue
        done.add(one)
        further = [pair for line in about.requires for pair in required(line, one[1])]
        graph.setdefault(one[0], set()).update(needed for needed, _ in further)
        waiting += further
    return {key: {one for one in needed if one in graph and one != key} for key, needed in sorted(graph.items())}


def allowed_versions(file: Path) -> dict[str, str]:
    """Normalised name -> the versions that a constraints file allows, of lines that hold for this interpreter.

    Options of pip and lines that are no requirement are skipped: pip reports them.
    """
    allowed = {}
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        if pinned := PINNED.fullmatch(line):
            allowed[normalised(pinned["name"])] = f"=={pinned['version']}"
        elif line.strip() and not line.lstrip().startswith(("#", "-")):
            from packaging.requirements import InvalidRequirement, Requirement

            try:
                requirement = Requirement(line.partition(" #")[0])
            except InvalidRequirement:
                continue
            if requirement.marker is None or requirement.marker.evaluate():
                allowed[normalised(requirement.name)] = str(requirement.specifier)
    return allowed


def differences(file: Path) -> list[str]:
    """Installed versions of what camfolio requires that a constraints file does not allow, in words; a local label such as
    `+cpu` is no difference.

    Requirements are only followed if anything differs: versions alone are known from the names of folders.
    """
    allowed = allowed_versions(file)
    versions = {normalised(name): version for name, version in installed_versions().items()}
    differing = {
        name: f"{name} {versions[name]} instead of {specifier.removeprefix('==')}"
        for name, specifier in sorted(allowed.items())
        if name in versions and not is_allowed(versions[name], specifier)
    }
    reached = requirement_graph() if differing else {}
    return [words for name, words in differing.items() if name in reached]


def is_allowed(version: str, specifier: str) -> bool:
    """Whether a version is one of a specifier.

    >>> is_allowed("2.13.0+cpu", "==2.13.0"), is_allowed("2.13", "==2.13.0"), is_allowed("3.0", "<3")
    (True, True, False)
    """
    if f"=={version.partition('+')[0]}" == specifier:
        return True
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(specifier).contains(version, prereleases=True)


@cache
def warn_of_differences(project: Path) -> None:
    """Log one warning, once per process, if installed versions differ from the `constraints.txt` of a project.

    It goes to the logger `camfolio`, whose warnings a strict build of MkDocs does not count: other versions are allowed.
    """
    file = project / CONSTRAINTS
    if not file.is_file():
        return
    found = differences(file)
    if found:
        listed = ", ".join(found[:MOST]) + (f" and {len(found) - MOST} more" if len(found) > MOST else "")
        log.warning(
            "Expected the versions of %s, but got %s. Results may be computed again, and differ from the recorded ones. "
            "Install the tested versions: pip install -c %s 'camfolio[docs]'.",
            CONSTRAINTS,
            listed,
            CONSTRAINTS,
        )
