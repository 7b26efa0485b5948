"""Packed results: equal files in equal bytes, and no byte that its digest does not confirm."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from camfolio.errors import StoreError
from camfolio.store.files import file_digest
from camfolio.store.packed import pack, unpack

FILES = {"numbers.json": b'{"a": 1}' * 20, "below/array.npz": bytes(range(256))}


def written(folder, files=FILES):
    """A folder with files; returns their digests."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return {name: file_digest(folder / name) for name in files}


def contents(folder):
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@given(
    st.dictionaries(st.from_regex(r"[a-z]{1,5}(/[a-z]{1,5})?\.bin", fullmatch=True), st.binary(max_size=99), min_size=1)
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
def test_what_is_packed_is_unpacked(tmp_path_factory, files):
    folder = tmp_path_factory.mktemp("any")
    outputs = written(folder / "in", files)
    pack(folder / "in", outputs, folder / "one.zip")
    pack(folder / "in", dict(reversed(outputs.items())), folder / "two.zip")
    assert (folder / "one.zip").read_bytes() == (folder / "two.zip").read_bytes()
    unpack(folder / "one.zip", outputs, folder / "out")
    assert contents(folder / "out") == files


def test_every_flipped_byte_is_refused_or_changes_nothing(tmp_path):
    outputs = written(tmp_path / "in")
    pack(tmp_path / "in", outputs, tmp_path / "whole.zip")
    whole, refused = (tmp_path / "whole.zip").read_bytes(), 0
    for at in range(len(whole)):
        (tmp_path / "flipped.zip").write_bytes(bytes([*whole[:at], whole[at] ^ 0x55, *whole[at + 1 :]]))
        out = tmp_path / f"out-{at}"
        try:
            unpack(tmp_path / "flipped.zip", outputs, out)
        except StoreError:
            refused += 1
        else:
            assert contents(out) == FILES
    assert refused > len(whole) / 2


def test_every_truncated_file_is_refused(tmp_path):
    outputs = written(tmp_path / "in")
    pack(tmp_path / "in", outputs, tmp_path / "whole.zip")
    whole = (tmp_path / "whole.zip").read_bytes()
    for size in range(0, len(whole), 7):
        (tmp_path / "cut.zip").write_bytes(whole[:size])
        with pytest.raises(StoreError, match=r"cut\.zip"):
            unpack(tmp_path / "cut.zip", outputs, tmp_path / "out")
