"""A small plan of a footprint over the units around it, drawn as SVG paths without any map library."""

import math
from dataclasses import dataclass, field

import shapely
from shapely import wkb
from shapely.geometry.base import BaseGeometry

from geo.models import Snapshot, Unit, UnitLevel, User

WIDTH = 480.0
MARGIN = 12.0
# A boundary is drawn to the pixel; more vertices only cost bytes.
TOLERANCE_PX = 0.5


@dataclass(frozen=True)
class PlanUnit:
    """A unit's outline with its name."""

    name: str
    path: str
    level: str
    x: float
    y: float


@dataclass(frozen=True)
class Plan:
    """SVG paths in a view box of `width` × `height`, and the length of a scale bar of `bar_m` metres."""

    width: float
    height: float
    footprint: str
    units: list[PlanUnit] = field(default_factory=list)
    bar_px: float = 0.0
    bar_m: int = 0


def footprint_plan(snapshot: Snapshot, user: User) -> Plan | None:
    """Return the plan of a footprint with the person's counties and townships, or None without a footprint."""
    if snapshot.footprint is None:
        return None
    footprint = wkb.loads(bytes(snapshot.footprint.wkb))
    units = list(
        Unit.objects.for_user(user)
        .filter(level__in=[UnitLevel.COUNTY, UnitLevel.TOWNSHIP], boundary__bboverlaps=snapshot.footprint)
        .order_by("path")
    )
    west, south, east, north = footprint.bounds
    shrink = math.cos(math.radians((south + north) / 2))
    span_x, span_y = max((east - west) * shrink, 1e-6), max(north - south, 1e-6)
    scale = (WIDTH - 2 * MARGIN) / max(span_x, span_y * 1.2)
    width, height = span_x * scale + 2 * MARGIN, span_y * scale + 2 * MARGIN

    def to_px(points):
        return shapely.transform(
            points,
            lambda xy: (xy - [west, north]) * [scale * shrink, -scale] + [MARGIN, MARGIN],
        )

    frame = shapely.box(-MARGIN, -MARGIN, width + MARGIN, height + MARGIN)
    drawn = []
    for unit in units:
        shape = to_px(wkb.loads(bytes(unit.boundary.wkb))).simplify(TOLERANCE_PX).intersection(frame)
        if not shape.is_empty:
            place = shape.representative_point()
            drawn.append(PlanUnit(unit.name, _path(shape), unit.level, round(place.x, 1), round(place.y, 1)))
    metres_per_px = 111_320.0 / scale
    bar_m = 10 ** math.floor(math.log10(metres_per_px * WIDTH / 3))
    return Plan(
        round(width, 1),
        round(height, 1),
        _path(to_px(footprint).simplify(TOLERANCE_PX)),
        drawn,
        round(bar_m / metres_per_px, 1),
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
