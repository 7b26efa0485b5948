"""Settings: frozen, strict, with ranges."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from camfolio.study import settings as config
from camfolio.study.section import Settings
from camfolio.study.settings import ExplanationSettings, LabelRule, Network, Split, Study
from camfolio.study.sources import SOURCES
from camfolio.study.training import Training

KINDS = {kind for kind in vars(config).values() if isinstance(kind, type)} | set(SOURCES.values())
SECTIONS = sorted((kind for kind in KINDS if issubclass(kind, Settings)), key=lambda kind: kind.__name__)
NEEDED = {
    SOURCES["lidc-phantom"]: {"source": "lidc-phantom"},
    SOURCES["npz"]: {"source": "npz", "path": "tiny.npz"},
    SOURCES["lidc"]: {"source": "lidc", "path": "tree"},
    SOURCES["luna16"]: {"source": "luna16", "path": "scans", "annotations": "a.csv", "candidates": "c.csv"},
    SOURCES["nodulemnist3d"]: {"source": "nodulemnist3d", "path": "nodulemnist3d.npz"},
    SOURCES["class-folders"]: {"source": "class-folders", "path": "images", "patient": "^(.+)_", "spacing_mm": 1.0},
    SOURCES["own"]: {"source": "own", "class_path": "ours.Slices"},
    Study: {"title": "Title", "excerpt": "Excerpt", "data": {"source": "lidc-phantom"}},
}


def made(kind: type[Settings]) -> Settings:
    return kind.model_validate(NEEDED.get(kind, {}))


def fields() -> Iterator[tuple[type[Settings], str]]:
    for kind in SECTIONS:
        for name in kind.model_fields:
            yield kind, name


@pytest.mark.parametrize(("kind", "name"), list(fields()), ids=lambda value: getattr(value, "__name__", value))
def test_every_field_is_frozen(kind, name):
    settings = made(kind)
    with pytest.raises(ValidationError, match="frozen"):
        setattr(settings, name, getattr(settings, name))


@pytest.mark.parametrize("kind", SECTIONS, ids=lambda kind: kind.__name__)
def test_every_section_refuses_unknown_keys(kind):
    with pytest.raises(ValidationError, match="extra_forbidden"):
        kind.model_validate(NEEDED.get(kind, {}) | {"unheard_of": 1})


@pytest.mark.parametrize("kind", SECTIONS, ids=lambda kind: kind.__name__)
def test_every_section_survives_a_round_trip_through_json(kind):
    settings = made(kind)
    assert kind.model_validate(settings.model_dump(mode="json")) == settings


@pytest.mark.parametrize("kind", SECTIONS, ids=lambda kind: kind.__name__)
def test_every_number_has_a_range(kind):
    unlimited = [
        name for name, field in kind.model_fields.items() if field.annotation in {int, float} and not field.metadata
    ]
    assert unlimited == []


def test_no_number_is_a_nan():
    with pytest.raises(ValidationError, match="finite number"):
        Training(learning_rate=float("nan"))


def test_a_number_is_no_text():
    with pytest.raises(ValidationError, match="valid integer"):
        Training.model_validate({"max_epochs": "3"})


def test_true_is_no_number():
    with pytest.raises(ValidationError, match="valid integer"):
        Training.model_validate({"max_epochs": True})


@given(st.tuples(*[st.floats(0.01, 0.98)] * 3))
def test_only_shares_that_add_up_to_one_are_a_split(shares):
    train, validation, test = shares
    if abs(sum(shares) - 1) > 2e-6:
        with pytest.raises(ValidationError, match="shares that add up to 1, but got"):
            Split(train=train, validation=validation, test=test)
    total = sum(shares)
    split = Split(train=train / total, validation=validation / total, test=test / total)
    assert split.train + split.validation + split.test == pytest.approx(1)


def test_a_window_rises():
    with pytest.raises(ValidationError, match=r"a window_hu in increasing order, but got \[400\.0, -1000\.0\]"):
        Network(window_hu=(400.0, -1000.0))


def test_every_layer_has_a_block():
    with pytest.raises(ValidationError, match=r"at least one block per layer, but got \[2, 0, 2, 2\]"):
        Network(blocks=(2, 0, 2, 2))


def test_no_method_is_named_twice():
    with pytest.raises(ValidationError, match="every method once"):
        ExplanationSettings(methods=("grad_cam", "grad_cam"))


def test_at_least_one_method_is_named():
    with pytest.raises(ValidationError, match="at least 1 item"):
        ExplanationSettings(methods=())


def test_two_classes_have_two_names():
    with pytest.raises(ValidationError, match="two different classes, but got 'x' twice"):
        Study.model_validate(NEEDED[Study] | {"classes": ["x", "x"]})


def test_a_list_from_yaml_becomes_a_tuple():
    assert Network.model_validate({"blocks": [1, 1, 1, 1]}).blocks == (1, 1, 1, 1)


def test_the_label_rule_knows_two_statistics():
    with pytest.raises(ValidationError, match="'median' or 'mean'"):
        LabelRule.model_validate({"statistic": "mode"})


def test_class_tokens_need_tokens():
    assert ExplanationSettings(reshape="tokens", class_tokens=1).class_tokens == 1
    for reshape in (None, "channels_last"):
        with pytest.raises(ValueError, match="class_tokens with reshape: tokens, but got 1 with reshape"):
            ExplanationSettings(reshape=reshape, class_tokens=1)
