"""The section `evidence` of a study file: how it is found out whether the maps are right."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from camfolio.study.section import Settings

Share = Annotated[float, Field(gt=0, lt=1)]


class Margins(Settings):
    """How large a difference may be and still not matter; equivalence is tested against it."""

    share: float = Field(0.05, gt=0, lt=1, description="of scores from 0 to 1")
    ratio: float = Field(0.25, gt=0, description="of ratios to chance")
    mm: float = Field(1.0, gt=0, description="of distances, mm")


class Faithfulness(Settings):
    """How the network is asked whether the pixels that a map marks are those that matter."""

    slices: int = Field(
        1000, ge=1, description="test slices at most, whole patients drawn with the seed; every one costs 500 passes"
    )
    steps: Annotated[tuple[Share, ...], Field(strict=False, min_length=1)] = Field(
        (0.02, 0.05, 0.1, 0.2, 0.35, 0.6),
        description="shares of the pixels replaced in deletion and insertion, rising; 0 and 1 are added",
    )
    blur_mm: float = Field(4.0, gt=0, le=100, description="standard deviation of the blurred baseline, mm")
    parenchyma_below_hu: float = Field(
        -500.0, description="pixels below it and beside the nodule are parenchyma; their mean is the other baseline, HU"
    )
    road_steps: Annotated[tuple[Share, ...], Field(strict=False, min_length=2)] = Field(
        (0.05, 0.1, 0.3, 0.5, 0.8), description="shares of the pixels imputed in ROAD, rising"
    )
    road_noise_hu: float = Field(
        14.0, ge=0, le=200, description="standard deviation of the noise on imputed pixels, HU"
    )

    @model_validator(mode="after")
    def steps_rise(self) -> Faithfulness:
        """Shares of removed pixels grow."""
        for name, shares in (("steps", self.steps), ("road_steps", self.road_steps)):
            if list(shares) != sorted(set(shares)):
                msg = f"{name} that rise, but got {list(shares)}"
                raise ValueError(msg)
        return self


class Stability(Settings):
    """What a map should survive."""

    noise_hu: float = Field(
        20.0, gt=0, le=200, description="standard deviation of the added noise, as of the scanner's quantum noise, HU"
    )
    draws: int = Field(3, ge=1, le=100, description="of that noise, per slice")


class Evidence(Settings):
    """How it is found out whether the maps are right."""

    tolerance_mm: float = Field(2.0, ge=0, le=50, description="how far beside the nodule a maximum counts as near, mm")
    centre_sigma_mm: float = Field(
        4.0, gt=0, le=100, description="standard deviation of the blob at the centre, a control, mm"
    )
    slices: int = Field(
        64,
        ge=1,
        description="test slices at most for randomisation and stability, whole patients drawn with the seed",
    )
    seeds: int = Field(2, ge=0, le=20, description="further trainings with other seeds on the same split; 0: none")
    permuted_labels: bool = Field(True, description="a further training on permuted labels, to compare its maps")
    faithfulness: Faithfulness = Field(Faithfulness(), description="deletion, insertion, masking, ROAD")
    stability: Stability = Field(Stability(), description="noise; shifts and training seeds need no setting")
    margins: Margins = Field(Margins(), description="differences that do not matter")
