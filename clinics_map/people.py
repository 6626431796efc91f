"""Where the people of communities live, and how many of them live inside an outline. Pure.

Nobody counts people by house. A community's registered people are shared out over its homes by floor area, as
dasymetric mapping does (J. Mennis, "Generating surface models of population using dasymetric mapping", Professional
Geographer 55, 2003, pp. 31-42); where no home is known, over its ground.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.measure import share_covered

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Settlement:
    """A community: its registered people and its ground in degrees."""

    key: int
    people: int
    ground: BaseGeometry


@dataclass(frozen=True, slots=True)
class Homes:
    """Homes by columns of one length: the community of each, a point inside (degrees), its floor area in m²."""

    communities: NDArray[np.int64]
    lon: Floats
    lat: Floats
    floor_m2: Floats


@dataclass(frozen=True, slots=True)
class Settled:
    """The people of some communities, placed. `homes` has those of each home; `spread` who lives all over a ground."""

    communities: NDArray[np.int64]
    lon: Floats
    lat: Floats
    people: Floats
    spread: tuple[Settlement, ...]

    def within(self, outline: BaseGeometry) -> dict[int, float]:
        """People inside an outline (degrees), by community; communities without any are left out."""
        found: dict[int, float] = {}
        inside = shapely.contains_xy(outline, self.lon, self.lat) if len(self.lon) else np.zeros(0, dtype=bool)
        for key in np.unique(self.communities[inside]):
            found[int(key)] = float(self.people[inside & (self.communities == key)].sum())
        for settlement in self.spread:
            share = share_covered(outline, settlement.ground)
            if share > 0:
                found[settlement.key] = settlement.people * share
        return found


def settle(settlements: Iterable[Settlement], homes: Homes) -> Settled:
    """Place the people of each community: in its homes by floor area, or over its ground where it has none."""
    listed = list(settlements)
    people = np.zeros(len(homes.lon))
    spread = []
    for settlement in listed:
        own = homes.communities == settlement.key
        floor = float(homes.floor_m2[own].sum())
        if floor > 0:
            people[own] = settlement.people * homes.floor_m2[own] / floor
        else:
            spread.append(settlement)
    return Settled(homes.communities, homes.lon, homes.lat, people, tuple(spread))


def within_each(settled: Settled, outlines: Sequence[BaseGeometry]) -> list[int]:
    """People inside each outline, rounded to whole people."""
    return [round(sum(settled.within(outline).values())) for outline in outlines]
