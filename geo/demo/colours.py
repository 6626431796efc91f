"""Colours of roofs and ground, as an aerial camera sees them in the town's three seasons."""

from __future__ import annotations

import numpy as np

from geo.demo.plan import Colour

Seasons = tuple[Colour, Colour, Colour]  # March, June, September

ROOFS: dict[str, tuple[Colour, ...]] = {
    "concrete": ((176, 172, 164), (158, 154, 148), (190, 184, 172), (146, 146, 146), (168, 160, 148)),
    "bitumen": ((112, 112, 114), (98, 100, 104), (126, 122, 118)),
    "blue_steel": ((62, 108, 166), (50, 96, 158), (92, 132, 174), (72, 118, 170), (112, 146, 178)),
    "red_steel": ((156, 66, 56), (142, 74, 62), (168, 82, 66)),
    "white_steel": ((208, 210, 210), (192, 196, 198), (220, 218, 212)),
    "grey_tile": ((108, 108, 110), (96, 98, 102), (122, 118, 114)),
    "red_tile": ((152, 86, 64), (140, 78, 60), (164, 102, 78)),
}

# The plain's rotation is winter wheat (green in March, stubble in June) and maize (ripening in late September).
CROPS: tuple[tuple[float, Seasons], ...] = (
    (0.46, ((82, 106, 58), (184, 164, 118), (112, 116, 64))),
    (0.14, ((92, 110, 64), (150, 128, 96), (98, 106, 58))),
    (0.12, ((96, 104, 66), (82, 112, 58), (90, 106, 60))),
    (0.10, ((150, 128, 98), (126, 116, 80), (158, 136, 100))),
    (0.08, ((142, 142, 66), (96, 112, 62), (120, 112, 74))),
    (0.10, ((154, 134, 104), (104, 120, 68), (150, 140, 84))),
)
GRASS: Seasons = ((132, 122, 90), (88, 112, 64), (100, 112, 68))
ORCHARD: Seasons = ((134, 118, 90), (96, 108, 66), (104, 106, 68))
VILLAGE_GROUND: Seasons = ((160, 150, 134), (158, 150, 136), (156, 148, 134))
YARD: Seasons = ((172, 166, 156), (174, 168, 158), (170, 164, 154))
CONCRETE: Seasons = ((170, 167, 160), (174, 170, 163), (168, 165, 158))
ASPHALT: Seasons = ((110, 110, 112), (116, 115, 115), (108, 108, 110))
STREET: Seasons = ((140, 138, 134), (146, 143, 138), (138, 136, 132))
LANE: Seasons = ((176, 168, 154), (180, 172, 158), (174, 166, 152))
PAVEMENT: Seasons = ((164, 156, 146), (168, 160, 150), (162, 154, 145))
DIRT: Seasons = ((166, 142, 110), (172, 148, 116), (160, 138, 106))
WATER: Seasons = ((84, 94, 84), (92, 102, 84), (78, 92, 80))
BANK: Seasons = ((150, 136, 108), (110, 122, 80), (122, 122, 86))
COURT: Seasons = ((146, 76, 64), (150, 78, 64), (142, 74, 62))
PITCH: Seasons = ((88, 118, 72), (78, 120, 66), (86, 118, 70))
PLASTIC: Seasons = ((206, 210, 210), (194, 198, 200), (200, 204, 204))

CARS: tuple[Colour, ...] = (
    (232, 232, 232), (228, 230, 232), (40, 42, 46), (60, 62, 66), (150, 152, 156),
    (120, 30, 30), (40, 60, 110), (190, 190, 186),
)  # fmt: skip
TARPAULINS: tuple[Colour, ...] = ((40, 92, 178), (52, 122, 92), (206, 108, 46), (46, 104, 190))
CONTAINERS: tuple[Colour, ...] = ((60, 96, 140), (150, 66, 48), (196, 196, 190), (70, 110, 80))
NET: Colour = (74, 120, 84)  # green dust net over bare soil
STACKS: tuple[Colour, ...] = ((140, 96, 70), (120, 122, 126), (186, 160, 116), (96, 104, 112), (170, 172, 172))
HEAPS: tuple[Colour, ...] = ((176, 148, 112), (150, 140, 128), (132, 96, 76))


def pick(rng: np.random.Generator, choices: tuple[Colour, ...], spread: float = 9.0) -> Colour:
    """One of the colours, a little varied: brightness by ``spread``, hue by a third of it."""
    base = np.array(choices[int(rng.integers(len(choices)))], dtype=float)
    hue = rng.normal(0.0, spread / 3 if np.ptp(base) > 40 else spread / 6, 3)
    moved = np.clip(base + rng.normal(0.0, spread) + hue, 12.0, 245.0)
    return float(moved[0]), float(moved[1]), float(moved[2])


def roof(rng: np.random.Generator, kind: str) -> Colour:
    return pick(rng, ROOFS[kind])


def varied(rng: np.random.Generator, seasons: Seasons, spread: float = 6.0) -> Seasons:
    """Ground of this kind at one place: the same shift on all dates, and a little of its own on each."""
    shift = rng.normal(0.0, spread) + rng.normal(0.0, spread / 3, 3)
    out: list[Colour] = []
    for season in seasons:
        moved = np.clip(np.array(season) + shift + rng.normal(0.0, spread / 2), 20.0, 240.0)
        out.append((float(moved[0]), float(moved[1]), float(moved[2])))
    return out[0], out[1], out[2]


def crop(rng: np.random.Generator) -> Seasons:
    weights = np.array([weight for weight, _ in CROPS])
    which = int(rng.choice(len(CROPS), p=weights / weights.sum()))
    return varied(rng, CROPS[which][1], 8.0)
