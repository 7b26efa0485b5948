"""Figures and tables of pages: `{% call figure("roc") %}caption{% endcall %}`, `{% call table("metrics", caption) %}`.

Their appearance is defined by the templates in `components/`, their contents here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
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
from camfolio.store.record import Recorded
from camfolio.store.stage import Stage

DOWNLOADS = {"light.svg": "SVG", "light.png": "PNG", "data.csv": "CSV"}
"""File of a figure -> text of its link."""
PREFIX, METHOD = "figure-", "method-"


@dataclass(frozen=True)
class Provenance:
    """Provenance of a figure, shown below it.

    Attributes:
        stage: its name in the study.
        module: the module that drew it.
        key: digest of all its inputs.
        code: digest of its module and of all modules that it imports.
        inputs: upstream stage -> digest of its result.
        libraries: package -> version.
        seed: of the study.
        command: the command that redraws it.
        kept: stage -> its kept result, for those that the figure was drawn from and that were not computed again.
    """

    stage: str
    module: str
    key: str
    code: str
    inputs: Mapping[str, str]
    libraries: Mapping[str, str]
    seed: int
    command: str
    kept: Mapping[str, Recorded]


@dataclass(frozen=True)
class Figures:
    """Functions that templates of a study call for figures and tables.

    Attributes:
        environment: of the templates.
        portfolio: the study.
        components: folder of their templates.
        folder: from the page to the folder of the study, as in an address; empty for pages of the study.
    """

    environment: Environment
    portfolio: Portfolio
    components: str = "components"
    folder: str = ""

    def figure(self, name: str, caller: Callable[[], str], *, wide: bool = False) -> Markup:
        """A figure in both themes with numbered caption, downloads and provenance; if it is empty, the reason.

        Args:
            name: of the figure's stage, without `figure-`.
            caller: renders the caption, whose first sentence is on what the figure shows.
            wide: whether it may be wider than the text.

        Raises:
            PageError: if the study has no such figure.
            WaitingError: if it is not drawn yet.
        """
        results = self.portfolio.artefacts
        if PREFIX + name not in results:
            figures = [stage.removeprefix(PREFIX) for stage in results if stage.startswith(PREFIX)]
            msg = f"Expected a figure of this study, but got {name!r}. {nearest(name, figures)}"
            raise PageError(msg)
        artefact = results[PREFIX + name]
        about = artefact.json("figure.json")
        if "empty" in about:
            return self.fill("empty.md", name=name, mark=mark("empty", name), sentence=about["empty"])
        return self.fill(
            "figure.md",
            name=name,
            folder=wording.address(self.folder),
            wide=wide,
            about=about,
            number=mark("figure", name),
            caption=one_line(caller()),
            downloads={file: word for file, word in DOWNLOADS.items() if file in artefact.manifest.outputs},
            made=provenance(self.portfolio, name, artefact),
        )

    def plate(self, name: str, caption: str, caller: Callable[[], str]) -> Markup:
        """A numbered figure whose content is HTML of the page, with its caption below."""
        return self.fill(
            "plate.md",
            name=name,
            empty=mark("empty", name),
            number=mark("figure", name),
            caption=one_line(wording.as_text(caption)),
            body=Markup(caller().strip()),  # noqa: S704 - rendered by a template, values escaped
        )

    def table(
        self,
        name: str,
        caption: str,
        caller: Callable[[], str],
        *,
        wide: bool = False,
        folded: str = "",
        numbers: str = "",
    ) -> Markup:
        """A table of Markdown with a numbered caption above it.

        Args:
            name: its anchor.
            caption: in plain text.
            caller: renders the rows.
            wide: whether it may be wider than the text.
            folded: what "All numbers" of a table are that is shown on demand; empty for one that is always shown.
            numbers: address of a file with them, for a link below the table.
        """
        return self.fill(
            "table.md",
            name=name,
            wide=wide,
            folded=folded,
            numbers=numbers,
            number=mark("table", name),
            caption=one_line(wording.as_text(caption)),
            body=Markup(caller().strip()),  # noqa: S704 - rendered by a template, values escaped
        )

    def fill(self, template: str, **values: Any) -> Markup:  # noqa: ANN401 - values of any type
        """Render the template of a component; one that the folder lacks is that of the site."""
        folders = (self.components, "components")
        rendered = self.environment.select_template([f"{folder}/{template}" for folder in folders]).render(values)
        return Markup(rendered)  # noqa: S704 - rendered by a template, values escaped


@dataclass(frozen=True)
class SiteFigures:
    """The function that templates of the site call for a figure of a study, `figure("STUDY/NAME")`."""

    environment: Environment
    portfolios: Sequence[Portfolio]

    def figure(self, name: str, caller: Callable[[], str], *, wide: bool = False) -> Markup:
        """A figure of a study, see `Figures.figure`.

        Raises:
            PageError: if there is no such study, or it has no such figure.
        """
        study, _, figure = name.partition("/")
        found = next((one for one in self.portfolios if one.name == study), None)
        if found is None:
            known = [one.name for one in self.portfolios]
            msg = f"Expected STUDY/NAME of a figure of this site, but got {name!r}. {nearest(study, known)}"
            raise PageError(msg)
        return Figures(self.environment, found, folder=f"{study}/").figure(figure, caller, wide=wide)


@dataclass(frozen=True)
class MethodFigure:
    """A figure of how a method makes its map.

    Attributes:
        name: STUDY/NAME, for `figure`.
        label: the study's name in the navigation.
        study: the study's folder.
        about: the figure's `figure.json`.
    """

    name: str
    label: str
    study: str
    about: Mapping[str, Any]


def method_figures(portfolios: Sequence[Portfolio]) -> dict[str, MethodFigure]:
    """Method -> the figure of how it makes its map, of the first study that has drawn one."""
    found: dict[str, MethodFigure] = {}
    for portfolio in portfolios:
        for name, artefact in figures_of(portfolio).items():
            method = name.removeprefix(METHOD)
            if method == name or method in found:
                continue
            about = artefact.json("figure.json")
            if "empty" not in about:
                found[method] = MethodFigure(f"{portfolio.name}/{name}", portfolio.label, portfolio.name, about)
    return found


def see(name: str) -> Markup:
    """A link "Figure 3" to a figure or table of the study, on any of its pages; `STUDY/NAME` for another study."""
    return mark("see", name)


def figures_of(portfolio: Portfolio) -> dict[str, Artefact]:
    """Figure name -> its artefact, of all that are drawn."""
    return {
        name.removeprefix(PREFIX): artefact for name, artefact in portfolio.finished.items() if name.startswith(PREFIX)
    }


def provenance(portfolio: Portfolio, name: str, artefact: Artefact) -> Provenance:
    """The provenance of a figure, from its manifest."""
    ingredients = artefact.manifest.ingredients
    table = {stage.name: stage for stage in stages(portfolio.study)}
    return Provenance(
        stage=ingredients.stage,
        module=table[ingredients.stage].module,
        key=artefact.manifest.key,
        code=digest_of(ingredients.code),
        inputs=ingredients.inputs,
        libraries=ingredients.libraries,
        seed=portfolio.study.seed,
        command=f"camfolio draw gen/studies/{portfolio.name}.yaml --figure {name}",
        kept=dict(sorted(kept_before(ingredients.stage, table, portfolio))),
    )


def kept_before(name: str, table: Mapping[str, Stage], portfolio: Portfolio) -> Iterator[tuple[str, Recorded]]:
    """The nearest kept results that a stage was computed from; one that was computed with other bytes here does not count."""
    for upstream in table[name].upstream.values():
        manifest = portfolio.artefacts[upstream].manifest
        recorded = portfolio.record.find(upstream, manifest.key)
        if recorded and recorded.kept and recorded.digest == manifest.digest:
            yield upstream, recorded
        else:
            yield from kept_before(upstream, table, portfolio)


def one_line(words: str) -> Markup:
    """A caption without line breaks, since a blank line would end it in Markdown."""
    return Markup(" ".join(str(words).split()))  # noqa: S704 - rendered by a template, values escaped
