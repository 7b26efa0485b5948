"""Build exported pages with every generator that could follow MkDocs 1.x, and compare the sites: `python scripts/exported_sites.py [EXPORTED]`.

The folder is that of `camfolio export markdown`. A page, a picture on a page, or a file that one of the sites lacks is an error, and so are
other words in an article and what `camfolio finish` refuses in one of them. The sites stay in EXPORTED/sites/.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from html import unescape
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

GENERATORS = {
    "mkdocs": ("mkdocs", "build", "--strict", "-f", "mkdocs.yml"),
    "properdocs": ("properdocs", "build", "--strict", "-f", "mkdocs.yml"),
    "zensical": ("zensical", "build", "--strict", "-f", "mkdocs.yml"),
}
"""Generator -> its module and arguments."""
ARTICLE = re.compile(r"<article\b.*?</article>", re.DOTALL)
UNSEEN = re.compile(r"<(script|style)\b.*?</\1>|<[^>]+>", re.DOTALL)
"""What a reader does not see of a page: scripts, styles and tags."""
PICTURE = re.compile(r"<img\b[^>]*?\ssrc=[\"']?(?P<address>[^\s\"'>]+)", re.IGNORECASE)


def built(exported: Path, generator: str) -> Path:
    """The finished site that a generator makes of exported pages.

    Raises:
        subprocess.CalledProcessError: if it cannot be built strictly, or not be finished.
    """
    target = exported / "sites" / generator
    target.parent.mkdir(exist_ok=True)
    subprocess.run([sys.executable, "-m", *GENERATORS[generator]], cwd=exported, check=True)  # noqa: S603 - fixed programs
    (exported / "site").rename(target)
    subprocess.run([sys.executable, "-m", "camfolio.cli", "finish", str(target)], check=True)  # noqa: S603 - ours
    return target


def pages(site: Path) -> dict[str, set[str]]:
    """The pages of a site, and the pictures on each; paths in the site."""
    files = sorted(site.rglob("*.html"))
    return {file.relative_to(site).as_posix(): pictures(file, site) for file in files}


def pictures(page: Path, site: Path) -> set[str]:
    """The pictures on a page that are files, as paths in the site."""
    addresses = [urlsplit(unescape(found["address"])) for found in PICTURE.finditer(page.read_text(encoding="utf-8"))]
    folder = page.relative_to(site).parent
    paths = [folder / unquote(address.path).lstrip("/") for address in addresses if not address.scheme]
    return {os.path.normpath(path) for path in paths}


def words(page: Path) -> list[str]:
    """The words of the article on a page."""
    text = page.read_text(encoding="utf-8")
    article = ARTICLE.search(text)
    return unescape(UNSEEN.sub(" ", article[0] if article else "")).split()


def lacking(sites: Mapping[str, Path], docs: Path) -> list[str]:
    """What one site has and another lacks, or what a page shows and its site lacks, one line each; words are compared with the first site.

    Args:
        sites: generator -> its site.
        docs: the exported documents; every file but Markdown is part of each site.
    """
    files = {path.relative_to(docs).as_posix() for path in docs.rglob("*") if path.is_file() and path.suffix != ".md"}
    found = {generator: pages(site) for generator, site in sites.items()}
    everywhere = {page for listed in found.values() for page in listed}
    shown = {page: set().union(*(listed.get(page, set()) for listed in found.values())) for page in everywhere}
    wrong, first = [], next(iter(sites.values()))
    for generator, site in sites.items():
        there = found[generator]
        wrong += [f"{generator}: no page {page}" for page in sorted(everywhere - there.keys())]
        wrong += [f"{generator}: no file {file}" for file in sorted(files) if not (site / file).is_file()]
        for page, own in sorted(there.items()):
            if (first / page).is_file() and words(first / page) != words(site / page):
                wrong.append(f"{generator}: other words on {page}")
            wrong += [f"{generator}: no picture {picture} on {page}" for picture in sorted(shown[page] - own)]
            wrong += [
                f"{generator}: {page} shows {picture}, which is not there"
                for picture in sorted(own)
                if not (site / PurePosixPath(picture)).is_file()
            ]
    return wrong


def main() -> int:
    """Build and compare; the exit status is 1 if something is lacking."""
    exported = Path(sys.argv[1] if len(sys.argv) > 1 else "exported").resolve()
    sites = {generator: built(exported, generator) for generator in GENERATORS}
    wrong = lacking(sites, exported / "docs")
    counts = ", ".join(f"{generator} {len(pages(site))} pages" for generator, site in sites.items())
    print("\n".join([*wrong, f"{counts}; {len(wrong)} lacking"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
