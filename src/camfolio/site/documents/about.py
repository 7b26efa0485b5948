"""What a document says of itself: the study, when and from which commit it was made, and by which software."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import camfolio


@dataclass(frozen=True)
class About:
    """A document's origin.

    Attributes:
        study: name of the study's file.
        date: of the commit, or if there is none of the latest result.
        commit: short name of the commit; empty if the project is under no version control.
        changed: whether files of the project differ from that commit.
        notice: text of the project that belongs on every page, such as a licence; may be empty.
    """

    study: str
    date: date
    commit: str = ""
    changed: bool = False
    notice: str = ""

    @property
    def facts(self) -> Mapping[str, str]:
        """What to print: term -> words."""
        commit = {"Commit": f"{self.commit}{', with changes' if self.changed else ''}"} if self.commit else {}
        return {"Study": self.study, "Date": self.day, **commit, "Software": self.software}

    @property
    def day(self) -> str:
        """The date in words.

        >>> About("lung", date(2026, 11, 3)).day
        '3 November 2026'
        """
        return f"{self.date.day} {self.date:%B %Y}"

    @property
    def software(self) -> str:
        """Name and version of the software."""
        return f"camfolio {camfolio.__version__}"
