"""A server that forks a process for every order, so that libraries are imported once per build and no order meets what an
earlier one left behind. Executors of loky and concurrent.futures would finish their job as orphans when the build is killed.

Orders arrive one per line of JSON; what the processes say is passed on as lines with the order's number.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, TextIO, TypeAlias

from camfolio.processes import end_with

IMPORTED = {
    "matplotlib": ("matplotlib.figure", "matplotlib.backends.backend_agg", "matplotlib.backends.backend_svg"),
    "monai": ("monai.networks.nets",),
    "scipy": ("scipy.stats", "scipy.ndimage"),
    "torchmetrics": ("torchmetrics.functional.classification",),
}
"""Library -> the modules that stages import of it, where that is not all of them."""
CHUNK = 2**16
PAUSE = 0.5
"""Seconds after which the server looks whether processes have ended of which others are left."""
Order: TypeAlias = Mapping[str, Any]
Follow: TypeAlias = Callable[[Order, int], int]
"""Computes an order, writes lines about it to a file descriptor, and returns the exit status."""


@dataclass
class Child:
    """A forked process: the number of its order, its own number, and what it has said of an unfinished line."""

    order: int
    process: int
    said: bytes = b""


class Server:
    """Follows orders until there can be no more; then its processes are killed.

    Args:
        follow: called in each forked process.
        orders: one per line.
        answers: gets what the processes say.
    """

    def __init__(self, follow: Follow, orders: TextIO, answers: TextIO) -> None:
        self.follow = follow
        self.orders = orders
        self.answers = answers
        self.children: dict[int, Child] = {}

    def serve(self) -> None:
        """Fork for every order, and pass on what the processes say."""
        orders, source = b"", self.orders.fileno()
        while True:
            ready, _, _ = select.select([source, *self.children], [], [], PAUSE if self.children else None)
            for receiver in set(ready) - {source}:
                self.pass_on(receiver)
            for receiver in [one for one in self.children if self.has_ended(one)]:
                self.end(receiver)
            if source in ready:
                part = os.read(source, CHUNK)
                if not part:
                    break
                *lines, orders = (orders + part).split(b"\n")
                for line in lines:
                    self.fork(json.loads(line))
        for child in self.children.values():
            os.kill(child.process, signal.SIGKILL)

    def fork(self, order: Order) -> None:
        """A process that follows an order."""
        preload(order["libraries"])
        receiver, sender = os.pipe()
        server = os.getpid()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # idle threads of linear algebra, which know forks
            process = os.fork()
        if process == 0:
            for other in (receiver, self.orders.fileno(), self.answers.fileno(), *self.children):
                os.close(other)
            self.end_forked(order, sender, server)
        os.close(sender)
        self.children[receiver] = Child(order["number"], process)

    def end_forked(self, order: Order, sender: int, server: int) -> NoReturn:
        """Follow an order in the forked process, and exit without what the server would do at its end."""
        end_with(server)
        status = 1
        try:
            status = self.follow(order, sender)
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 1
        finally:
            sys.stderr.flush()
            os._exit(status)

    def pass_on(self, receiver: int) -> None:
        """Pass on whole lines of a process, and its exit status when it says no more."""
        child, part = self.children[receiver], os.read(receiver, CHUNK)
        *lines, child.said = (child.said + part).split(b"\n")
        for line in lines:
            self.answer({"number": child.order, **json.loads(line)})
        if not part:
            self.end(receiver)

    def has_ended(self, receiver: int) -> bool:
        """Whether a process has ended and all that it said was read, although one that it left behind could still say something."""
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        ended = os.waitid(os.P_PID, self.children[receiver].process, options) is not None
        return ended and not select.select([receiver], [], [], 0)[0]

    def end(self, receiver: int) -> None:
        """Pass on the exit status of a process that has ended, or is about to."""
        child = self.children.pop(receiver)
        os.close(receiver)
        status = os.waitstatus_to_exitcode(os.waitpid(child.process, 0)[1])
        self.answer({"number": child.order, "status": status})

    def answer(self, values: Mapping[str, Any]) -> None:
        """Write one line."""
        self.answers.write(json.dumps(values) + "\n")
        self.answers.flush()


def preload(libraries: Iterable[str]) -> None:
    """Import libraries; one that is missing is reported by the stage that needs it."""
    for library in libraries:
        for module in (library, *IMPORTED.get(library, ())):
            with contextlib.suppress(ImportError):
                importlib.import_module(module)
