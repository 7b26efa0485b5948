"""Modules of JavaScript as one, for a file that can load no other.

Only what our modules use is understood; anything else is an error, so that no module is bundled wrongly.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

from camfolio.errors import PageError

IMPORT = re.compile(r'^import \{(?P<names>[^}]*)\} from "(?P<file>\.{1,2}/[\w./-]+)";', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) +(?P<name>\w+))", re.MULTILINE)
OTHER = re.compile(r"^[ \t]*(?:import|export)\b.*|\bimport\s*\(.*|\bimport\.meta\b.*", re.MULTILINE)
COMMENT = re.compile(r"^\s*//.*", re.MULTILINE)
RENAMED = re.compile(r"\s+as\s+")


def bundled(entry: str, read: Callable[[str], str]) -> str:
    r"""One module that does what another does with all that it imports.

    Args:
        entry: path of the module.
        read: from the path of a module to its text.

    Raises:
        PageError: for modules that import each other in a circle, and for imports and exports of other kinds than named ones.

    >>> files = {"a.js": 'import { one } from "./b.js";\nshow(one);', "b.js": "export const one = 1;"}
    >>> print(bundled("a.js", files.__getitem__))
    const modules = {};
    modules["b.js"] = (() => {
    const one = 1;
    return { one };
    })();
    const { one } = modules["b.js"];
    show(one);
    """
    done: dict[str, str] = {}
    main = add(entry, read, done, ())
    del done[entry]
    return "\n".join(["const modules = {};", *done.values(), main])


def add(path: str, read: Callable[[str], str], done: dict[str, str], above: tuple[str, ...]) -> str:
    """Add a module, after those that it imports, to those that are done; returns its code."""
    text = read(path)
    imported = [beside(path, found["file"]) for found in IMPORT.finditer(text)]
    for one in imported:
        if one in (*above, path):
            msg = f"Expected modules that import each other in one direction, but got a circle through {one}. Move what both need to a third."
            raise PageError(msg)
        if one not in done:
            add(one, read, done, (*above, path))
    names = ", ".join(found["name"] for found in EXPORT.finditer(text))
    code = EXPORT.sub("", IMPORT.sub(lambda found: constants(path, found), text))
    if other := OTHER.search(COMMENT.sub("", code)):
        msg = f'Expected only `import {{ name }} from "./file.js";` and `export` before a declaration, but got {other[0].strip()!r} in {path}. Write it so.'
        raise PageError(msg)
    done[path] = f'modules["{path}"] = (() => {{\n{code}\nreturn {{ {names} }};\n}})();'
    return code


def constants(path: str, found: re.Match[str]) -> str:
    """An import as constants."""
    return f'const {{{RENAMED.sub(": ", found["names"])}}} = modules["{beside(path, found["file"])}"];'


def beside(path: str, file: str) -> str:
    """The path of a module that another one names.

    >>> beside("assets/explorer/index.js", "./state.js")
    'assets/explorer/state.js'
    """
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), file))
