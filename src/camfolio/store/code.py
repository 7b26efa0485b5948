"""The code of a stage: digests of its module and of every camfolio module that it imports, ignoring comments.

A module's digest is that of its syntax tree without docstrings, so comments, docstrings and line breaks change no key;
nor does the version of Python, which decides no result; nor do a module's words about itself, `ABOUT = ...` (see `method_words`). Rooms without computation are excluded:
settings (their values are in the key), errors, array types, words, ends of processes, progress bars, and the store itself.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from camfolio.errors import StoreError
from camfolio.store.files import read_cache, write_cache

PACKAGE = "camfolio"
ROOT = Path(__file__).parent.parent
BLIND = tuple(
    f"camfolio.{room}"
    for room in ("study", "network.epochs", "errors", "method_words", "processes", "progress", "shapes", "store")
)
ABOUT = "ABOUT"
"""Name of a module's words about itself, which decide no result; figures receive what they show of them as parameters."""
DISTRIBUTIONS = {"PIL": "pillow", "pytorch_lightning": "pytorch-lightning", "skimage": "scikit-image", "yaml": "pyyaml"}
RESULT_NEUTRAL = {"jaxtyping", "pydantic", "rich", "filelock"}


@dataclass(frozen=True)
class ModuleCode:
    """One camfolio module: digest of its code, camfolio modules it imports, other packages it imports."""

    digest: str
    ours: tuple[str, ...]
    others: tuple[str, ...]


@dataclass(frozen=True)
class Code:
    """All code that a stage runs: digest by module, version by library."""

    modules: dict[str, str]
    libraries: dict[str, str]


class CodeReader:
    """Digests of modules, cached between runs by the bytes of their files.

    Args:
        memory: the cache file; if it cannot be read, it is computed again.
    """

    def __init__(self, memory: Path) -> None:
        self.memory = memory
        self.known = read_memory(memory)
        self.read: dict[str, ModuleCode] = {}
        self.new = False

    def closure(self, modules: tuple[str, ...]) -> Code:
        """The code of `modules` (full names, such as `camfolio.stages.training`) and of all they import, transitively."""
        reached: dict[str, ModuleCode] = {}
        waiting = list(modules)
        while waiting:
            name = waiting.pop()
            if name not in reached and name != PACKAGE and not is_blind(name):
                reached[name] = self.module(name)
                waiting += reached[name].ours
        others = {package for code in reached.values() for package in code.others} - RESULT_NEUTRAL
        libraries = {package: public(version(package)) for package in sorted(others)}
        return Code({name: reached[name].digest for name in sorted(reached)}, libraries)

    def module(self, name: str) -> ModuleCode:
        """The code of one module; the file is read once, and parsed only if its bytes or the Python version are new."""
        if name not in self.read:
            source = module_path(name).read_bytes()
            seen = hashlib.sha256(f"{reader_digest()}\0{python_version()}\0{name}\0".encode() + source).hexdigest()
            before, code = self.known.get(name, ("", None))
            self.read[name] = code if code and before == seen else examine(name, source)
            self.new |= before != seen
            self.known[name] = seen, self.read[name]
        return self.read[name]

    def remember(self) -> None:
        """Replace the cache file, where that is possible, if anything new was read; entries of modules that are not read this time stay."""
        if not self.new:
            return
        entries = {name: (seen, code.digest, code.ours, code.others) for name, (seen, code) in self.known.items()}
        write_cache(self.memory, entries)
        self.new = False


def is_blind(name: str) -> bool:
    """Whether a module belongs to a room without computation."""
    return any(name == room or name.startswith(f"{room}.") for room in BLIND)


def examine(name: str, source: bytes) -> ModuleCode:
    """Parse a module: its digest without docstrings and `ABOUT`, and its imports.

    Raises:
        StoreError: with file and line of a syntax error.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        msg = f"Expected Python, but got a syntax error in {module_path(name)}, line {error.lineno}: {error.msg}."
        raise StoreError(msg) from None
    ours, others = imports(tree)
    parents = {name.rsplit(".", depth)[0] for depth in range(1, name.count("."))}
    tree.body = [node for node in tree.body if not is_about(node)]
    for node in ast.walk(tree):
        drop_docstring(node)
    digest = hashlib.sha256(canonical(tree).encode()).hexdigest()
    return ModuleCode(digest, tuple(sorted(ours | parents)), tuple(sorted(others)))


def canonical(node: object) -> str:
    """A syntax tree as text that is equal under every supported version of Python.

    `ast.dump` is not: later versions add fields, which are empty for code that earlier ones can parse.

    >>> canonical(ast.parse("x = None").body[0])
    "Assign(targets=[Name(id='x',ctx=Store())],value=Constant())"
    """
    if isinstance(node, ast.AST):
        fields = [(name, value) for name, value in ast.iter_fields(node) if value is not None and value != []]
        return f"{type(node).__name__}({','.join(f'{name}={canonical(value)}' for name, value in fields)})"
    return f"[{','.join(map(canonical, node))}]" if isinstance(node, list) else ascii(node)


def is_about(node: ast.stmt) -> bool:
    """Whether a statement is `ABOUT = ...`."""
    return isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == [ABOUT]


def drop_docstring(node: ast.AST) -> None:
    """Remove docstrings and other constant statements from a body."""
    body = getattr(node, "body", None)
    if isinstance(body, list):
        kept = [part for part in body if not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))]
        node.__dict__["body"] = kept


def imports(tree: ast.AST) -> tuple[set[str], set[str]]:
    """The camfolio modules and other packages that a module imports, at any depth of its code."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    ours = {module_of(name) for name in names if name.partition(".")[0] == PACKAGE}
    roots = {name.partition(".")[0] for name in names}
    return ours, roots - {PACKAGE} - sys.stdlib_module_names


def module_of(name: str) -> str:
    """The module that defines a name: `camfolio.errors` for `camfolio.errors.nearest`."""
    return name if module_path(name).exists() else name.rpartition(".")[0]


def module_path(name: str) -> Path:
    """The file of a camfolio module or package."""
    path = ROOT.joinpath(*name.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def version(package: str) -> str:
    """The installed version of the distribution that provides a package."""
    name = DISTRIBUTIONS.get(package, package)
    return installed().get(name.replace("-", "_").lower()) or otherwise_installed(name)


@cache
def installed() -> dict[str, str]:
    """Versions of all installed distributions, read from the names of their folders (`NAME-VERSION.dist-info`).

    The first on the path counts, as in an import. Reading the metadata files would take longer than the rest of a warm
    survey.
    """
    versions: dict[str, str] = {}
    for entry in sys.path:
        for folder in Path(entry or ".").glob("*.dist-info"):
            name, _, number = folder.name.removesuffix(".dist-info").rpartition("-")
            versions.setdefault(name.replace("-", "_").replace(".", "_").lower(), number)
    return versions


def otherwise_installed(name: str) -> str:
    """The version of a distribution without a `.dist-info` folder (`.egg-info`, zip file), or `absent`."""
    from importlib import metadata  # slow, and rarely needed

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "absent"


def public(version_number: str) -> str:
    """A version without its local part, which names a build for a device; processor and device are not in a key, either.

    >>> public("2.13.0+cpu")
    '2.13.0'
    """
    return version_number.partition("+")[0]


@cache
def reader_digest() -> str:
    """Digest of this file: entries of the cache that another version of it wrote do not count."""
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


def python_version() -> str:
    """Major and minor version of Python; it decides no result, but how a module is parsed."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def read_memory(file: Path) -> dict[str, tuple[str, ModuleCode]]:
    """The entries of the cache file by module: digest of what was read, and its code; empty if it cannot be read."""
    try:
        return {
            name: (seen, ModuleCode(code, tuple(ours), tuple(others)))
            for name, (seen, code, ours, others) in read_cache(file).items()
        }
    except (ValueError, TypeError, AttributeError):
        return {}
