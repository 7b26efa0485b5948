"""The data card has words for every source; a value that a template needs and a source lacks would stop the build."""

from __future__ import annotations

import pytest

from camfolio.site.templates import TEMPLATES, make_environment
from camfolio.site.values import described
from camfolio.study.settings import Study
from camfolio.study.sources import SOURCES

NEEDED = {
    "lidc": ({"path": "tree", "consensus": 0.5}, {}, "its mask is what 50 % or more of its readers"),
    "luna16": ({"path": "s", "annotations": "a", "candidates": "c"}, {}, "candidates that are none, 1.0 per nodule"),
    "nodulemnist3d": ({"path": "n.npz"}, {"file": "n.npz", "notes": ["Nobody knows."]}, "1 slice of each"),
    "class-folders": (
        {"path": "f", "patient": "(.)", "spacing_mm": 1.0, "grey_hu": [-1000, 400]},
        {},
        "1000 and 400 HU",
    ),
    "own": ({"class_path": "ours.discs"}, {"made_by": "ours.discs"}, "<code>ours.discs</code>"),
    "npz": ({"path": "n.npz"}, {"file": "n.npz", "stored_spacing_mm": [1.0, 1.0]}, "as they are stored"),
}


@pytest.mark.parametrize("source", sorted(set(SOURCES) - {"lidc-phantom"}))
def test_the_data_card_says_where_slices_of_a_source_come_from(source, tmp_path):
    settings, found, words = NEEDED[source]
    data = {"source": source, **settings}
    study = Study.model_validate({"title": "T", "excerpt": "E", "data": data})
    card = described(
        {
            "source": source,
            "attenuation": "measured",
            "skipped": {"files that cannot be read": 2},
            "steps": [["Slices used", 3]],
            **found,
        },
        study.data,
    )
    environment = make_environment(TEMPLATES, tmp_path)
    values = {"study": study, "card": card, "classes": study.classes, "cite": lambda *keys: f"[{keys[0]}]"}
    text = environment.get_template("partials/source.md").render(values)
    assert words in text
    assert "| Slices used | 3 |" in text
    assert "2 files that cannot be read" in text
    assert ("Patients are called by pseudonyms" in text) == hasattr(study.data, "ids")
    assert all(note in text for note in card["notes"])
