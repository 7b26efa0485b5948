"""Source `nodulemnist3d`: its settings, and its texts for pages."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from camfolio.study.source import DataSource, NamedPath, Range, SourceWords, Template

WORDS = SourceWords(
    origin=Template("""\
Volumes of NoduleMNIST3D {{ cite(*source.citations) }} in the file {{ card.file | code }}: {{ study.data.slices_per_nodule | counted("slice") }} of each, nearest to its middle along axis {{ study.data.axis }}."""),
    labels_are="radiologists' opinions, not pathology: malignancy 1 and 2 against 4 and 5",
    label_rule=Template("""\
The label in the file: a malignancy of 1 or 2 is {{ classes[0] }}, of 4 or 5 {{ classes[1] }}; nodules of malignancy 3 are not in it."""),
    subsets=Template('{{ study.data.slices_per_nodule | counted("slice") }} per volume, nearest to its middle.'),
    masks_are="not in the file",
    citations=("nodulemnist3d",),
)


class NoduleMnistData(DataSource):
    """NoduleMNIST3D of MedMNIST: one npz with volumes of 28 or 64 voxels along each side, no patients, no masks."""

    reader = "camfolio.data.sources.nodulemnist3d"
    words = WORDS

    source: Literal["nodulemnist3d"] = Field(description="nodulemnist3d.npz or nodulemnist3d_64.npz")
    path: NamedPath = Field(description="the file, relative to the study file")
    axis: Literal[0, 1, 2] = Field(0, description="axis of the volume along which slices are taken")
    slices_per_nodule: int = Field(1, ge=1, le=9, description="slices per volume, nearest to its middle")
    grey_hu: Range = Field(
        (-1000.0, 400.0), description="HU of grey values 0 and 255: an assumption, MedMNIST does not publish them"
    )
    spacing_mm: float = Field(1.0, ge=0.3, le=3.0, description="mm per voxel as stored; 0.4375 for 64 voxels")
