"""Filters that format values on pages: numbers with intervals, names as escaped text, formulas as MathML."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping, Sequence, Sized
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from camfolio.method_words import method_name
from camfolio.results.subject import Subject
from camfolio.site.numbers import (
    counted,
    interval,
    percent_interval,
    percentage_points,
    points,
    span,
    written,
)
from camfolio.vocabulary import FOR_ITS_SIZE, SCALING_NAMES, UNDEFINED, as_number, as_percent

SIGNS = str.maketrans({sign: f"&#{ord(sign)};" for sign in "&<>\"'`*_[]|~^=$\\{}#"})
ENDS = re.compile(r"^(?: |[-+!]|[0-9]+\.(?= |$))| $")
SPACE = re.compile(r"(?:[^\S\u00a0\u2009\u202f]|[\x00-\x1f\x7f-\x9f])+")
"""White space and control characters, but not the spaces within numbers."""


def as_text(value: Any) -> Any:  # noqa: ANN401 - any value of an expression in a template
    r"""A string that is not markup as plain text on one line, HTML and Markdown in it escaped; None as "not defined".

    >>> print(as_text("<b>*x*"))
    &#60;b&#62;&#42;x&#42;
    >>> print(as_text("1. a\n- b"))
    1&#46; a - b
    """
    if value is None:
        return UNDEFINED
    if isinstance(value, str) and not isinstance(value, Markup):
        signs = SPACE.sub(" ", value).translate(SIGNS)
        return Markup(ENDS.sub(entity_at_end, signs))  # noqa: S704 - special characters were replaced in the line above
    return value


def entity_at_end(match: re.Match[str]) -> str:
    """Escape a character that would start a list or an admonition, or a space that would separate Markdown's emphasis from its word."""
    return f"{match[0][:-1]}&#{ord(match[0][-1])};"


def listed(words: Sequence[str]) -> str:
    """Words as a list in a sentence.

    >>> listed(["Grad-CAM", "HiRes-CAM", "Score-CAM"])
    'Grad-CAM, HiRes-CAM and Score-CAM'
    """
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def agree(count: int | Sized, singular: str, plural: str) -> str:
    """The singular for a count of 1, or for a list with one item; else the plural.

    >>> agree(["Grad-CAM"], "points", "point"), agree(2, "is", "are")
    ('points', 'are')
    """
    return singular if is_single(count) else plural


def is_single(count: int | Sized) -> bool:
    """Whether a count, or the length of a list, is 1."""
    return (count if isinstance(count, int) else len(count)) == 1


def is_first(rank: int) -> bool:
    """Whether a rank is 1."""
    return rank == 1


def between(loop: Any, word: str = "and") -> str:  # noqa: ANN401 - Jinja's loop, which has no public type
    """The separator after an item of a loop, so that the items read as a list in a sentence: a comma, a word, or nothing."""
    return "" if loop.last else f" {word} " if loop.revindex0 == 1 else ", "


def clause(words: str) -> str:
    """Text of a study for the inside of a sentence: without a full stop at its end.

    >>> clause("histology after resection.")
    'histology after resection'
    """
    return words.rstrip(" .")


def method_names(methods: Sequence[str]) -> str:
    """Names of methods as a list in a sentence.

    >>> method_names(["grad_cam", "hires_cam", "score_cam"])
    'Grad-CAM, HiRes-CAM and Score-CAM'
    """
    return listed([method_name(method) for method in methods])


def without(items: Sequence[str], excluded: Sequence[str]) -> list[str]:
    """The items that are not excluded, in their order."""
    return [item for item in items if item not in excluded]


def per_method(values: Mapping[str, Any], methods: Sequence[str], form: str = "pct", *arguments: int) -> str:
    """Methods with their values, each formatted by a filter.

    Args:
        values: by method.
        methods: those to list, in order.
        form: name of the filter.
        arguments: of the filter, such as the number of digits.

    >>> per_method({"grad_cam": 0.31, "score_cam": None}, ["grad_cam", "score_cam"])
    'Grad-CAM 31 %, Score-CAM not defined'
    """
    return ", ".join(f"{method_name(method)} {FILTERS[form](values[method], *arguments)}" for method in methods)


def code(value: object) -> Markup:
    """A name from code or a file."""
    return Markup("<code>{}</code>").format(as_text(str(value)))


def argument(value: object, name: str) -> Markup:
    """An argument of user code: its name, and its value only if it is a number, since texts may be paths or tokens.

    >>> print(argument(8, "width"), argument("/home/ann/key", "key"))
    <code>width&#61;8</code> <code>key</code>
    """
    return code(f"{name}={value}" if isinstance(value, int | float) else name)


def docstring(text: str) -> Markup:
    """A sentence of a docstring in Markdown: text between backticks becomes code.

    >>> print(docstring("`run` <stages>"))
    <code>run</code>&#32;&#60;stages&#62;
    """
    parts = text.split("`")
    return Markup("").join(code(part) if i % 2 else Markup(as_text(part)) for i, part in enumerate(parts))  # noqa: S704 - escaped by as_text


def address(name: str) -> Markup:
    """A name in the address of a link, percent-encoded.

    >>> print(address("our_nodules"))
    our_nodules
    """
    return Markup(quote(name))  # noqa: S704 - special characters are percent-encoded


def front_matter(value: str) -> Markup:
    """A string as a YAML value, escaped for HTML: the theme does not escape page titles."""
    return Markup(json.dumps(html.escape(value), ensure_ascii=False))  # noqa: S704 - escaped


def mathml(formula: str, *, block: bool = False) -> Markup:
    """A LaTeX formula as MathML, which browsers render without a script."""
    from latex2mathml.converter import convert

    rendered = Markup(convert(formula, display="block" if block else "inline"))  # noqa: S704 - markup of the library
    # Markdown treats a line that begins with <math> as a block; a span stays in its sentence.
    return (
        Markup('<div class="formula">{}</div>').format(rendered)
        if block
        else Markup("<span>{}</span>").format(rendered)
    )


def scaling_name(scaling: str) -> str:
    """The meaning of a map's colours under a scaling.

    >>> scaling_name("per_image")
    "share of the map's own maximum"
    """
    return SCALING_NAMES[scaling]


def kind_words(kind: str) -> str:
    """A kind of example in words.

    >>> kind_words("good"), kind_words("misclassified")
    ('most energy on the nodule for its size', 'misclassified')
    """
    return FOR_ITS_SIZE.get(kind, kind)


def subject_name(key: str) -> str:
    """A method in Markdown, with its layer if that is not the layer in focus.

    >>> subject_name("layer2.1/grad_cam"), subject_name("hires_cam")
    ('Grad-CAM at <code>layer2.1</code>', 'HiRes-CAM')
    """
    subject = Subject.of(key)
    name = method_name(subject.name)
    return name if subject.in_focus else f"{name} at {code(subject.layer)}"


FILTERS: dict[str, Callable[..., Any]] = {
    "agree": agree,
    "between": between,
    "address": address,
    "argument": argument,
    "ci": interval,
    "clause": clause,
    "code": code,
    "counted": counted,
    "docstring": docstring,
    "front_matter": front_matter,
    "kind": kind_words,
    "listed": listed,
    "mathml": mathml,
    "method": method_name,
    "method_names": method_names,
    "num": as_number,
    "pct": as_percent,
    "pct_ci": percent_interval,
    "per_method": per_method,
    "percentage_points": percentage_points,
    "points": points,
    "scaling": scaling_name,
    "span": span,
    "subject": subject_name,
    "without": without,
    "written": written,
}
TESTS = {"first": is_first, "single": is_single}
