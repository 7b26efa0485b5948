"""What a study can say: frozen, validated settings. Values only; reading the file is `studyfile`'s work.

Every number has its range here and its unit in its name or its description. A setting becomes part of the key of
every stage that receives it, so this module is left out of the stages' code digests (see `store.code`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from camfolio.study.checklists import KEYS
from camfolio.study.evidence import Evidence
from camfolio.study.section import Settings, Text
from camfolio.study.sources import Data
from camfolio.vocabulary import METHOD_NAMES

OWN_METHOD = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")


def known_method(name: str) -> str:
    """A method of ours, or something that reads like MODULE.NAME."""
    if name not in METHOD_NAMES and not OWN_METHOD.fullmatch(name):
        raise PydanticCustomError("method", "a method")  # noqa: EM101 - its type, a literal for the type checker
    return name


def known_item(key: str) -> str:
    """The key of an item of a reporting checklist."""
    if key not in KEYS:
        raise PydanticCustomError("item", "an item")  # noqa: EM101 - its type, a literal for the type checker
    return key


Method = Annotated[str, AfterValidator(known_method)]
ItemKey = Annotated[str, AfterValidator(known_item)]
Words = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class LabelRule(Settings):
    """How readers' malignancy ratings (1 to 5) become a label; exactly 3 is excluded. Used by sources with ratings."""

    statistic: Literal["median", "mean"] = Field("median", description="of the readers' malignancy ratings")
    min_readers: int = Field(3, ge=1, le=4, description="nodules that fewer readers outlined are left out")


class Split(Settings):
    """Shares of the slices, by patient; they add up to 1."""

    train: float = Field(0.70, gt=0, lt=1, description="share of the slices to learn from")
    validation: float = Field(0.15, gt=0, lt=1, description="share that chooses the best epoch")
    test: float = Field(0.15, gt=0, lt=1, description="share that everything is reported on")

    @model_validator(mode="after")
    def adds_up(self) -> Split:
        """The three shares cover everything exactly once."""
        total = self.train + self.validation + self.test
        if not math.isclose(total, 1, abs_tol=1e-6):
            msg = f"shares that add up to 1, but got {total:g}"
            raise ValueError(msg)
        return self


class Network(Settings):
    """The classifier and what it receives: a residual network for small slices, or one of your own."""

    width: int = Field(16, ge=4, le=128, description="channels of the first block")
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
        description="MODULE.NAME of your own torch module or LightningModule, instead of width, blocks and dropout",
    )
    init_args: dict[str, Any] = Field({}, description="arguments of class_path")
    layer: Text | None = Field(None, description="full name of the explained layer: short for explanation.layers")

    @model_validator(mode="after")
    def window_is_ordered(self) -> Network:
        """The lower end of the window lies below the upper one."""
        if self.window_hu[0] >= self.window_hu[1]:
            msg = f"a window_hu that rises, but got {list(self.window_hu)}"
            raise ValueError(msg)
        if min(self.blocks) < 1:
            msg = f"at least one block per layer, but got {list(self.blocks)}"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def architecture_is_one(self) -> Network:
        """Keys of the residual network say nothing about another class, nor do arguments without a class."""
        ours = sorted({"width", "blocks", "dropout"} & self.model_fields_set)
        if self.class_path and any(getattr(self, name) != type(self).model_fields[name].default for name in ours):
            msg = f"either class_path or {', '.join(ours)}, but got both"
            raise ValueError(msg)
        if self.init_args and not self.class_path:
            msg = "a class_path with init_args, but got init_args alone"
            raise ValueError(msg)
        return self


class Augmentation(Settings):
    """Changes that leave a nodule what it is."""

    rotation_degrees: float = Field(180.0, ge=0, le=180, description="largest turn, either way")
    flips: bool = Field(True, description="mirror half of the slices")
    shift_pixels: float = Field(3.0, ge=0, le=8, description="largest shift along each axis")
    zoom: float = Field(0.2, ge=0, lt=0.5, description="largest relative change of scale")
    noise_hu: float = Field(40.0, ge=0, le=200, description="largest standard deviation of the added noise")


class Training(Settings):
    """How the network is trained; with `network.checkpoint` nothing is trained."""

    max_epochs: int = Field(40, ge=1, le=1000, description="epochs at most; the learning rate is planned for them")
    patience: int = Field(15, ge=1, description="epochs without a better validation loss before it stops")
    batch_size: int = Field(32, ge=2, le=4096, description="slices per step")
    learning_rate: float = Field(5e-3, gt=0, le=1, description="highest of the cycle")
    weight_decay: float = Field(0.05, ge=0, le=1, description="of weight matrices; biases and norms have none")
    label_smoothing: float = Field(0.0, ge=0, lt=0.5, description="share of each label given to the other class")
    accelerator: Literal["auto", "cpu", "gpu", "mps"] = Field("auto", description="where to train")
    threads: int = Field(2, ge=1, le=64, description="of torch; another number gives slightly other weights")
    augmentation: Augmentation = Field(Augmentation(), description="random changes of training slices")


class Evaluation(Settings):
    """How certain the numbers are."""

    resamples: int = Field(1000, ge=100, le=100_000, description="bootstrap resamples of patients")
    calibration_bins: int = Field(10, ge=2, le=50, description="of equal width, from probability 0 to 1")


class Explanation(Settings):
    """Which maps, at which layers, for which answer, and what their colours stand for."""

    layers: Annotated[tuple[Text, ...], Field(strict=False, min_length=1)] = Field(
        ("layer2.1.conv2",),
        description="full names of explained layers; pages show the first, the others' maps are stored; a wrong one lists all",
    )
    methods: Annotated[tuple[Method, ...], Field(strict=False, min_length=1)] = Field(
        ("grad_cam", "hires_cam", "score_cam"),
        description=f"in the order of the page: {', '.join(METHOD_NAMES)}; or MODULE.NAME of one of your own",
    )
    target: Literal["predicted", "true"] = Field("predicted", description="the class whose logit is explained")
    comparison: float = Field(
        1.0, gt=0, le=10, description="how much of the strongest other class's logit the finer methods take off"
    )
    scaling: Literal["per_image", "shared", "signed"] = Field(
        "per_image",
        description="a map's colours: share of its own maximum, of the method's largest value in the study, "
        "or of its own largest magnitude with both signs",
    )

    @property
    def layer(self) -> str:
        """The layer that the pages show."""
        return self.layers[0]

    @property
    def own_methods(self) -> tuple[str, ...]:
        """Those of the methods that are the user's own."""
        return tuple(method for method in self.methods if method not in METHOD_NAMES)

    @model_validator(mode="after")
    def names_are_unique(self) -> Explanation:
        """No method and no layer is named twice."""
        for kind, names in (("method", self.methods), ("layer", self.layers)):
            if len(set(names)) < len(names):
                msg = f"every {kind} once, but got {list(names)}"
                raise ValueError(msg)
        return self


class Selection(Settings):
    """Which number makes an example good or bad."""

    score: Literal["energy_share", "energy_ratio"] = Field("energy_share", description="what good and bad mean")
    random: int = Field(6, ge=0, le=100, description="examples drawn at random with the seed, beside the chosen ones")


class Shortcut(Settings):
    """A cue that has nothing to do with nodules, planted so that the truth is known."""

    cues: Annotated[tuple[Literal["tag", "blur"], ...], Field(strict=False, min_length=1)] = Field(
        ("tag", "blur"), description="what is planted, each in networks of its own"
    )
    share: float = Field(
        0.9, gt=0, le=1, description="of the second class's training and validation slices that get the cue"
    )
    seeds: int = Field(3, ge=1, le=20, description="networks of every kind: without a cue, and with each")
    alarm: float = Field(
        2.0,
        gt=1,
        le=100,
        description="a map raises an alarm with so many times as much energy in the cue's place as area",
    )


class Study(Settings):
    """Everything a portfolio is made from."""

    title: Text = Field(description="heading of the write-up")
    excerpt: Text = Field(description="one or two sentences under it")
    label: str = Field("", description="short name in the navigation; made from the file's name if absent")
    author: str = Field("", description="who publishes the page")
    classes: Annotated[tuple[Text, Text], Field(strict=False)] = Field(
        ("benign", "malignant"), description="names of label 0 and label 1"
    )
    seed: int = Field(0, ge=0, lt=2**32, description="of rendering, split, weights, order, augmentation and bootstrap")
    data: Data = Field(description="where slices come from")
    external: Data | None = Field(None, description="another source to test on, with the same keys as data")
    labels: LabelRule = Field(LabelRule(), description="how ratings become labels")
    split: Split = Field(Split(), description="parts, by patient")
    network: Network = Field(Network(), description="the classifier")
    training: Training = Field(Training(), description="how it learns")
    evaluation: Evaluation = Field(Evaluation(), description="intervals")
    explanation: Explanation = Field(Explanation(), description="the maps")
    evidence: Evidence = Field(Evidence(), description="is the map right")
    selection: Selection = Field(Selection(), description="the examples")
    shortcut: Shortcut | None = Field(
        None, description="a planted shortcut; the study is then about it alone and has one page"
    )

    reporting: Mapping[ItemKey, Words] = Field(
        {},
        description="an author's answers on the page Reporting checklists, by item: claim_1 to claim_44, tripod_1 to "
        "tripod_27c, or co12_ and the property's name; nothing is computed from them",
    )

    @model_validator(mode="before")
    @classmethod
    def short_forms(cls, document: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
        """A source with a class_path is `own`; network.layer stands for explanation.layers."""
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
        return written

    @model_validator(mode="after")
    def layer_is_one(self) -> Study:
        """The short form and the long form agree."""
        if self.network.layer and self.network.layer != self.explanation.layer:
            msg = f"network.layer {self.network.layer} as first of explanation.layers, but got {self.explanation.layer}"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def classes_differ(self) -> Study:
        """Two classes need two names."""
        if self.classes[0] == self.classes[1]:
            msg = f"two different classes, but got {self.classes[0]!r} twice"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def answers_have_a_page(self) -> Study:
        """A study about a shortcut has one page, on which an author's answers and another source would be lost."""
        if self.shortcut and self.reporting:
            msg = "either shortcut, whose page has no checklists, or reporting, but got both"
            raise ValueError(msg)
        if self.shortcut and self.external:
            msg = "either shortcut, whose page has no external source, or external, but got both"
            raise ValueError(msg)
        return self
