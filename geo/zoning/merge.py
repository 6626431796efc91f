"""One zone of several."""

from collections.abc import Sequence

import shapely
from shapely.geometry import MultiPolygon
from shapely.geometry.base import BaseGeometry

from geo.zoning.errors import JoinError
from geo.zoning.plane import areal, polygons
from geo.zoning.snap import snap


def merge(zones: Sequence[BaseGeometry]) -> MultiPolygon:
    """The union of zones that share sides; a seam within the snapping tolerance is closed.

    Raises JoinError when the zones only touch in a point or lie apart: one enumerator walks a block (R-803).
    """
    if len(zones) < 2:
        raise JoinError(f"{len(zones)} zone is nothing to join")
    united = shapely.union_all(list(zones))
    allowed = sum(len(polygons(zone)) for zone in zones) - (len(zones) - 1)
    if len(polygons(united)) > allowed:
        first, *others = zones
        snapped = [first, *(snap(zone, [first]).zone for zone in others)]
        united = shapely.union_all(snapped)
    if len(polygons(united)) > allowed:
        raise JoinError(f"{len(zones)} zones make {len(polygons(united))} separate parts, at most {allowed} expected")
    return areal(united)
