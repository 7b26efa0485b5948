"""The section `evidence` of a study file: settings of the tests of the maps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from camfolio.study.effort import NETWORKS, Effort, with_effort
from camfolio.study.section import Settings

Share = Annotated[float, Field(gt=0, lt=1)]
Margin = Annotated[float, Field(gt=0)]


class Faithfulness(Settings):
    """Perturbation tests: how the predicted probability changes when pixels that a map marks are replaced."""

    slices: int = Field(
        1000,
        ge=1,
        description="at most so many test slices, whole patients drawn with the seed; each takes 500 forward passes",
    )
    steps: Annotated[tuple[Share, ...], Field(strict=False, min_length=1)] = Field(
        (0.02, 0.05, 0.1, 0.2, 0.35, 0.6),
        description="shares of the pixels replaced in deletion and insertion, increasing; 0 and 1 are added",
    )
    blur_mm: float = Field(4.0, gt=0, le=100, description="standard deviation of the blurred baseline, mm")
    parenchyma_below_hu: float = Field(
        -500.0,
        description="pixels outside the nodule below this value are parenchyma; their mean is the other baseline, HU",
    )
    road_steps: Annotated[tuple[Share, ...], Field(strict=False, min_length=2)] = Field(
        (0.05, 0.1, 0.3, 0.5, 0.8), description="shares of the pixels imputed in ROAD, increasing"
    )
    road_noise_hu: float = Field(
        14.0, ge=0, le=200, description="standard deviation of the noise on imputed pixels, HU"
    )

    @model_validator(mode="after")
    def steps_rise(self) -> Faithfulness:
        """Shares of replaced pixels are strictly increasing."""
        for name, shares in (("steps", self.steps), ("road_steps", self.road_steps)):
            if list(shares) != sorted(set(shares)):
                msg = f"{name} in increasing order, but got {list(shares)}"
                raise ValueError(msg)
        return self


class Stability(Settings):
    """Perturbations of the input under which a map should stay the same."""

    noise_hu: float = Field(
        20.0,
        gt=0,
        le=200,
        description="standard deviation of the added noise, of the order of the scanner's quantum noise, HU",
    )
    draws: int = Field(3, ge=1, le=100, description="noise realisations per slice")


class Evidence(Settings):
    """How the maps are tested."""

    tolerance_mm: float = Field(
        2.0, ge=0, le=50, description="largest distance from the nodule at which a maximum counts as near, mm"
    )
    centre_sigma_mm: float = Field(
        4.0, gt=0, le=100, description="standard deviation of the Gaussian at the centre, a control, mm"
    )
    slices: int = Field(
        64,
        ge=1,
        description="at most so many test slices for randomisation and stability, whole patients drawn with the seed",
    )
    effort: Effort = Field(
        "quick", description="fewer or more networks, where the keys below that count networks are not given"
    )
    seeds: int = Field(
        NETWORKS["seeds"]["quick"],
        ge=0,
        le=20,
        description="further training runs with other seeds on the same split, 4 with full effort; 0: none",
    )
    reinitialisations: int = Field(
        NETWORKS["reinitialisations"]["quick"],
        ge=1,
        le=100,
        description="networks with random weights that maps are compared with, 10 with full effort",
    )
    permuted_labels: int = Field(
        NETWORKS["permuted_labels"]["quick"],
        ge=0,
        le=20,
        description="further training runs on permuted labels, each on another permutation, until the labels are memorised; "
        "5 with full effort; 0: none",
    )
    permuted_slices: int = Field(
        400, ge=2, description="at most so many training slices to memorise the permuted labels of, drawn with the seed"
    )
    permuted_accuracy: float = Field(
        0.95, gt=0.5, lt=1, description="accuracy on these slices above which the labels are memorised"
    )
    permuted_epochs: int = Field(60, ge=1, le=1000, description="largest number of epochs to memorise them")
    faithfulness: Faithfulness = Field(Faithfulness(), description="deletion, insertion, masking, ROAD")
    stability: Stability = Field(Stability(), description="added noise; shifts and training seeds have no setting")
    control: str = Field(
        "others",
        min_length=1,
        description="the control that the headline compares every method with: `others`, the mean of the method's maps of other patients, or the name of a control",
    )
    margins: Mapping[str, Margin] = Field(
        {},
        description="score -> the largest difference that is of no practical importance, in the score's unit, instead of the score's own",
    )

    @model_validator(mode="before")
    @classmethod
    def numbers_of_effort(cls, document: Any) -> Any:  # noqa: ANN401 - any parsed YAML
        """Numbers of networks that are not given are those of the effort."""
        return with_effort(document) if isinstance(document, dict) else document
