"""Source `class-folders`: its settings, and its texts for pages."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from camfolio.study.section import Text
from camfolio.study.source import Identified, NamedPath, Names, OnError, Range, SourceWords, Template

WORDS = SourceWords(
    origin=Template("""\
Images in one folder per class, {{ study.data.folders | listed }}{% if study.data.grey_hu %}; the lowest and highest grey value stand for {{ study.data.grey_hu[0] | num(0) }} and {{ study.data.grey_hu[1] | num(0) }} HU{% endif %}."""),
    summary=Template("Images in one folder per class, {{ study.data.folders | listed }}."),
    label_rule=Template("""\
Images in the folder {{ study.data.folders[0] }} are {{ classes[0] }}, those in {{ study.data.folders[1] }} are {{ classes[1] }}."""),
    labels_are="the names of the folders",
    masks_are="the masks beside the images",
)


class ClassFoldersData(Identified):
    """One folder of images per class, at any depth, with masks beside them if there are any."""

    reader = "camfolio.data.sources.class_folders"
    folder = True
    words = WORDS

    source: Literal["class-folders"] = Field(description="a folder per class with PNG, TIFF, BMP, JPEG or NPY files")
    path: NamedPath = Field(description="the folder that holds them, relative to the study file")
    folders: Names = Field(("benign", "malignant"), description="names of the folders of label 0 and label 1")
    patient: Text = Field(
        description="pattern (regular expression) whose first group is the patient in a file's path below its class's folder"
    )
    nodule: Text | None = Field(
        None,
        description="pattern whose first group in that path is the nodule, counted within the patient; without it every image is one",
    )
    mask_suffix: Text = Field(
        "_mask", description="NAME_mask.png is the mask of NAME.png, whatever the case of the suffix"
    )
    spacing_mm: float = Field(ge=0.05, le=10, description="mm per pixel of the images")
    grey_hu: Range | None = Field(
        None, description="HU of the lowest and highest grey value of 8- and 16-bit images; without it values are HU"
    )
    on_error: OnError = "stop"
