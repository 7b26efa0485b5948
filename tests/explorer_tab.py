"""What the explorer shows in a tab."""

from __future__ import annotations

import numpy as np


def status(tab) -> str:
    return tab.inner_text("[data-part=status]")


def current(tab) -> str:
    return tab.inner_text("[data-part=heading]")


def settled(tab) -> str:
    """The address after the last change was written to it."""
    tab.wait_for_timeout(300)
    return tab.url


READ = "(canvas) => [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data]"


def pixels(tab, data, canvas: str) -> np.ndarray:
    """The pixels of a canvas once it is drawn, rows by columns by red, green, blue and opacity."""
    tab.wait_for_selector(canvas)
    tab.wait_for_function(f"(canvas) => ({READ})(canvas)[3] === 255", arg=tab.query_selector(canvas))
    return np.array(tab.locator(canvas).evaluate(READ)).reshape(*data["size"], 4)
