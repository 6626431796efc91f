"""The residual map of a comparison as its page shows it: numbered tiles over a plan, arrows where they lie off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.contrib.gis.geos import GEOSGeometry, Point

from geo.imagery.objects import LEAST_HALF_WIDTH_M
from geo.imagery.residuals import FITS, OTHERWISE, UNCLEAR
from geo.map_link import curtain_link
from geo.models import DiffRun, User
from geo.views.outline import Plan, area_plan

# The longest arrow reaches so far through the room to the next mark; what would be warned of is at least as long, so
# that small residuals look small.
LONGEST_SHARE = 0.8
SHORTEST_PX = 1.0
HEAD_PX = 6.0
# A mark holds two digits; along a corridor, whose places lie close together, marks are smaller.
LARGEST_RADIUS_PX, RADIUS_SHARE = 9.0, 0.35
# Objects as narrow as this are left out: what lies off further may be flagged for nothing.
WARNED_FROM_M = 2 * LEAST_HALF_WIDTH_M
PLACE_ZOOM = 18


@dataclass(frozen=True)
class Mark:
    """A tile: its number and place in the view box, its arrow's path (empty where it says nothing), and its figures."""

    number: int
    x: float
    y: float
    arrow: str
    kind: str
    east_m: float | None
    north_m: float | None
    length_m: float
    address: str


@dataclass(frozen=True)
class ResidualMap:
    """The marks, of a radius, over a plan of the ground that both dates show; arrows are magnified so many times."""

    plan: Plan
    marks: list[Mark]
    radius: float
    magnified: int
    warned: list[Mark]

    def count(self, kind: str) -> int:
        return sum(mark.kind == kind for mark in self.marks)

    @property
    def fitting(self) -> int:
        return self.count(FITS)

    @property
    def otherwise(self) -> int:
        return self.count(OTHERWISE)

    @property
    def unclear(self) -> int:
        return self.count(UNCLEAR)

    @property
    def side(self) -> float:
        return 2 * self.radius

    @property
    def farthest_m(self) -> float:
        return max((mark.length_m for mark in self.warned), default=0.0)

    @property
    def farthest_fitting_m(self) -> float:
        return max((mark.length_m for mark in self.marks if mark.kind == FITS), default=0.0)


def residual_map(run: DiffRun, user: User) -> ResidualMap | None:
    """The map of a run's registration, or None for one that found none or that is older than the residuals."""
    tiles = run.registration.get("residuals") or []
    plan = area_plan(_common_ground(run), user) if tiles else None
    if plan is None:
        return None
    places = plan.frame.to_px(np.array([(tile["lon"], tile["lat"]) for tile in tiles]))
    apart = _apart(places, plan)
    radius = min(LARGEST_RADIUS_PX, RADIUS_SHARE * apart)
    longest_m = max(_length(tile) for tile in tiles)
    metre_px = LONGEST_SHARE * (apart - 2 * radius) / max(longest_m, WARNED_FROM_M)
    marks = [
        Mark(
            number,
            round(float(x), 1),
            round(float(y), 1),
            "" if tile["kind"] == UNCLEAR else _arrow(tile["east_m"] * metre_px, -tile["north_m"] * metre_px, radius),
            tile["kind"],
            tile["east_m"],
            tile["north_m"],
            _length(tile),
            curtain_link(
                Point(tile["lon"], tile["lat"]), run.before.captured_on, run.after.captured_on, zoom=PLACE_ZOOM
            ),
        )
        for number, (tile, (x, y)) in enumerate(zip(tiles, places, strict=True), start=1)
    ]
    warned = [mark for mark in marks if mark.kind == OTHERWISE and mark.length_m >= WARNED_FROM_M]
    return ResidualMap(plan, marks, round(radius, 1), max(1, round(metre_px * plan.frame.metres_per_px)), warned)


def _common_ground(run: DiffRun) -> GEOSGeometry | None:
    first, second = run.before.footprint, run.after.footprint
    return None if first is None or second is None else first.intersection(second)


def _length(tile: dict[str, Any]) -> float:
    return 0.0 if tile["kind"] == UNCLEAR else float(np.hypot(tile["east_m"], tile["north_m"]))


def _apart(places: np.typing.NDArray[np.float64], plan: Plan) -> float:
    """How far the nearest two tiles lie apart; a single one has the whole plan."""
    distances = np.hypot(*(places[:, None] - places[None]).T)
    return float(min(distances[distances > 0], default=min(plan.width, plan.height)))


def _arrow(right: float, down: float, radius: float) -> str:
    """An arrow of that length from the rim of a mark at the origin; empty when it is too short to be seen."""
    length = float(np.hypot(right, down))
    if length < SHORTEST_PX:
        return ""
    along = np.array([right, down]) / length
    across = np.array([-along[1], along[0]])
    start, tip = along * radius, along * (radius + length)
    head = min(HEAD_PX, length)
    wings = [tip - along * head + across * side * head * 0.6 for side in (-1, 1)]
    points = [f"{x:.1f} {y:.1f}" for x, y in (start, tip, wings[0], tip, wings[1])]
    return f"M{points[0]}L{points[1]}M{points[2]}L{points[3]}L{points[4]}"
