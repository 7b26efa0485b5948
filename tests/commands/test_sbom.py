"""The software bill of materials: valid, complete, and the same text for the same installation."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.metadata import version

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

import camfolio
from camfolio.commands import extras
from camfolio.commands.sbom import software_bill
from camfolio.errors import PageError
from camfolio.installed import requirement_graph

MOMENT = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.fixture(scope="module")
def text() -> str:
    return software_bill(MOMENT)


@pytest.fixture(scope="module")
def bill(text):
    return json.loads(text)


@pytest.fixture(scope="module")
def components(bill):
    """Package URL without version -> component."""
    return {one["purl"].partition("@")[0]: one for one in bill["components"]}


def test_the_bill_is_valid(text):
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_the_bill_is_about_camfolio(bill):
    assert bill["metadata"]["component"]["name"] == "camfolio"
    assert bill["metadata"]["component"]["version"] == camfolio.__version__
    assert bill["metadata"]["timestamp"] == "2026-11-28T00:00:00+00:00"


def test_every_distribution_that_requirements_reach_is_a_component(components):
    assert set(components) == {f"pkg:pypi/{name}" for name in requirement_graph() if name != "camfolio"}


def test_a_component_has_version_address_and_licence(components):
    numpy, pydantic = components["pkg:pypi/numpy"], components["pkg:pypi/pydantic"]
    assert numpy["version"] == version("numpy")
    assert numpy["purl"] == f"pkg:pypi/numpy@{version('numpy')}"
    assert pydantic["licenses"] == [{"license": {"id": "MIT"}}]


def test_what_a_component_depends_on_is_listed(bill):
    needs = {one["ref"].partition("@")[0]: one.get("dependsOn", []) for one in bill["dependencies"]}
    assert f"pkg:pypi/numpy@{version('numpy')}" in needs["pkg:pypi/scipy"]
    assert f"pkg:pypi/mkdocs@{version('mkdocs')}" in needs["pkg:pypi/camfolio"]


def test_the_same_installation_gives_the_same_text(text):
    assert software_bill(MOMENT) == text


def test_the_serial_number_belongs_to_the_content(bill):
    later = json.loads(software_bill(datetime(2026, 11, 29, tzinfo=UTC)))
    assert later["serialNumber"] != bill["serialNumber"]


def test_a_missing_library_is_named_with_the_command_that_installs_it():
    with pytest.raises(
        PageError,
        match=r"^Expected no-such-library to be installed, but it is not\. "
        r"Install it: pip install -c constraints\.txt 'camfolio\[provenance\]'\.$",
    ):
        extras.from_extra("no_such_library", "no-such-library")
