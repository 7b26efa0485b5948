"""YAML of study files: plain values, limited in number and depth, so that a small file cannot use up time or memory.

Aliases (`*name`) of aliases multiply, so the values of an alias count as often as it is used.
"""

from __future__ import annotations

import re
from typing import NoReturn

import yaml

LARGEST = 1 << 20
"""Characters of a study file."""
DEEPEST = 32
"""Nested sections and lists."""
MOST = 20_000
"""Values of a study; a text counts as one more for every `CHARACTERS` characters."""
CHARACTERS = 100
LONGEST_KEY = 200
LONGEST_NUMBER = 100
NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


class Loader(yaml.SafeLoader):
    """Safe YAML that also reads 1e-3 as a number, within the limits of this module."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.values = self.depth = self.deepest = 0
        self.finished: dict[int, tuple[int, int]] = {}
        """Identity of a node -> its number of values, and the levels below it."""

    def compose_node(self, parent: yaml.Node | None, index: yaml.Node | int | None) -> yaml.Node | None:
        """The next node.

        Raises:
            yaml.YAMLError: if a limit is exceeded.
        """
        before, outside = self.values, self.deepest
        alias, mark = self.check_event(yaml.AliasEvent), self.peek_event().start_mark  # type: ignore[no-untyped-call]  # no annotations
        self.depth += 1
        self.deepest = self.depth
        self.check(mark)
        node = super().compose_node(parent, index)  # type: ignore[arg-type]  # keys of sections have none, their values a node
        if node is None:
            return None
        if alias:
            if id(node) not in self.finished:
                refuse("found an alias of the section that holds it", mark)
            values, height = self.finished[id(node)]
            self.values += values
            self.deepest += height
        else:
            self.values += 1
            if isinstance(node, yaml.ScalarNode):
                check_text(node, key=isinstance(parent, yaml.MappingNode) and index is None)
                self.values += len(node.value) // CHARACTERS
            self.finished[id(node)] = self.values - before, self.deepest - self.depth
        self.check(mark)
        self.depth -= 1
        self.deepest = max(outside, self.deepest)
        return node

    def check(self, mark: yaml.Mark) -> None:
        """Refuse more values or levels than a study can have."""
        if self.values > MOST:
            refuse(f"found more than {MOST} values, those of an alias counted wherever it is used", mark)
        if self.deepest > DEEPEST:
            refuse(f"found more than {DEEPEST} levels of sections and lists", mark)


Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"), list("-+0123456789")
)


def check_text(node: yaml.ScalarNode, *, key: bool) -> None:
    """Refuse a key or a number that is longer than any setting's.

    Raises:
        yaml.YAMLError: if it is.
    """
    if key and len(node.value) > LONGEST_KEY:
        refuse(f"found a key of more than {LONGEST_KEY} characters", node.start_mark)
    if node.tag in NUMBERS and len(node.value) > LONGEST_NUMBER:
        refuse(f"found a number of more than {LONGEST_NUMBER} characters", node.start_mark)


def refuse(problem: str, mark: yaml.Mark) -> NoReturn:
    """Raise the error of a limit.

    Raises:
        yaml.YAMLError: always.
    """
    raise yaml.composer.ComposerError(None, None, problem, mark)
