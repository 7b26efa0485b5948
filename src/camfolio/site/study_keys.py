"""All keys of a study file with type, limits, default and meaning, for the page The study file."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from camfolio.study.settings import Study

REPEATED = {"external"}
"""Sections with the same keys as a section that is described."""
LIMITS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}


@dataclass(frozen=True)
class Key:
    """One key: its name, the values that it takes, its default (empty if it is required), and its meaning."""

    name: str
    takes: str
    default: str
    meaning: str


@dataclass(frozen=True)
class Section:
    """A section of the study file: its dotted name (empty for the top level), its meaning, and its keys."""

    name: str
    meaning: str
    keys: tuple[Key, ...]


def sections(model: type[BaseModel] = Study, name: str = "") -> list[Section]:
    """The sections of a settings class: its top level, then its nested sections."""
    nested = {field: inner(info.annotation) for field, info in model.model_fields.items() if field not in REPEATED}
    plain = tuple(key(field, info) for field, info in model.model_fields.items() if not nested.get(field))
    listed = [Section(name, (model.__doc__ or "").partition("\n")[0], plain)]
    for field, models in nested.items():
        for nested_model in models:
            listed += sections(nested_model, f"{name}.{field}" if name else field)
    return listed


def inner(annotation: Any) -> list[type[BaseModel]]:  # noqa: ANN401 - any annotation
    """The settings classes in a type annotation: none, one, or one per alternative."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in {Union, types.UnionType}:
        return [model for option in get_args(annotation) for model in inner(option)]
    return []


def key(name: str, info: FieldInfo) -> Key:
    """The description of one field."""
    limits = [
        f"{sign} {getattr(rule, attribute)}"
        for rule in info.metadata
        for attribute, sign in LIMITS.items()
        if hasattr(rule, attribute)
    ]
    takes = ", ".join([words(info.annotation), *limits])
    default = "" if info.default is PydanticUndefined else shown(info.default)
    return Key(name, takes, default, info.description or "")


def words(annotation: Any) -> str:  # noqa: ANN401 - any annotation
    """A type in words.

    >>> words(float | None), words(Literal["a", "b"]), words(tuple[int, int])
    ('number', 'a or b', 'list of whole number')
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return words(arguments[0])
    if origin is Literal:
        return " or ".join(str(option) for option in arguments)
    if origin is dict or inner(annotation):
        return "section with keys"
    if origin in {tuple, Mapping}:
        return f"list of {words(arguments[0])}" if origin is tuple else f"{words(arguments[1])} by key"
    if origin in {Union, types.UnionType}:
        return " or ".join(words(option) for option in arguments if option is not type(None))
    return {int: "whole number", float: "number", bool: "true or false", str: "text"}.get(annotation, "path")


def shown(default: object) -> str:
    """A default value in YAML.

    >>> shown((1, 2)), shown(None), shown(True), shown("")
    ('[1, 2]', 'none', 'true', 'none')
    """
    if isinstance(default, tuple):
        return f"[{', '.join(shown(part) for part in default)}]"
    if isinstance(default, bool):
        return str(default).lower()
    return (
        "none"
        if default is None or default in ("", {})
        else f"{default:g}"
        if isinstance(default, float)
        else str(default)
    )
