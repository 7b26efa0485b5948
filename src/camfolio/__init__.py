"""Interpretability portfolios whose every figure and number is computed, measured and reproducible.

>>> import camfolio
>>> camfolio.__version__
'0.1.0'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from camfolio.explanation.explain import explain

__all__ = ["__version__", "explain"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the attribute is
    """Import `explain`, and with it torch, only on first use: a warm build never needs it."""
    if name != "explain":
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from camfolio.explanation.explain import explain

    return explain
