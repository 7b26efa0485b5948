"""Read a study file: YAML to settings; every error is one sentence with file, line and key.

Lines come from PyYAML's nodes; ruamel.yaml has them too, but reads unknown tags as values. What a sentence repeats of
the file is shortened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

import yaml
from pydantic import BaseModel, ValidationError

from camfolio.errors import StudyError, guess, nearest, quoted, shortened
from camfolio.method_words import METHOD_NAMES
from camfolio.study.checklists import KEYS
from camfolio.study.document import LARGEST, Loader
from camfolio.study.paths import (
    ARGUMENTS,
    DATA_SECTIONS,
    Document,
    KeyPath,
    check_files,
    position,
    resolve_paths,
    without_argument,
)
from camfolio.study.settings import Study
from camfolio.study.sources import SOURCES

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
"""What pydantic appends to the location where a mapping's key is invalid, not its value."""


def read_study(path: Path, overrides: Sequence[str] = ()) -> Study:
    """Read and validate a study.

    Args:
        path: a YAML file; relative paths inside it start at its folder.
        overrides: `key.key=value` from the command line, values in YAML; paths in them start at the current folder.

    Raises:
        StudyError: for the first error, in one sentence with file, line, key, and what was expected.
    """
    document, lines = parse(path)
    resolve_paths(document, path, lines)
    given: dict[KeyPath, str] = {}
    for override in sorted(overrides, key=lambda override: not override.partition("=")[0].endswith(".source")):
        given[apply(document, override)] = override
    try:
        study = Study.model_validate(document)
    except ValidationError as error:
        raise StudyError(sentence(error, path, lines, given)) from None
    check_files(study, path, lines, given)
    return study


def study_files(folder: Path) -> list[Path]:
    """All study files in a folder, sorted by name."""
    return sorted(path for path in folder.glob("*.*") if path.suffix in {".yaml", ".yml"})


def parse(path: Path) -> tuple[Document, dict[KeyPath, int]]:
    """The document and, for every key in it, its line (from 1)."""
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(LARGEST + 1)
    except FileNotFoundError:
        msg = f"Expected a study file, but there is none at {path}. Give the path of a .yaml file."
        raise StudyError(msg) from None
    except (OSError, UnicodeDecodeError) as error:
        msg = f"Expected a readable study file in UTF-8, but got {error} for {path}."
        raise StudyError(msg) from None
    if len(text) > LARGEST:
        msg = f"Expected a study file of at most {LARGEST} characters, but {path} has more. Give the path of a study."
        raise StudyError(msg)
    try:
        loader = Loader(text)
        node = loader.get_single_node()
        document = loader.construct_document(node) if node else None
        lines = key_lines(node, path) if node else {}
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        msg = f"Expected YAML, but got a mistake in {where}: {shortened(str(getattr(error, 'problem', error)))}."
        raise StudyError(msg) from None
    if not isinstance(document, dict):
        msg = f"Expected keys and values in {path}, but got {type(document).__name__}. See {PAGE}."
        raise StudyError(msg)
    return document, lines


def key_lines(node: yaml.Node, path: Path, key_path: KeyPath = ()) -> dict[KeyPath, int]:
    """The line of every key down to the deepest setting.

    Raises:
        StudyError: for a key given twice.
    """
    located: dict[KeyPath, int] = {}
    if not isinstance(node, yaml.MappingNode) or len(key_path) > DEEPEST:
        return located
    for key, value in node.value:
        here = (*key_path, key.value)
        line = key.start_mark.line + 1
        if here in located:
            msg = f"Expected every key once, but got {dotted(here)} again in {path}, line {line}."
            raise StudyError(msg)
        located |= {here: line, **key_lines(value, path, here)}
    return located


def apply(document: Document, override: str) -> KeyPath:
    """Set one key from the command line; a new data source drops the keys of the previous one."""
    key, equals, text = override.partition("=")
    if not equals or not all(key.split(".")):
        msg = f"Expected --set KEY=VALUE, but got --set {without_argument(override)}. For example --set training.max_epochs=5."
        raise StudyError(msg)
    try:
        value = yaml.load(text, Loader)  # noqa: S506 - Loader is a SafeLoader
    except (yaml.YAMLError, ValueError):
        msg = f"Expected a YAML value after the equals sign, but got --set {without_argument(override)}."
        raise StudyError(msg) from None
    *sections, last = key.split(".")
    target = document
    for section in sections:
        target = target.setdefault(section, {})
        if not isinstance(target, dict):
            msg = f"Expected a section before the last dot, but {section} is a value, in --set {without_argument(override)}."
            raise StudyError(msg)
    if last == "source" and sections in ([part] for part in DATA_SECTIONS) and target.get("source") != value:
        target.clear()
    target[last] = value
    return (*sections, last)


def sentence(error: ValidationError, path: Path, lines: Mapping[KeyPath, int], given: Mapping[KeyPath, str]) -> str:
    """The first error in words: what was expected, what was given, and where."""
    first = error.errors()[0]
    key_path: KeyPath = tuple(
        part
        for i, part in enumerate(first["loc"])
        if part != KEY_ITSELF and (first["loc"][:i] not in TAGGED or part not in SOURCES)
    )
    where = position(key_path, path, lines, given)
    kind, value = first["type"], first["input"]
    if kind == "extra_forbidden":
        section = known_keys(key_path[:-1], source_of(error))
        return f"Expected a known key, but got {dotted(key_path)} ({where}). {nearest(str(key_path[-1]), section)}"
    if kind == "missing" and isinstance(key_path[-1], str):
        return f"Expected the key {dotted(key_path)}, but it is missing ({where}). Add it."
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        where = position((*key_path, "source"), path, lines, given)
        got = value.get("source") if isinstance(value, dict) else value
        return f"Expected a data source, but got {quoted(got)} for {dotted(key_path)}.source ({where}). {nearest(shortened(str(got)), SOURCES)}"
    if kind in {"method", "item"}:
        return unknown_name(kind, value, f"{dotted(key_path)} ({where})")
    if kind == "value_error":
        return f"Expected {shortened(first['msg'].removeprefix('Value error, '))} for {dotted(key_path)} ({where})."
    expected = WORDING.get(kind) or first["msg"].removeprefix("Input should be ")
    if expected.startswith(("greater", "less")):
        expected = f"a value {expected}"
    got = type(value).__name__ if ARGUMENTS in key_path else quoted(value)
    return f"Expected {expected}, but got {got} for {dotted(key_path)} ({where})."


def unknown_name(kind: str, name: str, where: str) -> str:
    """The sentence for an unknown method or checklist item; the items are too many to list."""
    if kind == "method":
        return f"Expected a method, but got {quoted(name)} for {where}. {nearest(shortened(name), METHOD_NAMES)}"
    offer = guess(name, KEYS)
    return f"Expected an item of a checklist, but got {where}. {offer}The page Reporting checklists lists them."


def source_of(error: ValidationError) -> str:
    """The source of the data section that holds the error; empty if the error is elsewhere."""
    return next((str(part) for part in error.errors()[0]["loc"] if part in SOURCES), "")


def known_keys(key_path: KeyPath, source: str) -> list[str]:
    """The keys of the section at `key_path`."""
    model: type[BaseModel] = Study
    for part in key_path:
        if part in DATA_SECTIONS:
            model = SOURCES[source]
            continue
        annotation = model.model_fields[str(part)].annotation
        model = next(kind for kind in (annotation, *get_args(annotation)) if isinstance(kind, type))
    return list(model.model_fields)


def dotted(key_path: KeyPath) -> str:
    """A path of keys in dotted form.

    >>> dotted(("training", "blocks", 0))
    'training.blocks.0'
    """
    return ".".join(str(part) for part in key_path) or "the study"
