"""Checkpoints of other programs: their tensors by name, and among them those of the network."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from camfolio.errors import NetworkError, shortened

WRAPPERS = re.compile(r"(?<![^.])(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\.")
"""What torch.compile, FSDP and activation checkpointing put into names, at any place."""
COUNTER = "num_batches_tracked"
"""Buffer of batch norms that is not used in evaluation; files of torch before 0.4.1 lack it."""
BEGINNING = 512
"""Bytes that tell other kinds of files apart."""


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors in a checkpoint by name; keys of nested mappings are joined with dots. Only plain values are unpickled.

    Raises:
        NetworkError: if the file cannot be read or contains no state dict.
    """
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            if file.read(9)[8:] == b"{":  # after the length of the header of safetensors, whatever the file's name
                return load_file(path)
            file.seek(0)
            warnings.simplefilter("ignore")  # torch says how to run what is in the file
            content = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # noqa: BLE001 - a damaged file makes torch's unpickler fail in a dozen ways
        got, remedy = unreadable(path, error)
        msg = f"Expected a checkpoint of plain tensors, but got {got} for {path.name}. {remedy}"
        raise NetworkError(msg) from None
    if isinstance(content, dict) and "pytorch-lightning_version" in content:
        content = {"state_dict": content.get("state_dict")}  # averages and optimisers have states of the same names
    tensors = dict(named_tensors(content))
    if not tensors:
        msg = f"Expected a state dict of tensors, but {path.name} holds none. Save model.state_dict()."
        raise NetworkError(msg)
    return tensors


def unreadable(path: Path, error: Exception) -> tuple[str, str]:
    """What a file is that cannot be read as a checkpoint, and what helps; torch's own words advise to run what is in it."""
    if path.is_dir():
        return "a folder", "Merge the parts of a sharded checkpoint into one file."
    if isinstance(error, OSError):
        return (error.strerror or type(error).__name__).lower(), "Check network.checkpoint."
    beginning = path.read_bytes()[:BEGINNING]
    if beginning.startswith(b"version https://git-lfs"):
        return "a pointer of Git LFS", "Fetch the file with git lfs pull."
    if re.match(rb"\s*<(!doctype|html|\?xml)", beginning, re.IGNORECASE):
        return "a web page", "Download the file itself."
    if beginning.isascii() and beginning.decode("ascii").replace("\n", "").replace("\r", "").isprintable():
        return "text" if beginning else "an empty file", "Download the file again."
    got = foreign_objects(path)
    if not got:
        got = "a TorchScript program" if "TorchScript" in str(error) else "something else, or a damaged file,"
    return got, "Save model.state_dict() as safetensors."


def foreign_objects(path: Path) -> str:
    """Names of the classes and functions, besides those of tensors, that unpickling a file would call, as far as they can be told."""
    try:
        names = torch.serialization.get_unsafe_globals_in_checkpoint(path)
    except Exception:  # noqa: BLE001 - as above; the names only help
        return ""
    return f"{printable(', '.join(sorted(names)))} besides tensors" if names else ""


def printable(name: str) -> str:
    r"""A name from a file without characters that a terminal would obey.

    >>> printable("conv1.weight"), printable("\x1b[2J")
    ('conv1.weight', '\\x1b[2J')
    """
    return shortened(repr(name)[1:-1])


def named_tensors(content: object) -> Iterator[tuple[str, Tensor]]:
    """The tensors in nested mappings, by their keys joined with dots."""
    waiting: list[tuple[str, Any]] = [("", content)] if isinstance(content, dict) else []
    seen: set[int] = set()
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, Tensor):
            yield name, value
        elif isinstance(value, dict) and id(value) not in seen:
            seen.add(id(value))
            waiting += [(f"{name}.{key}" if name else str(key), part) for key, part in value.items()]


def find_network(weights: Mapping[str, Tensor], expected: Mapping[str, Tensor], path: Path) -> dict[str, Tensor]:
    """The network's tensors in a checkpoint, by the network's names.

    They may stand below any prefix, such as the attribute of a module that was saved, `module.` or `model_state_dict`; what
    stands elsewhere is dropped. Without a prefix below which all are there, the best one is taken.

    Args:
        weights: as read.
        expected: the network's state dict.
        path: of the file, for messages.

    Raises:
        NetworkError: if the tensors of several networks fit.
    """
    names = {WRAPPERS.sub("", name): name for name in expected}
    bare = {WRAPPERS.sub("", name): tensor for name, tensor in weights.items()}
    found = Counter(prefix for name in bare for prefix, inner in divisions(name) if inner in names)
    fewest = len({place(tensor) for name, tensor in expected.items() if not name.endswith(COUNTER)})
    inner = {
        prefix: completed({names.get(name, name): tensor for name, tensor in below(prefix, bare)}, expected)
        for prefix, count in found.items()
        if count >= fewest
    }
    whole = [prefix for prefix in sorted(inner) if expected.keys() <= inner[prefix].keys()]
    fitting = [
        prefix for prefix in whole if all(inner[prefix][name].shape == expected[name].shape for name in expected)
    ]
    if any(not same(inner[fitting[0]], inner[prefix], expected) for prefix in fitting[1:]):
        places = ", ".join(printable(prefix[:-1]) or "its root" for prefix in fitting)
        msg = f"Expected one network, but {path.name} holds {len(fitting)} that fit, at {places}. Save the state dict of one of them."
        raise NetworkError(msg)
    if fitting or whole:
        return inner[(fitting or whole)[0]]
    best = max(found, key=lambda prefix: (found[prefix], -len(prefix)), default="")
    return completed({names.get(name, name): tensor for name, tensor in below(best, bare)}, expected)


def divisions(name: str) -> Iterator[tuple[str, str]]:
    """A name as prefix and rest, at every dot.

    >>> list(divisions("model.fc.bias"))
    [('', 'model.fc.bias'), ('model.', 'fc.bias'), ('model.fc.', 'bias')]
    """
    yield "", name
    for dot in re.finditer(r"\.", name):
        yield name[: dot.end()], name[dot.end() :]


def below(prefix: str, weights: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """The tensors below a prefix, without it."""
    return ((name.removeprefix(prefix), tensor) for name, tensor in weights.items() if name.startswith(prefix))


def place(tensor: Tensor) -> tuple[object, ...]:
    """The memory of a tensor; tied tensors have the same."""
    return tensor.data_ptr(), tensor.shape, tensor.stride()


def completed(found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """With the tensors that a file may leave out: further names of a tied one, and the counters of batch norms."""
    tied = {place(expected[name]): tensor for name, tensor in found.items() if name in expected}
    counters = {name: tensor for name, tensor in expected.items() if name.endswith(COUNTER)}
    return (
        counters
        | {name: tied[place(tensor)] for name, tensor in expected.items() if place(tensor) in tied}
        | dict(found)
    )


def same(one: Mapping[str, Tensor], other: Mapping[str, Tensor], names: Mapping[str, Tensor]) -> bool:
    """Whether two networks have the same weights."""
    return all(torch.equal(one[name], other[name]) for name in names if not name.endswith(COUNTER))
