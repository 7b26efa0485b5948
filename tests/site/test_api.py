"""The API page documents what is public, all of it and nothing else."""

from __future__ import annotations

import re

import pytest

import camfolio
from camfolio.errors import PageError
from camfolio.site import api

PUBLIC = sorted(set(camfolio.__all__) - {"__version__"})
KINDS = re.compile(r'id="camfolio\.(\w+)')


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def documented(kept):
    return {one.name: one for one in api.public_names(kept)}


def test_every_public_name_is_documented_and_nothing_else(documented):
    assert sorted(documented) == PUBLIC
    for name, one in documented.items():
        assert set(KINDS.findall(one.documentation)) <= {name}


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_has_a_sentence(documented, name):
    assert len(documented[name].summary.split()) >= 3
    assert "h2" not in documented[name].documentation


def test_a_function_shows_its_call_with_defaults(documented):
    assert documented["read_study"].signature == "camfolio.read_study(path, overrides=())"
    assert "layer='layer2.1.conv2'" in documented["explain"].signature
    assert max(map(len, documented["explain"].signature.splitlines())) <= api.LINE


@pytest.mark.parametrize("name", ["explain", "open_portfolio", "read_study", "method"])
def test_the_documentation_of_a_function_has_its_arguments_and_errors(documented, name):
    assert {"Parameters:", "Raises:"} <= set(re.findall(r"\w+:(?=</span>)", documented[name].documentation))


def test_an_example_is_code_not_a_quotation(documented):
    assert "<blockquote>" not in "".join(one.documentation for one in documented.values())
    assert "torch.Size" in re.sub(r"<[^>]*>", "", documented["explain"].documentation)


def test_members_of_a_class_are_documented_by_their_public_path(documented):
    assert 'id="camfolio.Explanation.upsampled"' in documented["Explanation"].documentation
    assert 'id="camfolio.Slices.area_mm2"' in documented["Slices"].documentation


def test_what_was_rendered_is_kept(documented, kept, monkeypatch):
    monkeypatch.setattr(api, "render", lambda: pytest.fail("rendered again"))
    assert [one.name for one in api.public_names(kept)] == list(documented)


def test_without_mkdocstrings_the_page_refers_to_help(tmp_path, monkeypatch):
    monkeypatch.setattr(api, "find_spec", lambda name: None)
    assert all("not installed" in one.documentation for one in api.public_names(tmp_path))


def test_a_failed_rendering_is_one_sentence(monkeypatch):
    monkeypatch.setattr(api, "PUBLIC", ("explane",))
    with pytest.raises(PageError, match="Expected the documentation of the public names from mkdocstrings, but got"):
        api.render()
