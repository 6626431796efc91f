"""Metres around a place: longitude and latitude scaled by the length of a degree there."""

import math

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geo.zoning.errors import ZoningError

# A degree of latitude on the ellipsoid is 110.57 to 111.69 km; within 0.6 % a tolerance needs no more.
METRES_PER_DEGREE = 111_132.0

Floats = NDArray[np.float64]


def scale_at(geometry: BaseGeometry) -> Floats:
    """Metres per degree east and north at a geometry, shape (2,)."""
    if geometry.is_empty:
        raise ZoningError("an empty geometry lies nowhere")
    _west, south, _east, north = geometry.bounds
    return np.array([METRES_PER_DEGREE * math.cos(math.radians((south + north) / 2.0)), METRES_PER_DEGREE])


def wider_than(geometry: BaseGeometry, width_m: float) -> bool:
    """Whether some polygon of a geometry holds a circle of a diameter of width_m metres."""
    found = polygons(geometry)
    if not found:
        return False
    scale = scale_at(geometry)
    scaled = shapely.transform(MultiPolygon(found), lambda xy: xy * scale)
    return not shapely.buffer(shapely.make_valid(scaled), -width_m / 2.0).is_empty


def polygons(geometry: BaseGeometry) -> list[Polygon]:
    """The polygons of any result of an overlay; its points and lines are dropped."""
    parts = shapely.get_parts(geometry) if hasattr(geometry, "geoms") else [geometry]
    nested = [part for part in parts if hasattr(part, "geoms")]
    flat = [part for part in parts if isinstance(part, Polygon) and not part.is_empty]
    return flat + [polygon for part in nested for polygon in polygons(part)]


def areal(geometry: BaseGeometry) -> MultiPolygon:
    """The polygons of a geometry as one, as the boundary columns keep them."""
    return MultiPolygon(polygons(geometry))
