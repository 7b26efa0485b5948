"""The worker processes of a build: which one gets the next order, and what they say."""

from __future__ import annotations

import json
import logging
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from camfolio.store.worker import FORKS

MEMORY_SETTINGS = {"MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**32)}
"""Settings of glibc's malloc: keep freed memory instead of returning it and faulting it in again at every layer."""
THREAD_SETTINGS = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "1000"}
"""Settings of OpenMP: idle threads sleep, GNU's after a thousand spins. With busy waiting, training beside another busy
program is ten times slower; sleeping at once slows training on an idle machine by a tenth or more."""
LAST_WORDS = 1.0
"""Seconds in which what a worker has said is read after its end; a process that it left behind could speak for ever."""
log = logging.getLogger("camfolio")


@dataclass(eq=False)
class Worker:
    """A worker process.

    Attributes:
        process: its standard input stays open as long as this process runs; it ends when that is closed.
        group: of the stages that it computes, where no process can be forked.
        busy: how many orders it follows.
        receiver: the thread that reads its standard output.
    """

    process: subprocess.Popen[str]
    group: str
    busy: int = 0
    receiver: threading.Thread | None = None

    def send(self, order: Mapping[str, Any]) -> None:
        """Send an order; if the worker has ended, its exit status tells why."""
        self.busy += 1
        if self.process.stdin is None:
            msg = "Expected a pipe to the worker, but got none."
            raise RuntimeError(msg)
        with suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()

    def end(self) -> None:
        """Close its standard input, and wait until it has ended."""
        if self.process.stdin:
            with suppress(BrokenPipeError):
                self.process.stdin.close()
        self.process.wait()
        if self.receiver:
            self.receiver.join(LAST_WORDS)


class Crew:
    """All workers. Where processes can be forked it is one that forks; elsewhere one for each stage at a time.

    Attributes:
        said: lines of all workers: the worker and its values, or None when it has ended.
    """

    def __init__(self) -> None:
        self.workers: list[Worker] = []
        self.said: queue.Queue[tuple[Worker, dict[str, Any] | None]] = queue.Queue()

    def worker(self, group: str) -> Worker:
        """The worker for the next order, which may be new; idle ones of other groups are ended."""
        if FORKS and self.workers:
            return self.workers[0]
        idle = [worker for worker in self.workers if not worker.busy]
        same = [worker for worker in idle if group and worker.group == group]
        for worker in idle:
            if worker not in same:
                self.dismiss(worker)
        return same[0] if same else self.start(group)

    def start(self, group: str) -> Worker:
        """A new worker."""
        command = [
            sys.executable,
            "-P",
            "-m",
            "camfolio.store.worker",
            str(os.getpid()),
        ]  # -P: no modules of this folder
        environment = {**THREAD_SETTINGS, **MEMORY_SETTINGS} | os.environ
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment, text=True)  # noqa: S603 - ours
        worker = Worker(process, group)
        worker.receiver = threading.Thread(target=self.receive, args=(worker,), daemon=True)
        worker.receiver.start()
        self.workers.append(worker)
        return worker

    def receive(self, worker: Worker) -> None:
        """Put every line of a worker in the queue, and None at the end."""
        if lines := worker.process.stdout:
            with lines, suppress(ValueError):  # half a line, of a worker that was killed
                for line in lines:
                    self.said.put((worker, json.loads(line)))
        self.said.put((worker, None))

    def dismiss(self, worker: Worker) -> None:
        """End a worker."""
        self.workers.remove(worker)
        worker.end()

    def close(self) -> None:
        """End all workers."""
        while self.workers:
            self.dismiss(self.workers[0])
