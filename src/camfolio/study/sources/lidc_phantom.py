"""Source `lidc-phantom`: its settings, and its texts for pages."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from camfolio.study.source import DataSource, DisplacementKind, SourceWords, Template
from camfolio.study.sources.lidc import ANNOTATORS, CITATIONS, LABEL_RULE

EMBEDDED = Path(__file__).parents[2] / "data" / "lidc_annotations.npz"
WORDS = SourceWords(
    origin=Template("""\
LIDC-IDRI's annotations {{ cite(*source.citations) }}, rendered. {{ card.counts.annotations | counted("annotation") }} of nodules of 3 mm and more were grouped into
{{ card.counts.nodules | counted("nodule") }} by the distance between the readers' outlines (`scripts/make_lidc_annotations.py`). Every slice is drawn from its outlines and from eight of the readers' nine ratings; the
ninth, malignancy, never enters the picture."""),
    summary=Template("Annotations of LIDC-IDRI {{ cite(*source.citations) }}; the attenuation is simulated."),
    description=Template("""\
Up to {{ study.data.slices_per_nodule }} axial slices are taken per nodule, those on which it is largest; {{ card.counts.slices_without_consensus_mask_dropped }} slices on which fewer than half of the readers' outlines
overlap anywhere were dropped."""),
    labels_are="radiologists' opinions, not pathology",
    masks_are="what at least half of the readers outlined",
    label_rule=LABEL_RULE,
    exclusions=Template("""\
Of {{ card.counts.nodules | counted("nodule") }} in the annotations, {{ card.counts.nodules_with_too_few_readers | counted("nodule") }} with fewer than {{ study.labels.min_readers }} readers and
{{ card.counts.nodules_at_excluded_rating }} rated exactly 3 were excluded ([data card](data.md))."""),
    subsets=Template("""\
Up to {{ study.data.slices_per_nodule }} slices per nodule, those on which it is largest; {{ card.counts.slices_without_consensus_mask_dropped | counted("slice") }}
without a consensus of the readers {{ card.counts.slices_without_consensus_mask_dropped | agree("was", "were") }} dropped."""),
    annotators=ANNOTATORS,
    design="Retrospective: annotations that had been published before.",
    dates="",
    identities="No patient's image is used; patients go by the codes under which the collection was published.",
    acquisition="No scanner: grey values were rendered from outlines and ratings.",
    judgement=(
        "The slices are rendered from the readers' outlines and eight of their nine ratings, so their judgement is in the picture; "
        "the rating that makes the label is not."
    ),
    data_access="The annotations come with camfolio under CC BY 3.0; every run of the study renders the same slices.",
    citations=CITATIONS,
)


class PhantomData(DataSource):
    """The embedded default: contours and ratings that LIDC's radiologists drew, simulated attenuation."""

    reader = "camfolio.data.sources.lidc_phantom"
    words = WORDS

    source: Literal["lidc-phantom"] = Field(description="real outlines and ratings, simulated attenuation")
    slices_per_nodule: int = Field(
        3, ge=1, le=9, description="axial slices per nodule, those with the largest outlines"
    )
    size: int = Field(32, ge=16, le=128, description="pixels along each side")
    spacing_mm: float = Field(1.0, ge=0.3, le=3.0, description="mm per pixel")
    displacement: DisplacementKind = "random"

    def inputs(self) -> dict[str, Path]:
        """The annotations inside the package."""
        return {"embedded": EMBEDDED}
