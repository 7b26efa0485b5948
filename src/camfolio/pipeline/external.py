"""Stages that are repeated on a held-out external test set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from camfolio.pipeline.data import reading
from camfolio.store.artefacts import Stage
from camfolio.study.settings import Study

EXTERNAL = "external-"
AGAIN = ("predictions", "evaluation", "explanations", "localisation")
"""Stages that are run a second time, on the slices of another source."""


def external_stages(study: Study, table: Sequence[Stage]) -> tuple[tuple[Stage, ...], tuple[Stage, ...]]:
    """The network and its maps on the slices of another source, all of them test slices; none without `external`.

    Returns:
        What can be done before anything is learned, and what has to wait for it.
    """
    if study.external is None:
        return (), ()
    elsewhere = {name: EXTERNAL + name for name in ("slices", "split", *AGAIN)}
    own = reading("slices", study, study.data)
    other = reading("slices", study, study.external)
    both = {
        f"{part}_{name}": file for part, one in (("own", own), ("other", other)) for name, file in one.files.items()
    }
    first = Stage(
        name=elsewhere["slices"],
        module="camfolio.stages.external_slices",
        also=tuple(sorted({*own.also, *other.also})),
        parameters={**own.parameters, "external": other.parameters["data"]},
        files=both,
    )
    split = Stage(name=elsewhere["split"], module="camfolio.stages.external_split", upstream={"slices": first.name})
    again = [one for one in table if one.name in AGAIN]
    return (first, split), tuple(moved(one, elsewhere) for one in again)


def moved(one: Stage, elsewhere: Mapping[str, str]) -> Stage:
    """A stage that reads other slices; what the network was trained on stays what it was."""
    upstream = {
        name: before if name.startswith("trained_") else elsewhere.get(before, before)
        for name, before in one.upstream.items()
    }
    return replace(one, name=elsewhere[one.name], upstream=upstream)
