from __future__ import annotations

import numpy as np
import pytest

from camfolio.data.phantom.render import generator
from camfolio.data.phantom.scanner import Scan, quantum_noise


def test_noise_lies_between_15_and_35_hu_and_belongs_to_the_scan(ids):
    scans = [Scan.drawn(generator(0, name)) for name in ids]
    assert all(15 <= scan.noise <= 35 for scan in scans)
    assert len({scan.noise for scan in scans}) == len(scans)
    noise = quantum_noise(64, scans[0], np.random.default_rng(0))
    assert noise.std() == pytest.approx(scans[0].noise)
