"""Tiny slices for every room: bright discs on lung, malignant ones bigger, several patients."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

if "PYTEST_XDIST_WORKER" in os.environ:  # one process per core: more threads would stand in each other's way
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import pytest

from camfolio.data.slices import Slices
from camfolio.store import code, in_use
from tiny_chain import write_package

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
LUNG_HU, NODULE_HU = -850.0, 40.0


def make_slices(n: int = 24, size: int = 16, slices_per_patient: int = 2, spacing_mm: float = 1.0) -> Slices:
    """Discs of radius 2 (benign) and 4 pixels (malignant) near the centre, with a little noise; patients in turn."""
    chance = np.random.default_rng(0)
    patient = np.arange(n) // slices_per_patient
    label = patient % 2
    rows, columns = np.mgrid[:size, :size]
    centre = (size - 1) / 2 + chance.uniform(-1, 1, (n, 2))
    distance = np.hypot(rows - centre[:, 0, None, None], columns - centre[:, 1, None, None])
    mask = distance <= np.where(label == 1, 4, 2)[:, None, None]
    hounsfield = np.where(mask, NODULE_HU, LUNG_HU) + chance.normal(0, 10, mask.shape)
    return Slices(
        hounsfield=hounsfield.astype(np.float32),
        label=label.astype(np.int64),
        mask=mask,
        patient=np.array([f"p{number:03d}" for number in patient]),
        spacing=np.full((n, 2), spacing_mm, np.float32),
        id=np.array([f"p{number:03d}-s{i}" for i, number in enumerate(patient)]),
    )


def npz_arrays(slices: Slices) -> dict[str, np.ndarray]:
    """The arrays of the npz layout, slice thickness 2 mm."""
    spacing = np.column_stack([slices.spacing[:, ::-1], np.full(len(slices), 2.0)]).astype(np.float32)
    return {
        "image": slices.hounsfield.round().astype(np.int16),
        "label": slices.label.astype(np.uint8),
        "mask": slices.mask,
        "patient": slices.patient,
        "spacing_xyz": spacing,
    }


@pytest.fixture(autouse=True)
def stores_are_free() -> Iterator[None]:
    """No test leaves its process among the users of a store."""
    yield
    in_use.release_all()


@pytest.fixture(scope="session")
def tiny_slices() -> Callable[..., Slices]:
    """`tiny_slices(n=24, size=16, slices_per_patient=2, spacing_mm=1.0)`, the same for the same arguments."""
    return make_slices


@pytest.fixture
def tiny_npz(tmp_path: Path) -> Callable[..., Path]:
    """`tiny_npz(n=24, ...)` writes an npz file as the source `npz` reads it; arrays by name replace, None removes."""

    def write(n: int = 24, size: int = 16, name: str = "tiny.npz", **replaced: np.ndarray | None) -> Path:
        arrays = npz_arrays(make_slices(n, size)) | replaced
        np.savez(tmp_path / name, **{key: array for key, array in arrays.items() if array is not None})
        return tmp_path / name

    return write


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A folder with the package `tiny_stages`, where the digests look for ours and the workers find it, too."""
    write_package(tmp_path)
    monkeypatch.setattr(code, "ROOT", tmp_path / "tiny_stages")
    monkeypatch.setattr(code, "PACKAGE", "tiny_stages")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("TINY", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="session")
def browser():
    """Chromium, once for all tests."""
    if CHROMIUM is None:
        pytest.skip("needs chromium on the PATH")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


def pytest_configure(config: pytest.Config) -> None:
    """What runs networks in browsers is fetched once for all sites that tests build."""
    if config.pluginmanager.has_plugin("cacheprovider"):
        os.environ.setdefault("CAMFOLIO_RUNTIME", str(config.cache.mkdir("runtime")))


def pytest_unconfigure(config: pytest.Config) -> None:
    """The last line: how many tests passed, and what was skipped and why."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not any(map(reporter.stats.get, ("passed", "failed", "error", "skipped"))):
        return
    counts = {word: len(reporter.stats.get(word, ())) for word in ("passed", "failed", "error")}
    said = ", ".join(f"{count} {word}" for word, count in counts.items() if count or word == "passed")
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in reporter.stats.get("skipped", ()))
    skipped = "; ".join(f"{count} ({reason})" for reason, count in reasons.items())
    reporter.write_line(f"Tests: {said}. Skipped: {skipped or 'none'}.")
