"""Pictures of figures without the colour of our paper, for pages that have another."""

from __future__ import annotations

import io
import re

GROUND = re.compile(r'<g id="figure_1">\s*<g id="patch_1">\s*<path d="[^"]*" style="fill: (?P<paper>#[0-9a-f]{6})"')
"""The ground of a figure, as matplotlib writes it first."""
AXES = r'(<g id="axes_\d+">\s*<g id="patch_\d+">\s*<path d="[^"]*" style="fill: )PAPER(?=")'
"""The ground of one panel."""
WHITE = "#ffffff"


def svg_without_paper(text: str) -> str:
    """An SVG of matplotlib without the grounds of figure and panels; what else has their colour, such as the inside of hollow marks,
    becomes white. Any other SVG stays as it is.
    """
    found = GROUND.search(text)
    if not found:
        return text
    paper = found["paper"]
    text = f"{text[: found.start('paper')]}none{text[found.end('paper') :]}"
    return re.sub(AXES.replace("PAPER", paper), r"\1none", text).replace(paper, WHITE)


def png_without_paper(content: bytes) -> bytes:
    """A PNG in which the colour that all four corners have is transparent; one whose corners differ stays as it is.

    On a white page the edges of text and lines, which are mixtures with this colour, are at most its distance from white off.
    """
    from PIL import Image, ImageChops  # not needed for a site

    with Image.open(io.BytesIO(content)) as opened:
        image = opened.convert("RGB")
    right, bottom = image.width - 1, image.height - 1
    corners = {image.getpixel(corner) for corner in ((0, 0), (right, 0), (0, bottom), (right, bottom))}
    if len(corners) > 1:
        return content
    paper = Image.new("RGB", image.size, corners.pop())
    red, green, blue = ImageChops.difference(image, paper).split()
    distance = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    image.putalpha(distance.point([0] + [255] * 255))
    written = io.BytesIO()
    image.save(written, "PNG", optimize=True)
    return written.getvalue()
