"""All stages of a study, each after the stages that it reads."""

from __future__ import annotations

from pathlib import Path

from camfolio.pipeline.network_study import network_stages
from camfolio.pipeline.shortcut_study import shortcut_stages
from camfolio.pipeline.user_modules import named_code, with_named_code
from camfolio.store.stage import Stage
from camfolio.study.settings import Study


def stages(study: Study, folder: Path = Path()) -> tuple[Stage, ...]:
    """All stages of a study whose file is in `folder`, in the order in which they run."""
    table = shortcut_stages(study, study.shortcut) if study.shortcut else network_stages(study)
    named = named_code(study, folder)
    return tuple(with_named_code(stage, named) for stage in table)
