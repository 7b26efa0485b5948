"""Source `own`, slices from user code: its settings, and its texts for pages."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from camfolio.study.section import Text
from camfolio.study.source import Identified, SourceWords, Template

WORDS = SourceWords(
    origin=Template("""\
Slices made by {{ card.made_by | code }}, user code of this study{% if source.citations %} {{ cite(*source.citations) }}{% endif %}.
{% if not source.label_rule %}The study's label rule does not apply.{% endif %}"""),
    summary=Template("""\
Slices made by {{ card.made_by | code }}, user code of this study{% if source.citations %} {{ cite(*source.citations) }}{% endif %}.
{% if source.description %}{{ source.description }}{% endif %}"""),
    labels_are="as set by the study's user code",
    masks_are="as set by the study's user code",
)


class UserCodeData(Identified):
    """Slices from user code: a LightningDataModule, or a class or function that returns Slices."""

    reader = "camfolio.data.sources.user_code"
    words = WORDS

    source: Literal["own"] = Field(description="user code; may be omitted where class_path is given")
    class_path: Text = Field(
        description="MODULE.NAME: the module is in the study's folder or one above it in the project, or in a package that mkdocs.yml allows"
    )
    init_args: dict[str, Any] = Field({}, description="its arguments")
