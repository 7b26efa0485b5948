"""Source `npz`: its settings, and its texts for pages."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from camfolio.study.source import Identified, NamedPath, SourceWords, Template

WORDS = SourceWords(
    origin=Template("""\
Arrays from the file {{ card.file | code }}.
{% if study.data.spacing_mm %}
Slices were resampled from {{ card.stored_spacing_mm | span }} mm to {{ study.data.spacing_mm }} mm per pixel; what the stored slice does not cover is air.
{% else %}
Slices are as they are stored, each with its own pixel spacing.
{% endif %}"""),
    summary=Template("The file {{ card.file | code }}{{ ': ' ~ (card.attribution | clause) if card.attribution }}."),
    label_rule=Template("The array label of the file: 0 is {{ classes[0] }}, 1 is {{ classes[1] }}."),
    labels_are="taken from the file as they are",
    masks_are="the masks in the file",
    exclusions="Nothing by the run: every slice of the file was used.",
    subsets="Nothing by the run: every slice of the file was used.",
    resampling=Template("{% if study.data.spacing_mm %}resampled to it{% endif %}"),
)


class NpzData(Identified):
    """Slices from one npz file with the arrays image, label, mask, patient and spacing_xyz."""

    reader = "camfolio.data.sources.npz"
    words = WORDS

    source: Literal["npz"] = Field(description="arrays in one npz file")
    path: NamedPath = Field(description="the file, relative to the study file")
    spacing_mm: float | None = Field(None, ge=0.3, le=3.0, description="resample to mm per pixel; as stored if absent")
