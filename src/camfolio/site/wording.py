"""How values read on a page: numbers with their intervals, names as text, formulas as MathML."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence, Sized
from typing import Any, Literal
from urllib.parse import quote

from markupsafe import Markup

from camfolio.evidence.subject import Subject
from camfolio.method_words import method_name
from camfolio.vocabulary import SCALING_NAMES

SIGNS = str.maketrans({sign: f"&#{ord(sign)};" for sign in "&<>\"'`*_[]|~^=$\\{}#"})
ENDS = re.compile(r"^(?: |[-+!]|[0-9]+\.(?= |$))| $")
SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
UNDEFINED = "not defined"
NARROW_SPACE = "\u202f"  # between thousands; a line does not break there


def as_text(value: Any) -> Any:  # noqa: ANN401 - whatever a template puts out
    r"""A string from outside as nothing but text on one line: neither HTML nor Markdown in it acts. None is not defined.

    >>> print(as_text("<b>*x*"))
    &#60;b&#62;&#42;x&#42;
    >>> print(as_text("1. a\n- b"))
    1&#46; a - b
    """
    if value is None:
        return UNDEFINED
    if isinstance(value, str) and not isinstance(value, Markup):
        signs = SPACE.sub(" ", value).translate(SIGNS)
        return Markup(ENDS.sub(entity_at_end, signs))  # noqa: S704 - every sign that acts was just replaced
    return value


def entity_at_end(found: re.Match[str]) -> str:
    """A sign that would begin a list or a box at a line's start, or a blank that would part a mark from its word."""
    return f"{found[0][:-1]}&#{ord(found[0][-1])};"


def number(value: float | None, digits: int = 3) -> str:
    """A number with fixed digits.

    >>> number(0.94449)
    '0.944'
    >>> number(None)
    'not defined'
    """
    return UNDEFINED if value is None else f"{value:.{digits}f}"


def percent(value: float | None, digits: int = 0) -> str:
    """A share in percent.

    >>> percent(0.256, 1)
    '25.6 %'
    """
    return UNDEFINED if value is None else f"{100 * value:.{digits}f} %"


def interval(row: Mapping[str, Any], digits: int = 3) -> str:
    """A value with its 95 % interval.

    >>> interval({"value": 0.944, "low": 0.92, "high": 0.961})
    '0.944 (0.920 to 0.961)'
    """
    if row["value"] is None or row["low"] is None:
        return number(row["value"], digits)
    return f"{row['value']:.{digits}f} ({row['low']:.{digits}f} to {row['high']:.{digits}f})"


def percent_interval(row: Mapping[str, Any]) -> str:
    """A share with its 95 % interval, in percent.

    >>> percent_interval({"value": 0.5, "low": 0.4, "high": 0.6})
    '50 % (40 to 60)'
    """
    if row["value"] is None or row["low"] is None:
        return percent(row["value"])
    return f"{100 * row['value']:.0f} % ({100 * row['low']:.0f} to {100 * row['high']:.0f})"


def written(row: Mapping[str, Any], how: Literal["number", "percent"]) -> str:
    """A value with its 95 % interval, as its metric is written.

    >>> written({"value": 0.5, "low": 0.4, "high": 0.6}, "number"), written({"value": 0.5, "low": 0.4, "high": 0.6}, "percent")
    ('0.500 (0.400 to 0.600)', '50 % (40 to 60)')
    """
    return percent_interval(row) if how == "percent" else interval(row)


def points(row: Mapping[str, Any]) -> str:
    """A difference of shares with its 95 % interval, in percentage points.

    >>> points({"value": 0.24, "low": 0.18, "high": 0.3})
    '24.0 percentage points (18.0 to 30.0)'
    >>> points({"value": -0.0001, "low": -0.3, "high": None})
    '0.0 percentage points'
    """
    if row["value"] is None:
        return UNDEFINED
    value, *ends = (f"{100 * row[name]:z.1f}" for name in ("value", "low", "high") if row[name] is not None)
    low_high = f" ({' to '.join(ends)})" if len(ends) == 2 else ""  # noqa: PLR2004 - both ends or none
    return f"{value} percentage points{low_high}"


def span(values: Sequence[float], digits: int = 2) -> str:
    """From the lowest to the highest, or the one value.

    >>> span([0.5, 0.98]), span([1.0, 1.0])
    ('0.50 to 0.98', '1.00')
    """
    low, high = f"{min(values):.{digits}f}", f"{max(values):.{digits}f}"
    return low if low == high else f"{low} to {high}"


def counted(count: int, one: str, many: str = "") -> str:
    """A count with its noun.

    >>> counted(1, "slice"), counted(2, "slice")
    ('1 slice', '2 slices')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}".replace(",", NARROW_SPACE)


def listed(words: Sequence[str]) -> str:
    """Words as one says them.

    >>> listed(["Grad-CAM", "HiRes-CAM", "Score-CAM"])
    'Grad-CAM, HiRes-CAM and Score-CAM'
    """
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def agree(count: int | Sized, one: str, many: str) -> str:
    """The singular for a count, or a list, of one; else the plural.

    >>> agree(["Grad-CAM"], "points", "point"), agree(2, "is", "are")
    ('points', 'are')
    """
    return one if is_single(count) else many


def is_single(count: int | Sized) -> bool:
    """Whether a count, or the length of a list, is 1."""
    return (count if isinstance(count, int) else len(count)) == 1


def is_first(rank: int) -> bool:
    """Whether a rank is 1."""
    return rank == 1


def between(loop: Any, word: str = "and") -> str:  # noqa: ANN401 - Jinja's loop, which has no public type
    """What stands after an item of a loop, so that its items read as a list in a sentence: a comma, a word, or nothing."""
    return "" if loop.last else f" {word} " if loop.revindex0 == 1 else ", "


def clause(words: str) -> str:
    """Words from a study inside a sentence of ours, which brings its own full stop.

    >>> clause("histology after resection.")
    'histology after resection'
    """
    return words.rstrip(" .")


def shares(row: Mapping[str, float | None]) -> str:
    """Methods with their energy shares.

    >>> shares({"grad_cam": 0.31, "score_cam": None})
    'Grad-CAM 31 %, Score-CAM not defined'
    """
    return ", ".join(f"{method_name(method)} {percent(share)}" for method, share in row.items())


def code(value: object) -> Markup:
    """A name from code or a file."""
    return Markup("<code>{}</code>").format(as_text(str(value)))


def address(name: str) -> Markup:
    """A study's or figure's name in a link, where an entity would become a part of the address.

    >>> print(address("our_nodules"))
    our_nodules
    """
    return Markup(quote(name))  # noqa: S704 - percent signs instead of every sign that acts


def front_matter(value: str) -> Markup:
    """A string as a YAML value that is safe as HTML, too: page titles go into the theme as they are."""
    return Markup(json.dumps(html.escape(value), ensure_ascii=False))  # noqa: S704 - escaped


def mathml(formula: str, *, block: bool = False) -> Markup:
    """A LaTeX formula as MathML, which browsers draw without any script."""
    from latex2mathml.converter import convert

    drawn = Markup(convert(formula, display="block" if block else "inline"))  # noqa: S704 - the library's own markup
    # Markdown takes a line that begins with <math> for a block of its own; a span stays in its sentence.
    return Markup('<div class="formula">{}</div>').format(drawn) if block else Markup("<span>{}</span>").format(drawn)


def scaling_name(scaling: str) -> str:
    """What a map's colours stand for under a scaling.

    >>> scaling_name("per_image")
    "share of the map's own maximum"
    """
    return SCALING_NAMES[scaling]


def subject_name(key: str) -> str:
    """What is scored, in Markdown: a method, or a method at another layer.

    >>> subject_name("layer2.1/grad_cam"), subject_name("hires_cam")
    ('Grad-CAM at <code>layer2.1</code>', 'HiRes-CAM')
    """
    subject = Subject.of(key)
    name = method_name(subject.name)
    return name if subject.in_focus else f"{name} at {code(subject.layer)}"


FILTERS = {
    "agree": agree,
    "between": between,
    "address": address,
    "ci": interval,
    "clause": clause,
    "code": code,
    "counted": counted,
    "front_matter": front_matter,
    "listed": listed,
    "mathml": mathml,
    "method": method_name,
    "num": number,
    "pct": percent,
    "pct_ci": percent_interval,
    "points": points,
    "shares": shares,
    "scaling": scaling_name,
    "span": span,
    "subject": subject_name,
    "written": written,
}
TESTS = {"first": is_first, "single": is_single}
