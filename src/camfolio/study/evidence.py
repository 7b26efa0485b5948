"""The section `evidence` of a study file: settings of the tests of the maps."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from camfolio.study.section import Settings

Share = Annotated[float, Field(gt=0, lt=1)]


class Margins(Settings):
    """Equivalence margins: the largest differences that are of no practical importance."""

    share: float = Field(0.05, gt=0, lt=1, description="of scores from 0 to 1")
    ratio: float = Field(0.25, gt=0, description="of ratios to chance")
    mm: float = Field(1.0, gt=0, description="of distances, mm")


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
    seeds: int = Field(2, ge=0, le=20, description="further training runs with other seeds on the same split; 0: none")
    permuted_labels: bool = Field(True, description="a further training run on permuted labels, to compare its maps")
    faithfulness: Faithfulness = Field(Faithfulness(), description="deletion, insertion, masking, ROAD")
    stability: Stability = Field(Stability(), description="added noise; shifts and training seeds have no setting")
    margins: Margins = Field(Margins(), description="equivalence margins")
