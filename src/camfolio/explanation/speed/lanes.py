"""Parallel forward passes, one optimised copy of the network per thread, and how many images a pass may hold."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode  # the documented way to see every operation

from camfolio.explanation.speed.folding import folded, has_hooks, shares

Item = TypeVar("Item")
Result = TypeVar("Result")
Task = Callable[[nn.Module, Item], Result]

LARGEST = 32
"""Images in a pass at most: from here on more of them are not faster."""
MEMORY = 512 * 2**20
"""Bytes that the passes of one thread may take, as long as a single image fits."""


@dataclass(frozen=True)
class Lanes:
    """Models that share their weights, one per thread, and the number of images in every pass.

    A pass has one thread and a fixed number of images, so that neither the number of threads nor what else is computed
    changes a bit of its result. Only a model that cannot be copied runs alone, with all of torch's threads.
    """

    models: tuple[nn.Module, ...]
    size: int

    def run(self, task: Task[Item, Result], items: Iterable[Item]) -> Iterator[Result]:
        """The results of a task for all items, in their order; the task gets a model that is its own until it ends."""
        todo = list(items)
        lanes = min(len(self.models), len(todo))
        if lanes == 1:
            yield from (task(self.models[0], item) for item in todo)
            return
        idle: SimpleQueue[nn.Module] = SimpleQueue()
        settings = settings_of_thread()
        for model in self.models[:lanes]:
            idle.put(model)

        def with_a_model(item: Item) -> Result:
            model = idle.get()
            try:
                with settings():
                    return task(model, item)
            finally:
                idle.put(model)

        with threads_of_one(lanes) as pool:
            yield from pool.map(with_a_model, todo)


def make_lanes(model: nn.Module, keep: Collection[str], image: Tensor) -> Lanes:
    """The fastest way to run a model that gives the same logits.

    Args:
        model: borrowed (see `probe.borrowed`).
        keep: full names of the layers whose outputs are needed as they are.
        image: (1, ...) one input, on the model's device.
    """
    precise = all(weight.dtype in {torch.float32, torch.float64} for weight in model.parameters())
    lean = folded(model, keep, image) if precise and not has_hooks(model) else None
    size = images_in_a_pass(lean or model, image)
    if lean is None:
        return Lanes((model,), size)
    lanes = torch.get_num_threads() if image.device.type == "cpu" else 1
    return Lanes((lean, *(shares(lean) for _ in range(lanes - 1))), size)


def images_in_a_pass(model: nn.Module, image: Tensor) -> int:
    """A power of two up to LARGEST, so that all that one forward and one backward pass compute fits into MEMORY."""
    with torch.inference_mode(), Allocations() as seen:
        model(image.clone())
    fitting: int = MEMORY // max(2 * seen.bytes, 1)
    return min(LARGEST, 1 << max(fitting.bit_length() - 1, 0))


class Allocations(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch does not annotate its subclasses' hook
    """Counts the bytes of everything that is computed inside."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # nor this
        self.bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # noqa: ANN401 - torch's signature
        """Let an operation happen and add up its results."""
        result = func(*args, **(kwargs or {}))
        outputs = result if isinstance(result, tuple | list) else [result]
        self.bytes += sum(one.nbytes for one in outputs if isinstance(one, Tensor))
        return result


def settings_of_thread() -> Callable[[], AbstractContextManager[object]]:
    """What torch keeps for every thread apart, as a context for another thread: autocast, gradients and inference mode."""
    # Passes on other devices than the CPU have one thread.
    precision, enabled = torch.get_autocast_dtype("cpu"), torch.is_autocast_enabled("cpu")
    cache = torch.is_autocast_cache_enabled()
    gradients, inference = torch.is_grad_enabled(), torch.is_inference_mode_enabled()

    @contextmanager
    def settings() -> Iterator[None]:
        autocast = torch.autocast("cpu", precision, enabled, cache)
        with torch.inference_mode(inference), torch.set_grad_enabled(gradients), autocast:
            yield

    return settings


@contextmanager
def threads_of_one(lanes: int) -> Iterator[ThreadPoolExecutor]:
    """A pool whose threads compute alone; torch's own number of threads is as before afterwards."""
    before = torch.get_num_threads()
    pool = ThreadPoolExecutor(lanes, initializer=torch.set_num_threads, initargs=(1,))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(before)
