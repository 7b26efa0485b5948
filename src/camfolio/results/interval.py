"""A number with its uncertainty."""

from __future__ import annotations

from camfolio.results.result import Count, Number, Result


class Interval(Result):
    """A value with its 95 % bootstrap interval over patients (BCa), in the unit of the value."""

    value: Number | None
    """The value on all slices; None if it is not defined."""
    low: Number | None
    """Lower end, from the resamples of patients in which the value is defined; None if there are none, or a single patient."""
    high: Number | None
    """Upper end, from the same resamples; None if there is no lower end."""
    undefined: Count = 0
    """Resamples in which the value is not defined."""
    slices_undefined: Count = 0
    """Slices on which the value is not defined, excluded from the mean."""
