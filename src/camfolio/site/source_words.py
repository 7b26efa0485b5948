"""What pages say of a data source: its own words, those of a study's data class before them, filled where they are said."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import jinja2
from jinja2 import Environment, pass_context, pass_environment
from jinja2.runtime import Context
from markupsafe import Markup

from camfolio.site.wording import as_text
from camfolio.study.source import SourceWords, Template

FORMULA = re.compile(r"(\${1,2})(.+?)\1")


def about_source(words: SourceWords, card: Mapping[str, Any]) -> SourceWords:
    """A source's words with those that its reader found in user code; these are text, whatever signs are in them."""
    given = dict(card.get("words", {}))
    given |= {"citations": tuple(given["citations"])} if "citations" in given else {}
    return replace(words, **given)


@pass_context
def told(context: Context, words: str) -> Markup:
    """Words of a source on a page: a template is filled with what the page knows, any other string is text.

    A template that has nothing to say gives nothing, not even white space.
    """
    if not isinstance(words, Template):
        return Markup(as_text(words))  # noqa: S704 - every sign that acts was replaced
    filled = compiled(context.environment, str(words)).render(context.get_all())
    return Markup(filled.strip())  # noqa: S704 - a template of ours, its values escaped


def compiled(environment: Environment, text: str) -> jinja2.Template:
    """A template from its text; compiled ones are kept beside those of pages, since that takes longer than filling them."""
    kept = environment.bytecode_cache
    if kept is None:
        return environment.from_string(text)
    bucket = kept.get_bucket(environment, text, None, text)
    if bucket.code is None:
        bucket.code = environment.compile(text)
        kept.set_bucket(bucket)
    return jinja2.Template.from_code(environment, bucket.code, environment.make_globals(None))


@pass_environment
def formulas(environment: Environment, words: str) -> Markup:
    r"""Markdown of ours with its formulas, LaTeX between `$` (inline) or `$$` (display), as MathML.

    They become constants of a template, so that they are converted once and kept with the compiled templates.
    """
    text = FORMULA.sub(lambda found: f"{{{{ {json.dumps(found[2])} | mathml(block={len(found[1]) > 1}) }}}}", words)
    return Markup(compiled(environment, text).render())  # noqa: S704 - Markdown of ours
