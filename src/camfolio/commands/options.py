"""Options of the command line."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import camfolio

Commands: TypeAlias = Mapping[str, tuple[Callable[[argparse.Namespace], int], str]]
"""Name of a command -> its function and what it does, in a sentence."""
Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - it has no public name

ANEW = "anew"
"""Folder in the store for results that are computed from nothing."""


def make_parser(study_commands: Commands, project_commands: Commands) -> argparse.ArgumentParser:
    """All commands and their options: those that take studies, and those that take none."""
    top = argparse.ArgumentParser(prog="camfolio", description=camfolio.__doc__.partition("\n")[0])
    top.add_argument("--version", action="version", version=camfolio.__version__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    for name, (function, words) in study_commands.items():
        command = commands.add_parser(name, help=words, description=words)
        command.set_defaults(command=function)
        if name == "export":
            add_forms(command)
        else:
            add_options(command, name)
    add_project_commands(commands, project_commands)
    return top


Options: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Name of an option -> the arguments of `add_argument`."""
FROM_NOTHING: Options = {
    "--anew": {
        "action": "store_true",
        "help": f"compute everything from nothing, in the folder {ANEW} of the store, whatever is recorded or kept",
    }
}
FOLDER: Mapping[str, Any] = {"type": Path, "default": Path("exported")}
FILE: Options = {
    "--to": {**FOLDER, "help": "a folder, or for one study a file with the form as its ending (default: exported)"}
}
EMPTY: Options = {"--to": {**FOLDER, "help": "an empty folder (default: exported)"}}
PUBLISHED: Options = {
    "--site-url": {"default": "", "help": "address of the published portfolio, for links to its other pages"}
}
FORMS: Mapping[str, str] = {
    "pdf": "Print the write-up as a report; needs Chromium.",
    "html": "Write write-up and explorer as one file to send.",
    "jekyll": "Write the write-up as a portfolio item of a Jekyll site.",
    "markdown": "Write all pages as plain files, for any generator.",
    "crate": "Write one study with its results as an RO-Crate, for an archive.",
}
"""Form of an export -> what it does."""
OPTIONS: Mapping[str, Options] = {
    "build": FROM_NOTHING,
    "clean": {"--dry-run": {"action": "store_true", "help": "only say what would be deleted"}},
    "export pdf": {**FILE, **PUBLISHED},
    "export html": {
        "--single": {
            "action": "store_true",
            "required": True,
            "help": "one file that needs no other, and works from disk",
        },
        **FILE,
        **PUBLISHED,
    },
    "export jekyll": {"--to": {**FOLDER, "help": "the Jekyll site (default: exported)"}, **PUBLISHED},
    "export markdown": EMPTY,
    "export crate": EMPTY,
    "draw": {
        "--figure": {
            "action": "append",
            "default": [],
            "metavar": "NAME",
            "help": "name of a figure as in the page's template; default: all",
        },
        "--to": {"type": Path, "default": Path(), "help": "folder for the files (default: current folder)"},
    },
    "record": {
        "--carry": {
            "action": "append",
            "default": [],
            "metavar": "STAGE",
            "help": "stage whose recorded result stays valid although its code changed; all: every stage",
        },
        "--check": {"action": "store_true", "help": "only check that what is recorded is up to date"},
    },
    "show": {
        "--json": {
            "action": "store_true",
            "help": "print JSON: one object, or for several studies an object with one entry per study",
        }
    },
    "verify": {
        "--quick": {"action": "store_true", "help": "kept results count as they are; recompute only the others"},
        "--tolerance": {
            "type": float,
            "default": 0.01,
            "metavar": "SHARE",
            "help": "relative difference of numbers up to which a result is close (default: 0.01)",
        },
        "--to": {
            "type": Path,
            "metavar": "FOLDER",
            "help": "folder for a report of each study and a picture of what differs (default: none)",
        },
    },
    "site": {
        "--site-dir": {"type": Path, "default": Path("site"), "help": "folder for the site (default: site)"},
        "--serve": {"action": "store_true", "help": "serve with live reload instead of building"},
        "--strict": {"action": "store_true", "help": "fail on any warning"},
        **FROM_NOTHING,
    },
}
"""Command that takes studies -> its own options."""


def add_forms(command: argparse.ArgumentParser) -> None:
    """Add the forms of an export as commands of it, each with its own options."""
    forms = command.add_subparsers(required=True, metavar="FORM", dest="form")
    for form, words in FORMS.items():
        add_options(forms.add_parser(form, help=words, description=words), f"export {form}")


def add_options(command: argparse.ArgumentParser, name: str) -> None:
    """Add the options of a command that takes studies: its own, and those of all."""
    if name in ("push", "pull"):
        command.add_argument("place", metavar="PLACE", help="folder or URL: a path, s3://bucket/folder, https://...")
    for option, settings in OPTIONS.get(name, {}).items():
        command.add_argument(option, **settings)
    command.add_argument(
        "study", nargs="*", type=Path, metavar="STUDY", help="study files; default: all in gen/studies"
    )
    command.add_argument(
        "--set", dest="overrides", action="append", default=[], metavar="KEY=VALUE", help="override a key"
    )
    command.add_argument(
        "--results",
        action="append",
        default=[],
        metavar="PLACE",
        help="folder or URL (s3, https ...) that is asked for a result before it is computed; may be repeated",
    )
    command.add_argument(
        "--jobs",
        metavar="N",
        help="processors to use: stages that do not need each other are computed side by side (default: all)",
    )
    command.add_argument(
        "--no-user-code",
        action="store_true",
        help="refuse classes and methods of user code, and fill templates in a sandbox: for a portfolio of somebody else",
    )
    command.add_argument(
        "-f",
        "--config-file",
        type=Path,
        metavar="FILE",
        help="configuration of MkDocs that is not mkdocs.yml or mkdocs.yaml in the current folder",
    )
    command.add_argument("--store", type=Path, default=Path("artifacts"), help="folder of results (default: artifacts)")


def add_project_commands(commands: Subparsers, table: Commands) -> None:
    """Add the commands that take no study; `templates copy` is a command of `templates`."""

    def added(to: Subparsers, key: str) -> argparse.ArgumentParser:
        function, words = table[key]
        command = to.add_parser(key.rpartition(" ")[2], help=words, description=words)
        command.set_defaults(command=function)
        return command

    added(commands, "new").add_argument("folder", type=Path, metavar="DIR", help="an empty or new folder")
    templates = added(commands, "templates").add_subparsers(metavar="copy")
    copy = added(templates, "templates copy")
    copy.add_argument("name", nargs="+", metavar="NAME", help="name in the list, such as study/index.md.jinja")
    finish = added(commands, "finish")
    finish.add_argument("folder", type=Path, metavar="SITE", help="a built site")
    finish.add_argument(
        "--site-url", default=os.environ.get("SITE_URL", ""), help="address of the published site (default: SITE_URL)"
    )
