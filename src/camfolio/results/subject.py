"""Subjects of scores, which are methods at a layer and controls, and their keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

CONTROL = "control/"
OTHERS = "others/"
"""Begin of a control's name: the mean of a method's maps of other patients."""


@dataclass(frozen=True)
class Subject:
    """A method at the layer in focus, a method at another layer, or a control.

    Attributes:
        name: key of the method or of the control.
        layer: full name of the layer, if it is not the one in focus.
        is_control: whether it is a control, which has no layer.
    """

    name: str
    layer: str = ""
    is_control: bool = False

    @property
    def key(self) -> str:
        """Its key in results: `METHOD`, `LAYER/METHOD` or `control/NAME`.

        >>> Subject("grad_cam").key, Subject("grad_cam", "layer1").key, Subject("random", is_control=True).key
        ('grad_cam', 'layer1/grad_cam', 'control/random')
        """
        if self.is_control:
            return CONTROL + self.name
        return f"{self.layer}/{self.name}" if self.layer else self.name

    @property
    def in_focus(self) -> bool:
        """Whether pages show it: a method at the layer in focus, or a control."""
        return not self.layer

    @property
    def others_of(self) -> str:
        """The method of whose maps of other patients this control is the mean; empty for any other subject.

        >>> others("grad_cam").others_of, Subject("grad_cam").others_of
        ('grad_cam', '')
        """
        return self.name.removeprefix(OTHERS) if self.is_control and self.name.startswith(OTHERS) else ""

    @classmethod
    def of(cls, key: str) -> Subject:
        """The subject with this key.

        >>> Subject.of("layer2.1/mine.edge_cam")
        Subject(name='mine.edge_cam', layer='layer2.1', is_control=False)
        """
        if key.startswith(CONTROL):
            return cls(key.removeprefix(CONTROL), is_control=True)
        layer, _, name = key.rpartition("/")
        return cls(name, layer)


ORACLE = Subject("oracle", is_control=True)
"""The true mask at the resolution of the layer in focus, scored like a map; in no comparison."""
UNIFORM = Subject("uniform", is_control=True)
"""A map of one value, whose scores are the levels of chance."""


def others(method: str) -> Subject:
    """The control of a method that knows where its maps of other patients lie.

    >>> others("grad_cam").key
    'control/others/grad_cam'
    """
    return Subject(OTHERS + method, is_control=True)


def at_layers(layers: Sequence[str], methods: Sequence[str]) -> tuple[Subject, ...]:
    """All methods at all layers, of which the first is in focus."""
    return tuple(Subject(method, "" if layer == layers[0] else layer) for layer in layers for method in methods)
