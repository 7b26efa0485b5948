"""The registry of methods, and the decorator that registers one, from camfolio or from user code."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from camfolio.errors import ExplanationError, nearest
from camfolio.explanation.batch import Batch
from camfolio.vocabulary import FINER

Signed = Float[Tensor, "batch h w"]
__all__ = ["METHODS", "Batch", "Method", "Signed", "find_method", "method"]


Weigh = Callable[[Batch], Signed]


@dataclass(frozen=True)
class Method:
    """A registered method: `weigh` gives the signed map of a batch, with gradients or without; `finer`: of the margin."""

    name: str
    weigh: Weigh
    gradient: bool = False
    finer: bool = False

    def __call__(self, batch: Batch) -> Signed:
        """The signed map in the precision of the activations."""
        return self.weigh(batch).to(batch.reading.activations.dtype)


METHODS: dict[str, Method] = {}


def method(name: str, *, gradient: bool = False) -> Callable[[Weigh], Weigh]:
    """Register a function under `name`: `@method("edge_cam", gradient=True)`.

    A method that uses `batch.reading.gradients` needs `gradient=True`, and is also registered as `finer_NAME`: the same
    function on the gradients of y - a y', y' the strongest other class's logit (Finer-CAM, Zhang et al. 2025, arXiv
    2501.11309; the paper averages over several similar classes, here there is one). A study names a method from
    user code as MODULE.NAME.

    Args:
        name: a plain word; the key in studies and in `explain`.
        gradient: whether the function uses `batch.reading.gradients`.

    Returns:
        A decorator for a function from a `Batch` to the signed map (batch, h, w), before ReLU, at the layer's resolution.

    Raises:
        ValueError: for a name that is no plain word, begins with `finer_`, or belongs to another function.
    """
    if not name.isidentifier() or name.startswith(FINER):
        msg = f"Expected letters, digits and underscores without the prefix {FINER}, but got {name!r}."
        raise ValueError(msg)

    def register(weigh: Weigh) -> Weigh:
        entries = [Method(name, weigh, gradient), Method(FINER + name, weigh, gradient, finer=True)][: 1 + gradient]
        for entry in entries:
            there = METHODS.get(entry.name)
            if there and origin(there.weigh) != origin(weigh):
                msg = f"Expected a new name, but {name!r} belongs to {'.'.join(origin(there.weigh))}."
                raise ValueError(msg)
            METHODS[entry.name] = entry
        return weigh

    return register


def origin(weigh: Weigh) -> tuple[str, str]:
    """Module and name of a function: a file that is imported twice registers the same methods again."""
    return weigh.__module__, getattr(weigh, "__qualname__", "")


def find_method(name: str) -> Method:
    """A method by its key, or one from user code by MODULE.NAME, whose module is imported if it is not yet.

    Raises:
        ExplanationError: for one that does not exist, with the nearest.
    """
    if name in METHODS:
        return METHODS[name]
    module, _, key = name.rpartition(".")
    if not module:
        msg = f"Expected a method, but got {name!r}. {nearest(name, METHODS)}"
        raise ExplanationError(msg)
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        msg = f"Expected a module {module} with the method {key}, but got: {error}. Put its folder on the path."
        raise ExplanationError(msg) from error
    found = {entry.name: entry for entry in METHODS.values() if entry.weigh.__module__ == module}
    if key not in found:
        known = nearest(key, found) if found else "It has none: put @method above its function."
        msg = f"Expected a method of {module}, but got {key!r}. {known}"
        raise ExplanationError(msg)
    return found[key]
