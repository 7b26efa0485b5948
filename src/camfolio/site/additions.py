"""Where an addition goes: the files to write and their tests, for CONTRIBUTING and the page Architecture."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True)
class Addition:
    """One kind of addition, in Markdown; paths start at the project's root or at `src/camfolio`, those of tests at `tests`."""

    kind: str
    write: str
    test: str

    @property
    def row(self) -> Markup:
        """Its row of the table in CONTRIBUTING and on the page Architecture."""
        return Markup(f"| {self.kind} | {self.write} | {self.test} |")  # noqa: S704 - Markdown of this module


ADDITIONS = (
    Addition(
        "a stage",
        "a module with `run(out, ...)` in `stages/` that only reads folders, calls one room's function and writes; its line in `pipeline/network_study.py` "
        "(or `pipeline/shortcut_study.py`) with the settings, stages and files that decide its result; "
        "a model of its result file in `results/`, read for pages in `site/values.py`: the page *Values in templates* lists its fields by itself",
        "`stages/`, `pipeline/test_contents.py`, `results/test_result.py`, `site/test_one_place.py`",
    ),
    Addition(
        "a setting",
        "a field with type, limits and docstring in `study/settings.py` (of `training` and `evidence`: the modules of that name, of a source: its module in `study/sources/`); "
        "its section in the parameters of each stage that uses it; the page *The study file* lists it by itself",
        "`study/test_settings.py`, `site/test_study_keys.py`",
    ),
    Addition(
        "a command",
        "a function and its line in `COMMANDS` in `cli.py`, what it prints in `commands/`; its row in `README.md`",
        "`commands/`, `site/test_cli.py`",
    ),
    Addition(
        "a public name",
        "its module in `PLACES`, its name in `__all__` and its import for type checkers in `__init__.py`; a docstring with shapes, units and errors: "
        "the API page lists it by itself",
        "`test_public.py`, `site/test_api.py`",
    ),
    Addition(
        "a data source",
        "a module in `study/sources/`, registered by its presence: a class with its settings, texts and citations for pages; "
        "its reader, a module with `from_study`, in `data/sources/`",
        "`data/sources/`, `site/test_source_words.py`",
    ),
    Addition(
        "a CAM method",
        "a module in `explanation/methods/`, found by being there: a function with `@method`, and `ABOUT`, its name, colour, formula and words; "
        "what it adds up, with `@terms`, in `explanation/terms.py`; its paper in `site/defaults/references.bib`",
        "its slow twin in `reference_cams.py`, a case by hand in `explanation/test_methods.py`",
    ),
    Addition(
        "a scaling",
        "a branch in `explanation/scaling.py`; its key in `study/settings.py` and in `SCALING_NAMES` in `vocabulary.py`",
        "`explanation/test_scaling.py`",
    ),
    Addition(
        "a localisation score",
        "a function with `@localisation_score` in `evidence/localisation.py`: its title, unit and direction, and whether it has a panel and a column by layer; the first paragraph of its docstring is its definition on the evidence page",
        "its slow twin in `evidence/test_localisation.py`; `site/test_registries.py`",
    ),
    Addition(
        "a faithfulness score",
        "a function with `@faithfulness_scores` in `evidence/faithfulness.py`, which names its scores as above and defines them under `Definitions:` in its docstring",
        "its slow twin in `evidence/test_faithfulness.py`; `site/test_registries.py`",
    ),
    Addition(
        "a control",
        "a function with `@control` and a title in `evidence/controls.py`",
        "`evidence/test_controls.py`, `site/test_registries.py`",
    ),
    Addition(
        "a metric",
        "a function with `@metric` in `network/metrics.py`: its title, whether it is a number or a percentage, and the classes it needs",
        "`network/test_evaluation.py`, `site/test_registries.py`",
    ),
    Addition(
        "a claim on a page",
        "its verdict in `evidence/findings.py`, with a named threshold and its reason; the template reads it from `findings`",
        "`evidence/test_findings.py`",
    ),
    Addition(
        "a figure",
        "a module with `run` in `figures/` (which takes `looks` and `folders` if it shows examples); its panels arranged for a page and for a phone; its line in `figure_stages` in `pipeline/pictures.py`; its `call figure` with a caption in a template",
        "`figures/test_figures.py`, `site/test_one_place.py`",
    ),
    Addition(
        "a number in the explorer",
        "a score of every method and test slice in the `SliceScores` (`results/arrays/`) of a stage named in `SCORED` in `pipeline/pictures.py`",
        "`raster/test_explorer.py`, `site/explorer/test_slice.py`",
    ),
    Addition(
        "a page",
        "a template in `site/defaults/templates/study/` (one page per study) or `site/defaults/templates/` (one per site), of one portfolio "
        "in its own `gen/templates/`; or a Markdown file in `docs/`; one per site also in `nav` of `mkdocs.yml`",
        "`site/test_pages.py`, `site/test_one_place.py`",
    ),
    Addition(
        "an item of a checklist",
        "a line in `study/checklists.py`; the fact it names as a macro in `site/defaults/templates/partials/facts.md`",
        "`study/test_checklists.py`, `site/test_reporting.py`",
    ),
    Addition("a reference", "its entry in `site/defaults/references.bib`", "`site/components/test_bibliography.py`"),
    Addition(
        "a room",
        "a folder with a sentence in its `__init__.py`; its place in `READING_ORDER` in `site/rooms.py`, its row in `CONTRIBUTING.md`",
        "what it may import in `test_architecture.py`",
    ),
)
"""In the order of data flow; CONTRIBUTING.md has the same rows, which a test compares."""
