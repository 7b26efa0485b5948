"""Source `luna16`: its settings, and its texts for pages."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from camfolio.study.source import DisplacementKind, Identified, NamedPath, OnError, SourceWords, Template

WORDS = SourceWords(
    origin=Template("""\
Scans of LUNA16 {{ cite(*source.citations) }}: axial slices through nodules of its list, and through candidates that are none, {{ study.data.candidates_per_nodule }} per nodule, drawn with the seed. Slices have {{ study.data.spacing_mm }} mm per pixel."""),
    labels_are="1 where at least three of four radiologists marked a nodule of 3 mm or more, 0 where a detector was wrong",
    label_rule=Template("""\
{{ classes[1] | capitalize }}: a nodule of the list, marked with 3 mm or more by at least three of four radiologists. {{ classes[0] | capitalize }}: a candidate of the list with class 0, which is no such nodule. No reader's malignancy rating is used."""),
    masks_are="circles of the stated diameter, not outlines",
    subsets=Template(
        "One slice through the centre of each nodule, and of {{ study.data.candidates_per_nodule }} candidates per nodule, drawn with the seed."
    ),
    resampling="resampled to it",
    citations=("luna16",),
)


class LunaData(Identified):
    """LUNA16: scans in mhd with annotations.csv and candidates.csv; the classes are no nodule and nodule."""

    reader = "camfolio.data.sources.luna16"
    folder = True
    words = WORDS

    source: Literal["luna16"] = Field(description="scans in mhd/raw or mhd/zraw; needs the extra luna")
    path: NamedPath = Field(description="the folder with the scans, at any depth, relative to the study file")
    annotations: NamedPath = Field(description="annotations.csv: nodules")
    candidates: NamedPath = Field(description="candidates.csv or candidates_V2.csv: places that are no nodules")
    candidates_per_nodule: float = Field(
        1.0, gt=0, le=10, description="places that are no nodules, drawn with the seed"
    )
    size: int = Field(32, ge=16, le=128, description="pixels along each side")
    spacing_mm: float = Field(1.0, ge=0.3, le=3.0, description="mm per pixel")
    displacement: DisplacementKind = "random"
    on_error: OnError = "stop"
