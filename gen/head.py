"""MkDocs hooks: what stands in the head of a built page, a strict policy and the card that links to it show."""

from __future__ import annotations

import os
import sys

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.pages import Page

SERVING = "serve" in sys.argv


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Take the site's address from SITE_URL where mkdocs.yml names none: cards need whole addresses."""
    config.site_url = config.site_url or os.environ.get("SITE_URL", "")
    return config


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """A built page allows nothing from elsewhere; a served one holds the script that reloads it."""
    from camfolio.site.head import with_card, with_policy

    words = {
        "title": page.title or config.site_name,
        "description": page.meta.get("description", config.site_description),
    }
    card = f"{config.site_url}{page.meta['card']}" if config.site_url and "card" in page.meta else ""
    return output if SERVING else with_policy(with_card(output, **words, address=page.canonical_url or "", card=card))


def on_post_template(output_content: str, **_: object) -> str:
    """The policy for the page that says that there is none."""
    from camfolio.site.head import with_policy

    return output_content if SERVING else with_policy(output_content)
