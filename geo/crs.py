"""Coordinate systems: the one of storage, the local ones of China, and what an input file is in.

Storage is EPSG:4490 (CGCS2000, degrees). Every transformation here takes x (longitude, easting) first. CGCS2000 and
WGS 84 are taken as the same: they differ by centimetres to a few decimetres (plate motion since epoch 2000.0), less
than a phone or an orthophoto resolves. What an input file is in, Xian 1980 and Beijing 1954 included, is told by
geo.crs_detect.

Chinese consumer maps shift coordinates: GCJ-02 (Amap, Tencent, phones' map apps) and BD-09 (Baidu) lie 100-700 m off
WGS 84. The formulas are those of "eviltransform", which reproduce the official module to about 1 m; the way back has no
closed form and is iterated to the inverse of the forward formula.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias, TypeVar

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.errors import CoordinateError, UnknownCrsError

STORAGE_SRID: Final = 4490
WGS84_SRID: Final = 4326
WEB_MERCATOR_SRID: Final = 3857

# CGCS2000 ellipsoid: GB 22021-2008, table 1 (the same as GRS 80 to the digits given).
CGCS2000_SEMI_MAJOR_M: Final = 6378137.0
CGCS2000_INVERSE_FLATTENING: Final = 298.257222101

# CGCS2000 / 3-degree Gauss-Kruger. Zone n has its central meridian at 3n; 25 is 75E, 45 is 135E.
FIRST_ZONE: Final = 25
LAST_ZONE: Final = 45
_SRID_OF_FIRST_PREFIXED: Final = 4513  # 4513-4533: false easting zone * 1,000,000 + 500,000
_SRID_OF_FIRST_PLAIN: Final = 4534  # 4534-4554: false easting 500,000

Geometry = TypeVar("Geometry", bound=BaseGeometry)
CrsLike: TypeAlias = "int | str | pyproj.CRS"
Coordinates: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True, order=True)
class LonLat:
    """A place in degrees on CGCS2000 (longitude east, latitude north). Raises CoordinateError when out of range."""

    lon: float
    lat: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.lon) and math.isfinite(self.lat)):
            raise CoordinateError(f"longitude {self.lon} / latitude {self.lat} is not a finite number")
        if not (-180.0 <= self.lon <= 180.0 and -90.0 <= self.lat <= 90.0):
            raise CoordinateError(f"longitude {self.lon} / latitude {self.lat} is outside ±180 / ±90 degrees")


@dataclass(frozen=True, slots=True)
class Bounds:
    """A box: minimum and maximum x (longitude or easting) and y (latitude or northing), in the unit of its CRS."""

    min_x: float
    min_y: float
    max_x: float
    max_y: float

    @classmethod
    def of(cls, geometry: BaseGeometry) -> Bounds:
        """The box around a geometry."""
        return cls(*geometry.bounds)

    def is_finite(self) -> bool:
        """Whether all four numbers are finite."""
        return all(math.isfinite(value) for value in (self.min_x, self.min_y, self.max_x, self.max_y))

    def intersects(self, other: Bounds) -> bool:
        """Whether the boxes share a point."""
        return (
            self.min_x <= other.max_x
            and other.min_x <= self.max_x
            and self.min_y <= other.max_y
            and other.min_y <= self.max_y
        )

    def contains(self, other: Bounds) -> bool:
        """Whether the other box lies within this one."""
        return (
            self.min_x <= other.min_x
            and other.max_x <= self.max_x
            and self.min_y <= other.min_y
            and other.max_y <= self.max_y
        )

    def swapped(self) -> Bounds:
        """The box with its axes exchanged."""
        return Bounds(self.min_y, self.min_x, self.max_y, self.max_x)

    def grown(self, margin: float) -> Bounds:
        """The box with a margin (in its own unit) on each side."""
        return Bounds(self.min_x - margin, self.min_y - margin, self.max_x + margin, self.max_y + margin)

    def __str__(self) -> str:
        return f"{self.min_x:.10g}…{self.max_x:.10g}, {self.min_y:.10g}…{self.max_y:.10g}"


@dataclass(frozen=True, slots=True)
class GaussKrugerZone:
    """A 3-degree Gauss-Kruger zone of CGCS2000: 25 (75°E) to 45 (135°E)."""

    number: int

    def __post_init__(self) -> None:
        if not FIRST_ZONE <= self.number <= LAST_ZONE:
            raise UnknownCrsError(f"3-degree zone {self.number} is outside {FIRST_ZONE}…{LAST_ZONE} (75°E…135°E)")

    @property
    def central_meridian(self) -> int:
        """Degrees east."""
        return 3 * self.number

    @property
    def srid(self) -> int:
        """EPSG code with a plain false easting of 500 km (4534-4554)."""
        return _SRID_OF_FIRST_PLAIN + self.number - FIRST_ZONE

    @property
    def prefixed_srid(self) -> int:
        """EPSG code with the zone number before the easting, like 38,500,000 (4513-4533)."""
        return _SRID_OF_FIRST_PREFIXED + self.number - FIRST_ZONE


def zone_of_longitude(lon: float) -> GaussKrugerZone:
    """The 3-degree zone a longitude lies in; an edge (112.5°E) belongs to the zone east of it.

    Raises UnknownCrsError west of 73.5°E and from 136.5°E on, where CGCS2000 has no 3-degree zone.
    """
    if not math.isfinite(lon):
        raise UnknownCrsError(f"longitude {lon} is not a finite number")
    return GaussKrugerZone(math.floor((lon + 1.5) / 3.0))


def zone_of_srid(srid: int) -> GaussKrugerZone | None:
    """The 3-degree zone of an EPSG code 4513-4554, or None for any other code."""
    if _SRID_OF_FIRST_PREFIXED <= srid < _SRID_OF_FIRST_PLAIN:
        return GaussKrugerZone(srid - _SRID_OF_FIRST_PREFIXED + FIRST_ZONE)
    if _SRID_OF_FIRST_PLAIN <= srid <= _SRID_OF_FIRST_PLAIN + LAST_ZONE - FIRST_ZONE:
        return GaussKrugerZone(srid - _SRID_OF_FIRST_PLAIN + FIRST_ZONE)
    return None


def has_zone_prefix(srid: int) -> bool:
    """Whether the easting of this EPSG code carries the zone number (4513-4533)."""
    return _SRID_OF_FIRST_PREFIXED <= srid < _SRID_OF_FIRST_PLAIN


def local_srid(geometry: BaseGeometry) -> int:
    """EPSG code (without zone prefix) of the 3-degree zone around the middle of a lon/lat geometry."""
    if geometry.is_empty:
        raise UnknownCrsError("an empty geometry lies in no Gauss-Kruger zone")
    min_x, _, max_x, _ = geometry.bounds
    return zone_of_longitude((min_x + max_x) / 2.0).srid


@lru_cache(maxsize=128)
def _transformer(source: str, target: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(pyproj.CRS(source), pyproj.CRS(target), always_xy=True)


@lru_cache(maxsize=256)
def _wkt_of_srid(srid: int) -> str:
    return str(pyproj.CRS.from_epsg(srid).to_wkt())


def transformer(source: CrsLike, target: CrsLike = STORAGE_SRID) -> pyproj.Transformer:
    """A transformer with x first (longitude, easting), kept for reuse. An integer is an EPSG code."""
    return _transformer(_wkt(source), _wkt(target))


def _wkt(crs: CrsLike) -> str:
    if isinstance(crs, int):
        return _wkt_of_srid(crs)
    return crs if isinstance(crs, str) else str(crs.to_wkt())


def transform_coordinates(
    xy: Coordinates, source: CrsLike, target: CrsLike = STORAGE_SRID, *, strict: bool = True
) -> Coordinates:
    """Transform an (n, 2) array of x, y. A point without image raises CoordinateError; not strict, it is infinite."""
    return apply_transformer(xy, transformer(source, target), strict=strict)


def apply_transformer(
    xy: Coordinates,
    chosen: pyproj.Transformer,
    *,
    strict: bool = True,
) -> Coordinates:
    """Transform an (n, 2) array with a given transformer.

    A point without an image raises CoordinateError, which names the first one; not strict, it becomes infinite.
    """
    x, y = chosen.transform(xy[:, 0], xy[:, 1])
    out = np.column_stack([x, y]).astype(np.float64)
    lost = ~np.isfinite(out).all(axis=1)
    if strict and lost.any():
        first = int(np.argmax(lost))
        raise CoordinateError(f"point {first} ({xy[first, 0]:.10g}, {xy[first, 1]:.10g}) cannot be transformed")
    return out


def reproject(geometry: Geometry, source: CrsLike, target: CrsLike = STORAGE_SRID) -> Geometry:
    """The geometry in another CRS; z is dropped. Raises CoordinateError when a point has no image."""
    chosen = transformer(source, target)
    return _map_coordinates(geometry, lambda xy: apply_transformer(xy, chosen))


def to_local(geometry: Geometry) -> tuple[Geometry, int]:
    """A lon/lat geometry in metres in its own 3-degree Gauss-Kruger zone, and that zone's EPSG code.

    For shapes and offsets only; areas come from geo.measure.
    """
    srid = local_srid(geometry)
    return reproject(geometry, STORAGE_SRID, srid), srid


def _map_coordinates(geometry: Geometry, function: Callable[[Coordinates], Coordinates]) -> Geometry:
    flat = shapely.force_2d(geometry)
    mapped: Geometry = shapely.transform(flat, function)
    return mapped


# GCJ-02 and BD-09. Krasovsky 1940, which the GCJ-02 shift is computed on.
_SEMI_MAJOR_M: Final = 6378245.0
_ECCENTRICITY_SQUARED: Final = 0.00669342162296594323
_BD_PI: Final = math.pi * 3000.0 / 180.0

INVERSE_TOLERANCE_DEG: Final = 1e-11  # a micrometre; double precision at 113°E resolves 1.4e-14
_MAX_ITERATIONS: Final = 50  # about 6 are needed: the shift changes by less than 1 % over its own length


def is_shifted_here(place: LonLat) -> bool:
    """Whether the consumer maps shift coordinates at this place (the bounding box used by the official module)."""
    return 72.004 <= place.lon <= 137.8347 and 0.8293 <= place.lat <= 55.8271


def wgs84_to_gcj02(place: LonLat) -> LonLat:
    """GCJ-02 coordinates of a WGS 84 / CGCS2000 place."""
    if not is_shifted_here(place):
        return place
    lon, lat = _gcj02(place.lon, place.lat)
    return LonLat(lon, lat)


def gcj02_to_wgs84(place: LonLat) -> LonLat:
    """WGS 84 / CGCS2000 coordinates of a GCJ-02 place, exact to 1e-9 degrees against the forward formula."""
    if not is_shifted_here(place):
        return place
    return _inverse(_gcj02, place)


def gcj02_to_bd09(place: LonLat) -> LonLat:
    """BD-09 coordinates of a GCJ-02 place."""
    return LonLat(*_bd09(place.lon, place.lat))


def bd09_to_gcj02(place: LonLat) -> LonLat:
    """GCJ-02 coordinates of a BD-09 place."""
    return _inverse(_bd09, place)


def wgs84_to_bd09(place: LonLat) -> LonLat:
    """BD-09 coordinates of a WGS 84 / CGCS2000 place."""
    return gcj02_to_bd09(wgs84_to_gcj02(place))


def bd09_to_wgs84(place: LonLat) -> LonLat:
    """WGS 84 / CGCS2000 coordinates of a BD-09 place."""
    return gcj02_to_wgs84(bd09_to_gcj02(place))


def _inverse(forward: Callable[[float, float], tuple[float, float]], target: LonLat) -> LonLat:
    lon, lat = target.lon, target.lat
    for _ in range(_MAX_ITERATIONS):
        image_lon, image_lat = forward(lon, lat)
        step_lon, step_lat = target.lon - image_lon, target.lat - image_lat
        lon, lat = lon + step_lon, lat + step_lat
        if abs(step_lon) < INVERSE_TOLERANCE_DEG and abs(step_lat) < INVERSE_TOLERANCE_DEG:
            return LonLat(lon, lat)
    raise CoordinateError(f"the map shift at {target.lon}, {target.lat} could not be undone")


def _gcj02(lon: float, lat: float) -> tuple[float, float]:
    x, y = lon - 105.0, lat - 35.0
    root = math.sqrt(abs(x))
    common = 20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (common + 20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
    north += (160.0 * math.sin(y / 12.0 * math.pi) + 320.0 * math.sin(y * math.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (common + 20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
    east += (150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi)) * 2.0 / 3.0
    latitude = math.radians(lat)
    magic = 1.0 - _ECCENTRICITY_SQUARED * math.sin(latitude) ** 2
    meridian_radius = _SEMI_MAJOR_M * (1.0 - _ECCENTRICITY_SQUARED) / (magic * math.sqrt(magic))
    parallel_radius = _SEMI_MAJOR_M / math.sqrt(magic) * math.cos(latitude)
    return lon + math.degrees(east / parallel_radius), lat + math.degrees(north / meridian_radius)


def _bd09(lon: float, lat: float) -> tuple[float, float]:
    radius = math.hypot(lon, lat) + 0.00002 * math.sin(lat * _BD_PI)
    angle = math.atan2(lat, lon) + 0.000003 * math.cos(lon * _BD_PI)
    return radius * math.cos(angle) + 0.0065, radius * math.sin(angle) + 0.006
