"""Phantom: a CT-like slice from readers' contours and ratings; what they said of malignancy never enters.

Attenuation is simulated, in the order of a scan: tissue on a grid finer than the pixels, the scanner's point spread and
pixel aperture, quantum noise, whole Hounsfield units. Everything is drawn from the slice's id and the seed. Arrays of
this module are float64 on the fine grid and lengths are in mm, unless said otherwise.
"""

# mypy: disable-error-code="no-any-return"
# numpy's stubs give up on the type of a product of arrays; what is returned is checked at run time, under pytest.
from __future__ import annotations

import hashlib
import statistics
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from jaxtyping import Float, Float32
from scipy import ndimage

from camfolio.data.annotations import Nodule
from camfolio.errors import DataError

OVERSAMPLING = 2  # fine pixels per pixel, along each axis
RIM = 4  # fine pixels around the slice, so that its border is blurred like its centre
HU_RANGE = (-1024.0, 1500.0)
WALL_SHARE = 0.22  # of the nodules lie near the chest wall
STEP_MM = 0.6  # about a pixel of the scans that the readers drew on
FILLINGS = {2: 8.0, 3: -85.0, 4: -900.0}  # HU of fluid, fat and air by LIDC's code of the internal structure
HALF = 0.5  # an agreement above it is consensus

Field: TypeAlias = Float[np.ndarray, "fine fine"]
"""One value per fine pixel."""
Attenuation: TypeAlias = Float32[np.ndarray, "size size"]
"""The finished slice in HU."""
Place: TypeAlias = Float[np.ndarray, " 2"]
"""Position in mm: down, right."""


@dataclass(frozen=True)
class Appearance:
    """What the readers said of a nodule's looks: eight of LIDC's nine ratings, and not its malignancy.

    Attributes:
        subtlety, sphericity, margin, lobulation, spiculation, texture: means over the readers, 1 to 5.
        internal_structure: by majority, 1 soft tissue, 2 fluid, 3 fat, 4 air.
        calcification: by majority, 1 popcorn, 2 laminated, 3 solid, 4 non-central, 5 central, 6 absent.
    """

    subtlety: float
    internal_structure: int
    calcification: int
    sphericity: float
    margin: float
    lobulation: float
    spiculation: float
    texture: float

    @classmethod
    def of(cls, nodule: Nodule) -> Appearance:
        """The readers' ratings of one nodule, taken together; equal numbers of votes go to no calcification."""
        scaled = ("subtlety", "sphericity", "margin", "lobulation", "spiculation", "texture")
        return cls(
            internal_structure=min(statistics.multimode(nodule.rated("internal_structure"))),
            calcification=max(statistics.multimode(nodule.rated("calcification"))),
            **{name: statistics.fmean(nodule.rated(name)) for name in scaled},
        )


@dataclass(frozen=True)
class Grid:
    """The fine grid: square, its origin in the centre of the slice.

    Attributes:
        spacing: mm per fine pixel.
        y, x: position of every fine pixel in mm, down and to the right.
    """

    spacing: float
    y: Field
    x: Field

    @classmethod
    def around(cls, size: int, spacing_mm: float) -> Grid:
        """The grid for slices of `size` pixels of `spacing_mm`."""
        fine, spacing = fine_grid(size, spacing_mm)
        y, x = (np.indices((fine, fine)) - (fine - 1) / 2) * spacing
        return cls(spacing, y, x)

    @property
    def reach(self) -> float:
        """Distance from the centre to the nearest border in mm."""
        return float(self.x[0, -1])


@dataclass(frozen=True)
class Scan:
    """What all slices of a patient have in common.

    Attributes:
        lung: parenchyma, HU.
        vessel: blood, HU.
        blur: full width at half maximum of the point spread, mm.
        noise: standard deviation of the quantum noise, HU.
        grain: its correlation, standard deviation of a Gaussian in pixels; sharp kernels have little.
    """

    lung: float
    vessel: float
    blur: float
    noise: float
    grain: float

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Scan:
        """A scan at random: sharp reconstruction kernels come with more noise of a finer grain."""
        sharpness = rng.beta(1.2, 1.6)
        return cls(
            lung=rng.normal(-858, 34),
            vessel=rng.uniform(0, 50),
            blur=0.9 - 0.2 * sharpness,
            noise=15 + 20 * sharpness,
            grain=0.75 - 0.4 * sharpness,
        )


@dataclass(frozen=True)
class Shape:
    """The nodule's geometry on the fine grid.

    Attributes:
        depth: distance to the consensus' edge in mm, positive inside.
        angle: direction from its centroid, radians.
        radius: depth of its deepest point, mm.
        y, x: that point, mm.
    """

    depth: Field
    angle: Field
    radius: float
    y: float
    x: float

    @classmethod
    def of(cls, agreement: Field, grid: Grid) -> Shape:
        """The shape of the consensus, or of the largest agreement where no half of the readers agrees."""
        inside = agreement >= min(HALF, agreement.max())
        distance = ndimage.distance_transform_edt
        signed = np.where(inside, distance(inside) - HALF, HALF - distance(~inside)) * grid.spacing
        # Contours run along pixels, nodules do not: smooth the steps, and give back what that takes from a round edge.
        smoothing = min(STEP_MM, signed.max() / 2)
        signed = ndimage.gaussian_filter(signed, smoothing / grid.spacing) + smoothing**2 / (2 * signed.max())
        deepest = np.unravel_index(signed.argmax(), signed.shape)
        y, x = grid.y[inside].mean(), grid.x[inside].mean()
        angle = np.arctan2(grid.y - y, grid.x - x)
        return cls(signed, angle, float(signed.max()), float(grid.y[deepest]), float(grid.x[deepest]))

    def lobulated(self, amplitude: float, rng: np.random.Generator) -> Field:
        """The depth with bumps along the edge, which fade outwards and inwards; the readers' mask stays as it is."""
        waves = rng.integers(3, 7)
        bumps = np.cos(waves * self.angle + rng.uniform(0, 2 * np.pi))
        return self.depth + amplitude * bumps * np.exp(-((self.depth / max(self.radius, 1.0)) ** 2))


def fine_grid(size: int, spacing_mm: float) -> tuple[int, float]:
    """Size and spacing of the grid on which `render` wants the agreement.

    >>> fine_grid(32, 1.0)
    (72, 0.5)
    """
    return size * OVERSAMPLING + 2 * RIM, spacing_mm / OVERSAMPLING


def generator(seed: int, name: str) -> np.random.Generator:
    """Random numbers that depend on the seed and the name alone, on any machine and in any order of the slices."""
    return np.random.default_rng(list(hashlib.sha256(f"{seed}/{name}".encode()).digest()))


def render(
    agreement: Float32[np.ndarray, "fine fine"],
    appearance: Appearance,
    slice_id: str,
    *,
    spacing_mm: float = 1.0,
    thickness_mm: float = 2.0,
    seed: int = 0,
) -> Attenuation:
    """One slice.

    Slices of a patient share the scan's properties, slices of a nodule its looks and the chest wall; vessels, texture
    and noise are their own.

    Args:
        agreement: share of the readers who count the pixel as nodule, on the grid told by `fine_grid`.
        appearance: the readers' ratings of its looks.
        slice_id: `patient-nodule-slice`, where the patient may hold hyphens: `LIDC-IDRI-0078-n02-s1`.
        spacing_mm: pixel spacing of the slice.
        thickness_mm: slice thickness; what is flatter shows fainter.
        seed: another one gives other slices of the same nodules.

    Returns:
        float32 (size, size), whole HU from -1024 to 1500, centred as the agreement is.

    Raises:
        DataError: if the agreement is zero everywhere.
    """
    if not agreement.any():
        msg = f"Expected a nodule on slice {slice_id}, but got an agreement of 0 everywhere. Choose another slice."
        raise DataError(msg)
    nodule_id, _, _ = slice_id.rpartition("-")
    scan = Scan.drawn(generator(seed, nodule_id.rpartition("-")[0]))
    grid = Grid.around((len(agreement) - 2 * RIM) // OVERSAMPLING, spacing_mm)
    shape = Shape.of(agreement.astype(np.float64), grid)
    rng = generator(seed, slice_id)
    tissue = parenchyma(grid, scan, rng)
    tissue = with_vessels(tissue, grid, shape, scan, rng)
    tissue = with_wall(tissue, grid, shape, generator(seed, f"{nodule_id}/wall"))
    looks = generator(seed, f"{nodule_id}/nodule")
    tissue = with_nodule(tissue, grid, shape, appearance, thickness=thickness_mm, rng=looks)
    return measured(tissue, grid, scan, rng)


def parenchyma(grid: Grid, scan: Scan, rng: np.random.Generator) -> Field:
    """Air and capillaries: a mean with a gentle gradient, patches of a few mm, and a fine net of small vessels."""
    gradient = (grid.y * rng.normal(0, 1.0) + grid.x * rng.normal(0, 0.6)).clip(-40, 40)
    patches = 22 * correlated(grid, 2.5, rng) + 14 * correlated(grid, 0.9, rng)
    net = 85 * (correlated(grid, 0.7, rng) - 1.5).clip(0, None)
    return scan.lung + gradient + patches + net


def correlated(grid: Grid, length_mm: float, rng: np.random.Generator) -> Field:
    """Normal noise of unit variance, correlated over a Gaussian of this standard deviation."""
    sigma = length_mm / grid.spacing
    noise = ndimage.gaussian_filter(rng.standard_normal(grid.y.shape), sigma, mode="wrap", truncate=3)
    return noise * (2 * sigma * np.sqrt(np.pi))


def with_vessels(tissue: Field, grid: Grid, shape: Shape, scan: Scan, rng: np.random.Generator) -> Field:
    """A few trees in the plane and round sections of vessels across it; at times one of them feeds the nodule."""
    filled = np.zeros_like(tissue)
    for _ in range(rng.poisson(1.3)):
        start, goal = entry(grid, rng), rng.uniform(-0.8 * grid.reach, 0.8 * grid.reach, 2)
        angle = float(np.arctan2(*(goal - start)))
        filled = np.maximum(filled, tree(grid, start, angle, 0.45 + rng.gamma(2, 0.16), rng))
    for _ in range(rng.poisson(1.8)):
        filled = np.maximum(filled, section(grid, rng))
    if rng.random() < 0.3:  # noqa: PLR2004 - feeding vessels are seen at about a third of the nodules
        feeder = tree(grid, np.array([shape.y, shape.x]), rng.uniform(0, 2 * np.pi), 0.5 + rng.gamma(2, 0.12), rng)
        filled = np.maximum(filled, feeder)
    return tissue + filled * (scan.vessel - tissue)


def entry(grid: Grid, rng: np.random.Generator) -> Place:
    """A place outside of the slice where a vessel comes from: none begins bluntly within it."""
    angle, distance = rng.uniform(0, 2 * np.pi), rng.uniform(1.2, 1.5) * grid.reach
    return distance * np.array([np.sin(angle), np.cos(angle)])


def tree(grid: Grid, start: Place, angle: float, radius: float, rng: np.random.Generator) -> Field:
    """A curved tapering tube, which may fork: share of each fine pixel that is filled."""
    length = rng.uniform(12, 40)
    bend = rng.normal(0, 0.035)
    trunk = tube(grid, start, angle, bend, length=length, radius=radius)
    if rng.random() < HALF:
        return trunk
    along = rng.uniform(0.25, 0.6) * length
    heading = np.array([np.sin(angle), np.cos(angle)])
    fork = start + along * heading + bend / 2 * along**2 * np.array([heading[1], -heading[0]])
    turn = rng.choice([-1, 1]) * rng.uniform(0.5, 1.0)
    return np.maximum(
        trunk, tube(grid, fork, angle + turn, rng.normal(0, 0.03), length=length * 0.6, radius=radius * 0.75)
    )


def tube(grid: Grid, start: Place, angle: float, bend: float, *, length: float, radius: float) -> Field:
    """A tube along the parabola `across = bend / 2 * along**2`, thinner and out of the plane towards its end."""
    heading = np.sin(angle), np.cos(angle)
    y, x = grid.y - start[0], grid.x - start[1]
    along = y * heading[0] + x * heading[1]
    across = y * heading[1] - x * heading[0]
    inside = along.clip(0, length)
    away = np.hypot(across - bend / 2 * inside**2, along - inside) / np.sqrt(1 + (bend * inside) ** 2)
    width = radius * (1 - 0.6 * inside / length)
    return edge(width - away, 0.2) * (1 - (inside / length) ** 3) * (width / 0.9).clip(0, 1)


def section(grid: Grid, rng: np.random.Generator) -> Field:
    """An ellipse where a vessel crosses the plane."""
    y, x = rng.uniform(-grid.reach, grid.reach, 2)
    radius, stretch, tilt = 0.5 + rng.gamma(2.0, 0.25), rng.uniform(1.0, 1.7), rng.uniform(0, np.pi)
    along = (grid.x - x) * np.cos(tilt) + (grid.y - y) * np.sin(tilt)
    across = (grid.y - y) * np.cos(tilt) - (grid.x - x) * np.sin(tilt)
    return edge(radius - np.hypot(along / stretch, across), rng.uniform(0.2, 0.5)) * min(1.0, radius / 1.1)


def edge(depth: Field, width: float) -> Field:
    """From 0 outside to 1 inside, over about four widths (mm): the logistic function of depth / width."""
    return 1 / (1 + np.exp(-(depth / width).clip(-30, 30)))


def with_wall(tissue: Field, grid: Grid, shape: Shape, rng: np.random.Generator) -> Field:
    """Pleura and chest wall near some of the nodules, always beyond the nodule: muscle, fat and at times a rib."""
    near, angle, gap, radius = rng.random(), rng.uniform(0, 2 * np.pi), rng.uniform(-1, 9), rng.uniform(35, 110)
    rib, strength, wave = rng.random(), rng.uniform(20, 60), rng.uniform(0, 2 * np.pi)
    if near >= WALL_SHARE:
        return tissue
    outward = grid.y * np.sin(angle) + grid.x * np.cos(angle)
    across = grid.y * np.cos(angle) - grid.x * np.sin(angle)
    # The nearest pleura that leaves the nodule free; a large nodule may leave no wall within the slice.
    nodule = (outward + across**2 / (2 * radius))[shape.depth > 0].max()
    beyond = outward + across**2 / (2 * radius) + 0.4 * np.sin(across / 5 + wave) - max(nodule + gap, 5)
    wall = strength - 140 * band(beyond, 1.8, 3.4) + 12 * correlated(grid, 1.0, rng)
    if rib < HALF:
        wall = wall + 150 * band(beyond, 4.5, 11.0) + 420 * shell(beyond, 4.5, 11.0)
    return tissue + edge(beyond, 0.2) * (wall - tissue)


def band(depth: Field, first: float, last: float) -> Field:
    """1 between two depths (mm), 0 elsewhere, with soft ends."""
    return edge(depth - first, 0.25) * edge(last - depth, 0.25)


def shell(depth: Field, first: float, last: float) -> Field:
    """1 in thin layers at two depths (mm): the cortex of a rib."""
    return np.exp(-(((depth - first) / 0.9) ** 2)) + np.exp(-(((depth - last) / 0.9) ** 2))


def with_nodule(
    tissue: Field, grid: Grid, shape: Shape, appearance: Appearance, *, thickness: float, rng: np.random.Generator
) -> Field:
    """The nodule over what was there: its edge by the margin, its filling by texture, structure and calcification."""
    depth = shape.lobulated(0.9 * scaled(appearance.lobulation), rng)
    depth = depth + (0.15 + 0.5 * (1 - scaled(appearance.margin))) * correlated(grid, 0.8, rng)
    filled = edge(depth, 0.22 + 0.78 * (1 - scaled(appearance.margin)))
    filled = filled * chord(depth, shape, appearance, thickness) * (0.82 + 0.18 * scaled(appearance.subtlety))
    content = interior(grid, shape, appearance, rng)
    strands = spicules(shape, scaled(appearance.spiculation), rng)
    tissue = tissue + strands * (np.maximum(tissue, content.max().clip(-500, -60)) - tissue)
    return tissue + filled * (content - tissue)


def scaled(rating: float) -> float:
    """A rating of 1 to 5 as 0 to 1."""
    return (rating - 1) / 4


def chord(depth: Field, shape: Shape, appearance: Appearance, thickness: float) -> Field:
    """Share of the slice's thickness that the nodule fills: its chord along the axis, were it a flattened ball."""
    seen = depth + 0.5  # readers draw at half of the contrast, outside of which there is still some nodule
    radius = max(shape.radius, float(depth.max())) + HALF
    length = 2 * np.sqrt((seen * (2 * radius - seen)).clip(0, None)) * (0.7 + 0.3 * scaled(appearance.sphericity))
    return (length / max(thickness, 1.0)).clip(0, 1) ** HALF


def interior(grid: Grid, shape: Shape, appearance: Appearance, rng: np.random.Generator) -> Field:
    """Attenuation inside, HU: ground glass, a solid core that grows with texture, then structure and calcification."""
    solidity = scaled(appearance.texture)
    uneven = correlated(grid, 1.2, rng)
    glass = -620 + 130 * solidity + 45 * uneven
    solid = rng.uniform(20, 60) + 10 * uneven
    # The core reaches the edge at texture 5 and vanishes at texture 1, whatever the nodule's size.
    inner = shape.depth / shape.radius + 0.18 * uneven
    core = edge(inner - 1.3 + 1.6 * solidity, 0.12)
    content = structured(glass + core * (solid - glass), shape, appearance.internal_structure, uneven)
    return calcified(content, grid, shape, appearance.calcification, rng)


def structured(content: Field, shape: Shape, structure: int, uneven: Field) -> Field:
    """Fluid, fat or air within a wall of tissue; soft tissue, and any other code, is what is there anyway."""
    if structure not in FILLINGS:
        return content
    filling = FILLINGS[structure]
    cavity = edge(shape.depth - 0.35 * shape.radius + 0.3 * uneven, 0.25)
    return content + cavity * (filling - content)


def calcified(content: Field, grid: Grid, shape: Shape, pattern: int, rng: np.random.Generator) -> Field:
    """Bright deposits in LIDC's patterns; 6 is none. Denser where the calcium is."""
    calcium, turn = rng.uniform(350, 900), rng.uniform(0, 2 * np.pi)
    deeper = shape.depth / shape.radius
    reach = 0.45 * shape.radius
    if pattern == 1:
        deposit = edge(correlated(grid, 0.8, rng) - 0.5, 0.15) * edge(shape.depth - 0.5, 0.2)
    elif pattern == 2:  # noqa: PLR2004 - laminated: shells one inside the other
        deposit = (HALF + HALF * np.cos(2 * np.pi * shape.depth / max(reach, 1.2))) * edge(shape.depth - 0.3, 0.2)
    elif pattern == 3:  # noqa: PLR2004 - solid
        deposit = edge(deeper + 0.1, 0.1)
    elif pattern == 4:  # noqa: PLR2004 - non-central: one spot halfway to the edge
        aside = np.hypot(grid.y - shape.y - reach * np.sin(turn), grid.x - shape.x - reach * np.cos(turn))
        deposit = edge(max(0.3 * shape.radius, 0.6) - aside, 0.2)
    elif pattern == 5:  # noqa: PLR2004 - central
        deposit = edge(deeper - 0.55, 0.06)
    else:
        return content
    return content + deposit * (calcium - content)


def spicules(shape: Shape, spiculation: float, rng: np.random.Generator) -> Field:
    """Fine strands that leave the edge radially, more and longer ones with the rating: share of each pixel filled."""
    most = 11
    angles, lengths, bends = rng.uniform(-np.pi, np.pi, most), rng.uniform(0.3, 1.0, most), rng.normal(0, 0.05, most)
    filled = np.zeros_like(shape.depth)
    outside = (-shape.depth).clip(0, None)
    for angle, length, bend in zip(angles[: round(most * spiculation)], lengths, bends, strict=False):
        turned = shape.angle - angle - bend * outside
        away = (outside + shape.radius) * np.abs(np.sin(turned))
        left = (1 - outside / (2 + 9 * length * spiculation)).clip(0, 1)
        strand = np.exp(-((away / (0.35 + 0.9 * left**2)) ** 2)) * left * (0.4 + 0.6 * length)
        filled = np.maximum(filled, np.where(np.cos(turned) > 0, strand, 0))
    return filled


def measured(tissue: Field, grid: Grid, scan: Scan, rng: np.random.Generator) -> Attenuation:
    """What the scanner makes of it: point spread, pixel aperture, quantum noise, whole Hounsfield units."""
    sigma = scan.blur / np.sqrt(8 * np.log(2)) / grid.spacing
    blurred = ndimage.gaussian_filter(tissue, sigma)[RIM:-RIM, RIM:-RIM]
    size = len(blurred) // OVERSAMPLING
    pixels = blurred.reshape(size, OVERSAMPLING, size, OVERSAMPLING).mean(axis=(1, 3))
    return (pixels + quantum_noise(size, scan, rng)).round().clip(*HU_RANGE).astype(np.float32)


def quantum_noise(size: int, scan: Scan, rng: np.random.Generator) -> Float[np.ndarray, "size size"]:
    """Noise in HU with the band of filtered back-projection: little at low frequencies, none above the kernel's."""
    white = rng.standard_normal((size, size))
    band = ndimage.gaussian_filter(white, scan.grain, mode="wrap")
    band = band - HALF * ndimage.gaussian_filter(white, 3 * scan.grain, mode="wrap")
    return scan.noise * band / band.std()
