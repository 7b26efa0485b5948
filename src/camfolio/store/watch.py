"""The progress of a build, which a terminal, a log or the pages of a served site show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from camfolio.store.outlook import Outlook
from camfolio.store.survey import State


@dataclass(frozen=True)
class Running:
    """A stage that is being computed.

    Attributes:
        stage: its name.
        seconds: since it was started, s.
        expected: how long it takes in all, s; None if that is not known.
        done: finished share, 0 to 1, as the stage reports it; None if it reports nothing.
        words: the current step, such as `epoch 3 of 12`; empty if the stage reports nothing.
    """

    stage: str
    seconds: float
    expected: float | None = None
    done: float | None = None
    words: str = ""

    @property
    def share(self) -> float | None:
        """Finished share, 0 to 1, as reported, else by the expected time; None if neither is known.

        >>> Running("a", 30.0, 60.0).share, Running("a", 90.0, 60.0).share, Running("a", 9.0).share
        (0.5, 0.99, None)
        """
        if self.done is not None:
            return self.done
        return min(self.seconds / self.expected, 0.99) if self.expected else None

    @property
    def left(self) -> float | None:
        """About how many seconds it still takes; None if that is not known.

        >>> Running("a", 30.0, done=0.25).left, Running("a", 30.0, 40.0).left
        (90.0, 10.0)
        """
        if self.done:
            return self.seconds * (1 - self.done) / self.done
        return max(self.expected - self.seconds, 0.0) if self.expected else None


def time_left(running: Running) -> str:
    """About how long a stage still takes, in words; if that is not known, for how long it has been computed.

    >>> time_left(Running("a", 30.0, done=0.25)), time_left(Running("a", 70.0, done=0.2)), time_left(Running("a", 8.0))
    ('about 90 s left', 'about 4:40 left', 'for 8 s')
    """
    return f"for {clock(running.seconds)}" if running.left is None else f"about {clock(running.left)} left"


def clock(seconds: float) -> str:
    """Seconds up to 99 s, then minutes and seconds.

    >>> clock(99.4), clock(135.0)
    ('99 s', '2:15')
    """
    whole = round(seconds)
    return f"{whole} s" if whole < 100 else f"{whole // 60}:{whole % 60:02d}"  # noqa: PLR2004 - two digits


@dataclass(frozen=True)
class Moment:
    """The state of a build at one time.

    Attributes:
        states: of all stages.
        running: stages that are being computed.
        left: results that are not finished, and how long they take; those being computed count.
    """

    states: Sequence[State]
    running: Sequence[Running]
    left: Outlook


Watch: TypeAlias = Callable[[Moment], None]
"""Called by a build, in its own thread, whenever something begins, ends or goes on, and at least once a second."""
