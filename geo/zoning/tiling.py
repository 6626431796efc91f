"""How zones of one level lie in their parent: where they overlap, stick out, and leave it uncovered (R-801)."""

from collections.abc import Sequence
from typing import Final

import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geo.measure import outline_area_m2
from geo.zoning.plane import areal, polygons, wider_than

# What is drawn here is snapped to 1 m (geo.zoning.snap), so that a strip of 1 m was not meant. What was imported may
# differ by two digitisations of one line, 2 m (geo.importers.topology); the greater of both is asked.
SLIVER_WIDTH_M: Final = 2.0


def overlap(a: BaseGeometry, b: BaseGeometry) -> MultiPolygon | None:
    """What two zones share, when it is wider than a sliver."""
    if not shapely.intersects(a, b):
        return None
    return _real(shapely.intersection(a, b))


def outside(zone: BaseGeometry, parent: BaseGeometry) -> MultiPolygon | None:
    """The part of a zone outside its parent, when it is wider than a sliver."""
    if shapely.covers(parent, zone):
        return None
    return _real(shapely.difference(zone, parent))


def gaps(parent: BaseGeometry, zones: Sequence[BaseGeometry]) -> list[Polygon]:
    """The parts of the parent that no zone covers, slivers left out, the largest first."""
    rest = shapely.difference(parent, shapely.union_all(list(zones))) if zones else parent
    found = [polygon for polygon in polygons(rest) if wider_than(polygon, SLIVER_WIDTH_M)]
    return sorted(found, key=outline_area_m2, reverse=True)


def _real(part: BaseGeometry) -> MultiPolygon | None:
    return areal(part) if wider_than(part, SLIVER_WIDTH_M) else None
