"""Every value that a template of a study may use, read from the models of results: the reference page is printed from here."""

from __future__ import annotations

import ast
import hashlib
import re
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from functools import cache
from inspect import cleandoc, getsourcefile
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from markupsafe import Markup

from camfolio.evidence import (
    answers,
    class_findings,
    findings,
    limits,
    sample_size,
    shortcut_findings,
    standing,
    trainings,
)
from camfolio.results.interval import Interval
from camfolio.results.result import Key, Result, ResultFile, Unit
from camfolio.site import data_values, live, recorded
from camfolio.site import values as study_values
from camfolio.site.rooms import ROOT
from camfolio.site.wording import as_text
from camfolio.store.files import cached_json, file_digest
from camfolio.study import reduced, source

KINDS: dict[str, tuple[type, ...]] = {
    "Every study": (study_values.StudyValues, data_values.DataValues),
    "A study about one network": (study_values.NetworkValues, study_values.NetworkVerdicts),
    "A study about a planted shortcut": (study_values.ShortcutValues, study_values.ShortcutVerdicts),
}
"""Kind of study -> the values that its templates may use."""
MODULES = (
    study_values,
    data_values,
    live,
    recorded,
    findings,
    class_findings,
    standing,
    answers,
    limits,
    sample_size,
    shortcut_findings,
    trainings,
    reduced,
    source,
)
"""Modules outside of `results/` that describe values."""
ANY_KEY = Key("KEY", "any other key, as the meaning says")
PLAIN = {str: "text", bool: "true or false", int: "number", float: "number"}
HIDDEN = {"FILE", "model_config"}
ATTRIBUTE = re.compile(r"^    (?P<names>\w+(?:, \w+)*): (?P<words>.*(?:\n {8,}.*)*)", re.MULTILINE)


@dataclass(frozen=True)
class Value:
    """One value: its path in a template, its unit (or that it is text), and what it means."""

    path: str
    unit: str
    meaning: str

    @property
    def row(self) -> Markup:
        """Its row of a table of path, unit and meaning."""
        return Markup(f"| <code>{as_text(self.path)}</code> | {self.unit} | {self.meaning} |")  # noqa: S704 - our own Markdown, from docstrings


@dataclass(frozen=True)
class Group:
    """One name that templates may use: the kind of study that has it, and its values, the first of which is the name itself."""

    kind: str
    name: str
    entries: tuple[Value, ...]


@dataclass(frozen=True)
class TemplateValues:
    """All groups, placeholder -> the keys that it stands for, and what every interval holds."""

    groups: tuple[Group, ...]
    placeholders: Mapping[str, str]
    interval: tuple[Value, ...]

    @property
    def kinds(self) -> dict[str, list[Group]]:
        """Kind of study -> its groups."""
        return {kind: [group for group in self.groups if group.kind == kind] for kind in KINDS}


def template_values(kept: Path | None) -> TemplateValues:
    """Every value, from the folder `kept` where the sources that describe it are unchanged: parsing takes longer than that."""
    files = sorted([*ROOT.glob("results/*.py"), Path(__file__), *(source_file(module) for module in MODULES)])
    digest = hashlib.sha256("".join(map(file_digest, files)).encode()).hexdigest()[:16]
    file = kept / f"values-{digest}.json" if kept else None
    found = cached_json(file, lambda: asdict(described()))
    groups = [Group(**group | {"entries": restored(group["entries"])}) for group in found["groups"]]
    return TemplateValues(tuple(groups), found["placeholders"], restored(found["interval"]))


def restored(entries: Sequence[Mapping[str, str]]) -> tuple[Value, ...]:
    """Values from their JSON."""
    return tuple(Value(**value) for value in entries)


def described() -> TemplateValues:
    """Every value, read from annotations and the strings below them."""
    keys: dict[str, str] = {}
    places = result_places()
    groups = [
        Group(kind, name, tuple(values(name, annotation, meaning, keys, places)))
        for kind, parts in KINDS.items()
        for part in parts
        for name, annotation, meaning in fields(part)
    ]
    parts = (Value(name, entry(part, name, keys)[2], meaning) for name, part, meaning in fields(Interval))
    return TemplateValues(tuple(groups), dict(sorted(keys.items())), tuple(parts))


def values(
    path: str,
    annotation: Any,  # noqa: ANN401 - any annotation
    meaning: str,
    keys: dict[str, str],
    places: dict[type, str],
) -> Iterator[Value]:
    """A value and those inside it; placeholders of keys go into `keys`, types that are described here into `places`."""
    plain, at, unit = entry(annotation, path, keys)
    reference = described_elsewhere(plain, at, places)
    yield Value(at, reference or unit, meaning)
    for name, part, words in () if reference else fields(plain):
        yield from values(f"{at}.{name}", part, words, keys, places)


def described_elsewhere(plain: Any, at: str, places: dict[type, str]) -> str:  # noqa: ANN401 - any annotation
    """Where else on the page a type is described; empty if it is here."""
    if plain is Interval:
        return "[interval](#intervals)"
    place = places.setdefault(plain, at) if fields(plain) else at
    return "" if place == at else f"as <code>{as_text(place)}</code>"


def result_places() -> dict[type, str]:
    """Result file -> the path under which it is described: its own name, wherever else it stands."""
    places: dict[type, str] = {}
    for part in chain.from_iterable(KINDS.values()):
        for name, annotation, _ in fields(part):
            plain, at, _ = entry(annotation, name, {})
            if isinstance(plain, type) and issubclass(plain, ResultFile):
                places.setdefault(plain, at)
    return places


def entry(annotation: Any, path: str, keys: dict[str, str]) -> tuple[Any, str, str]:  # noqa: ANN401 - any annotation
    """What stands in lists and mappings of an annotation: its type, its path and its unit."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        plain, path, unit = entry(arguments[0], path, keys)
        return (
            plain,
            path,
            next((extra.name for extra in arguments[1:] if isinstance(extra, Unit) and extra.name), unit),
        )
    if origin in {Union, types.UnionType}:
        return entry(next(option for option in arguments if option is not type(None)), path, keys)
    if origin in {tuple, list}:
        return entry(arguments[0], f"{path}[N]", keys)
    if origin in {Mapping, dict}:
        key = next((extra for extra in get_args(arguments[0])[1:] if isinstance(extra, Key)), ANY_KEY)
        keys[key.name] = key.meaning
        return entry(arguments[1], f"{path}.{key.name}", keys)
    options = " or ".join(map(str, arguments)) if origin is Literal else ""
    return annotation, path, options or PLAIN.get(annotation, "")


def fields(model: Any) -> list[tuple[str, Any, str]]:  # noqa: ANN401 - any annotation
    """Name, annotation and meaning of all fields and properties of a model of results, a dataclass or a TypedDict; else none."""
    if not isinstance(model, type) or not (issubclass(model, Result) or is_dataclass(model) or is_typeddict(model)):
        return []
    hints = {name: hint for name, hint in get_type_hints(model, include_extras=True).items() if name not in HIDDEN}
    meanings: dict[str, str] = {}
    for part in reversed(model.__mro__):
        if part.__module__.startswith("camfolio.") or part is model:
            meanings |= meanings_of(part)
    for name in meanings:
        if isinstance(found := getattr(model, name, None), property):
            hints[name] = get_type_hints(found.fget, include_extras=True)["return"]
    return [(name, hint, meanings.get(name, "")) for name, hint in hints.items()]


def meanings_of(model: type) -> dict[str, str]:
    """Field or property of a class itself -> the string below it, its line among the Attributes of the class, or its docstring."""
    (body,) = [node for node in parsed(source_file_of(model)) if node.name == model.__name__]
    document = cleandoc(model.__doc__ or "").partition("Attributes:\n")[2]
    said = {
        name: " ".join(f"{found['words'][:1].upper()}{found['words'][1:]}".split())
        for found in ATTRIBUTE.finditer(document)
        for name in found["names"].split(", ")
    }
    for node, below in zip(body.body, [*body.body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
                said[node.target.id] = " ".join(cleandoc(str(below.value.value)).split())
        elif isinstance(node, ast.FunctionDef) and any(ast.unparse(one) == "property" for one in node.decorator_list):
            said[node.name] = " ".join((ast.get_docstring(node) or "").split())
    return said


@cache
def parsed(file: Path) -> list[ast.ClassDef]:
    """The classes at the top of a file."""
    return [node for node in ast.parse(file.read_text(encoding="utf-8")).body if isinstance(node, ast.ClassDef)]


def source_file(module: types.ModuleType) -> Path:
    """The file of a module."""
    return Path(str(module.__file__))


def source_file_of(model: type) -> Path:
    """The file in which a class is written."""
    return Path(str(getsourcefile(model)))
