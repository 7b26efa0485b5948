"""Reading a study file: YAML to settings, with one sentence and the place for every mistake.

Places come from PyYAML's own nodes: ruamel.yaml's round trips know them too, but read unknown tags as values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

import yaml
from pydantic import BaseModel, ValidationError

from camfolio.errors import StudyError, guess, nearest
from camfolio.study.checklists import KEYS
from camfolio.study.paths import DATA_SECTIONS, Document, Place, check_files, position, resolve_paths
from camfolio.study.settings import Study
from camfolio.study.sources import SOURCES
from camfolio.vocabulary import METHOD_NAMES

PAGE = 'the page "The study file" of the site'
TAGGED = tuple((part,) for part in DATA_SECTIONS)
WORDING: Mapping[str, str] = {
    "path_type": "a path",
    "model_type": "a section with keys",
    "model_attributes_type": "a section with keys",
    "string_too_short": "some text",
    "tuple_type": "a list",
    "dict_type": "a section with keys",
    "too_short": "a longer list",
    "too_long": "a shorter list",
    "missing": "a longer list",
    "invalid_key": "keys that are text",
}


DEEPEST = 3
KEY_ITSELF = "[key]"
"""What pydantic puts behind a key of a mapping where the key is the mistake, not its value."""


class Loader(yaml.SafeLoader):
    """Safe YAML that also reads 1e-3 as a number, as everyone expects, and refuses a key given twice."""


Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"), list("-+0123456789")
)


def read_study(path: Path, overrides: Sequence[str] = ()) -> Study:
    """Read and validate a study.

    Args:
        path: a YAML file; relative paths inside it start at its folder.
        overrides: `key.key=value` from the command line, values in YAML; paths in them start at the current folder.

    Raises:
        StudyError: for the first mistake, in one sentence with file, line, key, and what was expected.
    """
    document, lines = parse(path)
    resolve_paths(document, path, lines)
    given: dict[Place, str] = {}
    for override in sorted(overrides, key=lambda override: not override.partition("=")[0].endswith(".source")):
        given[apply(document, override)] = override
    try:
        study = Study.model_validate(document)
    except ValidationError as error:
        raise StudyError(sentence(error, path, lines, given)) from None
    check_files(study, path, lines, given)
    return study


def study_files(folder: Path) -> list[Path]:
    """All study files in a folder, by name."""
    return sorted(path for path in folder.glob("*.*") if path.suffix in {".yaml", ".yml"})


def parse(path: Path) -> tuple[Document, dict[Place, int]]:
    """The document and, for every key in it, its line (from 1)."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        msg = f"Expected a study file, but there is none at {path}. Give the path of a .yaml file."
        raise StudyError(msg) from None
    except (OSError, UnicodeDecodeError) as error:
        msg = f"Expected a readable study file in UTF-8, but got {error} for {path}."
        raise StudyError(msg) from None
    try:
        loader = Loader(text)
        node = loader.get_single_node()
        document = loader.construct_document(node) if node else None
        lines = dict(key_lines(node, path)) if node else {}
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        msg = f"Expected YAML, but got a mistake in {where}: {getattr(error, 'problem', error)}."
        raise StudyError(msg) from None
    if not isinstance(document, dict):
        msg = f"Expected keys and values in {path}, but got {type(document).__name__}. See {PAGE}."
        raise StudyError(msg)
    return document, lines


def key_lines(node: yaml.Node, path: Path, place: Place = ()) -> list[tuple[Place, int]]:
    """Where every key stands; a key that stands twice is refused. No setting has more than three keys above it, while
    YAML's aliases may go round for ever.
    """
    found: list[tuple[Place, int]] = []
    if not isinstance(node, yaml.MappingNode) or len(place) > DEEPEST:
        return found
    for key, value in node.value:
        here = (*place, key.value)
        line = key.start_mark.line + 1
        if here in dict(found):
            msg = f"Expected every key once, but got {dotted(here)} again in {path}, line {line}."
            raise StudyError(msg)
        found += [(here, line), *key_lines(value, path, here)]
    return found


def apply(document: Document, override: str) -> Place:
    """Set one key from the command line; another data source drops the keys of the source before it."""
    key, equals, text = override.partition("=")
    if not equals or not all(key.split(".")):
        msg = f"Expected --set KEY=VALUE, but got --set {override}. For example --set training.max_epochs=5."
        raise StudyError(msg)
    try:
        value = yaml.load(text, Loader)  # noqa: S506 - Loader is a SafeLoader
    except (yaml.YAMLError, ValueError):
        msg = f"Expected a YAML value after the equals sign, but got --set {override}."
        raise StudyError(msg) from None
    *sections, last = key.split(".")
    target = document
    for section in sections:
        target = target.setdefault(section, {})
        if not isinstance(target, dict):
            msg = f"Expected a section before the last dot, but {section} is a value, in --set {override}."
            raise StudyError(msg)
    if last == "source" and sections in ([part] for part in DATA_SECTIONS) and target.get("source") != value:
        target.clear()
    target[last] = value
    return (*sections, last)


def sentence(error: ValidationError, path: Path, lines: Mapping[Place, int], given: Mapping[Place, str]) -> str:
    """The first mistake in words: what was expected, what was found, and where."""
    first = error.errors()[0]
    place: Place = tuple(
        part
        for i, part in enumerate(first["loc"])
        if part != KEY_ITSELF and (first["loc"][:i] not in TAGGED or part not in SOURCES)
    )
    where = position(place, path, lines, given)
    kind, found = first["type"], first["input"]
    if kind == "extra_forbidden":
        section = known_keys(place[:-1], found_source(error))
        return f"Expected a known key, but got {dotted(place)} ({where}). {nearest(str(place[-1]), section)}"
    if kind == "missing" and isinstance(place[-1], str):
        return f"Expected the key {dotted(place)}, but it is missing ({where}). Add it."
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        where = position((*place, "source"), path, lines, given)
        got = found.get("source") if isinstance(found, dict) else found
        return f"Expected a data source, but got {got!r} for {dotted(place)}.source ({where}). {nearest(str(got), SOURCES)}"
    if kind in {"method", "item"}:
        return unknown_name(kind, found, f"{dotted(place)} ({where})")
    if kind == "value_error":
        return f"Expected {first['msg'].removeprefix('Value error, ')} for {dotted(place)} ({where})."
    expected = WORDING.get(kind) or first["msg"].removeprefix("Input should be ")
    if expected.startswith(("greater", "less")):
        expected = f"a value {expected}"
    return f"Expected {expected}, but got {found!r} for {dotted(place)} ({where})."


def unknown_name(kind: str, found: str, where: str) -> str:
    """The sentence about a method or an item of a checklist that is none; items are too many to list."""
    if kind == "method":
        return f"Expected a method, but got {found!r} for {where}. {nearest(found, METHOD_NAMES)}"
    offer = guess(found, KEYS)
    return f"Expected an item of a checklist, but got {where}. {offer}The page Reporting checklists lists them."


def found_source(error: ValidationError) -> str:
    """The tag of the data section in which the mistake stands, or nothing."""
    return next((str(part) for part in error.errors()[0]["loc"] if part in SOURCES), "")


def known_keys(place: Place, source: str) -> list[str]:
    """The keys that the section at `place` may hold."""
    model: type[BaseModel] = Study
    for part in place:
        if part in DATA_SECTIONS:
            model = SOURCES[source]
            continue
        annotation = model.model_fields[str(part)].annotation
        model = next(kind for kind in (annotation, *get_args(annotation)) if isinstance(kind, type))
    return list(model.model_fields)


def dotted(place: Place) -> str:
    """A place as one writes it: section.key.

    >>> dotted(("training", "blocks", 0))
    'training.blocks.0'
    """
    return ".".join(str(part) for part in place) or "the study"
