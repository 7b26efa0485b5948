"""The figure and table of a page: `{% call figure("roc") %}caption{% endcall %}`, `{% call table("metrics", words) %}`.

How they look is the template's: `components/` among the templates. Here is what they are filled with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from camfolio.errors import PageError, nearest
from camfolio.pipeline.contents import stages
from camfolio.pipeline.portfolio import Portfolio
from camfolio.site import wording
from camfolio.site.components.numbering import mark
from camfolio.store.artefacts import Artefact, digest_of

DOWNLOADS = {"light.svg": "SVG", "light.png": "PNG", "data.csv": "CSV"}
"""File of a figure -> what its link says, for those files that the figure has."""
PREFIX = "figure-"


@dataclass(frozen=True)
class Making:
    """How a figure was made: what its fold-out tells.

    Attributes:
        stage: its name in the study.
        module: the module that drew it.
        key: digest of everything that decides it.
        code: digest of the code behind it.
        inputs: stage before it -> digest of what that one left.
        libraries: package -> version.
        seed: of the study.
        command: draws it again.
    """

    stage: str
    module: str
    key: str
    code: str
    inputs: Mapping[str, str]
    libraries: Mapping[str, str]
    seed: int
    command: str


@dataclass(frozen=True)
class Figures:
    """What templates of a study call for figures and tables; `components` is the folder of templates that they fill."""

    environment: Environment
    portfolio: Portfolio
    components: str = "components"

    def figure(self, name: str, caller: Callable[[], str], *, wide: bool = False) -> Markup:
        """Both themes' pictures, a numbered caption, downloads, and how it was made; or why there is nothing to see.

        Args:
            name: of the figure's stage, without `figure-`.
            caller: gives the caption, whose first sentence says what to see.
            wide: may be wider than the text.

        Raises:
            PageError: if the study has no such figure.
        """
        figures = figures_of(self.portfolio)
        if name not in figures:
            msg = f"Expected a figure of this study, but got {name!r}. {nearest(name, figures)}"
            raise PageError(msg)
        artefact = figures[name]
        about = artefact.json("figure.json")
        if "empty" in about:
            return self.fill("empty.md", name=name, mark=mark("empty", name), sentence=about["empty"])
        return self.fill(
            "figure.md",
            name=name,
            wide=wide,
            about=about,
            number=mark("figure", name),
            caption=one_line(caller()),
            downloads={file: word for file, word in DOWNLOADS.items() if file in artefact.manifest.outputs},
            made=making(self.portfolio, name, artefact),
        )

    def plate(self, name: str, caption: str, caller: Callable[[], str]) -> Markup:
        """A numbered figure that the page sets itself, in HTML, with its caption below."""
        return self.fill(
            "plate.md",
            name=name,
            empty=mark("empty", name),
            number=mark("figure", name),
            caption=one_line(wording.as_text(caption)),
            body=Markup(caller().strip()),  # noqa: S704 - the template's own words, values escaped
        )

    def table(self, name: str, caption: str, caller: Callable[[], str], *, wide: bool = False) -> Markup:
        """A table of Markdown with a numbered caption above it."""
        return self.fill(
            "table.md",
            name=name,
            wide=wide,
            number=mark("table", name),
            caption=one_line(wording.as_text(caption)),
            body=Markup(caller().strip()),  # noqa: S704 - the template's own words, values escaped
        )

    def fill(self, template: str, **values: Any) -> Markup:  # noqa: ANN401 - whatever the component shows
        """One component from its template."""
        written = self.environment.get_template(f"{self.components}/{template}").render(values)
        return Markup(written)  # noqa: S704 - the template's own words, values escaped


def see(name: str) -> Markup:
    """A link to a figure or table of the study, or `STUDY/NAME`: "Figure 3", wherever that stands."""
    return mark("see", name)


def figures_of(portfolio: Portfolio) -> dict[str, Artefact]:
    """Figure name -> its artefact."""
    return {name.removeprefix(PREFIX): one for name, one in portfolio.artefacts.items() if name.startswith(PREFIX)}


def making(portfolio: Portfolio, name: str, artefact: Artefact) -> Making:
    """How a figure was made, from its manifest."""
    made = artefact.manifest.ingredients
    return Making(
        stage=made.stage,
        module=next(stage.module for stage in stages(portfolio.study) if stage.name == made.stage),
        key=artefact.manifest.key,
        code=digest_of(made.code),
        inputs=made.inputs,
        libraries=made.libraries,
        seed=portfolio.study.seed,
        command=f"camfolio draw gen/studies/{portfolio.name}.yaml --figure {name}",
    )


def one_line(words: str) -> Markup:
    """A caption without line breaks, since a blank line in it would end it."""
    return Markup(" ".join(str(words).split()))  # noqa: S704 - the template's own words, values escaped
