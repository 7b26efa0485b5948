"""Arrays from npz files: archive bombs and inconsistent sizes are refused before unpacking."""

from __future__ import annotations

import io
import resource
import tracemalloc
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


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "LARGEST_PIXELS", 1 << 20)
    with_member(tmp_path / "bomb.npz", "image.npy", header((2, 1 << 10, 1 << 10)) + bytes(4 << 20))
    assert (tmp_path / "bomb.npz").stat().st_size < 10_000
    monkeypatch.setattr(archives, "array_of", lambda *_: pytest.fail("unpacked"))
    words = (
        r"at most 1048576 pixels and short ids, but got image of int16 \(2, 1024, 1024\) in bomb\.npz\. Split the file"
    )
    with pytest.raises(DataError, match=words):
        read_npz(tmp_path / "bomb.npz", ["image"])


def test_ids_of_a_megabyte_are_refused(tmp_path):
    np.savez_compressed(tmp_path / "long.npz", patient=np.array(["a" * (1 << 20), "b"]))
    with pytest.raises(DataError, match=r"pixels and short ids, but got patient of <U1048576 \(2,\) in long\.npz"):
        read_npz(tmp_path / "long.npz", ["patient"])


@pytest.mark.parametrize("kind", [np.float64, np.int16, np.float32, ">f4"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_numbers_are_converted_while_they_are_read(tmp_path, monkeypatch, kind, order):
    monkeypatch.setattr(archives, "CHUNK", 7)
    values = np.arange(60).reshape(3, 4, 5).astype(kind, order=order)
    np.savez(tmp_path / "any.npz", image=values)
    read = read_npz(tmp_path / "any.npz", ["image"], as_float32=["image"])["image"]
    assert read.dtype == np.float32
    assert np.array_equal(read, values)
    assert np.array_equal(read_npz(tmp_path / "any.npz", ["image"])["image"], values)


def test_an_image_of_large_numbers_is_in_memory_once(tmp_path):
    np.savez_compressed(tmp_path / "wide.npz", image=np.zeros((64, 512, 512), np.float64))
    tracemalloc.start()
    read_npz(tmp_path / "wide.npz", ["image"], as_float32=["image"])
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 1.5 * 64 * 512 * 512 * 4


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
