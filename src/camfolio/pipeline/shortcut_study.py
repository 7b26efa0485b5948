"""The stages of a study about a planted shortcut: networks with and without it, and what their maps show."""

from __future__ import annotations

from dataclasses import replace

from camfolio.pipeline.data import data_figures, data_stages
from camfolio.pipeline.declare import device, figure, network_section, section, stage
from camfolio.pipeline.pictures import methods_shown
from camfolio.store.artefacts import Stage
from camfolio.study.settings import Shortcut, Study

CLEAN = "clean"


def shortcut_stages(study: Study, shortcut: Shortcut) -> tuple[Stage, ...]:
    """The table of contents; networks of one number share their seed, so that only the cue tells them apart."""
    seed = {"seed": study.seed}
    explanation = section(study, "explanation", leave=("scaling",))
    every_seed = range(shortcut.seeds)
    plantings = [planting(study, shortcut, cue) for cue in shortcut.cues]
    trainings = [training(study, name, one) for one in every_seed for name in (CLEAN, *shortcut.cues)]
    told = [answers(study, shortcut, name, one) for one in every_seed for name in (CLEAN, *shortcut.cues)]
    folders = {one.name.removeprefix("shortcut_answers-"): one.name for one in told}
    parameters = explanation | section(study, "evaluation") | section_of(shortcut) | seed
    summary = stage("shortcut", parameters, "slices", "split", *(one.name for one in plantings))
    return (
        *data_stages(study),
        stage("layer", network_section(study) | explanation, "slices"),
        *plantings,
        *trainings,
        *told,
        replace(summary, upstream={**summary.upstream, **folders}),
        *data_figures(study),
        *figures(study, shortcut),
    )


def section_of(shortcut: Shortcut) -> dict[str, object]:
    """What the summary has to know."""
    return {"cues": list(shortcut.cues), "seeds": shortcut.seeds, "alarm": shortcut.alarm}


def planting(study: Study, shortcut: Shortcut, cue: str) -> Stage:
    """The slices with one cue."""
    parameters = {"cue": cue, "share": shortcut.share, "seed": study.seed}
    return stage(f"planting-{cue}", parameters, "slices", "split", group="planting")


def training(study: Study, name: str, one: int) -> Stage:
    """One network, trained on the slices as they are or on those with a cue."""
    parameters = network_section(study) | section(study, "training") | {"seed": study.seed + one}
    slices = "slices" if name == CLEAN else f"planting-{name}"
    return stage(f"training-{name}-{one}", parameters, "split", renamed={"slices": slices}, group="training")


def answers(study: Study, shortcut: Shortcut, name: str, one: int) -> Stage:
    """What one network says with and without the cues: a clean one with each of them, the others with their own."""
    parameters = (
        network_section(study)
        | section(study, "explanation", leave=("scaling",))
        | {"cues": list(shortcut.cues) if name == CLEAN else [name], "seed": study.seed}
        | device(study)
    )
    return stage(
        f"shortcut_answers-{name}-{one}",
        parameters,
        *("slices", "split"),
        group="answers",
        renamed={"training": f"training-{name}-{one}"},
    )


def figures(study: Study, shortcut: Shortcut) -> tuple[Stage, ...]:
    """Per cue one example under both networks; and the energy in the cue's place for all of them."""
    methods = {"methods": methods_shown(study)}
    looks = methods | {"window_hu": list(study.network.window_hu), "classes": list(study.classes)}
    examples = []
    for cue in shortcut.cues:
        made = figure("shortcut_example", looks | {"cue": cue}, "slices", "split", name=f"shortcut-{cue}")
        upstream = {**made.upstream, "clean": f"shortcut_answers-{CLEAN}-0", "shortcut": f"shortcut_answers-{cue}-0"}
        examples.append(replace(made, upstream=upstream))
    return (*examples, figure("shortcut_energy", methods, "shortcut", name="shortcut-energy"))
