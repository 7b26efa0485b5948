"""Where slices can come from: one class per source with its settings, the module that reads it, and its words on pages.

The class is all that the rest of camfolio knows of a source: its keys are checked, printed on the reference page and
handed to the module's `from_study`; the files and folders it names are digested. Nothing heavy is imported here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import Field

from camfolio.study.section import Settings, Text

EMBEDDED = Path(__file__).parents[1] / "data" / "lidc_annotations.npz"
WORDS = ("labels_are", "masks_are", "attribution", "date")
NamedPath = Annotated[Path, Field(strict=False)]
Range = Annotated[tuple[float, float], Field(strict=False)]
Names = Annotated[tuple[Text, Text], Field(strict=False)]
OnError = Annotated[
    Literal["stop", "skip"], Field(description="what cannot be read ends the study, or is counted on the data card")
]


class DataSource(Settings):
    """What every source may say: words that only the author of a study knows, and what becomes of ids."""

    reader: ClassVar[str]
    about_labels: ClassVar[str] = "taken from the files as they are"
    about_masks: ClassVar[str] = "taken from the files as they are"
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


class PhantomData(DataSource):
    """The embedded default: contours and ratings that LIDC's radiologists drew, simulated attenuation."""

    reader = "camfolio.data.sources.lidc_phantom"
    about_labels = "radiologists' opinions, not pathology"
    about_masks = "what at least half of the readers outlined"

    source: Literal["lidc-phantom"] = Field(description="real outlines and ratings, simulated attenuation")
    slices_per_nodule: int = Field(
        3, ge=1, le=9, description="axial slices per nodule, those with the largest outlines"
    )
    size: int = Field(32, ge=16, le=128, description="pixels along each side")
    spacing_mm: float = Field(1.0, ge=0.3, le=3.0, description="mm per pixel")

    def inputs(self) -> dict[str, Path]:
        """The annotations inside the package."""
        return {"embedded": EMBEDDED}


class NpzData(Identified):
    """Slices from one npz file with the arrays image, label, mask, patient and spacing_xyz."""

    reader = "camfolio.data.sources.npz"
    about_labels = "taken from the file as they are"
    about_masks = "the masks in the file"

    source: Literal["npz"] = Field(description="arrays in one npz file")
    path: NamedPath = Field(description="the file, relative to the study file")
    spacing_mm: float | None = Field(None, ge=0.3, le=3.0, description="resample to mm per pixel; as stored if absent")


class LidcData(Identified):
    """LIDC-IDRI as The Cancer Imaging Archive delivers it: a folder of DICOM series with their XML."""

    reader = "camfolio.data.sources.lidc"
    folder = True
    about_labels = "radiologists' opinions, not pathology"
    about_masks = "the consensus of the readers' outlines"

    source: Literal["lidc"] = Field(description="DICOM series and XML annotations, found by content at any depth")
    path: NamedPath = Field(description="the folder, relative to the study file")
    slices_per_nodule: int = Field(3, ge=1, le=9, description="axial slices per nodule, those with the largest mask")
    size: int = Field(32, ge=16, le=128, description="pixels along each side")
    spacing_mm: float = Field(1.0, ge=0.3, le=3.0, description="mm per pixel")
    consensus: float = Field(0.5, gt=0, le=1, description="share of a nodule's readers that makes a pixel nodule")
    on_error: OnError = "stop"


class LunaData(Identified):
    """LUNA16: scans in mhd with annotations.csv and candidates.csv; the classes are no nodule and nodule."""

    reader = "camfolio.data.sources.luna16"
    folder = True
    about_labels = (
        "1 where at least three of four radiologists marked a nodule of 3 mm or more, 0 where a detector was wrong"
    )
    about_masks = "circles of the stated diameter, not outlines"

    source: Literal["luna16"] = Field(description="scans in mhd/raw or mhd/zraw; needs the extra luna")
    path: NamedPath = Field(description="the folder with the scans, at any depth, relative to the study file")
    annotations: NamedPath = Field(description="annotations.csv: nodules")
    candidates: NamedPath = Field(description="candidates.csv or candidates_V2.csv: places that are no nodules")
    candidates_per_nodule: float = Field(
        1.0, gt=0, le=10, description="places that are no nodules, drawn with the seed"
    )
    size: int = Field(32, ge=16, le=128, description="pixels along each side")
    spacing_mm: float = Field(1.0, ge=0.3, le=3.0, description="mm per pixel")
    on_error: OnError = "stop"


class NoduleMnistData(DataSource):
    """NoduleMNIST3D of MedMNIST: one npz with volumes of 28 or 64 voxels along each side, no patients, no masks."""

    reader = "camfolio.data.sources.nodulemnist3d"
    about_labels = "radiologists' opinions, not pathology: malignancy 1 and 2 against 4 and 5"
    about_masks = "not in the file"

    source: Literal["nodulemnist3d"] = Field(description="nodulemnist3d.npz or nodulemnist3d_64.npz")
    path: NamedPath = Field(description="the file, relative to the study file")
    axis: Literal[0, 1, 2] = Field(0, description="axis of the volume along which slices are taken")
    slices_per_nodule: int = Field(1, ge=1, le=9, description="slices per volume, nearest to its middle")
    grey_hu: Range = Field(
        (-1000.0, 400.0), description="HU of grey values 0 and 255: an assumption, MedMNIST does not publish them"
    )
    spacing_mm: float = Field(1.0, ge=0.3, le=3.0, description="mm per voxel as stored; 0.4375 for 64 voxels")


class ClassFoldersData(Identified):
    """One folder of images per class: PNG, TIFF or NPY, with masks beside them if there are any."""

    reader = "camfolio.data.sources.class_folders"
    folder = True
    about_labels = "the names of the folders"
    about_masks = "the masks beside the images"

    source: Literal["class-folders"] = Field(description="a folder per class with PNG, TIFF or NPY files")
    path: NamedPath = Field(description="the folder that holds them, relative to the study file")
    folders: Names = Field(("benign", "malignant"), description="names of the folders of label 0 and label 1")
    patient: Text = Field(description="pattern (regular expression) whose first group is the patient in a file's name")
    mask_suffix: Text = Field("_mask", description="NAME_mask.png is the mask of NAME.png")
    spacing_mm: float = Field(ge=0.05, le=10, description="mm per pixel of the images")
    grey_hu: Range | None = Field(
        None, description="HU of the lowest and highest grey value of 8- and 16-bit images; without it values are HU"
    )
    on_error: OnError = "stop"


class OwnData(Identified):
    """Slices from a class or function of your own: a LightningDataModule, or whatever returns Slices."""

    reader = "camfolio.data.sources.own"
    about_labels = "those of the study's own data class"
    about_masks = "those of the study's own data class"

    source: Literal["own"] = Field(description="may be left out where class_path is given")
    class_path: Text = Field(description="MODULE.NAME, the module in the study's folder or one above it, or installed")
    init_args: dict[str, Any] = Field({}, description="its arguments")


Data = Annotated[
    PhantomData | NpzData | LidcData | LunaData | NoduleMnistData | ClassFoldersData | OwnData,
    Field(discriminator="source"),
]
SOURCES: Mapping[str, type[DataSource]] = {
    get_args(kind.model_fields["source"].annotation)[0]: kind for kind in get_args(get_args(Data)[0])
}
"""Name in a study file -> settings; a new source is a module in `data/sources`, its class here and its name in `Data`."""
PATHS = tuple(
    sorted({name for kind in SOURCES.values() for name, info in kind.model_fields.items() if info.annotation is Path})
)
"""Settings of sources that are files or folders."""
