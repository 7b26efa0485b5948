"""The command line: build, status, show, inspect, record, push, pull, verify, clean, draw, export, site, new, templates, finish."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.logging import RichHandler
from rich.table import Table

from camfolio.commands.clean import computed_anew, emptied, show_unused, unused_folders
from camfolio.commands.documents import FORMS as DOCUMENTS
from camfolio.commands.exports import export
from camfolio.commands.inspect import show_inspection
from camfolio.commands.new import start_portfolio
from camfolio.commands.options import Commands, make_parser
from camfolio.commands.record import show_record
from camfolio.commands.show import show, summary
from camfolio.commands.site import run_mkdocs
from camfolio.commands.status import show_status
from camfolio.commands.templates import copy_templates, listing
from camfolio.errors import CamfolioError, StudyError
from camfolio.installed import warn_of_differences
from camfolio.pipeline.places import pull, push
from camfolio.pipeline.portfolio import inspect_study, open_inspection, open_portfolio, redraw
from camfolio.pipeline.recording import Rule, check_record, record_study
from camfolio.site.head import finish_site
from camfolio.store import capacity
from camfolio.store.artefacts import Store
from camfolio.store.files import file_error
from camfolio.study.file import study_files
from camfolio.study.project import refuse_user_code, use_configuration

STUDIES = Path("gen/studies")
TEMPLATES = Path("gen/templates")
log = logging.getLogger("camfolio")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; an error is one sentence on standard error and an exit status above 0."""
    options = make_parser(STUDY_COMMANDS, PROJECT_COMMANDS).parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO, format="%(message)s", handlers=[RichHandler(console=Console(stderr=True), show_path=False)]
    )
    try:
        capacity.use(getattr(options, "jobs", None))
        if getattr(options, "no_user_code", False):
            refuse_user_code()
        if file := getattr(options, "config_file", None):
            use_configuration(file)
        status: int = options.command(options)
    except (CamfolioError, OSError) as caught:
        error = file_error(caught) if isinstance(caught, OSError) else caught
        sys.stderr.write(f"camfolio: {error}\n")
        return error.exit_status
    except KeyboardInterrupt:
        sys.stderr.write("camfolio: stopped; finished stages are kept.\n")
        return 130
    return status


def studies(options: argparse.Namespace) -> list[Path]:
    """The study files of the command line, or all in gen/studies."""
    paths = options.study or study_files(STUDIES)
    if not paths:
        msg = f"Expected a study file, but there is none in {STUDIES}. Give its path."
        raise StudyError(msg)
    return list(paths)


def studies_to_compute(options: argparse.Namespace) -> list[Path]:
    """The same for a command that computes results, after a warning if installed versions are not the tested ones."""
    warn_of_differences(Path.cwd())
    return studies(options)


def check_no_overrides(options: argparse.Namespace) -> None:
    """Check that a study is as its file says, which is recorded or exported beside its results.

    Raises:
        StudyError: naming the first override.
    """
    if options.overrides:
        msg = f"Expected a study as its file says, but got --set {options.overrides[0]}. Change the file instead."
        raise StudyError(msg)


def store_of(options: argparse.Namespace) -> Store:
    """The store of the command line, with the places that are asked for results."""
    return Store(options.store, places=options.results)


def build_command(options: argparse.Namespace) -> int:
    """Compute missing results."""
    store = Store(emptied(options.store), anew=True) if options.anew else store_of(options)
    for path in studies_to_compute(options):
        portfolio = open_portfolio(path, store, options.overrides)
        log.info("%s: all %d results are finished", portfolio.name, len(portfolio.artefacts))
    return 0


def status_command(options: argparse.Namespace) -> int:
    """Print state, place, size and seconds of every result, and the reason."""
    for path in studies(options):
        show_status(str(path), inspect_study(path, store_of(options), options.overrides))
    return 0


def show_command(options: argparse.Namespace) -> int:
    """Print metrics and chosen examples; missing results are computed."""
    summaries = {}
    for path in studies_to_compute(options):
        portfolio = open_portfolio(path, store_of(options), options.overrides)
        summaries[portfolio.name] = summary(portfolio)
    if options.json:
        printed = next(iter(summaries.values())) if len(summaries) == 1 else summaries
        sys.stdout.write(json.dumps(printed, indent=1) + "\n")  # ASCII, for any console
    else:
        for name, values in summaries.items():
            show(name, values)
    return 0


def inspect_command(options: argparse.Namespace) -> int:
    """Print and draw checks of the data before training."""
    for path in studies_to_compute(options):
        portfolio, unsplit = open_inspection(path, store_of(options), options.overrides)
        show_inspection(portfolio, unsplit)
    return 0


def new_command(options: argparse.Namespace) -> int:
    """Start a portfolio in an empty folder."""
    written = start_portfolio(options.folder)
    log.info("%d files written; continue with the two commands in %s", len(written), options.folder / "README.md")
    return 0


def templates_command(_: argparse.Namespace) -> int:
    """Print every template and its owner."""
    table = Table("template", "from")
    for name, owner in listing(TEMPLATES).items():
        table.add_row(name, owner)
    Console(markup=False).print(table)
    return 0


def copy_command(options: argparse.Namespace) -> int:
    """Copy templates of the package to the project."""
    for file in copy_templates(TEMPLATES, options.name):
        log.info("%s", file)
    return 0


def finish_command(options: argparse.Namespace) -> int:
    """Add policy and link preview to the pages of a built site."""
    log.info("%d pages finished", finish_site(options.folder, options.site_url))
    return 0


def record_command(options: argparse.Namespace) -> int:
    """Record results and keep what took long, or check that what is recorded is up to date."""
    store, rule = store_of(options), Rule()
    check_no_overrides(options)
    for path in studies_to_compute(options):
        if options.check:
            check_record(path, store)
            log.info("%s: what is recorded is up to date", path.stem)
        else:
            show_record(path.stem, record_study(path, store, rule, options.carry), rule)
    return 0


def push_command(options: argparse.Namespace) -> int:
    """Copy results of the store to a place, so that other machines need not compute them."""
    for path in studies(options):
        sent, there, local = push(path, Store(options.store), options.place, options.overrides)
        log.info("%s: %d results sent, %d were there; %d pictures and slices stay here", path.stem, sent, there, local)
    return 0


def pull_command(options: argparse.Namespace) -> int:
    """Copy the results that a build needs from a place to the store, without computing anything."""
    store = Store(options.store, places=[options.place, *options.results])
    for path in studies(options):
        fetched, left = pull(path, store, options.overrides)
        log.info("%s: %d results fetched; a build computes %d", path.stem, fetched, left)
    return 0


def verify_command(options: argparse.Namespace) -> int:
    """Recompute results in an empty store and compare them with those that are recorded or stored."""
    from camfolio.commands.verify import show_verified, verified  # numpy is not needed for a site
    from camfolio.commands.verify.report import write_report

    bad = 0
    for path in studies_to_compute(options):
        store, ways = store_of(options), {"quick": options.quick, "tolerance": options.tolerance}
        with verified(path, store, options.overrides, **ways) as found:
            files = write_report(found, options.to) if options.to else []
        show_verified(found)
        for file in files:
            log.info("%s", file)
        bad += found.bad
    return 1 if bad else 0


def clean_command(options: argparse.Namespace) -> int:
    """Say which results no study uses, neither a given one nor one in gen/studies, and delete them."""
    store = Store(options.store)
    store.check()  # before `inspect_study`, which writes a cache file there
    known = {path.resolve(): path for path in (*studies(options), *study_files(STUDIES))}
    states = [state for path in known.values() for state in inspect_study(path, store, options.overrides)]
    folders, anew = unused_folders(store, states), computed_anew(store)
    show_unused([*folders, *anew])
    if options.dry_run or not (folders or anew):
        return 0
    if sys.stdin.isatty() and input("Delete them? [y/N] ").strip().lower() not in {"y", "yes"}:
        log.info("nothing deleted")
        return 0
    store.delete(folders)
    emptied(store.root)
    log.info("%d results deleted", len(folders) + len(anew))
    return 0


def draw_command(options: argparse.Namespace) -> int:
    """Redraw figures from stored results and write their files."""
    for path in studies_to_compute(options):
        for file in redraw(path, options.figure, store_of(options), options.to, options.overrides):
            log.info("%s", file)
    return 0


def export_command(options: argparse.Namespace) -> int:
    """Write studies for print, for other people or for other generators; the project is in the current folder."""
    if options.form == "crate":
        check_no_overrides(options)
    files = export(options, Path(), studies_to_compute(options), store_of(options))
    for file in files if options.form in DOCUMENTS else ():
        log.info("%s, %.1f MB", file, file.stat().st_size / 1e6)
    log.info("%d files written to %s", len(files), options.to)
    return 0


def site_command(options: argparse.Namespace) -> int:
    """Build or serve the site of the given studies with MkDocs."""
    store = emptied(options.store) if options.anew else options.store
    settings = {"studies": [str(path) for path in studies(options)], "overrides": options.overrides}
    settings |= {"store": str(store.resolve()), "anew": options.anew, "results": options.results}
    target = ["serve"] if options.serve else ["build", "--site-dir", str(options.site_dir.resolve())]
    return run_mkdocs([*target, *(["--strict"] if options.strict else [])], settings)


STUDY_COMMANDS: Commands = {
    "build": (build_command, "Compute missing results."),
    "status": (status_command, "Print state, place, size and seconds of every result, and the reason."),
    "show": (show_command, "Print metrics with intervals and the chosen examples."),
    "inspect": (inspect_command, "Check the data before training."),
    "record": (record_command, "Record the results in the study's results file and keep what took long."),
    "push": (push_command, "Copy results to a place where other machines find them."),
    "pull": (pull_command, "Copy the results that a build needs from a place to the store."),
    "verify": (verify_command, "Recompute all results and compare them with the recorded ones."),
    "clean": (clean_command, "Delete results that no study uses, after saying which."),
    "draw": (draw_command, "Redraw figures and write their files."),
    "export": (export_command, "Write a report, one file to send, pages for other generators, or an RO-Crate."),
    "site": (site_command, "Build or serve the site of the given studies."),
}
PROJECT_COMMANDS: Commands = {
    "new": (new_command, "Start a portfolio in an empty folder."),
    "templates": (templates_command, "List all templates, and those that the project replaces."),
    "templates copy": (copy_command, "Copy templates of camfolio to gen/templates, to edit them."),
    "finish": (finish_command, "Add security policy and link preview to the pages of a site built by any generator."),
}

if __name__ == "__main__":
    sys.exit(main())
