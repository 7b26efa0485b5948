"""The page The study file lists every key."""

from __future__ import annotations

from typing import Annotated, Literal, Union, get_args, get_origin

import pytest
from pydantic import BaseModel, Field

from camfolio.site.study_keys import Key, sections, shown, words
from camfolio.study.settings import Study
from camfolio.study.sources import SOURCES

SECTIONS = sections()


def dotted_keys(model: type[BaseModel], prefix: str = "") -> set[str]:
    """Every leaf below a settings class, found by following the classes named in annotations."""
    found = set()
    for name, info in model.model_fields.items():
        if name == "external":  # the keys of data again
            found.add(name)
            continue
        below = [part for part in flatten(info.annotation) if isinstance(part, type) and issubclass(part, BaseModel)]
        for inner in below:
            found |= dotted_keys(inner, f"{prefix}{name}.")
        if not below:
            found.add(prefix + name)
    return found


def flatten(annotation) -> list[object]:
    return [annotation, *(part for argument in get_args(annotation) for part in flatten(argument))]


def listed() -> dict[str, Key]:
    return {f"{section.name}.{key.name}".lstrip("."): key for section in SECTIONS for key in section.keys}


def test_every_key_of_a_study_is_listed():
    assert set(listed()) == dotted_keys(Study)


def test_all_data_sources_are_listed_with_all_of_their_keys():
    found = [{key.name for key in section.keys} for section in SECTIONS if section.name == "data"]
    assert found == [set(kind.model_fields) for kind in SOURCES.values()]


@pytest.mark.parametrize("name", sorted(listed()))
def test_a_key_has_type_and_meaning(name):
    key = listed()[name]
    assert key.meaning
    assert key.takes
    assert not {"Annotated", "typing", "NoneType", "FieldInfo"} & set(key.takes.replace("[", " ").split())


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name or "study")
def test_a_section_has_a_meaning(section):
    assert section.meaning.endswith((".", ":"))


def test_limits_and_defaults_stand_as_in_yaml():
    keys = listed()
    assert keys["training.steps"].default == "400"
    assert keys["training.steps"].takes == "whole number, >= 1, <= 1000000"
    assert keys["split.train"].takes == "number, > 0, < 1"
    assert keys["network.window_hu"].default == "[-1000, 400]"
    assert keys["network.checkpoint"].default == "none"
    assert keys["explanation.methods"].default == "[grad_cam, hires_cam, score_cam]"


def test_keys_that_must_be_given_have_no_default():
    assert {name for name, key in listed().items() if not key.default} == {
        "title",
        "excerpt",
        "data.source",
        "data.path",
        "data.annotations",
        "data.candidates",
        "data.patient",
        "data.spacing_mm",
        "data.class_path",
    }


def test_a_new_key_of_any_type_gets_words():
    assert words(Annotated[int, Field(ge=1)]) == "whole number"
    assert words(Union[bool, None]) == "true or false"  # noqa: UP007 - both ways of writing it
    assert words(Literal["a", "b"]) == "a or b"
    assert shown(1e-05) == "1e-05"
    assert get_origin(Literal["a"]) is Literal
