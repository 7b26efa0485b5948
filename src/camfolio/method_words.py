"""What pages and figures say of each CAM method, read from the method's file without importing it, so without torch.

A method is one file of `explanation/methods/`: `ABOUT`, its `MethodWords`, and a function under `@method(key)`. Words
decide no map, so this module is excluded from the stages' code digests (see `store.code`); names and colours reach
figures as parameters (`method_looks`).
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from camfolio.vocabulary import FINER, MethodLook

FOLDER = Path(__file__).parent / "explanation" / "methods"
SPARE_COLOURS = ("#F0E442", "#56B4E9", "#0072B2", "#D55E00")
"""For methods without a colour: more of Okabe and Ito's palette, safe for the colour-blind."""


@dataclass(frozen=True)
class MethodWords:
    r"""What is said of a method; all values are literals. Inline formulas are LaTeX between dollar signs.

    Attributes:
        name: as the field writes it.
        formula: LaTeX of the map.
        definition: Markdown below the formula on the page *How the methods work*.
        paper: its authors and year; `citation` is its key in `site/defaults/references.bib`.
        summary: what it computes, for a study's write-up.
        at_last_layer: follows the summary where only pooling and one linear layer follow the explained layer.
        elsewhere: follows the summary at every other layer.
        colour: of its lines and dots in figures, `#RRGGBB`; empty for one that the study's other methods do not have.
        position: lower ones come first on pages; those of one position by key.
    """

    name: str
    formula: str
    definition: str
    paper: str
    citation: str
    summary: str
    at_last_layer: str = ""
    elsewhere: str = ""
    colour: str = ""
    position: int = 100

    def paragraph(self, *, at_last_layer: bool) -> str:
        """The summary, with what holds at the explained layer."""
        return f"{self.summary} {self.at_last_layer if at_last_layer else self.elsewhere}".rstrip()


@dataclass(frozen=True)
class MethodFile:
    """What a method's file states: its key, whether it receives gradients, its words; and the file's module."""

    key: str
    gradient: bool
    words: MethodWords
    module: str


def read_methods(folder: Path = FOLDER) -> dict[str, MethodFile]:
    """Key -> what the files of a folder state, in the order of pages.

    Raises:
        ValueError: for a file without words or a function, or with a value that is no literal.
    """
    found = [read_method(file) for file in folder.glob("*.py") if file.name != "__init__.py"]
    return {one.key: one for one in sorted(found, key=lambda one: (one.words.position, one.key))}


def read_method(file: Path) -> MethodFile:
    """What one file states, see `read_methods`."""
    tree = ast.parse(file.read_bytes())
    words = [node.value for node in tree.body if isinstance(node, ast.Assign) and is_about(node)]
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    calls = [call for node in functions for call in node.decorator_list if is_method(call)]
    if len(words) != 1 or len(calls) != 1:
        msg = (
            f"Expected one ABOUT and one function under @method in {file.name}, but got {len(words)} and {len(calls)}."
        )
        raise ValueError(msg)
    (key,), options = literals(calls[0], file)
    _, about = literals(words[0], file)
    module = f"camfolio.explanation.methods.{file.stem}"
    return MethodFile(key, options.get("gradient", False), MethodWords(**about), module)


def is_about(node: ast.Assign) -> bool:
    """Whether an assignment is `ABOUT = ...`."""
    return [ast.unparse(target) for target in node.targets] == ["ABOUT"]


def is_method(decorator: ast.expr) -> bool:
    """Whether a decorator is `@method(...)`."""
    return isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "method"


def literals(call: ast.expr, file: Path) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of a call, those by position and those by name."""
    if not isinstance(call, ast.Call):
        msg = f"Expected ABOUT = MethodWords(...) in {file.name}, line {call.lineno}, but got {ast.unparse(call)}."
        raise ValueError(msg)  # noqa: TRY004 - a wrong value in a file, not an argument of the wrong type
    by_name = {str(word.arg): literal(word.value, file) for word in call.keywords}
    return [literal(value, file) for value in call.args], by_name


def literal(value: ast.expr, file: Path) -> Any:  # noqa: ANN401 - any literal
    """The value of an expression."""
    try:
        return ast.literal_eval(value)
    except ValueError:
        msg = (
            f"Expected a literal in {file.name}, line {value.lineno}, but got {ast.unparse(value)}. "
            "Write it out: the file is read without being run."
        )
        raise ValueError(msg) from None


METHOD_FILES = read_methods()
METHOD_WORDS = {key: one.words for key, one in METHOD_FILES.items()}
METHOD_NAMES = {key: words.name for key, words in METHOD_WORDS.items()} | {
    FINER + key: f"Finer {one.words.name}" for key, one in METHOD_FILES.items() if one.gradient
}
"""Every gradient method also has a variant that explains the margin to the strongest other class: `finer_` before its key."""


def method_name(method: str) -> str:
    """The name by which the field knows a method; one from user code, MODULE.NAME, is named after its key.

    >>> method_name("hires_cam"), method_name("our.methods.edge_cam"), method_name("our.methods.finer_edge_cam")
    ('HiRes-CAM', 'Edge-CAM', 'Finer Edge-CAM')
    """
    module, _, key = method.rpartition(".")
    if not module:
        return METHOD_NAMES[method]
    words = ["CAM" if word == "cam" else word.capitalize() for word in key.removeprefix(FINER).split("_")]
    return ("Finer " if key.startswith(FINER) else "") + "-".join(words)


def method_looks(methods: Sequence[str]) -> tuple[MethodLook, ...]:
    """Name and colour of every method: its own colour, or one that none of the others has, as long as there is one.

    >>> [look.colour for look in method_looks(["finer_grad_cam", "grad_cam", "ours.edge_cam"])]
    ['#F0E442', '#009E73', '#56B4E9']
    """
    colours = {method: METHOD_WORDS[method].colour for method in methods if method in METHOD_WORDS}
    spare = [colour for colour in SPARE_COLOURS if colour not in colours.values()] or list(SPARE_COLOURS)
    without = [method for method in methods if not colours.get(method)]
    colours |= {method: spare[place % len(spare)] for place, method in enumerate(without)}
    return tuple(MethodLook(method, method_name(method), colours[method]) for method in methods)


def method_modules(methods: Sequence[str]) -> tuple[str, ...]:
    """The modules of those methods that are camfolio's.

    >>> method_modules(["finer_grad_cam", "grad_cam", "ours.edge_cam"])
    ('camfolio.explanation.methods.grad_cam',)
    """
    keys = {method.removeprefix(FINER) for method in methods}
    return tuple(sorted(METHOD_FILES[key].module for key in keys if key in METHOD_FILES))
