"""What every data source has: settings that only an author knows, and the words that pages use of it.

Nothing heavy is imported here, nor in `study/sources/`, whose modules are one source each.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from camfolio.study.section import Settings, Text

WORDS = ("labels_are", "masks_are", "attribution", "date")
NamedPath = Annotated[Path, Field(strict=False)]
Range = Annotated[tuple[float, float], Field(strict=False)]
Names = Annotated[tuple[Text, Text], Field(strict=False)]
OnError = Annotated[
    Literal["stop", "skip"], Field(description="what cannot be read ends the study, or is counted on the data card")
]


class Template(str):
    """Words of camfolio's own in Jinja, filled on the page that says them; every other string is text from outside."""

    __slots__ = ()


EXCLUDED = Template("""\
{% for words, count in card.steps if words.endswith(", excluded") %}
{% if loop.first %}Excluded: {% endif %}
{{ words[:1] | lower }}{{ words.removesuffix(", excluded")[1:] }} ({{ count }}){{ ", " if not loop.last }}
{%- if loop.last %} ([data card](data.md#source)).{% endif %}
{% endfor %}""")
"""The steps of reading that excluded something, with their counts; nothing where there are none."""
DATED = Template("{% if card.date %}Data of {{ card.date | clause }}.{% endif %}")


@dataclass(frozen=True)
class SourceWords:
    """What pages say of a source; what is empty is not said, and a checklist calls it not assessed.

    A `Template` may use `card`, `study`, `classes`, `source` (these words), `cite` and the filters of pages.

    Attributes:
        origin: where slices come from and how they are cut, for the data card.
        description: a further paragraph about the data, for the data card.
        summary: the same in a sentence for checklists; the origin if it is empty.
        labels_are: what the labels are, inside a sentence.
        masks_are: what the masks are, inside a sentence.
        label_rule: how a slice gets its label.
        exclusions: what was left out, how much of it and why.
        subsets: which of the slices were taken.
        resampling: how slices came to their pixel spacing, after it in a sentence.
        annotators: who gave the reference standard.
        design: prospective or retrospective.
        dates: when the data were acquired.
        identities: what became of patients' identities.
        acquisition: how the images were made.
        judgement: what of a person's judgement is in the images.
        data_access: where others get the data.
        citations: keys of BibTeX entries, in camfolio's list or `gen/references.bib`.
        reference: a reference in words, for what no BibTeX entry holds.
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
    """What every source may say: words that only the author of a study knows, and what becomes of ids."""

    reader: ClassVar[str]
    words: ClassVar[SourceWords]
    folder: ClassVar[bool] = False

    labels_are: str = Field("", description="what the labels are, for example 'histology after resection'")
    masks_are: str = Field("", description="what the masks are, for example 'drawn by one radiologist'")
    attribution: str = Field("", description="whom to name for the data")
    date: str = Field("", description="date of the data")

    def inputs(self) -> dict[str, Path]:
        """Files and folders that decide what is read, by the name of their setting."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: value for name, value in values.items() if isinstance(value, Path)}


class Identified(DataSource):
    """A source with patients' ids of its own, which become pseudonyms."""

    ids: Literal["pseudonyms", "as_stored"] = Field(
        "pseudonyms", description="of patients and slices on pages; as_stored only for ids that are pseudonyms already"
    )
