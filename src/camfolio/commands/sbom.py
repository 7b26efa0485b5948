"""A software bill of materials in CycloneDX's JSON: camfolio and every installed distribution that its requirements reach."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, UUID, uuid5

import camfolio
from camfolio.commands.extras import from_extra
from camfolio.installed import Installed, installed, requirement_graph

if TYPE_CHECKING:
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component

OURS = "camfolio"


def software_bill(moment: datetime) -> str:
    """The software bill of materials, as JSON; equal installations give equal text.

    Its components are the requirements of camfolio and of its extra `docs`, and what those require, each with name,
    version, package URL, licence if the metadata state one, and the components that it depends on.

    Args:
        moment: its time stamp, with a time zone.

    Raises:
        PageError: if cyclonedx-python-lib is not installed.
    """
    from_extra("cyclonedx", "cyclonedx-python-lib")
    from cyclonedx.output.json import JsonV1Dot6

    bill = bill_of(requirement_graph(OURS), moment)
    text = JsonV1Dot6(bill).output_as_string(indent=1)
    bill.serial_number = uuid5(NAMESPACE_URL, text)
    return sorted_json(JsonV1Dot6(bill).output_as_string())


def bill_of(graph: dict[str, set[str]], moment: datetime) -> Bom:
    """The bill of a graph of requirements, with a serial number of zeros."""
    from cyclonedx.model.bom import Bom, BomMetaData

    listed = {name: component(name, about) for name in graph if (about := installed(name)) and name != OURS}
    root = our_component()
    bill = Bom(
        serial_number=UUID(int=0), metadata=BomMetaData(timestamp=moment, component=root), components=listed.values()
    )
    bill.register_dependency(root, [listed[needed] for needed in sorted(graph.get(OURS, ()))])
    for name, one in listed.items():
        bill.register_dependency(one, [listed[needed] for needed in sorted(graph[name] - {OURS})])
    return bill


def our_component() -> Component:
    """Camfolio itself, under the version of the code that runs."""
    known = installed(OURS) or Installed(OURS, "", "MIT", ())
    return component(OURS, Installed(OURS, camfolio.__version__, known.licence, ()), application=True)


def component(name: str, about: Installed, *, application: bool = False) -> Component:
    """One distribution; its reference is its package URL, under which other tools know it."""
    from cyclonedx.contrib.license.factories import LicenseFactory
    from cyclonedx.model.component import Component, ComponentType
    from packageurl import PackageURL

    address = PackageURL("pypi", name=name, version=about.version)
    return Component(
        name=about.name,
        version=about.version,
        type=ComponentType.APPLICATION if application else ComponentType.LIBRARY,
        bom_ref=str(address),
        purl=address,
        licenses=[LicenseFactory().make_from_string(about.licence)] if about.licence else [],
    )


def sorted_json(text: str) -> str:
    """The same JSON with sorted keys, one value per line."""
    parsed: dict[str, Any] = json.loads(text)
    return json.dumps(parsed, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
