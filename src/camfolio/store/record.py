"""The results file of a study, `NAME.results.json`: key and digests of every stage's result, committed with the study.

A result that was recorded counts as known: later stages' keys use its recorded digest, so that on another processor,
where a recomputed result differs in its last digits, everything recorded after it still has the same key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from camfolio.errors import StoreError
from camfolio.store.artefacts import FileName, Ingredients, Manifest, Store, digest_of
from camfolio.store.files import replace_file

FORMAT = 1
"""Number of the file's format; a reader that knows only another one refuses the file."""
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Recorded(BaseModel):
    """A result as it was recorded."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Digest
    outputs: Mapping[FileName, Digest]
    """File of the result -> SHA-256 of its bytes."""
    seconds: float
    """Computing time, s."""
    computed: str
    """Date on which it was computed, UTC."""
    processor: str
    """Processor on which it was computed."""
    kept: bool = False
    """Whether its files are kept beside the study."""
    carried: bool = False
    """Whether it was computed by earlier code and carried over, not recomputed."""

    @property
    def digest(self) -> str:
        """One digest over all output files, as `Manifest.digest`."""
        return digest_of(dict(self.outputs))

    def manifest(self, ingredients: Ingredients) -> Manifest:
        """The manifest of this result for these ingredients."""
        return Manifest(
            key=ingredients.key,
            ingredients=ingredients,
            outputs=dict(self.outputs),
            seconds=self.seconds,
            computed=self.computed,
            processor=self.processor,
        )


class ResultsFile(BaseModel):
    """The content of a results file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1]
    stages: Mapping[str, Recorded] = {}


@dataclass(frozen=True)
class Record:
    """The recorded results of one study.

    Attributes:
        file: the results file.
        folder: kept results, one `STAGE.zip` each.
        stages: stage -> its recorded result.
        refused: stages whose kept result turned out to be damaged.
    """

    file: Path = Path()
    folder: Path = Path()
    stages: Mapping[str, Recorded] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()

    def find(self, stage: str, key: str) -> Recorded | None:
        """The recorded result of a stage under this key; None if another one or none was recorded."""
        recorded = self.stages.get(stage)
        return recorded if recorded and recorded.key == key else None

    def kept(self, stage: str) -> Path | None:
        """The file with a stage's kept result; None if it is not kept or was refused."""
        recorded, file = self.stages.get(stage), self.folder / f"{stage}.zip"
        return file if recorded and recorded.kept and stage not in self.refused and file.is_file() else None

    def without(self, stage: str) -> Record:
        """This record with a stage's kept result refused."""
        return replace(self, refused=self.refused | {stage})

    def changed(self, stages: Mapping[str, Recorded]) -> Record:
        """This record with other results recorded, none of them refused."""
        return replace(self, stages=stages, refused=frozenset())

    def write(self) -> None:
        """Write the results file."""
        stages = {name: one.model_dump(mode="json", exclude_defaults=True) for name, one in sorted(self.stages.items())}
        replace_file(self.file, json.dumps({"format": FORMAT, "stages": stages}, indent=1) + "\n", durable=True)


NOTHING = Record()


def read_record(study: Path, store: Store) -> Record:
    """The record of a study file: `NAME.results.json` beside it, and `results/NAME/` beside the folder `studies`.

    For a store in which everything is computed from nothing, what is recorded does not count.

    Raises:
        StoreError: if the results file is damaged.
    """
    file = study.with_suffix(".results.json")
    base = study.parent.parent if study.resolve().parent.name == "studies" else study.parent
    folder = base / "results" / study.stem
    if store.anew or not file.is_file():
        return Record(file, folder)
    try:
        content = ResultsFile.model_validate_json(file.read_text(encoding="utf-8"))
    except (ValidationError, UnicodeDecodeError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else {"msg": str(error), "loc": ()}
        place = ".".join(str(part) for part in first["loc"])
        msg = f"Expected recorded results in {file}, but got: {first['msg']}{f' at {place}' if place else ''}. "
        raise StoreError(msg + "Restore the file, or delete it and record again.") from error
    return Record(file, folder, content.stages)
