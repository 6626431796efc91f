"""From the plane of the files to longitude and latitude, and areas on the ground."""

from __future__ import annotations

from functools import cache

import numpy as np
import shapely
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from geo.crs import STORAGE_SRID
from geo.demo.plane import FloatArray
from geo.demo.scale import SRID_FILES
from geo.measure import area_m2

LONLAT_DECIMALS = 9  # 0.1 mm


@cache
def _to_degrees() -> Transformer:
    return Transformer.from_crs(SRID_FILES, STORAGE_SRID, always_xy=True)


def lonlat(geometry: BaseGeometry) -> BaseGeometry:
    """A geometry of EPSG:4547 in degrees of EPSG:4490, longitude first, rounded to 1e-9."""

    def convert(points: FloatArray) -> FloatArray:
        lon, lat = _to_degrees().transform(points[:, 0], points[:, 1])
        return np.round(np.stack([lon, lat], axis=1), LONLAT_DECIMALS)

    return shapely.transform(geometry, convert)


def ground_m2(geometry: BaseGeometry) -> float:
    """The area of a geometry of EPSG:4547 on the ellipsoid, square metres."""
    return float(area_m2(lonlat(geometry)).area_m2)
