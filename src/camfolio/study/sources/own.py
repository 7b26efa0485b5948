"""Source `own`: its settings, and what pages say of it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from camfolio.study.section import Text
from camfolio.study.source import Identified, SourceWords, Template

WORDS = SourceWords(
    origin=Template("""\
Slices made by {{ card.made_by | code }}, code of the study's own{% if source.citations %} {{ cite(*source.citations) }}{% endif %}.
{% if not source.label_rule %}The study's label rule does not apply.{% endif %}"""),
    summary=Template("""\
Slices made by {{ card.made_by | code }}, code of the study's own{% if source.citations %} {{ cite(*source.citations) }}{% endif %}.
{% if source.description %}{{ source.description }}{% endif %}"""),
    labels_are="those of the study's own data class",
    masks_are="those of the study's own data class",
)


class OwnData(Identified):
    """Slices from a class or function of your own: a LightningDataModule, or whatever returns Slices."""

    reader = "camfolio.data.sources.own"
    words = WORDS

    source: Literal["own"] = Field(description="may be left out where class_path is given")
    class_path: Text = Field(description="MODULE.NAME, the module in the study's folder or one above it, or installed")
    init_args: dict[str, Any] = Field({}, description="its arguments")
