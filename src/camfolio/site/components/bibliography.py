"""Citations: `{{ cite("selvaraju2017") }}` on a page, `{{ references() }}` at its end, entries from one BibTeX file.

References are formatted here: pybtex's styles omit a volume without pages, change titles to lower case, and list all of fifty authors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from camfolio.errors import PageError, nearest
from camfolio.store.code import version
from camfolio.store.files import cached_json, file_digest

if TYPE_CHECKING:
    from bibtexparser.middlewares import NameParts

MOST_AUTHORS = 6
LINK = Markup('<a href="#ref-{key}" title="{who}, {year}">{number}</a>')
WHERE = ("journal", "booktitle", "howpublished", "publisher")
ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
"""What a reference may link to: a page elsewhere, never a script."""
ESCAPED = re.compile(r"\\(?=[_&%#~])")
"""A backslash of LaTeX before a sign of an address."""


@dataclass(frozen=True)
class Reference:
    """One formatted entry: authors, title, journal or book with volume and pages, year, and address (may be empty).

    Raises:
        PageError: for an address that is not one of http or https.
    """

    key: str
    authors: str
    title: str
    place: str
    year: str
    address: str

    def __post_init__(self) -> None:
        if self.address and not ADDRESS.fullmatch(self.address):
            msg = f"Expected an address with http:// or https:// in the entry {self.key}, but got {self.address!r}. Correct or remove its url."
            raise PageError(msg)


def read_bibliography(file: Path, cache: Path | None) -> dict[str, Reference]:
    """Key, and every further key in the field `ids`, -> entry.

    Parsed entries are cached in the folder `cache` under the digests of the file and of this module, since importing the
    parser takes longer than rendering a page.

    Raises:
        PageError: for an entry that cannot be read, with its line.
    """
    if not file.is_file():
        return {}
    name = f"references-{file_digest(file)[:16]}-{file_digest(Path(__file__))[:8]}-{version('bibtexparser')}.json"
    entries = cached_json(
        cache / name if cache else None, lambda: {key: asdict(entry) for key, entry in parse(file).items()}
    )
    return {key: Reference(**entry) for key, entry in entries.items()}


def parse(file: Path) -> dict[str, Reference]:
    """Parse a BibTeX file: LaTeX accents become letters; braces that group names are removed after names are split."""
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.middlewares import LatexDecodingMiddleware, SeparateCoAuthors, SplitNameParts

    library = parse_string(file.read_text(encoding="utf-8"))
    addresses = {
        entry.key: str(entry.fields_dict["url"].value) for entry in library.entries if "url" in entry.fields_dict
    }
    for step in (LatexDecodingMiddleware(keep_braced_groups=True), SeparateCoAuthors(), SplitNameParts()):
        library = step.transform(library)
    for block in library.failed_blocks:
        line = (block.start_line or 0) + 1
        msg = f"Expected BibTeX in {file.name}, but got a mistake in the entry that begins in line {line}."
        raise PageError(msg)
    references: dict[str, Reference] = {}
    for entry in library.entries:
        fields = {field.key: field.value for field in entry.fields}
        if entry.key in addresses:  # in which "&" is no command of LaTeX
            fields["url"] = ESCAPED.sub("", addresses[entry.key])
        reference = to_reference(entry.key, fields, file)
        further = [key.strip() for key in str(fields.get("ids", "")).split(",")]
        references |= dict.fromkeys([entry.key, *filter(None, further)], reference)
    return references


def to_reference(key: str, fields: Mapping[str, Any], file: Path) -> Reference:
    """The formatted reference of an entry's fields.

    Raises:
        PageError: if author, title or year is missing.
    """
    lacking = [name for name in ("author", "title", "year") if not fields.get(name)]
    if lacking:
        msg = f"Expected {', '.join(lacking)} in the entry {key} of {file.name}, but got none. Add it."
        raise PageError(msg)
    text = {name: without_braces(value) for name, value in fields.items() if isinstance(value, str)}
    return Reference(
        key=key,
        authors=names([short_name(author) for author in fields["author"]]),
        title=text["title"],
        place=place_of(text),
        year=text["year"],
        address=address_of(text).strip(),
    )


def without_braces(text: str) -> str:
    """Text without the braces that protect it from BibTeX.

    >>> without_braces("Grad-{CAM}")
    'Grad-CAM'
    """
    return text.replace("{", "").replace("}", "")


def names(authors: list[str]) -> str:
    """Authors as a list; the first six and "et al." if there are more, or if the entry ends with "others".

    >>> names(["R. L. Draelos", "L. Carin"])
    'R. L. Draelos and L. Carin'
    >>> names(["S. G. Armato III", "others"])
    'S. G. Armato III et al.'
    """
    known = [author for author in authors if author != "others"]
    if len(known) < len(authors) or len(known) > MOST_AUTHORS:
        return f"{', '.join(known[:MOST_AUTHORS])} et al."
    *first, last = known
    return f"{', '.join(first)} and {last}" if first else last


def short_name(parts: NameParts) -> str:
    """A name with first names as initials: "P.-T. Jiang"."""
    initials = ["-".join(f"{part[0]}." for part in without_braces(word).split("-") if part) for word in parts.first]
    return " ".join([*initials, *parts.von, *map(without_braces, parts.last), *parts.jr])


def place_of(text: Mapping[str, str]) -> str:
    """Journal or book with volume and pages; arXiv if there is neither."""
    where = next(
        (text[name] for name in WHERE if text.get(name)), f"arXiv {text['eprint']}" if "eprint" in text else ""
    )
    volume = f" {text['volume']}" if "volume" in text else ""
    number = f"({text['number']})" if "number" in text else ""
    pages = f", {text['pages']}".replace("--", "\u2013") if "pages" in text else ""
    return f"{where}{volume}{number}{pages}"


def address_of(text: Mapping[str, str]) -> str:
    """Address of its DOI, its preprint, or its field `url`; empty if it has none."""
    if "doi" in text:
        return f"https://doi.org/{text['doi']}"
    return f"https://arxiv.org/abs/{text['eprint']}" if "eprint" in text else text.get("url", "")


@dataclass
class Citations:
    """The citations of one page, numbered in their order of appearance.

    Attributes:
        known: key -> entry.
        cited: key -> number on this page.
        listed: number of citations before the list of references was printed.
    """

    known: Mapping[str, Reference]
    cited: dict[str, int] = field(default_factory=dict)
    listed: int = 0

    def cite(self, *keys: str) -> Markup:
        """Numbers in brackets, linked to the list at the end of the page.

        Raises:
            PageError: for an unknown key.
        """
        links = []
        for key in keys:
            if key not in self.known:
                msg = f"Expected a key in gen/references.bib, but got {key!r}. {nearest(key, self.known)}"
                raise PageError(msg)
            entry = self.known[key]
            number = self.cited.setdefault(entry.key, len(self.cited) + 1)
            links.append(LINK.format(key=entry.key, number=number, who=entry.authors, year=entry.year))
        return Markup('<span class="cite">&#91;{}&#93;</span>').format(Markup(", ").join(links))

    def references(self) -> Markup:
        """The list of all entries cited so far."""
        self.listed = len(self.cited)
        entries = [Markup('<li id="ref-{}">{}</li>').format(key, list_entry(self.known[key])) for key in self.cited]
        return Markup('<ol class="references">\n{}\n</ol>').format(Markup("\n").join(entries))

    def check(self) -> None:
        """Check that the list of references contains every citation.

        Raises:
            PageError: naming those that it lacks.
        """
        if len(self.cited) > self.listed:
            missing = ", ".join(list(self.cited)[self.listed :])
            msg = f"Expected references() after the last citation of a page, but got none after {missing}. Add it at the end."
            raise PageError(msg)


def list_entry(entry: Reference) -> Markup:
    """One entry of the list as HTML."""
    place = Markup("{}, ").format(entry.place) if entry.place else ""
    title = Markup('<a href="{}">{}</a>').format(entry.address, entry.title) if entry.address else escape(entry.title)
    return Markup("{authors}. {title}. <em>{place}</em>{year}.").format(
        authors=entry.authors.removesuffix("."), title=title, place=place, year=entry.year
    )
