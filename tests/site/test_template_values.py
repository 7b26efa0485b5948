"""The page of values for authors of templates holds every value, and the package's templates use no other."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Annotated, Union, get_args, get_origin

import pytest
from jinja2 import nodes

from camfolio.site import template_values as page
from camfolio.site.template_values import KINDS, described, fields, template_values
from camfolio.site.templates import TEMPLATES, make_environment
from camfolio.site.values import results
from camfolio.site.wording import as_text

DESCRIBED = described()
FOLDERS = {"study": "A study about one network", "shortcut": "A study about a planted shortcut"}
ANY = object()
"""The type of what cannot be followed."""


def of_kind(kind):
    """Name -> type of what the templates of one kind of study may use."""
    return {name: part for one in ("Every study", kind) for model in KINDS[one] for name, part, _ in fields(model)}


def test_every_name_that_templates_get_is_on_the_page(portfolio):
    names = {group.name for kind in ("Every study", FOLDERS["study"]) for group in DESCRIBED.kinds[kind]}
    assert names == set(results(portfolio))


def test_the_page_says_path_unit_and_meaning(fill_page):
    rows = {value.path: value for group in DESCRIBED.groups for value in group.entries}
    assert rows["evaluation.metrics.METRIC"].unit == "[interval](#intervals)"
    low = {value.path: value for value in DESCRIBED.interval}["low"]
    assert (low.unit, low.meaning[:14]) == ("number", "Lower end, fro")
    assert rows["external.evaluation"].unit == "as <code>evaluation</code>"
    assert "external.evaluation.slices" not in rows
    assert rows["card.spacing_mm[N]"].unit == "mm"
    assert rows["findings.than_area"].unit == "better or worse or not separable or not defined"
    assert rows["split.train.slices"].unit == "count"
    text = fill_page(DESCRIBED)
    for value in [*rows.values(), *DESCRIBED.interval]:
        assert f"{value.meaning} |" in text
        assert str(as_text(value.path)) in text


@pytest.fixture
def fill_page(tmp_path):
    """`fill_page(values)`: the page's Markdown."""
    template = make_environment(tmp_path, tmp_path / "compiled").get_template("template-values.md.jinja")
    return lambda values: template.render(template_values=values)


@pytest.mark.parametrize("kind", KINDS)
def test_every_value_has_a_meaning(kind):
    entries = [value for group in DESCRIBED.kinds[kind] for value in group.entries]
    assert [value.path for value in entries if not value.meaning] == []
    parts = {part.removesuffix("[N]") for value in entries for part in value.path.split(".")}
    assert {part for part in parts if part.isupper()} <= {*DESCRIBED.placeholders}
    assert all(DESCRIBED.placeholders.values())


def test_a_warm_build_parses_no_source(tmp_path, monkeypatch):
    assert template_values(tmp_path) == DESCRIBED
    monkeypatch.setattr(page, "described", lambda: pytest.fail("parsed again"))
    assert template_values(tmp_path) == DESCRIBED


def plain(annotation):
    """A type without its unit and its None."""
    if get_origin(annotation) is Annotated:
        return plain(get_args(annotation)[0])
    if get_origin(annotation) in {Union, types.UnionType}:
        options = [option for option in get_args(annotation) if option is not type(None)]
        return plain(options[0]) if len(options) == 1 else ANY
    return annotation


def attribute(annotation, name, wrong):
    """The type of an attribute; one that a model lacks goes to `wrong`."""
    annotation = plain(annotation)
    if isinstance(annotation, dict):  # the values of a study, by name
        return annotation.get(name, ANY)
    if get_origin(annotation) in {Mapping, dict}:
        return get_args(annotation)[1]
    known = {field: part for field, part, _ in fields(annotation)} if isinstance(annotation, type) else {}
    if known and name not in known and not hasattr(annotation, name):
        wrong.append(f"{annotation.__name__}.{name}")
    return known.get(name, ANY)


def item(annotation):
    """The type of what a list or mapping holds."""
    annotation = plain(annotation)
    if get_origin(annotation) in {Mapping, dict}:
        return get_args(annotation)[1]
    return get_args(annotation)[0] if get_origin(annotation) in {tuple, list} else ANY


def follow(node, names, wrong):
    """The type of an expression, as far as it is a path: names, attributes, items, and the items of a mapping."""
    if isinstance(node, nodes.Name):
        return names.get(node.name, ANY)
    if isinstance(node, nodes.Getattr):
        return attribute(follow(node.node, names, wrong), node.attr, wrong)
    if isinstance(node, nodes.Getitem):
        found = follow(node.node, names, wrong)
        if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            return attribute(found, node.arg.value, wrong)
        return item(found)
    return ANY


def loop_types(node, names, wrong):
    """The types of a loop's variables."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr) and node.node.attr in {"items", "values"}:
        held = item(follow(node.node.node, names, wrong))
        return (str, held) if node.node.attr == "items" else (held,)
    return (item(follow(node, names, wrong)),)


def bind(target, found, names):
    """Names of an assignment or a loop with the types of their values."""
    targets = target.items if isinstance(target, nodes.Tuple) else [target]
    found = found if len(found) == len(targets) else [ANY] * len(targets)
    names.update(zip((one.name for one in targets if isinstance(one, nodes.Name)), found, strict=False))


def check(node, names, wrong):
    """Follow every path of a template in the order of its lines; macros and loops have names of their own."""
    if isinstance(node, nodes.Getattr | nodes.Getitem):
        follow(node, names, wrong)
    if isinstance(node, nodes.Assign):
        values = node.node.items if isinstance(node.node, nodes.Tuple) else [node.node]
        bind(node.target, [follow(value, names, wrong) for value in values], names)
    elif isinstance(node, nodes.For):
        names = dict(names)
        bind(node.target, loop_types(node.iter, names, wrong), names)
    elif isinstance(node, nodes.Macro | nodes.CallBlock):
        names = dict(names) | dict.fromkeys((argument.name for argument in node.args), ANY)
    for child in node.iter_child_nodes():
        check(child, names, wrong)


@pytest.mark.parametrize("template", sorted(file.relative_to(TEMPLATES).as_posix() for file in TEMPLATES.rglob("*.*")))
def test_templates_use_only_attributes_that_models_have(template, tmp_path):
    folder = template.partition("/")[0]
    names = (
        of_kind(FOLDERS["shortcut" if folder == "shortcut" else "study"]) if folder in {*FOLDERS, "partials"} else {}
    )
    environment = make_environment(tmp_path, tmp_path / "compiled")
    source, _, _ = environment.loader.get_source(environment, template)
    wrong: list[str] = []
    check(environment.parse(source), names, wrong)
    assert wrong == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("{{ evaluation.acuracy }}", ["EvaluationResult.acuracy"]),
        ("{% set m = evaluation.metrics %}{{ m.auc.lowest }}", ["Interval.lowest"]),
        ("{% for part, counts in split.parts.items() %}{{ counts.slice }}{% endfor %}", ["PartCounts.slice"]),
        ("{% for row in findings.differences %}{{ row.one }}{% endfor %}", ["ComparedMethods.one"]),
        ("{{ cases.methods[method].cases.good.energy }}", ["Case.energy"]),
        ('{{ external["card"].slices + external.evaluation.roc.network.tpr }}', ["RocCurve.tpr"]),
        ("{{ findings.beat_everything }}", ["Findings.beat_everything"]),
        ("{% for one in studies %}{{ one.card.slice }}{% endfor %}", ["CardResult.slice"]),
        ("{% macro f(evaluation) %}{{ evaluation.any }}{% endmacro %}", []),
        ("{{ evaluation.metrics.auc.low }}{{ training.kept.validation.loss }}", []),
    ],
)
def test_a_path_that_no_model_has_is_found(words, found, tmp_path):
    wrong: list[str] = []
    names = of_kind(FOLDERS["study"])
    names |= {"studies": list[dict(names)]}
    check(make_environment(tmp_path, tmp_path / "compiled").parse(words), names, wrong)
    assert wrong == found
