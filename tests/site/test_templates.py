"""Templates ask; they do not judge: verdicts are decided in `camfolio.evidence.findings`."""

from __future__ import annotations

from numbers import Number

import pytest
from jinja2 import TemplateSyntaxError, nodes

from camfolio.site.templates import TEMPLATES, make_environment

FILES = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*") if path.is_file())


@pytest.fixture
def parse(tmp_path):
    environment = make_environment(TEMPLATES, tmp_path)
    return environment.parse


def numbers_in_comparisons(tree: nodes.Template) -> list[int]:
    """Lines of comparisons with a number on either side, its sign included."""
    found = []
    for compare in tree.find_all(nodes.Compare):
        sides = [compare.expr, *(operand.expr for operand in compare.ops)]
        plain = [side.node if isinstance(side, nodes.UnaryExpr) else side for side in sides]
        values = [side.value for side in plain if isinstance(side, nodes.Const)]
        found += [compare.lineno for value in values if isinstance(value, Number) and not isinstance(value, bool)]
    return found


@pytest.mark.parametrize("file", FILES)
def test_no_number_stands_in_a_comparison(file, parse):
    assert numbers_in_comparisons(parse((TEMPLATES / file).read_text(encoding="utf-8"))) == []


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


def test_a_template_cannot_change_values(parse):
    with pytest.raises(TemplateSyntaxError, match="unknown tag 'do'"):
        parse("{% do values.append(1) %}")
