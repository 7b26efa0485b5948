"""The settings of a study: frozen and validated. `study.file` reads them from YAML.

Every number has its range here, and its unit in its name or description. A setting is part of the key of every stage
that receives it, so this module is excluded from the stages' code digests (see `store.code`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from camfolio.method_words import METHOD_NAMES
from camfolio.study.checklists import ItemKey
from camfolio.study.effort import with_networks
from camfolio.study.evidence import Evidence
from camfolio.study.section import Settings, Text
from camfolio.study.shortcut import Shortcut
from camfolio.study.sources import Data
from camfolio.study.training import Training
from camfolio.vocabulary import FINER

USER_METHOD = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")


def known_method(name: str) -> str:
    """Accept a method of camfolio, or a name of the form MODULE.NAME."""
    if name not in METHOD_NAMES and not USER_METHOD.fullmatch(name):
        raise PydanticCustomError("method", "a method")  # noqa: EM101 - its type, a literal for the type checker
    return name


Method = Annotated[str, AfterValidator(known_method)]
Words = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class LabelRule(Settings):
    """How readers' malignancy ratings (1 to 5) become a label; exactly 3 is excluded. Used by sources with readers' ratings."""

    statistic: Literal["median", "mean"] = Field("median", description="of the readers' malignancy ratings")
    min_readers: int = Field(3, ge=1, le=4, description="nodules outlined by fewer readers are excluded")


class Split(Settings):
    """Shares of the patients; they add up to 1."""

    train: float = Field(0.70, gt=0, lt=1, description="share of the patients to train on")
    validation: float = Field(
        0.15,
        gt=0,
        lt=1,
        description="share that is looked at after each epoch; an epoch is chosen on it only without training.average",
    )
    test: float = Field(0.15, gt=0, lt=1, description="share on which all results are reported")

    @model_validator(mode="after")
    def adds_up(self) -> Split:
        """The three shares add up to 1."""
        total = self.train + self.validation + self.test
        if not math.isclose(total, 1, abs_tol=1e-6):
            msg = f"shares that add up to 1, but got {total:g}"
            raise ValueError(msg)
        return self


class Network(Settings):
    """The classifier and its input: a residual network for small slices, or user code."""

    width: int = Field(8, ge=4, le=128, description="channels of the first block")
    blocks: Annotated[tuple[int, int, int, int], Field(strict=False)] = Field(
        (2, 2, 2, 2), description="basic blocks per layer"
    )
    window_hu: Annotated[tuple[float, float], Field(strict=False)] = Field(
        (-1000.0, 400.0), description="lower and upper end of the intensity window, HU"
    )
    dropout: float = Field(0.0, ge=0, lt=1, description="share of features dropped before the last layer")
    checkpoint: Annotated[Path, Field(strict=False)] | None = Field(
        None, description="weights to load instead of training: .safetensors, or a .ckpt or .pt of plain tensors"
    )
    class_path: Text | None = Field(
        None,
        description="MODULE.NAME of a torch module or LightningModule in user code, instead of width, blocks and dropout",
    )
    init_args: dict[str, Any] = Field({}, description="arguments of class_path")
    layer: Text | None = Field(None, description="full name of the explained layer: short for explanation.layers")

    @model_validator(mode="after")
    def window_is_ordered(self) -> Network:
        """The lower end of the window lies below the upper one."""
        if self.window_hu[0] >= self.window_hu[1]:
            msg = f"a window_hu in increasing order, but got {list(self.window_hu)}"
            raise ValueError(msg)
        if min(self.blocks) < 1:
            msg = f"at least one block per layer, but got {list(self.blocks)}"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def architecture_is_one(self) -> Network:
        """Keys of the residual network and a class_path exclude each other; init_args need a class_path."""
        residual = sorted({"width", "blocks", "dropout"} & self.model_fields_set)
        if self.class_path and any(getattr(self, name) != type(self).model_fields[name].default for name in residual):
            msg = f"either class_path or {', '.join(residual)}, but got both"
            raise ValueError(msg)
        if self.init_args and not self.class_path:
            msg = "a class_path with init_args, but got init_args alone"
            raise ValueError(msg)
        return self


class Evaluation(Settings):
    """Confidence intervals and calibration."""

    resamples: int = Field(1000, ge=100, le=100_000, description="bootstrap resamples of patients")
    calibration_bins: int = Field(10, ge=2, le=50, description="of equal width, from probability 0 to 1")


class ExplanationSettings(Settings):
    """Methods, layers and target class of the maps, and their colour scaling."""

    layers: Annotated[tuple[Text, ...], Field(strict=False, min_length=1)] = Field(
        ("layer2.1.conv2",),
        description="full names of the explained layers; pages show the first, maps of the others are stored; the error for a wrong name lists all",
    )
    methods: Annotated[tuple[Method, ...], Field(strict=False, min_length=1)] = Field(
        ("grad_cam", "hires_cam", "score_cam"),
        description=f"in the order of the page: {', '.join(METHOD_NAMES)}; or MODULE.NAME of user code",
    )
    reshape: Literal["channels_last", "tokens"] | None = Field(
        None,
        description="the layers' outputs, if they are not (batch, channels, rows, columns): channels_last for (batch, rows, columns, "
        "channels), tokens for (batch, tokens, channels), row by row",
    )
    class_tokens: int = Field(
        0, ge=0, le=64, description="leading tokens that are no place on the slice: class tokens and registers"
    )
    target: Literal["predicted", "true"] = Field("predicted", description="the class that is explained")
    explains: Literal["margin", "logit"] = Field("margin", description="its logit minus the other's, or its logit")
    comparison: float = Field(
        1.0, gt=0, le=10, description="factor of the strongest other class's logit that the finer methods subtract"
    )
    masked_hu: float = Field(
        -835.0,
        ge=-1024,
        le=3000,
        description="value of pixels that Score-CAM masks, HU; the default is that of parenchyma",
    )
    scaling: Literal["per_image", "shared", "signed"] = Field(
        "per_image",
        description="a map's colours: share of its own maximum, of the method's largest value in the study, or of its own largest magnitude with both signs",
    )

    @property
    def layer(self) -> str:
        """The layer whose maps the pages show."""
        return self.layers[0]

    @property
    def finer_methods(self) -> tuple[str, ...]:
        """Those of the methods that explain the difference to the other class."""
        return tuple(method for method in self.methods if method.rpartition(".")[2].startswith(FINER))

    @property
    def user_methods(self) -> tuple[str, ...]:
        """The methods that are user code."""
        return tuple(method for method in self.methods if method not in METHOD_NAMES)

    @model_validator(mode="after")
    def class_tokens_are_tokens(self) -> ExplanationSettings:
        """Only tokens can be class tokens."""
        if self.class_tokens and self.reshape != "tokens":
            msg = (
                f"class_tokens with reshape: tokens, but got {self.class_tokens} with reshape: {self.reshape or 'null'}"
            )
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def names_are_unique(self) -> ExplanationSettings:
        """No method and no layer is named twice."""
        for kind, names in (("method", self.methods), ("layer", self.layers)):
            if len(set(names)) < len(names):
                msg = f"every {kind} once, but got {list(names)}"
                raise ValueError(msg)
        return self


class Selection(Settings):
    """The score by which examples are chosen."""

    score: Literal["energy_share", "energy_ratio"] = Field(
        "energy_share", description="the score that ranks examples among slices with nodules of similar area"
    )
    random: int = Field(6, ge=0, le=100, description="further examples, drawn at random with the seed")
    slice_values: bool = Field(
        True,
        description="whether the CSV files of examples hold the values of their slices, HU; pictures show them anyway",
    )


class Study(Settings):
    """All settings of a portfolio."""

    title: Text = Field(description="heading of the write-up")
    excerpt: Text = Field(description="one or two sentences below the title")
    label: str = Field("", description="short name in the navigation; derived from the file's name if absent")
    author: str = Field("", description="author of the page")
    classes: Annotated[tuple[Text, Text], Field(strict=False)] = Field(
        ("benign", "malignant"), description="names of label 0 and label 1"
    )
    seed: int = Field(0, ge=0, lt=2**32, description="of rendering, split, weights, order, augmentation and bootstrap")
    data: Data = Field(description="source of the slices")
    external: Data | None = Field(None, description="external test set, with the same keys as data")
    labels: LabelRule = Field(LabelRule(), description="conversion of ratings to labels")
    split: Split = Field(Split(), description="parts, by patient")
    network: Network = Field(Network(), description="the classifier")
    training: Training = Field(Training(), description="training")
    evaluation: Evaluation = Field(Evaluation(), description="confidence intervals and calibration")
    explanation: ExplanationSettings = Field(ExplanationSettings(), description="the maps")
    evidence: Evidence = Field(Evidence(), description="tests of the maps")
    selection: Selection = Field(Selection(), description="the examples")
    shortcut: Shortcut | None = Field(None, description="a planted shortcut; such a study covers nothing else")
    live: bool = Field(
        True,
        description="a page on which readers run the network in their browser; the weights of the network and the test slices are published with it",
    )
    reporting: Mapping[ItemKey, Words] = Field(
        {},
        description="an author's answers on the page Reporting checklists, by item: claim_1 to claim_44, tripod_1 to "
        "tripod_27c, or co12_ and the property's name; nothing is computed from them",
    )

    @model_validator(mode="before")
    @classmethod
    def short_forms(cls, document: Any) -> Any:  # noqa: ANN401 - any parsed YAML
        """A source with a class_path is `own`; network.layer is short for explanation.layers; shortcut.seeds follow the effort."""
        if not isinstance(document, dict):
            return document
        written = dict(document)
        for name in ("data", "external"):
            if isinstance(written.get(name), dict) and "class_path" in written[name]:
                written[name] = {"source": "own"} | written[name]
        network, explanation = written.get("network"), written.get("explanation", {})
        layer = network.get("layer") if isinstance(network, dict) else None
        if layer is not None and isinstance(explanation, dict):
            written["explanation"] = {"layers": [layer]} | explanation
        return with_networks(written)

    @model_validator(mode="after")
    def layer_is_one(self) -> Study:
        """network.layer and explanation.layers agree."""
        if self.network.layer and self.network.layer != self.explanation.layer:
            msg = f"network.layer {self.network.layer} as first of explanation.layers, but got {self.explanation.layer}"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def classes_differ(self) -> Study:
        """The class names differ."""
        if self.classes[0] == self.classes[1]:
            msg = f"two different classes, but got {self.classes[0]!r} twice"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def answers_have_a_page(self) -> Study:
        """A shortcut study has a single page without checklists and external results."""
        if self.shortcut and self.reporting:
            msg = "either shortcut, whose page has no checklists, or reporting, but got both"
            raise ValueError(msg)
        if self.shortcut and self.external:
            msg = "either shortcut, whose page has no external source, or external, but got both"
            raise ValueError(msg)
        return self
