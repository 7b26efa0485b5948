"""Output of `camfolio export crate`: a study with its results as an RO-Crate 1.1, a folder that describes itself."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import camfolio
from camfolio.commands.extras import from_extra
from camfolio.commands.moment import source_date
from camfolio.commands.sbom import software_bill
from camfolio.commands.show import summary
from camfolio.errors import PageError
from camfolio.pipeline.portfolio import Portfolio, open_portfolio
from camfolio.results.card import CardResult
from camfolio.site.components.bibliography import Reference
from camfolio.site.components.figures import DOWNLOADS, figures_of
from camfolio.site.export import place
from camfolio.site.source_words import about_source
from camfolio.site.templates import make_environment
from camfolio.store.artefacts import Store
from camfolio.store.private import user_cache

if TYPE_CHECKING:
    from rocrate.model.entity import Entity
    from rocrate.rocrate import ROCrate

METRICS, BILL = "metrics.json", "sbom.cdx.json"
"""Files at the top of the folder."""
FORMATS = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".zip": "application/zip",
}
"""Ending of a file -> its media type."""
LICENCES = ("LICENSE", "LICENSE.md", "LICENSE.txt", "LICENCE", "LICENCE.md", "LICENCE.txt")
LIBRARIES = {"rocrate": "rocrate", "cyclonedx": "cyclonedx-python-lib"}
"""Module -> its distribution, of the extra `provenance`."""
HOME = "https://github.com/camfolio/camfolio"


@dataclass(frozen=True)
class Computed:
    """When and where one result was computed: a date, UTC, and the processor; both may be empty."""

    date: str
    processor: str


def export_crate(project: Path, path: Path, store: Store, target: Path) -> list[Path]:
    """Write a study as an RO-Crate: study file, recorded and kept results, figures, metrics, and a software bill of materials.

    Equal inputs give equal bytes; the date of publication is SOURCE_DATE_EPOCH, or else that of the latest result.

    Args:
        project: the folder with `gen/`; its licence file is included, if there is one.
        path: the study file.
        store: where its results are kept; missing ones are computed.
        target: an empty or new folder.

    Returns:
        The files written.

    Raises:
        PageError: if the folder is not empty or a link, or a library of the extra `provenance` is missing; nothing is computed then.
        CamfolioError: the sentence of the first mistake, in the study file or in a stage.
    """
    place(target, METRICS)
    if target.exists() and (target.is_file() or any(target.iterdir())):
        msg = f"Expected an empty or new folder, but {target} holds files. Choose another or empty it."
        raise PageError(msg)
    for module, distribution in LIBRARIES.items():
        from_extra(module, distribution)
    from rocrate.rocrate import ROCrate

    portfolio = open_portfolio(path, store)
    moment = published(portfolio)
    crate = ROCrate(version="1.1")
    describe_root(crate, portfolio, moment)
    study = add_study(crate, path, portfolio)
    results = [*add_figures(crate, portfolio), add_metrics(crate, portfolio)]
    add_file(
        crate,
        StringIO(software_bill(moment)),
        BILL,
        "Software bill of materials",
        "camfolio and what it requires, in CycloneDX's JSON.",
    )
    add_licence(crate, project)
    add_citations(crate, portfolio, project)
    add_action(crate, portfolio, study, results)
    crate.write(target)
    return sorted(file for file in target.rglob("*") if file.is_file())


def published(portfolio: Portfolio) -> datetime:
    """SOURCE_DATE_EPOCH if it is set, otherwise the date of the latest result.

    Raises:
        PageError: if the variable is no number of seconds.
    """
    latest = max((one.date for one in computed(portfolio).values()), default="")
    return source_date() or datetime.fromisoformat(latest or "1970-01-01").replace(tzinfo=UTC)


def computed(portfolio: Portfolio) -> dict[str, Computed]:
    """Stage -> when and where its result was computed: as it is recorded if the bytes are equal, otherwise as it was here."""
    known = {}
    for name, artefact in portfolio.artefacts.items():
        manifest = artefact.manifest
        recorded = portfolio.record.find(name, manifest.key)
        source = recorded if recorded and recorded.digest == manifest.digest else manifest
        known[name] = Computed(source.computed, source.processor)
    return known


def add_file(crate: ROCrate, source: Path | StringIO, to: str, name: str, description: str) -> Entity:
    """Add a file of the crate; it is copied when the crate is written."""
    about = {"name": name, "description": description}
    if kind := FORMATS.get(Path(to).suffix):
        about["encodingFormat"] = kind
    return crate.add_file(source, to, properties=about, record_size=True)


def describe_root(crate: ROCrate, portfolio: Portfolio, moment: datetime) -> None:
    """Name, description, date and author of the study."""
    root, study = crate.root_dataset, portfolio.study
    root["name"] = study.title
    root["description"] = study.excerpt
    root["datePublished"] = moment.isoformat()
    if study.author:
        from rocrate.model.person import Person

        root["author"] = crate.add(Person(crate, "#author", properties={"name": study.author}))


def add_study(crate: ROCrate, path: Path, portfolio: Portfolio) -> Entity:
    """Add the study file, and its results file and kept results where camfolio finds them beside it.

    A kept result of which another one was recorded than the study has now is left out.
    """
    name, record = portfolio.name, portfolio.record
    study = add_file(crate, path, f"studies/{path.name}", "Study file", f"All settings of the study {name}.")
    if record.file.is_file():
        words = "Key and digests of every recorded result, with the date and processor of its computation."
        add_file(crate, record.file, f"studies/{record.file.name}", "Results file", words)
    for stage, artefact in portfolio.artefacts.items():
        kept = record.kept(stage) if record.find(stage, artefact.manifest.key) else None
        if kept:
            words = f"Result of the stage {stage}, which {name} fetches instead of computing it."
            add_file(crate, kept, f"results/{name}/{kept.name}", f"Kept result: {stage}", words)
    return study


def add_figures(crate: ROCrate, portfolio: Portfolio) -> Iterator[Entity]:
    """Add every figure that is not empty, in the light theme: pictures with their alternative text, and their data."""
    for name, artefact in figures_of(portfolio).items():
        for file, word in DOWNLOADS.items():
            if file in artefact.manifest.outputs:
                title = f"Figure {name} ({word})"
                yield add_file(
                    crate, artefact / file, f"figures/{name}-{file}", title, artefact.json("figure.json")["alt"]
                )


def add_metrics(crate: ROCrate, portfolio: Portfolio) -> Entity:
    """Add what `camfolio show --json` prints."""
    text = json.dumps(summary(portfolio), indent=1) + "\n"
    return add_file(
        crate,
        StringIO(text),
        METRICS,
        "Metrics",
        "Metrics with intervals over patients, and the chosen examples, if any.",
    )


def add_licence(crate: ROCrate, project: Path) -> None:
    """Add the licence file of the project, and state it as the licence of the crate."""
    file = next((project / name for name in LICENCES if (project / name).is_file()), None)
    if file and file.resolve().is_relative_to(project.resolve()):
        crate.root_dataset["license"] = add_file(crate, file, file.name, "Licence", "Licence of the project.")


def add_citations(crate: ROCrate, portfolio: Portfolio, project: Path) -> None:
    """Cite the publications of the data source."""
    from rocrate.model.contextentity import ContextEntity

    bibliography = make_environment(project / "gen" / "templates", user_cache()).globals["bibliography"]
    words = portfolio.study.data.words
    slices = portfolio.artefacts.get("slices")
    if slices and slices.folder.is_dir():
        words = about_source(words, CardResult.read(slices.folder))
    for key in words.citations:
        if reference := cast("Mapping[str, Reference]", bibliography).get(key):
            about = {
                "@type": "ScholarlyArticle",
                "name": reference.title,
                "creditText": reference.authors,
                "datePublished": reference.year,
            }
            cited = ContextEntity(crate, reference.address or f"#{key}", properties=about)
            crate.root_dataset.append_to("citation", crate.add(cited))


def add_action(crate: ROCrate, portfolio: Portfolio, study: Entity, results: Sequence[Entity]) -> None:
    """State that camfolio computed the results from the study file, when, and on which processors."""
    from rocrate.model.softwareapplication import SoftwareApplication

    about = {"name": "camfolio", "version": camfolio.__version__, "url": HOME}
    software = crate.add(SoftwareApplication(crate, f"{HOME}#{camfolio.__version__}", properties=about))
    known = computed(portfolio).values()
    properties: dict[str, Any] = {"name": f"Computation of {portfolio.name}", "description": where_computed(known)}
    if dates := sorted(one.date for one in known if one.date):
        properties["endTime"] = dates[-1]
    action = crate.add_action(software, "#computation", object=[study], result=list(results), properties=properties)
    crate.root_dataset["mentions"] = action


def where_computed(results: Collection[Computed]) -> str:
    """How many results were computed on which processor, and when.

    >>> where_computed([Computed("2026-11-02", "AMD EPYC"), Computed("2026-11-01", "AMD EPYC")])
    '2 results computed on AMD EPYC, 2026-11-01 to 2026-11-02.'
    """
    parts = []
    for processor in sorted({one.processor for one in results}):
        dates = [one.date for one in results if one.processor == processor]
        days = " to ".join(sorted({min(dates), max(dates)}))
        count = f"{len(dates)} result{'s' if len(dates) > 1 else ''}"
        parts.append(f"{count} computed on {processor or 'an unknown processor'}, {days or 'date unknown'}")
    return f"{'; '.join(parts)}."
