"""A small plan of an area over the units around it, drawn as SVG paths without any map library."""

import math
from dataclasses import dataclass, field

import numpy as np
import shapely
from django.contrib.gis.geos import GEOSGeometry
from numpy.typing import NDArray
from shapely import wkb
from shapely.geometry.base import BaseGeometry

from geo.models import Unit, UnitLevel, User

WIDTH = 480.0
MARGIN = 12.0
# A boundary is drawn to the pixel; more vertices only cost bytes.
TOLERANCE_PX = 0.5
METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class PlanUnit:
    """A unit's outline with its name."""

    name: str
    path: str
    level: str
    x: float
    y: float


@dataclass(frozen=True)
class Frame:
    """How longitude and latitude lie in a view box: north up, the plan of a few kilometres."""

    west: float
    north: float
    shrink: float
    scale: float

    @property
    def metres_per_px(self) -> float:
        return METRES_PER_DEGREE / self.scale

    def to_px(self, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Longitude, latitude (n, 2) -> places in the view box (n, 2)."""
        return (lonlat - [self.west, self.north]) * [self.scale * self.shrink, -self.scale] + [MARGIN, MARGIN]


@dataclass(frozen=True)
class Plan:
    """SVG paths in a view box of `width` × `height`, and the length of a scale bar of `bar_m` metres."""

    frame: Frame
    width: float
    height: float
    footprint: str
    units: list[PlanUnit] = field(default_factory=list)
    bar_px: float = 0.0
    bar_m: int = 0


def area_plan(area: GEOSGeometry | None, user: User) -> Plan | None:
    """Return the plan of an area with the person's counties and townships, or None without one."""
    if area is None or area.empty:
        return None
    footprint = wkb.loads(bytes(area.wkb))
    units = list(
        Unit.objects.for_user(user)
        .filter(level__in=[UnitLevel.COUNTY, UnitLevel.TOWNSHIP], boundary__bboverlaps=area)
        .order_by("path")
    )
    west, south, east, north = footprint.bounds
    shrink = math.cos(math.radians((south + north) / 2))
    span_x, span_y = max((east - west) * shrink, 1e-6), max(north - south, 1e-6)
    scale = (WIDTH - 2 * MARGIN) / max(span_x, span_y * 1.2)
    width, height = span_x * scale + 2 * MARGIN, span_y * scale + 2 * MARGIN
    frame = Frame(west, north, shrink, scale)
    edge = shapely.box(-MARGIN, -MARGIN, width + MARGIN, height + MARGIN)
    drawn = []
    for unit in units:
        shape = shapely.transform(wkb.loads(bytes(unit.boundary.wkb)), frame.to_px).simplify(TOLERANCE_PX)
        shape = shape.intersection(edge)
        if not shape.is_empty:
            place = shape.representative_point()
            drawn.append(PlanUnit(unit.name, _path(shape), unit.level, round(place.x, 1), round(place.y, 1)))
    bar_m = 10 ** math.floor(math.log10(frame.metres_per_px * WIDTH / 3))
    return Plan(
        frame,
        round(width, 1),
        round(height, 1),
        _path(shapely.transform(footprint, frame.to_px).simplify(TOLERANCE_PX)),
        drawn,
        round(bar_m / frame.metres_per_px, 1),
        bar_m,
    )


def _path(geometry: BaseGeometry) -> str:
    rings = []
    for part in shapely.get_parts(geometry):
        if part.geom_type == "Polygon":
            rings += [
                "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring.coords[:-1]) + "Z"
                for ring in (part.exterior, *part.interiors)
            ]
    return "".join(rings)
