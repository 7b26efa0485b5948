"""Templates of a stranger: Jinja's sandbox, in which a template calls only what pages are given to call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

PLAIN = (str, bytes, int, float, tuple, list, Mapping)
"""Values whose methods are called: they compute from the value alone."""
GIVEN = (
    "camfolio.evidence.",
    "camfolio.method_words",
    "camfolio.results.",
    "camfolio.site.",
    "camfolio.study.checklists",
    "jinja2.",
)
"""Beginning of the names of modules whose functions, macros, loops and methods of values are called, except FILES."""
FILES = ("read", "write")
"""Methods of results that read and write files."""


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, in which a method is called only of text, numbers, collections and results, and none that touches files.

    Jinja's own also calls methods of every other value: of a path, with which a template could read and delete files, or
    of a result, which reads a folder.
    """

    def is_safe_callable(self, obj: Any) -> bool:  # noqa: ANN401 - any value that a template calls
        """Whether a template may call a value."""
        if not super().is_safe_callable(obj):
            return False
        owner, module = getattr(obj, "__self__", None), getattr(obj, "__module__", None) or ""
        is_given = (
            module.startswith(GIVEN) and not isinstance(owner, type) and getattr(obj, "__name__", "") not in FILES
        )
        return isinstance(owner, PLAIN) or is_given

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - values of any type
        """Call a value with any arguments.

        Raises:
            SecurityError: if a template may not call it; with its name, where Jinja would print the value.
        """
        if not self.is_safe_callable(obj):
            msg = f"a call of {getattr(obj, '__qualname__', type(obj).__name__)}, which the sandbox refuses,"
            raise SecurityError(msg)
        return context.call(obj, *args, **kwargs)
