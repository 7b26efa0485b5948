"""Conventions by which the findings of a study about one network are decided; pages state them."""

from __future__ import annotations

from dataclasses import dataclass

from camfolio.evidence.sample_size import FEW_PATIENTS
from camfolio.evidence.verdicts import FOLLOWS, STAYS
from camfolio.results.result import Count

NOT_FROM_TRAINING = 0.2
"""If the rank correlation of a method's maps after randomisation of all weights with those before has an interval above
this, the page says that the maps show something that does not come from training. A convention, above zero since two maps
of one slice share its structure."""
DIFFERENT_MAPS = 0.5
"""If the rank correlation of a method's maps between two trainings has an interval below this, they are called different
maps. A convention: the page states the value and the limit."""


@dataclass(frozen=True)
class Limits:
    """Conventions that verdicts use, the same for all studies; results do not change them.

    Attributes:
        follows: slope above whose interval's lower end a map's maximum follows the nodule.
        stays: slope below which, with its whole interval, it does not.
        not_from_training: rank correlation with maps by random weights above which maps show what does not come from training.
        different_maps: rank correlation between trainings below which maps are called different.
        few_patients: patients below whom pages warn of intervals that are too short.
    """

    follows: float = FOLLOWS
    stays: float = STAYS
    not_from_training: float = NOT_FROM_TRAINING
    different_maps: float = DIFFERENT_MAPS
    few_patients: Count = FEW_PATIENTS
