"""Stages that are repeated on a held-out external test set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from camfolio.pipeline.data import reading
from camfolio.store.stage import Stage
from camfolio.study.settings import Study

EXTERNAL = "external-"
REPEATED = ("predictions", "evaluation", "explanations", "localisation")
"""Stages that run a second time, on the external test set."""


def external_stages(study: Study, table: Sequence[Stage]) -> tuple[tuple[Stage, ...], tuple[Stage, ...]]:
    """Stages on the external test set; none if the study has no section `external`.

    Args:
        study: its settings.
        table: all other stages, of which those in `REPEATED` are repeated.

    Returns:
        Stages that read the external slices, and repeated stages, which need the trained network.
    """
    if study.external is None:
        return (), ()
    external_names = {name: EXTERNAL + name for name in ("slices", "split", *REPEATED)}
    internal = reading("slices", study, study.data)
    external = reading("slices", study, study.external)
    files = {f"own_{name}": file for name, file in internal.files.items()}
    files |= {f"other_{name}": file for name, file in external.files.items()}
    slices = Stage(
        name=external_names["slices"],
        module="camfolio.stages.external_slices",
        also=tuple(sorted({*internal.also, *external.also})),
        parameters={**internal.parameters, "external": external.parameters["data"]},
        files=files,
        local=True,
    )
    split = Stage(
        name=external_names["split"], module="camfolio.stages.external_split", upstream={"slices": slices.name}
    )
    repeated = [stage for stage in table if stage.name in REPEATED]
    return (slices, split), tuple(on_external_slices(stage, external_names) for stage in repeated)


def on_external_slices(stage: Stage, external_names: Mapping[str, str]) -> Stage:
    """The same stage on the external test set; arguments `trained_*` still get the data of the training.

    Args:
        stage: of the study.
        external_names: stage -> its counterpart on the external test set.
    """
    upstream = {
        argument: name if argument.startswith("trained_") else external_names.get(name, name)
        for argument, name in stage.upstream.items()
    }
    return replace(stage, name=external_names[stage.name], upstream=upstream)
