"""A tiny study whose stages are computed in this process, once per session."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from camfolio.data.slices import Slices
from camfolio.pipeline.contents import stages
from camfolio.pipeline.portfolio import with_upstream
from camfolio.stages import training
from camfolio.store import build
from camfolio.store.artefacts import Artefact, Store
from camfolio.study.settings import Study
from in_process import in_process

METHODS = ("grad_cam", "score_cam")


def study_of(path: Path, **sections: object) -> Study:
    return Study.model_validate(
        {
            "title": "Discs",
            "excerpt": "Discs on lung.",
            "live": False,  # tracing a network's gradients takes longer than training it here
            "data": {"source": "npz", "path": path},
            "split": {"train": 0.4, "validation": 0.2, "test": 0.4},
            "network": {"width": 4, "blocks": [1, 1, 1, 1]},
            "training": {"max_epochs": 2, "batch_size": 8, "threads": 1, "ensemble": 1},
            "evaluation": {"resamples": 100},
            "explanation": {"layers": ["layer2.0.conv2", "layer1"], "methods": METHODS},
            "evidence": {
                "slices": 8,
                "seeds": 1,
                "permuted_labels": 2,
                "reinitialisations": 2,
                "faithfulness": {"slices": 8, "steps": [0.1, 0.4], "road_steps": [0.2, 0.5]},
            },
        }
        | sections
    )


@pytest.fixture(scope="session")
def compute_stages(tmp_path_factory) -> Callable[..., dict[str, Artefact]]:
    """`compute_stages(slices, ...)`: stage name -> result of every stage except figures; keywords are sections of the study.

    With `only`, just of the named stages and those that they need. Networks are not exported to ONNX, which takes longer than
    their training, unless `exported` is true.
    """
    folder = tmp_path_factory.mktemp("stages")

    def compute(
        slices: Slices, only: Sequence[str] = (), *, exported: bool = False, **sections: object
    ) -> dict[str, Artefact]:
        path = folder / f"{len(list(folder.glob('*.npz')))}.npz"
        spacing = np.column_stack([slices.spacing[:, ::-1], np.full(len(slices), 2.0)]).astype(np.float32)
        arrays = {"image": slices.hounsfield, "label": slices.label, "mask": slices.mask, "patient": slices.patient}
        np.savez(path, spacing_xyz=spacing, **arrays)
        table = [stage for stage in stages(study_of(path, **sections)) if not stage.name.startswith("figure")]
        needed = with_upstream(only, table) if only else table
        with pytest.MonkeyPatch.context() as patch:
            in_process(patch.setattr)
            if not exported:
                patch.setattr(training, "write_onnx", lambda *_: "it is left out of this test")
            return build.build(needed, Store(folder / f"artifacts-{exported}"))

    return compute


@pytest.fixture(scope="session")
def stage_names() -> Callable[..., list[str]]:
    """`stage_names(...)`: names of all stages; keywords are sections of the study."""
    return lambda **sections: [stage.name for stage in stages(study_of(Path("any.npz"), **sections))]


@pytest.fixture(scope="session")
def evidence(compute_stages, tiny_slices) -> dict[str, Artefact]:
    """Stage name -> result, for 60 slices of 20 patients."""
    return compute_stages(tiny_slices(60, 16, 3))
