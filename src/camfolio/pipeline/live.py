"""The stages of the page on which a network runs in the reader's browser, and the files that it fetches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from camfolio.pipeline.declare import device, network_section, section, stage
from camfolio.pipeline.pictures import looks_of, raster
from camfolio.store.stage import Stage
from camfolio.study.settings import Study

PAGE = "try"
"""Name of the page, and of the stage with its manifest and slices."""
CLEAN = "clean"


@dataclass(frozen=True)
class LiveNetwork:
    """A network of the page: its name there, the stage with its graphs, and the stage with its weights."""

    name: str
    browser: str
    training: str


def live_networks(study: Study) -> tuple[LiveNetwork, ...]:
    """The networks of a study that the page runs: its network, or the first of each kind of a study about a shortcut."""
    if not study.live:
        return ()
    if not study.shortcut:
        return (LiveNetwork("network", "browser", "training"),)
    kinds = (CLEAN, *study.shortcut.cues)
    return tuple(LiveNetwork(kind, f"browser-{kind}", f"training-{kind}-0") for kind in kinds)


def live_stages(study: Study) -> tuple[Stage, ...]:
    """The networks as graphs, and what else the page reads; none if the study has no such page."""
    networks = live_networks(study)
    if not networks:
        return ()
    exported = (
        network_section(study)
        | section(study, "explanation", only=("layers", "reshape", "class_tokens"))
        | device(study)
        | {"seed": study.seed}
    )
    graphs = [
        stage(one.browser, exported, "split", renamed={"slices": trained_on(one.name), "training": one.training})
        for one in networks
    ]
    folders = {one.browser.replace("-", "_"): one.browser for one in networks}
    if study.shortcut:
        folders |= {f"outputs_{one.name}": f"shortcut_outputs-{one.name}-0" for one in networks}
    else:
        folders |= {"predictions": "predictions", "localisation": "localisation"}
    shown = raster(PAGE, looks_of(study) | live_section(study), "slices", "split", module="live", renamed=folders)
    return (*graphs, shown)


def trained_on(name: str) -> str:
    """The stage with the slices that a network was trained on."""
    return "slices" if name in {"network", CLEAN} else f"planting-{name}"


def live_section(study: Study) -> dict[str, Any]:
    """The parameter `live` of the stage `try`, from several sections of the study."""
    explanation = study.explanation
    values = {
        "title": study.title,
        "explains": explanation.explains,
        "masked_hu": explanation.masked_hu,
        "target": explanation.target,
        "slice_values": study.selection.slice_values,
        "cues": list(study.shortcut.cues) if study.shortcut else [],
    }
    return {"live": values}
