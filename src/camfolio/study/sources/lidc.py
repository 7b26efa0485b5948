"""Source `lidc`: its settings, and its texts for pages."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from camfolio.study.source import DisplacementKind, Identified, NamedPath, OnError, SourceWords, Template

CITATIONS = ("armato2011", "lidc2015", "clark2013")
LABEL_RULE = Template("""\
The {{ study.labels.statistic }} of the readers' malignancy ratings (1 to 5) of nodules that at least
{{ study.labels.min_readers }} readers outlined: below 3 is {{ classes[0] }}, above 3 {{ classes[1] }}, exactly 3 is left out.""")
ANNOTATORS = Template(
    "Up to four radiologists of the LIDC per nodule {{ cite(source.citations[0]) }}; who they were is not known here."
)
WORDS = SourceWords(
    origin=Template("""\
CT series of LIDC-IDRI in DICOM {{ cite(*source.citations) }} with the annotations of up to four radiologists. Drawings of different readers that overlap are one nodule; its mask is what {{ study.data.consensus | pct }} or more of its readers
outlined, the pixels of an outline left out. Up to {{ study.data.slices_per_nodule }} axial slices are taken per nodule, those with the largest mask; each is resampled to {{ study.data.spacing_mm }} mm per pixel around the mask's centroid."""),
    summary=Template(
        "CT series of LIDC-IDRI {{ cite(*source.citations) }} in DICOM, with the annotations of up to four radiologists."
    ),
    labels_are="radiologists' opinions, not pathology",
    masks_are="the consensus of the readers' outlines",
    label_rule=LABEL_RULE,
    subsets=Template("Up to {{ study.data.slices_per_nodule }} slices per nodule, those with the largest mask."),
    resampling="resampled to it",
    annotators=ANNOTATORS,
    design="Retrospective: a collection that had been published before.",
    citations=CITATIONS,
)


class LidcData(Identified):
    """LIDC-IDRI as The Cancer Imaging Archive delivers it: a folder of DICOM series with their XML."""

    reader = "camfolio.data.sources.lidc"
    folder = True
    words = WORDS

    source: Literal["lidc"] = Field(description="DICOM series and XML annotations, found by content at any depth")
    path: NamedPath = Field(description="the folder, relative to the study file")
    slices_per_nodule: int = Field(3, ge=1, le=9, description="axial slices per nodule, those with the largest mask")
    size: int = Field(32, ge=16, le=128, description="pixels along each side")
    spacing_mm: float = Field(1.0, ge=0.3, le=3.0, description="mm per pixel")
    displacement: DisplacementKind = "random"
    consensus: float = Field(0.5, gt=0, le=1, description="share of a nodule's readers that makes a pixel nodule")
    on_error: OnError = "stop"
