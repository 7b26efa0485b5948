"""What is said about the end of MkDocs 1.x: one line, in place of the banners of theme and plugins, which fill a terminal.

`mkdocs.yml` names `ADDRESS`, so that this module is imported while that file is read: the theme shows its banner before any plugin is
loaded. Where it is not named, the plugin imports it, and plugins listed after `camfolio` are silent.
"""

from __future__ import annotations

import os

SILENT = {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"}
"""Variables that silence the banners: of Material for MkDocs, and of ProperDocs, which plugins such as mkdocs-gen-files show."""
ADDRESS = "https://github.com/camfolio/camfolio/blob/main/docs/contributing.md#when-mkdocs-1x-ends"
LINE = f"MkDocs 1.x is not developed any more, and its theme gets security fixes until May 2027. What that means for this site: {ADDRESS}"


def silence() -> str:
    """Silence the banners in this process and those that it starts; what is said instead, nothing if they were silenced before."""
    before = os.environ.get("DISABLE_MKDOCS_2_WARNING", "").lower() == "true"
    os.environ.update(SILENT)
    return "" if before else LINE


SAID = silence()
"""What the plugin logs once per run."""
