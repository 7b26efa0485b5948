"""What a build shows on a terminal."""

from __future__ import annotations

import io
import logging
import sys

import pytest
from rich.console import Console
from rich.logging import RichHandler

from camfolio.store.outlook import Outlook
from camfolio.store.terminal import handlers, live_table, shown, table, through
from camfolio.store.watch import Moment, Running

LEFT = Outlook(3, 0, 5, 130.0, 0)


def printed(moment: Moment) -> str:
    """The table as text, 100 columns wide."""
    console = Console(file=io.StringIO(), width=100)
    console.print(table(moment))
    return console.file.getvalue()


def test_a_row_shows_name_time_left_and_what_a_stage_is_doing():
    training = Running("training", 30.0, 60.0, 0.25, "epoch 3 of 12, validation loss 0.4")
    shortest = Running("layer", 2.0)
    first, second, last = printed(Moment([], [training, shortest], LEFT)).splitlines()
    assert first.split()[0] == "training"
    assert "about 90 s left epoch 3 of 12, validation loss 0.4" in first
    assert second.rstrip().endswith("for 2 s")
    assert last == "3 more to compute, about 2 minutes"


def test_nothing_is_left_beside_what_is_computed():
    assert printed(Moment([], [Running("a", 1.0)], Outlook(3, 0, 1, 0.0, 1))).splitlines()[-1] == (
        "nothing else to compute"
    )


def test_markup_in_what_a_stage_says_is_text():
    assert "[red]1[/red] of 2" in printed(Moment([], [Running("a[b]", 1.0, words="[red]1[/red] of 2")], LEFT))
    assert "a[b]" in printed(Moment([], [Running("a[b]", 1.0)], LEFT))


class Terminal(io.StringIO):
    """A text stream that says that it is a terminal."""

    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """`terminal()` makes a terminal of standard error, during the test itself; what is written there."""

    def make() -> Terminal:
        stream = Terminal()
        for name in ("stderr", "__stderr__"):
            monkeypatch.setattr(sys, name, stream)
        monkeypatch.setenv("TERM", "xterm")
        return stream

    return make


@pytest.mark.parametrize("kind", [logging.StreamHandler, lambda: RichHandler(console=Console(stderr=True, width=100))])
def test_messages_appear_above_the_table_and_handlers_are_as_before(terminal, kind):
    stream = terminal()
    logger, handler = logging.getLogger("mkdocs"), kind()
    logger.addHandler(handler)
    before = [getattr(handler, name, None) for name in ("stream", "console")]
    try:
        assert handler in handlers()
        with shown(None) as watch:
            watch(Moment([], [Running("training", 1.0)], LEFT))
            logger.warning("a message")
            assert "a message" in stream.getvalue()
        assert [getattr(handler, name, None) for name in ("stream", "console")] == before
    finally:
        logger.removeHandler(handler)
    assert "training" in stream.getvalue()


def test_a_handler_that_writes_elsewhere_is_left_alone(terminal):
    terminal()
    handler = logging.StreamHandler(io.StringIO())
    before = handler.stream
    with through(handler, Console(stderr=True)):
        assert handler.stream is before


def test_a_table_ends_with_an_error_inside(terminal):
    stream = terminal()
    with pytest.raises(ZeroDivisionError), live_table():
        raise ZeroDivisionError
    hidden, shown_again = (stream.getvalue().count(f"\x1b[?25{letter}") for letter in "lh")
    assert hidden == shown_again == 1
