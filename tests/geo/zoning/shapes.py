"""Random zones near 34.7°N 113.6°E: stars of 100 to 400 m, and lines through them."""

import itertools
import math

from hypothesis import strategies as st
from shapely.geometry import LineString, Polygon

LON, LAT = 113.6, 34.7
DEGREE_EAST_M, DEGREE_NORTH_M = 111_132.0 * math.cos(math.radians(LAT)), 111_132.0


def at(east_m: float, north_m: float) -> tuple[float, float]:
    """A place so many metres from the origin."""
    return LON + east_m / DEGREE_EAST_M, LAT + north_m / DEGREE_NORTH_M


def box(west_m: float, south_m: float, east_m: float, north_m: float) -> Polygon:
    return Polygon([at(west_m, south_m), at(east_m, south_m), at(east_m, north_m), at(west_m, north_m)])


@st.composite
def stars(draw) -> Polygon:
    """A polygon around the origin, each corner 100 to 400 m from it; often concave."""
    count = draw(st.integers(5, 14))
    radii = draw(st.lists(st.floats(100, 400), min_size=count, max_size=count))
    turn = draw(st.floats(0, 6.28))
    angles = [turn + 2 * math.pi * i / count for i in range(count)]
    return Polygon([at(r * math.cos(a), r * math.sin(a)) for r, a in zip(radii, angles, strict=True)])


@st.composite
def crossing_lines(draw) -> LineString:
    """A line from far outside through the surroundings of the origin to far outside, with a bend there."""
    angle = draw(st.floats(0, 6.28))
    bend = draw(st.floats(-0.9, 0.9))
    middle = at(draw(st.floats(-50, 50)), draw(st.floats(-50, 50)))
    ends = [at(600 * math.cos(a), 600 * math.sin(a)) for a in (angle, angle + math.pi + bend)]
    return LineString([ends[0], middle, ends[1]])


def geodesic_slack_m2(zone: Polygon) -> float:
    """By how much a geodesic area may change when nodes are put on sides that are straight in degrees.

    A side of L metres leaves its geodesic by L²·tan(lat)/8R (geo.measure.overlap_m2): two thirds of that times L.
    """
    corners = list(zone.exterior.coords)
    sides = [
        math.hypot((b[0] - a[0]) * DEGREE_EAST_M, (b[1] - a[1]) * DEGREE_NORTH_M)
        for a, b in itertools.pairwise(corners)
    ]
    return sum(side**3 * math.tan(math.radians(LAT)) / (12 * 6_371_000) for side in sides)
