"""The stages of a study about a planted shortcut: networks with and without it, and what their maps show."""

from __future__ import annotations

from dataclasses import replace

from camfolio.pipeline.data import data_figures, data_stages
from camfolio.pipeline.declare import device, figure, network_section, section, stage
from camfolio.pipeline.live import live_networks, live_stages
from camfolio.pipeline.pictures import methods_shown, raster
from camfolio.pipeline.trainings import single
from camfolio.store.stage import Stage
from camfolio.study.settings import Study
from camfolio.study.shortcut import Shortcut

CLEAN = "clean"


def shortcut_stages(study: Study, shortcut: Shortcut) -> tuple[Stage, ...]:
    """All stages, in the order in which they run. Networks with the same number share a seed and differ only in the cue."""
    seed = {"seed": study.seed}
    explanation = section(study, "explanation", leave=("scaling",))
    networks = [(condition, number) for number in range(shortcut.seeds) for condition in (CLEAN, *shortcut.cues)]
    plantings = [planting(study, shortcut, cue) for cue in shortcut.cues]
    trainings = [training(study, condition, number) for condition, number in networks]
    measured = [outputs(study, shortcut, condition, number) for condition, number in networks]
    output_folders = {stage.name.removeprefix("shortcut_outputs-"): stage.name for stage in measured}
    parameters = explanation | section(study, "evaluation") | summary_section(shortcut) | seed
    summary = stage("shortcut", parameters, "slices", "split", *(planted.name for planted in plantings))
    return (
        *data_stages(study),
        stage("layer", network_section(study) | explanation, "slices"),
        *plantings,
        *trainings,
        *measured,
        replace(summary, upstream={**summary.upstream, **output_folders}),
        *data_figures(study),
        *figures(study, shortcut),
        *live_stages(study),
    )


def summary_section(shortcut: Shortcut) -> dict[str, object]:
    """Settings of the summary."""
    return {"cues": list(shortcut.cues), "seeds": shortcut.seeds, "alarm": shortcut.alarm}


def planting(study: Study, shortcut: Shortcut, cue: str) -> Stage:
    """The stage that plants one cue in the slices."""
    parameters = {"cue": cue, "share": shortcut.share, "seed": study.seed}
    return stage(f"planting-{cue}", parameters, "slices", "split", group="planting", intermediate=True, local=True)


def training(study: Study, condition: str, number: int) -> Stage:
    """One network, never an ensemble, trained on the original slices (`clean`) or on those with a cue; `number` is added to the seed.

    None has a copy in ONNX, as large as its weights, which are kept: the reader's browser loads them.
    """
    parameters = network_section(study) | single(study.training) | {"seed": study.seed + number, "exported": False}
    slices = "slices" if condition == CLEAN else f"planting-{condition}"
    name, renamed = f"training-{condition}-{number}", {"slices": slices}
    published = name in {one.training for one in live_networks(study)}  # its weights are, with the page that runs it
    return stage(name, parameters, "split", renamed=renamed, group="training", intermediate=not published)


def outputs(study: Study, shortcut: Shortcut, condition: str, number: int) -> Stage:
    """Predictions and maps of one network with and without cues: every cue for a clean network, else the cue it was trained with."""
    parameters = (
        network_section(study)
        | section(study, "explanation", leave=("scaling",))
        | {"cues": list(shortcut.cues) if condition == CLEAN else [condition], "seed": study.seed}
        | device(study)
    )
    return stage(
        f"shortcut_outputs-{condition}-{number}",
        parameters,
        *("slices", "split"),
        group="outputs",
        renamed={"training": f"training-{condition}-{number}"},
        intermediate=True,
    )


def figures(study: Study, shortcut: Shortcut) -> tuple[Stage, ...]:
    """One example per cue, under a clean network and one trained with the cue; one at a glance; and the energy in the cue's region."""
    methods = {"methods": methods_shown(study)}
    looks = methods | {"window_hu": list(study.network.window_hu), "classes": list(study.classes)}
    networks = {
        cue: {"clean": f"shortcut_outputs-{CLEAN}-0", "shortcut": f"shortcut_outputs-{cue}-0"} for cue in shortcut.cues
    }
    examples = []
    for cue, renamed in networks.items():
        example = figure("shortcut_example", looks | {"cue": cue}, "slices", "split", name=f"shortcut-{cue}")
        examples.append(replace(example, upstream={**example.upstream, **renamed}))
    first, window = shortcut.cues[0], {"window_hu": list(study.network.window_hu)}
    overview = raster(
        "overview",
        methods | window | {"cue": first},
        *("slices", "split"),
        module="shortcut_overview",
        renamed=networks[first],
    )
    return (*examples, overview, figure("shortcut_energy", methods, "shortcut", name="shortcut-energy"))
