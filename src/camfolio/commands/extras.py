"""Libraries of extras, which most commands do not need."""

from __future__ import annotations

from importlib.util import find_spec

from camfolio.errors import PageError


def from_extra(module: str, distribution: str, extra: str = "provenance") -> None:
    """Check that a library of an extra is installed.

    Raises:
        PageError: with the command that installs it.
    """
    if find_spec(module) is None:
        msg = (
            f"Expected {distribution} to be installed, but it is not. "
            f"Install it: pip install -c constraints.txt 'camfolio[{extra}]'."
        )
        raise PageError(msg)
