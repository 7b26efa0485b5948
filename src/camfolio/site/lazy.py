"""Values of templates that are read when a template uses them, each once, so that a page needs only what it uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2.runtime import Context


class Values(Mapping[str, Any]):
    """Values by name, each read when it is first asked for.

    Args:
        readers: name -> function that reads the value.

    >>> values = Values({"seed": lambda: 3, "later": lambda: 1 / 0})
    >>> values["seed"], list(values)
    (3, ['seed', 'later'])
    """

    def __init__(self, readers: Mapping[str, Callable[[], Any]]) -> None:
        self._readers = readers
        self._read: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - values of any type
        if name not in self._read:
            self._read[name] = self._readers[name]()
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._readers

    def __iter__(self) -> Iterator[str]:
        return iter(self._readers)

    def __len__(self) -> int:
        return len(self._readers)


@dataclass(frozen=True)
class Later:
    """One of the values, for the context of a template: it is read when the template asks for its name."""

    values: Values
    name: str


def later(values: Values) -> dict[str, Later]:
    """All values for the context of a template."""
    return {name: Later(values, name) for name in values}


class LazyContext(Context):
    """The context of a template: names of lazily read values lead to the values."""

    def resolve_or_missing(self, key: str) -> Any:  # noqa: ANN401 - values of any type
        """The value of a name; jinja2 calls this for every name that a template mentions."""
        found = super().resolve_or_missing(key)
        return found.values[found.name] if isinstance(found, Later) else found
