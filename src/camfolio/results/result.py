"""Base classes of results: frozen models without NaN, and those that are one JSON file of a stage."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from camfolio.errors import StoreError
from camfolio.results.files import read_text, write_json

R = TypeVar("R", bound="ResultFile")


@dataclass(frozen=True)
class Unit:
    """The unit of a number, for the page that lists what templates may use."""

    name: str


@dataclass(frozen=True)
class Key:
    """What the keys of a mapping are: their placeholder in paths, and its meaning."""

    name: str
    meaning: str


Count = Annotated[int, Field(ge=0), Unit("count")]
Position = Annotated[int, Field(ge=0), Unit("position")]
ClassLabel = Annotated[int, Field(ge=0, le=1), Unit("0 or 1, position in `classes`")]
Share = Annotated[float, Unit("share, 0 to 1")]
Ratio = Annotated[float, Unit("ratio, 1 at chance")]
HounsfieldUnits = Annotated[float, Unit("HU")]
Millimetres = Annotated[float, Unit("mm")]
SquareMillimetres = Annotated[float, Unit("mm²")]
Pixels = Annotated[int, Unit("pixels")]
Number = Annotated[float, Unit("")]
"""A number without a unit: an AUC, a correlation, a loss."""
MethodKey = Annotated[str, Key("METHOD", "key of a CAM method, such as grad_cam")]
SubjectKey = Annotated[
    str, Key("SUBJECT", "key of a method, a control (control/NAME) or a method at another layer (LAYER/METHOD)")
]
"""METHOD at the layer in focus, LAYER/METHOD, or control/NAME."""
ScoreKey = Annotated[str, Key("SCORE", "key of a score, such as energy_share")]
ExampleKind = Annotated[str, Key("KIND", "kind of example: misclassified, good, median or bad")]
CueKey = Annotated[str, Key("CUE", "key of a planted cue, such as tag")]


class Result(BaseModel):
    """A part of a result. The string below a field is its description, printed for authors of templates."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


class ResultFile(Result):
    """A result that is one JSON file of its stage's folder."""

    FILE: ClassVar[str]

    def write(self, folder: Path) -> None:
        """Write the file; the same values give the same bytes."""
        write_json(folder / self.FILE, self.model_dump(mode="json"))

    @classmethod
    def read(cls: type[R], folder: Path) -> R:  # noqa: PYI019 - beartype, in the tests, checks no Self here
        """Read what `write` wrote.

        Raises:
            StoreError: if the file is missing or does not fit the model.
        """
        try:
            return cls.model_validate_json(read_text(folder / cls.FILE))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            msg = f"Expected {cls.FILE} of stage {folder.parent.name} as it was written, but got {first['msg']!r} at {where or 'its start'}. Delete {folder}."
            raise StoreError(msg) from None
