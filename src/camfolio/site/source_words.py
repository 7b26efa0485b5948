"""Texts of a data source for pages: those of its module, replaced by those of user code, with their placeholders filled."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import jinja2
from jinja2 import Environment, pass_context, pass_environment
from jinja2.runtime import Context
from markupsafe import Markup

from camfolio.results.card import CardResult
from camfolio.site.wording import as_text
from camfolio.study.source import SourceWords, Template

FORMULA = re.compile(r"(\${1,2})(.+?)\1")


def about_source(words: SourceWords, card: CardResult) -> SourceWords:
    """Texts of a source, replaced by those in the data card, which come from user code and are never templates."""
    replaced: dict[str, Any] = dict(card.words)
    return replace(words, **replaced)


@pass_context
def filled(context: Context, text: str) -> Markup:
    """A text of a source on a page: a `Template` is rendered with the page's variables, any other string is escaped.

    White space at the ends is removed.
    """
    if not isinstance(text, Template):
        return Markup(as_text(text))  # noqa: S704 - escaped by as_text
    rendered = compiled(context.environment, str(text)).render(context.get_all())
    return Markup(rendered.strip())  # noqa: S704 - a template of the package, its values escaped


def compiled(environment: Environment, text: str) -> jinja2.Template:
    """A template from its text, compiled once and kept in the cache of page templates, since compiling is slower than rendering."""
    cache = environment.bytecode_cache
    if cache is None:
        return environment.from_string(text)
    bucket = cache.get_bucket(environment, text, None, text)
    if bucket.code is None:
        bucket.code = environment.compile(text)
        cache.set_bucket(bucket)
    return jinja2.Template.from_code(environment, bucket.code, environment.make_globals(None))


@pass_environment
def formulas(environment: Environment, words: str) -> Markup:
    r"""Markdown of ours with its formulas, LaTeX between `$` (inline) or `$$` (display), as MathML.

    They become constants of a template, so that they are converted once and kept with the compiled templates.
    """
    text = FORMULA.sub(lambda found: f"{{{{ {json.dumps(found[2])} | mathml(block={len(found[1]) > 1}) }}}}", words)
    return Markup(compiled(environment, text).render())  # noqa: S704 - Markdown of ours
