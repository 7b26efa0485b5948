"""Base classes of data sources: settings common to all, and texts for pages.

No slow import is allowed here or in `study/sources/`, which has one module per source.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from camfolio.study.section import Settings, Text

WORDS = ("labels_are", "masks_are", "attribution", "date")
NamedPath = Annotated[Path, Field(strict=False)]
Range = Annotated[tuple[float, float], Field(strict=False)]
Names = Annotated[tuple[Text, Text], Field(strict=False)]
OnError = Annotated[
    Literal["stop", "skip"],
    Field(description="for a file that cannot be read: stop with an error, or skip it and count it on the data card"),
]

DisplacementKind = Annotated[
    Literal["none", "random"],
    Field(
        description="where nodules are in their slices: at a random place, at least their radius from the centre where they fit, so that their position is tested; none: at the centre"
    ),
]


class Template(str):
    """A text of camfolio with Jinja placeholders, filled on the page that shows it; any other string is escaped text."""

    __slots__ = ()


EXCLUDED = Template("""\
{% for step in card.steps if step.words.endswith(", excluded") %}
{% if loop.first %}Excluded: {% endif %}
{{ step.words[:1] | lower }}{{ step.words.removesuffix(", excluded")[1:] }} ({{ step.count }}){{ ", " if not loop.last }}
{%- if loop.last %} ([data card](data.md#source)).{% endif %}
{% endfor %}""")
"""Steps of reading that excluded something, with their counts; empty if there are none."""
DATED = Template("{% if card.date %}Data of {{ card.date | clause }}.{% endif %}")


@dataclass(frozen=True)
class SourceWords:
    """Texts of a source for pages; an empty text is omitted, and "not assessed" in a checklist.

    A `Template` may use `card`, `study`, `classes`, `source` (these texts), `cite` and the filters of pages.

    Attributes:
        origin: where slices come from and how they are cut, for the data card.
        description: a further paragraph about the data, for the data card.
        summary: the origin in one sentence for checklists; `origin` if it is empty.
        labels_are: completes "The labels are".
        masks_are: completes "The masks are".
        label_rule: how a slice gets its label.
        exclusions: what was excluded, with counts and reasons.
        subsets: which slices were selected.
        resampling: how slices got their pixel spacing; follows the spacing in a sentence.
        annotators: authors of the reference standard.
        design: prospective or retrospective.
        dates: when the data were acquired.
        identities: how patients' identities are protected.
        acquisition: how the images were acquired.
        judgement: which human judgement the images contain.
        data_access: where the data are available.
        citations: keys of BibTeX entries, in camfolio's list or `gen/references.bib`.
        reference: a reference as text, if there is no BibTeX entry.
    """

    origin: str
    description: str = ""
    summary: str = ""
    labels_are: str = "taken from the files as they are"
    masks_are: str = "taken from the files as they are"
    label_rule: str = ""
    exclusions: str = EXCLUDED
    subsets: str = ""
    resampling: str = ""
    annotators: str = ""
    design: str = ""
    dates: str = DATED
    identities: str = ""
    acquisition: str = ""
    judgement: str = ""
    data_access: str = ""
    citations: tuple[str, ...] = ()
    reference: str = ""


class DataSource(Settings):
    """Settings of every source: texts that only the author of a study knows."""

    reader: ClassVar[str]
    words: ClassVar[SourceWords]
    folder: ClassVar[bool] = False

    labels_are: str = Field("", description="what the labels are, for example 'histology after resection'")
    masks_are: str = Field("", description="what the masks are, for example 'drawn by one radiologist'")
    attribution: str = Field("", description="whom to credit for the data")
    date: str = Field("", description="date of the data")

    def inputs(self) -> dict[str, Path]:
        """Files and folders that are read, by the name of their setting."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: value for name, value in values.items() if isinstance(value, Path)}


class Identified(DataSource):
    """A source with patients' ids, which are replaced by pseudonyms."""

    ids: Literal["pseudonyms", "as_stored"] = Field(
        "pseudonyms", description="ids of patients and slices; as_stored only if they are pseudonyms already"
    )
    secret: NamedPath | None = Field(
        None,
        description="file with 16 random bytes or more, outside the repository, that pseudonyms depend on, too: without it they cannot be reversed even with the images",
    )

    @model_validator(mode="after")
    def secret_is_used(self) -> Identified:
        """Only pseudonyms depend on a secret."""
        if self.secret and self.ids == "as_stored":
            msg = "either ids: as_stored or secret, but got both"
            raise ValueError(msg)
        return self
