"""`faithfulness.json`: how pixels were replaced to measure faithfulness."""

from __future__ import annotations

from typing import ClassVar

from camfolio.results.result import Count, HounsfieldUnits, Millimetres, ResultFile, Share


class FaithfulnessResult(ResultFile):
    """Sample and settings of the faithfulness scores; the scores are in `scoreboard.json`."""

    FILE: ClassVar[str] = "faithfulness.json"

    slices: Count
    """Slices in the sample."""
    patients: Count
    """Patients in the sample."""
    passes: Count
    """Forward passes of one slice."""
    parenchyma_hu: HounsfieldUnits | None
    """Mean attenuation of lung parenchyma in the training part; None if it has no such pixels."""
    blur_mm: Millimetres
    """Standard deviation of the Gaussian that blurs the slice."""
    steps: tuple[Share, ...]
    """Shares of the pixels replaced along the curves of deletion and insertion, from 0 to 1."""
    road_steps: tuple[Share, ...]
    """Shares of the pixels imputed along the curves of ROAD."""
    road_noise_hu: HounsfieldUnits
    """Standard deviation of the noise on imputed pixels."""
    smallest_fall: Share
    """Areas between end points are defined if replacing all pixels lowers the probability by at least this."""

    def shares_of(self, curve: str) -> tuple[float, ...]:
        """The shares of pixels along a curve, by the curve's key."""
        return self.road_steps if curve.startswith("road") else self.steps
