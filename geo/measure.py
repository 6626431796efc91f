"""Areas and lengths on the ground: the only code of the product that computes an area.

Areas are geodesic on the CGCS2000 ellipsoid (edges are geodesics; Karney, "Algorithms for geodesics", J. Geodesy 87,
2013, doi:10.1007/s00190-012-0578-z, as in PROJ), so no zone, no scale factor and no zone edge enters. Geometries are
shapely, in EPSG:4490 degrees, longitude first. Arithmetic noise is up to 6e-5 m² a polygon, whatever its size.

Uncertainties are one standard deviation (k = 1, JCGM 100:2008 "GUM"), by propagation of the vertex positions.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from shapely.geometry import LineString, MultiLineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from geo.crs import CGCS2000_INVERSE_FLATTENING, CGCS2000_SEMI_MAJOR_M, LonLat
from geo.errors import (
    AntimeridianError,
    CoordinateError,
    EmptyGeometryError,
    GeometryTypeError,
    InvalidGeometryError,
    MeasureError,
    TooSmallError,
    WalkError,
)

METHOD_GEODESIC: Final = "geodesic-cgcs2000"
METHOD_WALK: Final = "walked-vertices"
METHOD_DIMENSIONS: Final = "typed-dimensions"
METHOD_SUM: Final = "sum"

# Below this the noise of the arithmetic (6e-5 m² against geographiclib, bench/measure.py) passes 0.6 %.
SMALLEST_AREA_M2: Final = 0.01
# A millimetre: the storage's ninth decimal of a degree is a tenth of it.
SMALLEST_LENGTH_M: Final = 0.001
# Fewer than three places, or a walk that comes out smaller than this, is a fix that did not move.
SMALLEST_WALK_M2: Final = 1.0
# A radius that holds the true place with 68 % (Android's Location.getAccuracy, which Chrome hands through) is 1.515
# standard deviations of one axis: P(r < R) = 1 - exp(-R²/2s²). W3C says 95 % (2.448 s);
# 68 % is the cautious reading.
ACCURACY_RADIUS_PER_SIGMA: Final = math.sqrt(-2.0 * math.log(1.0 - 0.6827))
# A tape or laser reads to the millimetre; where a rough wall begins and ends is known to about 5 cm (our estimate).
TYPED_SIDE_SIGMA_M: Final = 0.05

_GEOD: Final = Geod(a=CGCS2000_SEMI_MAJOR_M, rf=CGCS2000_INVERSE_FLATTENING)
_FLATTENING: Final = 1.0 / CGCS2000_INVERSE_FLATTENING
_E2: Final = _FLATTENING * (2.0 - _FLATTENING)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Area:
    """An area in m² with one standard deviation in m² (None: not known) and how it was measured."""

    area_m2: float
    uncertainty_m2: float | None
    method: str


@dataclass(frozen=True, slots=True)
class Length:
    """A length in metres with one standard deviation in metres."""

    length_m: float
    uncertainty_m: float


@dataclass(frozen=True, slots=True)
class WalkedVertex:
    """A corner where an inspector stood: the phone's position and its accuracy radius in metres."""

    position: LonLat
    accuracy_m: float


@dataclass(frozen=True, slots=True)
class WalkedPolygon:
    """The polygon of walked vertices (EPSG:4490, in walking order) and its area with uncertainty."""

    polygon: Polygon
    area: Area


def area_m2(geometry_lonlat: BaseGeometry, *, position_sigma_m: float | None = None) -> Area:
    """Geodesic area of a Polygon or MultiPolygon in EPSG:4490; holes are taken off, ring orientation does not matter.

    position_sigma_m is the standard deviation of each coordinate of each vertex in metres, vertices independent of
    each other. The uncertainty is then, over the vertices i of every ring,

        var(A) = s²/4 · Σ [(x[i+1] - x[i-1])² + (y[i+1] - y[i-1])²] + n·s⁴/2

    the exact variance of the shoelace formula under Gaussian errors (first order: Chrisman & Yandell, "Effects of point
    error on area calculations", Surveying and Mapping 48, 1988; second term: the products of neighbouring errors).
    A shift common to all vertices changes no area and does not belong in s.

    Raises MeasureError subclasses: EmptyGeometryError, GeometryTypeError, InvalidGeometryError, TooSmallError (below
    0.01 m²), AntimeridianError; CoordinateError for coordinates that are no degrees.
    """
    polygon = _checked_areal(geometry_lonlat)
    area = _signless_area(polygon)
    if area < SMALLEST_AREA_M2:
        raise TooSmallError(f"area {area:.3g} m² is below the {SMALLEST_AREA_M2} m² that can be resolved")
    sigma = None if position_sigma_m is None else _area_sigma(polygon, _checked_sigma(position_sigma_m))
    return Area(area, sigma, METHOD_GEODESIC)


def outline_area_m2(geometry_lonlat: BaseGeometry) -> float:
    """What the rings of a polygon enclose in m², holes off, without asking whether they cross each other.

    Only to judge what a repair of an invalid polygon changed: the loops of a crossing ring count against each other.
    """
    if not isinstance(geometry_lonlat, Polygon | MultiPolygon) or geometry_lonlat.is_empty:
        raise GeometryTypeError(f"a {geometry_lonlat.geom_type} without rings encloses nothing")
    _check_degrees(geometry_lonlat)
    return _signless_area(geometry_lonlat)


def areas_m2(geometries_lonlat: Sequence[BaseGeometry]) -> Floats:
    """Areas of many polygons in m², shape (n,): the same numbers as area_m2. The first bad one raises, by index."""
    out = np.empty(len(geometries_lonlat), dtype=np.float64)
    for index, geometry in enumerate(geometries_lonlat):
        try:
            out[index] = area_m2(geometry).area_m2
        except (MeasureError, CoordinateError) as error:
            raise type(error)(f"geometry {index}: {error}") from error
    return out


def overlap_m2(a: BaseGeometry, b: BaseGeometry) -> float:
    """Area in m² that two areal geometries share; 0.0 when they only touch or are apart.

    Sides are cut as straight lines in degrees, which leave the geodesic by L²·tan(lat)/8R: 0.1 mm for a side of 100 m,
    1 m for one of 10 km. For buildings, permits and flags that is nothing; for shares of counties it is below 1e-3.
    """
    return _areal_m2(_checked_areal(a).intersection(_checked_areal(b)))


def uncovered_m2(whole: BaseGeometry, covers: Iterable[BaseGeometry]) -> float:
    """Area in m² of `whole` that none of `covers` covers (what exceeds the permitted footprints)."""
    rest: BaseGeometry = _checked_areal(whole)
    parts = [_checked_areal(cover) for cover in covers]
    return _areal_m2(rest.difference(unary_union(parts)) if parts else rest)


def share_covered(part: BaseGeometry, whole: BaseGeometry) -> float:
    """The share (0…1) of `whole` that lies inside `part`."""
    total = area_m2(whole).area_m2
    return min(1.0, overlap_m2(part, whole) / total)


def length_m(line_lonlat: BaseGeometry) -> float:
    """Geodesic length in metres of a LineString or MultiLineString, or of all rings of a polygon."""
    if line_lonlat.is_empty:
        raise EmptyGeometryError(f"an empty {line_lonlat.geom_type} has no length")
    if isinstance(line_lonlat, Polygon | MultiPolygon):
        line_lonlat = line_lonlat.boundary
    if not isinstance(line_lonlat, LineString | MultiLineString):
        raise GeometryTypeError(f"a {line_lonlat.geom_type} has no length")
    _check_degrees(line_lonlat)
    lines = shapely.get_parts(line_lonlat)
    return float(sum(_GEOD.line_length(*_columns(line)) for line in lines))


def path_length_m(line_lonlat: LineString, *, position_sigma_m: float) -> Length:
    """Geodesic length of a line with its uncertainty when each coordinate of each vertex has the given sigma.

    To first order var(L) = s² · Σ |e[i-1] - e[i]|² over the vertices i, e the unit vectors along the sides and nothing
    beyond the ends: an end counts s², a vertex in a straight stretch nothing, one where the line turns back 4 s².

    Raises MeasureError subclasses: EmptyGeometryError, GeometryTypeError, AntimeridianError, and TooSmallError for a
    line whose vertices all lie in one place; CoordinateError for coordinates that are no degrees.
    """
    total = length_m(line_lonlat)
    if total < SMALLEST_LENGTH_M:
        raise TooSmallError(f"length {total:.3g} m is below the {SMALLEST_LENGTH_M} m that can be resolved")
    x, y = _local_metres(shapely.get_coordinates(line_lonlat))
    sides = np.column_stack([np.diff(x), np.diff(y)])
    lengths = np.hypot(sides[:, 0], sides[:, 1])
    directions = sides[lengths > 0.0] / lengths[lengths > 0.0][:, np.newaxis]
    turns = np.diff(np.vstack([np.zeros(2), directions, np.zeros(2)]), axis=0)
    return Length(total, _checked_sigma(position_sigma_m) * math.sqrt(float(np.sum(turns**2))))


def distance_m(a: LonLat, b: LonLat) -> float:
    """Geodesic distance between two places in metres."""
    return float(_GEOD.inv(a.lon, a.lat, b.lon, b.lat)[2])


def polygon_from_walk(vertices: Sequence[WalkedVertex]) -> WalkedPolygon:
    """The polygon through walked vertices in walking order, its area, and the uncertainty from each vertex's accuracy.

    As in area_m2, with each vertex's own s = accuracy / 1.515 (68 % radius to one axis). Errors of one walk are mostly
    common to all vertices, so that this is an upper bound. A last vertex at the first one's place closes the walk.

    Raises WalkError: fewer than three different places, an accuracy that is not positive, crossing sides, under 1 m².
    """
    walked = list(vertices)
    for number, vertex in enumerate(walked, start=1):
        if not (math.isfinite(vertex.accuracy_m) and vertex.accuracy_m > 0.0):
            raise WalkError(f"vertex {number}: accuracy {vertex.accuracy_m} m is not a positive number")
    distinct = [vertex for i, vertex in enumerate(walked) if i == 0 or vertex.position != walked[i - 1].position]
    if len(distinct) > 1 and distinct[0].position == distinct[-1].position:
        distinct.pop()
    if len({vertex.position for vertex in distinct}) < 3:
        raise WalkError(f"{len(distinct)} different places walked, a polygon needs at least 3")
    polygon = Polygon([(vertex.position.lon, vertex.position.lat) for vertex in distinct])
    if not polygon.is_valid:
        raise WalkError(f"the walked sides cross or touch each other: {shapely.is_valid_reason(polygon)}")
    area = _signless_area(_checked_areal(polygon))
    if area < SMALLEST_WALK_M2:
        raise WalkError(f"the walk encloses {area:.3g} m², less than {SMALLEST_WALK_M2} m²")
    sigmas = np.array([vertex.accuracy_m / ACCURACY_RADIUS_PER_SIGMA for vertex in distinct])
    return WalkedPolygon(polygon, Area(area, math.sqrt(_ring_variance(polygon.exterior, sigmas)), METHOD_WALK))


def typed_dimensions_area(length_m: float, width_m: float, *, side_sigma_m: float = TYPED_SIDE_SIGMA_M) -> Area:
    """Area of a rectangle from two measured sides: var = w²s² + l²s² + s⁴ (variance of a product, sides independent).

    Raises MeasureError when a side is not a positive number.
    """
    for name, value in (("length", length_m), ("width", width_m)):
        if not (math.isfinite(value) and value > 0.0):
            raise MeasureError(f"{name} {value} m is not a positive number")
    sigma = _checked_sigma(side_sigma_m)
    variance = sigma**2 * (length_m**2 + width_m**2) + sigma**4
    return Area(length_m * width_m, math.sqrt(variance), METHOD_DIMENSIONS)


def sum_of_areas(areas: Sequence[Area]) -> Area:
    """The sum of independently measured areas; its uncertainty is None when one of theirs is."""
    if not areas:
        raise MeasureError("no areas to add")
    total = math.fsum(area.area_m2 for area in areas)
    known = [area.uncertainty_m2 for area in areas if area.uncertainty_m2 is not None]
    sigma = math.sqrt(math.fsum(value**2 for value in known)) if len(known) == len(areas) else None
    methods = {area.method for area in areas}
    return Area(total, sigma, methods.pop() if len(methods) == 1 else METHOD_SUM)


def _checked_sigma(sigma_m: float) -> float:
    if not (math.isfinite(sigma_m) and sigma_m >= 0.0):
        raise MeasureError(f"standard deviation {sigma_m} m is not a number ≥ 0")
    return sigma_m


def _check_degrees(geometry: BaseGeometry) -> None:
    coordinates = shapely.get_coordinates(geometry)
    if not np.isfinite(coordinates).all():
        raise CoordinateError("a coordinate is not a finite number")
    (min_x, min_y), (max_x, max_y) = coordinates.min(axis=0), coordinates.max(axis=0)
    if min_x < -180.0 or max_x > 180.0 or min_y < -90.0 or max_y > 90.0:
        raise CoordinateError(
            f"coordinates {min_x:.10g}…{max_x:.10g}, {min_y:.10g}…{max_y:.10g} are no degrees of longitude and latitude"
        )
    if max_x - min_x > 180.0:
        raise AntimeridianError(f"longitudes {min_x:.10g}…{max_x:.10g} span more than half the globe (antimeridian?)")


def _checked_areal(geometry: BaseGeometry) -> Polygon | MultiPolygon:
    if geometry.is_empty:
        raise EmptyGeometryError(f"an empty {geometry.geom_type} has no area")
    if not isinstance(geometry, Polygon | MultiPolygon):
        raise GeometryTypeError(f"a {geometry.geom_type} has no area")
    _check_degrees(geometry)
    if not geometry.is_valid:
        raise InvalidGeometryError(f"the polygon is not valid: {shapely.is_valid_reason(geometry)}")
    return geometry


def _areal_m2(geometry: BaseGeometry) -> float:
    """Area of the polygons in any result of an overlay (its points and lines have none)."""
    parts = shapely.get_parts(geometry) if hasattr(geometry, "geoms") else [geometry]
    return math.fsum(_signless_area(part) for part in parts if isinstance(part, Polygon) and not part.is_empty)


def _columns(geometry: BaseGeometry) -> tuple[Floats, Floats]:
    coordinates = shapely.get_coordinates(geometry)
    return np.ascontiguousarray(coordinates[:, 0]), np.ascontiguousarray(coordinates[:, 1])


def _signless_area(geometry: Polygon | MultiPolygon) -> float:
    if isinstance(geometry, MultiPolygon):
        return math.fsum(_signless_area(part) for part in geometry.geoms)
    shell = abs(_GEOD.polygon_area_perimeter(*_columns(geometry.exterior))[0])
    holes = math.fsum(abs(_GEOD.polygon_area_perimeter(*_columns(hole))[0]) for hole in geometry.interiors)
    return max(0.0, float(shell) - holes)


def _area_sigma(geometry: Polygon | MultiPolygon, sigma_m: float) -> float:
    rings = shapely.get_rings(geometry)
    return math.sqrt(math.fsum(_ring_variance(ring, sigma_m) for ring in rings))


def _ring_variance(ring: BaseGeometry, sigmas_m: float | Floats) -> float:
    """Variance in m⁴ of a ring's area; sigmas_m is one for all or one per vertex (without the closing one)."""
    x, y = _local_metres(shapely.get_coordinates(ring)[:-1])
    sigma = np.broadcast_to(np.asarray(sigmas_m, dtype=np.float64), x.shape)
    diagonal_squared = (np.roll(x, -1) - np.roll(x, 1)) ** 2 + (np.roll(y, -1) - np.roll(y, 1)) ** 2
    first_order = np.sum(sigma**2 * diagonal_squared) / 4.0
    second_order = np.sum((sigma * np.roll(sigma, -1)) ** 2) / 2.0
    return float(first_order + second_order)


def _local_metres(lonlat: Floats) -> tuple[Floats, Floats]:
    """Metres east and north of the ring's mean, by the radii of curvature there (for uncertainties only)."""
    lon0, lat0 = lonlat.mean(axis=0)
    sine, cosine = math.sin(math.radians(lat0)), math.cos(math.radians(lat0))
    across = CGCS2000_SEMI_MAJOR_M / math.sqrt(1.0 - _E2 * sine**2)
    along = across * (1.0 - _E2) / (1.0 - _E2 * sine**2)
    return np.radians(lonlat[:, 0] - lon0) * across * cosine, np.radians(lonlat[:, 1] - lat0) * along
