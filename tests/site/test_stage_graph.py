"""The drawing of the stages has every stage and only existing links."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from camfolio.pipeline.contents import stages
from camfolio.site.stage_graph import HEIGHT, WIDTH, arc, arrange, kind_of, stage_graph
from camfolio.store.stage import Stage
from camfolio.study.file import read_study

STUDIES = sorted((Path(__file__).resolve().parents[2] / "gen" / "studies").glob("*.yaml"))
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(params=STUDIES, ids=lambda path: path.stem)
def table(request):
    return stages(read_study(request.param), request.param.parent)


def drawn(table):
    return parsed(stage_graph(table).svg())


def parsed(svg):
    return ET.fromstring(str(svg).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def family(name, graph):
    return name if name in graph.sizes else kind_of(name)


def test_every_stage_is_in_one_box(table):
    graph = stage_graph(table)
    assert sum(graph.sizes.values()) == len(table)
    assert {family(one.name, graph) for one in table} == set(graph.sizes)


def test_every_box_is_named_once(table):
    names = [text.text for text in drawn(table).iter(f"{SVG}text") if text.get("class") != "count"]
    assert sorted(names) == sorted(stage_graph(table).sizes)


def test_links_are_those_of_the_stages(table):
    graph = stage_graph(table)
    stated = {(family(up, graph), family(one.name, graph)) for one in table for up in one.upstream.values()}
    listed = {(before, one) for one, reads in graph.reads.items() for before in reads}
    assert listed == {(before, after) for before, after in stated if before != after}
    assert set(graph.arrows) <= listed
    assert len(drawn(table).findall(f".//{SVG}path")) == len(graph.arrows)


def test_what_is_not_drawn_follows_from_arrows(table):
    graph = stage_graph(table)

    def reached(name):
        nearest = [before for before, one in graph.arrows if one == name]
        return set(nearest).union(*map(reached, nearest))

    assert all(set(reads) <= reached(one) for one, reads in graph.reads.items())


def test_boxes_do_not_overlap_and_arrows_lead_down(table):
    graph = stage_graph(table)
    places = {name: place for name, place in arrange(graph).items() if name in graph.sizes}
    for (left, top), (x, y) in combinations(places.values(), 2):
        assert abs(left - x) >= WIDTH or abs(top - y) >= HEIGHT
    assert all(places[before][1] < places[one][1] for before, one in graph.arrows)


def test_on_a_phone_every_family_has_a_line_below_those_that_it_reads(table):
    graph = stage_graph(table)
    svg = parsed(graph.narrow_svg())
    lines = [text.text.partition(" ")[0] for text in svg.iter(f"{SVG}text")]
    assert sorted(lines) == sorted(graph.sizes)
    assert all(lines.index(before) < lines.index(one) for one, reads in graph.reads.items() for before in reads)
    assert len(svg.findall(f".//{SVG}path")) == len(graph.arrows)
    assert int(svg.get("width")) <= 360
    assert sum(int(text.text.partition("(")[2].strip(")") or 1) for text in svg.iter(f"{SVG}text")) == len(table)


@pytest.mark.parametrize(("upper", "lower", "lines"), [(0, 1, 2), (0, 19, 20)])
def test_an_arc_stays_in_its_place(upper, lower, lines):
    start, control = re.match(r"M(\d+) [\d.]+C(-?[\d.]+)", arc(upper, lower, lines)).groups()
    leftmost = int(start) - 0.75 * (
        int(start) - float(control)
    )  # of a curve whose ends have one x, and both controls another
    assert leftmost >= 0


def test_the_same_stages_give_the_same_bytes(table):
    assert stage_graph(table).svg() == stage_graph(table).svg()


def test_the_drawing_has_a_name_and_a_description_and_no_style(table):
    svg = drawn(table)
    assert svg.get("role") == "img"
    ids = svg.get("aria-labelledby").split()
    assert [svg.find(f"./*[@id='{one}']").tag.removeprefix(SVG) for one in ids] == ["title", "desc"]
    assert not re.search("style|#[0-9a-f]{3}", ET.tostring(svg, encoding="unicode"))


def test_a_name_is_text():
    graph = stage_graph([Stage("a<b", "m"), Stage("c", "m", upstream={"x": "a<b"})])
    assert "a&lt;b" in graph.svg()
    assert "a<b" not in graph.svg()


def test_one_stage_alone_can_be_drawn():
    assert "<rect" in stage_graph([Stage("only", "m")]).svg()
