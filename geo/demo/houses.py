"""Village houses: a main wing to the north of the lot, side wings and sheds round a yard that opens to the south."""

from __future__ import annotations

import numpy as np

from geo.demo import colours
from geo.demo.plan import Structure
from geo.demo.plane import Rect

# Share of roofs by kind: dense urban villages are flat concrete, farm villages keep tiled gables.
DENSE_ROOFS = (("concrete", 0.66), ("blue_steel", 0.13), ("grey_tile", 0.08), ("red_tile", 0.08), ("red_steel", 0.05))
FARM_ROOFS = (("concrete", 0.36), ("grey_tile", 0.24), ("red_tile", 0.27), ("blue_steel", 0.08), ("red_steel", 0.05))
ONE_STOREY_STRUCTURE = {"grey_tile": "brick_wood", "red_tile": "brick_wood"}


def village_house(lot: Rect, block: int, dense: bool, rng: np.random.Generator) -> list[Structure]:
    """The buildings of one lot: the house, and often a lower kitchen or shed of its own."""
    kind = _pick(DENSE_ROOFS if dense else FARM_ROOFS, rng)
    flat = kind == "concrete"
    storeys = (
        int(rng.choice([2, 3, 4, 5], p=[0.35, 0.35, 0.2, 0.1]))
        if dense and flat
        else int(rng.choice([1, 2], p=[0.55, 0.45]))
    )
    material = "brick_concrete" if storeys > 1 else ONE_STOREY_STRUCTURE.get(kind, "brick_concrete")
    length, depth = lot.length_m - 0.7, lot.depth_m - 0.7
    main_depth = min(depth, float(rng.uniform(7.2, 9.4) if not dense else rng.uniform(8.5, 11.5)))
    top = depth / 2
    main = lot.part(0.0, top - main_depth / 2, length, main_depth)
    house = Structure(
        [main],
        kind,
        colours.roof(rng, kind),
        storeys,
        3.1,
        "residential",
        material,
        block,
        detail_seed=int(rng.integers(1 << 31)),
    )
    yard_m = depth - main_depth
    found = [house]
    if yard_m > 3.0:
        draw = rng.random()
        side = -1 if rng.random() < 0.5 else 1
        wing = float(rng.uniform(2.8, 3.8))
        if draw < 0.45:
            spot = lot.part(side * (length / 2 - wing / 2), -depth / 2 + yard_m / 2, wing, yard_m)
            low = _pick((("concrete", 0.6), ("blue_steel", 0.25), ("grey_tile", 0.15)), rng)
            found.append(_shed(spot, low, block, rng))
        elif draw < 0.72 and flat:
            house.parts.append(
                lot.part(side * (length / 2 - wing / 2), -depth / 2 + yard_m / 2 + 0.2, wing, yard_m + 0.4)
            )
        if rng.random() < 0.25:
            gate = lot.part(-side * (length / 2 - 1.6), -depth / 2 + 1.4, 3.0, 2.6)
            found.append(_shed(gate, _pick((("concrete", 0.5), ("red_tile", 0.5)), rng), block, rng))
    return found


def _shed(spot: Rect, roof: str, block: int, rng: np.random.Generator) -> Structure:
    material = "sheet_steel" if roof.endswith("steel") else "brick_concrete"
    return Structure(
        [spot],
        roof,
        colours.roof(rng, roof),
        1,
        2.8,
        "residential",
        material,
        block,
        detail_seed=int(rng.integers(1 << 31)),
    )


def _pick(weighted: tuple[tuple[str, float], ...], rng: np.random.Generator) -> str:
    weights = np.array([weight for _, weight in weighted])
    return weighted[int(rng.choice(len(weighted), p=weights / weights.sum()))][0]
