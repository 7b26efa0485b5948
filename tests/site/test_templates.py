"""Templates show values and do not compute them: verdicts come from `camfolio.evidence.findings`, numbers from results."""

from __future__ import annotations

from dataclasses import fields
from numbers import Number
from pathlib import Path

import pytest
from jinja2 import TemplateSyntaxError, nodes

from camfolio.site.templates import TEMPLATES, make_environment
from camfolio.study.source import Template
from camfolio.study.sources import SOURCES

PROJECT_TEMPLATES = Path(__file__).resolve().parents[2] / "gen" / "templates"
FILES = {
    path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
    for folder in (TEMPLATES, PROJECT_TEMPLATES)
    for path in sorted(folder.rglob("*"))
    if path.is_file()
}
SOURCE_TEXTS = {
    f"{name} {field.name}": getattr(source.words, field.name)
    for name, source in SOURCES.items()
    for field in fields(source.words)
    if isinstance(getattr(source.words, field.name), Template)
}
ALL = FILES | SOURCE_TEXTS
ARITHMETIC = (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow)


@pytest.fixture
def parse(tmp_path):
    environment = make_environment(TEMPLATES, tmp_path)
    return environment.parse


def numbers_in_comparisons(tree: nodes.Template) -> list[int]:
    """Lines of comparisons with a number on either side, its sign included."""
    lines = []
    for compare in tree.find_all(nodes.Compare):
        sides = [compare.expr, *(operand.expr for operand in compare.ops)]
        plain = [side.node if isinstance(side, nodes.UnaryExpr) else side for side in sides]
        values = [side.value for side in plain if isinstance(side, nodes.Const)]
        lines += [compare.lineno for value in values if isinstance(value, Number) and not isinstance(value, bool)]
    return lines


def arithmetic(tree: nodes.Template) -> list[int]:
    """Lines of sums, differences, products and quotients; `~` joins strings and is none of them."""
    return [node.lineno for node in tree.find_all(ARITHMETIC)]


@pytest.mark.parametrize("name", ALL)
def test_no_comparison_contains_a_number(name, parse):
    assert numbers_in_comparisons(parse(ALL[name])) == []


@pytest.mark.parametrize("name", ALL)
def test_no_template_contains_arithmetic(name, parse):
    assert arithmetic(parse(ALL[name])) == []


@pytest.mark.parametrize(
    "judging",
    [
        "{% if value.low > 0.2 %}x{% endif %}",
        '{{ "is" if n == 1 else "are" }}',
        "{% if 1 < ratio %}{% endif %}",
        "{% if x < -1 %}{% endif %}",
    ],
)
def test_a_number_in_a_comparison_is_found(judging, parse):
    assert numbers_in_comparisons(parse(judging)) == [1]


@pytest.mark.parametrize(
    "computing",
    ["{{ epoch - 1 }}", "{{ a + b }}", "{{ 96 // width }}", "{% set x = 2 * y %}", "{% if n % 2 %}{% endif %}"],
)
def test_arithmetic_is_found(computing, parse):
    assert arithmetic(parse(computing)) == [1]


def test_joined_strings_and_an_index_from_the_end_are_no_arithmetic(parse):
    assert arithmetic(parse('{{ "a" ~ b ~ items[-1] }}')) == []


def test_a_template_cannot_change_values(parse):
    with pytest.raises(TemplateSyntaxError, match="unknown tag 'do'"):
        parse("{% do values.append(1) %}")
