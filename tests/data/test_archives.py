"""Arrays from npz files: archive bombs and inconsistent sizes are refused before unpacking."""

from __future__ import annotations

import io
import resource
import zipfile

import numpy as np
import pytest

from camfolio.data import archives
from camfolio.data.archives import read_npz
from camfolio.errors import DataError


def with_member(path, name: str, content: bytes) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)


def header(shape: tuple[int, ...]) -> bytes:
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, {"descr": "<i2", "fortran_order": False, "shape": shape})
    return out.getvalue()


def test_a_bomb_is_refused_by_its_size(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "LARGEST_BYTES", 1 << 20)
    with_member(tmp_path / "bomb.npz", "image.npy", header((2 << 20,)) + bytes(4 << 20))
    assert (tmp_path / "bomb.npz").stat().st_size < 10_000
    with pytest.raises(DataError, match=r"at most 0 GiB of arrays, but bomb\.npz unpacks to 0 GiB\. Split it"):
        read_npz(tmp_path / "bomb.npz", ["image"])


@pytest.mark.parametrize("shape", [(1 << 40,), (1 << 62, 1 << 62), (-1,)])
def test_an_array_that_lies_about_its_size_is_refused(tmp_path, shape):
    with_member(tmp_path / "lie.npz", "image.npy", header(shape) + bytes(100))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DataError, match=r"Expected an npz file with plain arrays, but got .* for lie\.npz"):
        read_npz(tmp_path / "lie.npz", ["image"])
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_members_with_paths_are_not_extracted(tmp_path):
    with_member(tmp_path / "path.npz", "../../image.npy", header((1,)) + bytes(2))
    with pytest.raises(DataError, match=r"Expected the arrays image in path\.npz, but image is missing"):
        read_npz(tmp_path / "path.npz", ["image"])
    assert [path.name for path in tmp_path.iterdir()] == ["path.npz"]


def test_arrays_nobody_asked_for_are_not_read(tmp_path):
    np.savez(tmp_path / "more.npz", image=np.arange(3), other=np.array([{}], object))
    assert list(read_npz(tmp_path / "more.npz", ["image"])) == ["image"]
