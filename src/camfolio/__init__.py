"""Interpretability portfolios whose every figure and number is computed, measured and reproducible.

>>> import camfolio
>>> camfolio.__version__
'0.1.0'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from camfolio.data.slices import Slices
    from camfolio.explanation.explain import explain
    from camfolio.explanation.maps import Explanation
    from camfolio.explanation.registry import Batch, method
    from camfolio.pipeline.portfolio import open_portfolio
    from camfolio.study.file import read_study

__all__ = [
    "Batch",
    "Explanation",
    "Slices",
    "__version__",
    "explain",
    "method",
    "open_portfolio",
    "read_study",
]
__version__ = "0.1.0"
PLACES = {
    "Batch": "camfolio.explanation.registry",
    "Explanation": "camfolio.explanation.maps",
    "Slices": "camfolio.data.slices",
    "explain": "camfolio.explanation.explain",
    "method": "camfolio.explanation.registry",
    "open_portfolio": "camfolio.pipeline.portfolio",
    "read_study": "camfolio.study.file",
}
"""Public name -> the module in which it stands."""


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the attribute is
    """Import a public name, and with some of them torch, on first use: a warm build never needs it."""
    if name not in PLACES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(PLACES[name]), name)


def __dir__() -> list[str]:
    """All public names, whether imported already or not."""
    return sorted({*globals(), *__all__})
