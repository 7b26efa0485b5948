"""Name, colour and texts of each CAM method, read from the method's file without importing it, so without torch.

A method is one file of `explanation/methods/`: `ABOUT`, its `MethodWords`, and a function decorated with
`@method(key)`. Texts do not change maps, so this module is excluded from the stages' code digests (see `store.code`);
names and colours reach figures as parameters (`method_looks`).
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
"""For methods without a colour: further colours of Okabe and Ito's palette, distinguishable with colour blindness."""


@dataclass(frozen=True)
class MethodWords:
    r"""Name, colour and texts of a method; all values are literals. Inline formulas are LaTeX between dollar signs.

    Attributes:
        name: the usual name in the literature.
        formula: LaTeX of the map.
        definition: Markdown below the formula on the page *How the methods work*.
        paper: authors and year of the paper.
        citation: key of the paper in `site/defaults/references.bib`.
        summary: what the method computes, for a study's write-up.
        at_last_layer: follows the summary if only pooling and a linear layer are downstream of the explained layer.
        elsewhere: follows the summary at every other layer.
        colour: of the method's lines and dots in figures, `#RRGGBB`; if empty, a colour is assigned by `method_looks`.
        position: order on pages, lowest first; ties are ordered by key.
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
        """The summary, followed by the text for the explained layer."""
        return f"{self.summary} {self.at_last_layer if at_last_layer else self.elsewhere}".rstrip()


@dataclass(frozen=True)
class MethodFile:
    """A method as declared in its file.

    Attributes:
        key: key of the method.
        gradient: whether the method uses gradients.
        words: name, colour and texts.
        module: full name of the file's module.
    """

    key: str
    gradient: bool
    words: MethodWords
    module: str


def read_methods(folder: Path = FOLDER) -> dict[str, MethodFile]:
    """Key -> method, for all files of a folder, in the order of pages.

    Raises:
        ValueError: for a file without `ABOUT`, without a decorated function, or with a value that is no literal.
    """
    methods = [read_method(file) for file in folder.glob("*.py") if file.name != "__init__.py"]
    return {method.key: method for method in sorted(methods, key=lambda method: (method.words.position, method.key))}


def read_method(file: Path) -> MethodFile:
    """The method of one file, see `read_methods`."""
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
    """Positional and keyword arguments of a call."""
    if not isinstance(call, ast.Call):
        msg = f"Expected ABOUT = MethodWords(...) in {file.name}, line {call.lineno}, but got {ast.unparse(call)}."
        raise ValueError(msg)  # noqa: TRY004 - a wrong value in a file, not an argument of the wrong type
    keywords = {str(keyword.arg): literal(keyword.value, file) for keyword in call.keywords}
    return [literal(value, file) for value in call.args], keywords


def literal(value: ast.expr, file: Path) -> Any:  # noqa: ANN401 - any literal
    """The value of a literal expression.

    Raises:
        ValueError: if the expression is no literal.
    """
    try:
        return ast.literal_eval(value)
    except ValueError:
        msg = (
            f"Expected a literal in {file.name}, line {value.lineno}, but got {ast.unparse(value)}. "
            "Write the value itself: the file is read without being run."
        )
        raise ValueError(msg) from None


METHOD_FILES = read_methods()
METHOD_WORDS = {key: file.words for key, file in METHOD_FILES.items()}
METHOD_NAMES = {key: words.name for key, words in METHOD_WORDS.items()} | {
    FINER + key: f"Finer {file.words.name}" for key, file in METHOD_FILES.items() if file.gradient
}
"""Key -> name, of methods and of the Finer variants that every gradient method also has."""


def method_name(method: str) -> str:
    """The usual name of a method; the name of a method from user code, MODULE.NAME, is derived from its key.

    >>> method_name("hires_cam"), method_name("our.methods.edge_cam"), method_name("our.methods.finer_edge_cam")
    ('HiRes-CAM', 'Edge-CAM', 'Finer Edge-CAM')
    """
    module, _, key = method.rpartition(".")
    if not module:
        return METHOD_NAMES[method]
    words = ["CAM" if word == "cam" else word.capitalize() for word in key.removeprefix(FINER).split("_")]
    return ("Finer " if key.startswith(FINER) else "") + "-".join(words)


def method_looks(methods: Sequence[str]) -> tuple[MethodLook, ...]:
    """Name and colour of every method; methods without a colour get unused ones as long as there are any.

    >>> [look.colour for look in method_looks(["finer_grad_cam", "grad_cam", "ours.edge_cam"])]
    ['#F0E442', '#009E73', '#56B4E9']
    """
    colours = {method: METHOD_WORDS[method].colour for method in methods if method in METHOD_WORDS}
    spare = [colour for colour in SPARE_COLOURS if colour not in colours.values()] or list(SPARE_COLOURS)
    uncoloured = [method for method in methods if not colours.get(method)]
    colours |= {method: spare[index % len(spare)] for index, method in enumerate(uncoloured)}
    return tuple(MethodLook(method, method_name(method), colours[method]) for method in methods)


def method_modules(methods: Sequence[str]) -> tuple[str, ...]:
    """Modules of the built-in methods among these; methods from user code are left out.

    >>> method_modules(["finer_grad_cam", "grad_cam", "ours.edge_cam"])
    ('camfolio.explanation.methods.grad_cam',)
    """
    keys = {method.removeprefix(FINER) for method in methods}
    return tuple(sorted(METHOD_FILES[key].module for key in keys if key in METHOD_FILES))
