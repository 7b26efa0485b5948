"""The inside of a nodule: ground glass and solid core, fluid, fat or air, and calcification."""

from __future__ import annotations

import numpy as np

from camfolio.data.phantom.appearance import Appearance, scaled
from camfolio.data.phantom.grid import Field, Grid, correlated, edge
from camfolio.data.phantom.shape import Shape

FILLINGS = {2: 8.0, 3: -85.0, 4: -900.0}  # HU of fluid, fat and air by LIDC's code of the internal structure


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
    filled: Field = content + cavity * (filling - content)
    return filled


def calcified(content: Field, grid: Grid, shape: Shape, pattern: int, rng: np.random.Generator) -> Field:
    """Bright deposits in LIDC's patterns; 6 is none. Denser where the calcium is."""
    calcium, turn = rng.uniform(350, 900), rng.uniform(0, 2 * np.pi)
    deeper = shape.depth / shape.radius
    reach = 0.45 * shape.radius
    if pattern == 1:
        deposit = edge(correlated(grid, 0.8, rng) - 0.5, 0.15) * edge(shape.depth - 0.5, 0.2)
    elif pattern == 2:  # noqa: PLR2004 - laminated: shells one inside the other
        deposit = (0.5 + 0.5 * np.cos(2 * np.pi * shape.depth / max(reach, 1.2))) * edge(shape.depth - 0.3, 0.2)
    elif pattern == 3:  # noqa: PLR2004 - solid
        deposit = edge(deeper + 0.1, 0.1)
    elif pattern == 4:  # noqa: PLR2004 - non-central: one spot halfway to the edge
        aside = np.hypot(grid.y - shape.y - reach * np.sin(turn), grid.x - shape.x - reach * np.cos(turn))
        deposit = edge(max(0.3 * shape.radius, 0.6) - aside, 0.2)
    elif pattern == 5:  # noqa: PLR2004 - central
        deposit = edge(deeper - 0.55, 0.06)
    else:
        return content
    deposited: Field = content + deposit * (calcium - content)
    return deposited
