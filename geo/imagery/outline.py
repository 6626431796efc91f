"""From an object's pixels to its outline: traced, simplified, and right-angled only where that is checked to hold.

Houses of a row stand along one line: a house's walls are laid along those of its neighbours where it runs nearly so.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
import shapely.affinity
from rasterio.features import shapes
from shapely.geometry import Polygon, shape

from geo.imagery.grid import Floats
from geo.imagery.pixels import Bools

# Douglas-Peucker tolerance: takes the stairs out of a traced outline (their height is 1 px at most).
SIMPLIFY_PX = 1.0
# A fit is accepted where it covers the traced outline this well and moves the area by less than this
# (change-detection benchmark: unchecked fits make areas worse, 22 % for a minimum rotated rectangle).
LEAST_FIT_IOU = 0.85
LARGEST_AREA_MOVE = 0.10
# Neighbours are within this of each other and their walls less than this apart in direction (farther ones or 15 degrees
# bring walls further off those of LEVIR's labels).
NEIGHBOURS_M = 30.0
LIKE_DIRECTION = np.radians(8.0)
# The neighbours' direction is taken where the fit covers the traced outline as well as the own one but for this.
LARGEST_FIT_LOSS = 0.02
# Larger holes are courtyards (``objects.LARGEST_HOLE_M2``).
LARGEST_POCKET_PX = 16
# Shorter edges say nothing about the directions of a house.
SHORTEST_EDGE_PX = 2.0


def trace(mask: Bools) -> Polygon:
    """The outline of the largest part of a mask (H, W) along pixel edges; pixel coordinates, holes kept."""
    parts = [shape(geometry) for geometry, _ in shapes(mask.astype(np.uint8), mask=mask, connectivity=4)]
    if not parts:
        raise ValueError("an empty mask has no outline")
    return max((Polygon(part) for part in parts), key=lambda part: part.area)


@dataclass(frozen=True)
class Traced:
    """An outline in pixel coordinates: along the pixels' edges, and without their stairs."""

    exact: Polygon
    simple: Polygon

    def scaled(self, factor: float) -> Traced:
        """From pixels of one size to those of another, from the origin."""
        exact, simple = (
            shapely.affinity.scale(ring, factor, factor, origin=(0, 0)) for ring in (self.exact, self.simple)
        )
        return Traced(exact, simple)

    def moved(self, left_px: float, top_px: float) -> Traced:
        exact, simple = (shapely.affinity.translate(ring, left_px, top_px) for ring in (self.exact, self.simple))
        return Traced(exact, simple)


def traced(mask: Bools, *, tolerance_px: float = SIMPLIFY_PX, factor: int = 1) -> Traced:
    """The outline of a mask (H, W), ``factor`` of whose pixels lie along one of the grid's, in the mask's pixels."""
    exact = _without_pockets(trace(mask), LARGEST_POCKET_PX * factor**2)
    simple = _largest(exact.simplify(tolerance_px))
    if simple.is_empty or simple.area < 0.7 * exact.area:
        simple = exact
    return Traced(exact, simple)


def _without_pockets(polygon: Polygon, largest_px: int) -> Polygon:
    """Without the holes of a few pixels that a mask has where its outline meets itself at a corner."""
    return Polygon(polygon.exterior, [ring for ring in polygon.interiors if Polygon(ring).area > largest_px])


def regular(found: Traced, direction: float | None = None) -> Polygon | None:
    """The outline with right angles, or None where they do not hold (unchecked fits make areas worse).

    ``direction``: the walls' direction in radians that neighbours suggest.
    """
    own = right_angled(found.simple, main_direction(_ring(found.simple)))
    quality = _fit(own, found.exact)
    if direction is not None:
        along = right_angled(found.simple, direction)
        if _fit(along, found.exact) >= max(LEAST_FIT_IOU, quality - LARGEST_FIT_LOSS):
            return along
    return own if quality >= LEAST_FIT_IOU else None


def _fit(candidate: Polygon | None, exact: Polygon) -> float:
    """IoU of a fit with what was traced; 0 where there is none, or where it moves the area too far."""
    if candidate is None or abs(candidate.area - exact.area) >= LARGEST_AREA_MOVE * exact.area:
        return 0.0
    shared = shapely.intersection(candidate, exact).area
    return float(shared / (candidate.area + exact.area - shared))


def shared_directions(outlines: Sequence[Polygon], *, resolution_m: float) -> list[float]:
    """For each outline (pixel coordinates) the direction of its walls and of its neighbours' that run nearly so.

    The longer and the nearer a neighbour's walls, the more they count; one that stands alone keeps its own.
    """
    if not outlines:
        return []
    moments = np.array([_moment(_ring(polygon)) for polygon in outlines])
    directions = np.angle(moments) / 4
    middles = shapely.centroid(np.array(outlines))
    reach = NEIGHBOURS_M / resolution_m
    near = shapely.STRtree(outlines).query(outlines, predicate="dwithin", distance=reach)
    found = []
    for number in range(len(outlines)):
        others = near[1, near[0] == number]
        apart = np.abs((directions[others] - directions[number] + np.pi / 4) % (np.pi / 2) - np.pi / 4)
        alike = others[apart < LIKE_DIRECTION]
        weights = np.exp(-shapely.distance(middles[alike], middles[number]) / reach) * np.abs(moments[alike]) ** 0.5
        mean = (weights * moments[alike] / np.maximum(np.abs(moments[alike]), 1e-9)).sum()
        found.append(float(np.angle(mean) / 4 % (np.pi / 2)))
    return found


def _ring(polygon: Polygon) -> Floats:
    return np.asarray(polygon.exterior.coords, np.float64)


def _largest(geometry: shapely.Geometry) -> Polygon:
    valid = shapely.make_valid(geometry)
    parts = [part for part in shapely.get_parts(valid) if part.geom_type == "Polygon"]
    return max(parts, key=lambda part: part.area, default=Polygon())


def main_direction(points: Floats) -> float:
    """The direction (radians, 0…pi/2) along or across which most of a closed ring's length runs."""
    return float(np.angle(_moment(points)) / 4 % (np.pi / 2))


def _moment(points: Floats) -> complex:
    """Sum of the edges' squared lengths in four times their direction: the same for directions 90 degrees apart."""
    edges = np.diff(points, axis=0)
    lengths = np.hypot(edges[:, 0], edges[:, 1])
    angles = np.arctan2(edges[:, 1], edges[:, 0])
    return complex((lengths**2 * np.exp(4j * angles)).sum())


def right_angled(polygon: Polygon, angle: float) -> Polygon | None:
    """The outer ring with every edge along or across that direction (radians), or None where that makes no polygon.

    Edges are classed by direction, neighbours of a class merged at their length-weighted offset, and corners set where
    one class meets the other.
    """
    points = _ring(polygon)
    c, s = np.cos(-angle), np.sin(-angle)
    turned = points @ np.array([[c, s], [-s, c]])
    runs: list[list[tuple[float, float]]] = []
    classes: list[bool] = []
    for start, end in itertools.pairwise(turned):
        dx, dy = end - start
        length = float(np.hypot(dx, dy))
        if length < 1e-9:
            continue
        flat = abs(dx) >= abs(dy)
        offset = float((start[1] + end[1]) / 2 if flat else (start[0] + end[0]) / 2)
        if classes and classes[-1] == flat:
            runs[-1].append((offset, length))
        else:
            classes.append(flat)
            runs.append([(offset, length)])
    if len(runs) > 2 and classes[0] == classes[-1]:
        runs[0] = runs.pop() + runs[0]
        classes.pop()
    lines = _without_short(classes, [_weighted(run) for run in runs])
    if len(lines) < 4 or len(lines) % 2:
        return None
    corners = []
    for (flat, offset), (_, following) in zip(lines, lines[1:] + lines[:1], strict=True):
        corners.append((following, offset) if flat else (offset, following))
    back = np.array(corners) @ np.array([[c, -s], [s, c]])
    fitted = Polygon(back)
    if not fitted.is_valid or fitted.area == 0:
        return None
    holes = [ring for ring in polygon.interiors if fitted.contains(Polygon(ring))]
    return Polygon(fitted.exterior, holes)


def _weighted(run: list[tuple[float, float]]) -> tuple[float, float]:
    total = sum(length for _, length in run)
    return sum(offset * length for offset, length in run) / total, total


def _without_short(classes: list[bool], lines: list[tuple[float, float]]) -> list[tuple[bool, float]]:
    """Drop edges too short to mean anything, joining the parallel ones on either side."""
    items = [(flat, offset, length) for flat, (offset, length) in zip(classes, lines, strict=True)]
    while len(items) > 4:
        steps = [
            abs(items[i - 1][1] - items[(i + 1) % len(items)][1]) if items[i - 1][0] != items[i][0] else np.inf
            for i in range(len(items))
        ]
        shortest = int(np.argmin(steps))
        if steps[shortest] >= SHORTEST_EDGE_PX:
            break
        previous, following = items[shortest - 1], items[(shortest + 1) % len(items)]
        total = previous[2] + following[2]
        joined = (previous[0], (previous[1] * previous[2] + following[1] * following[2]) / total, total)
        drop = {shortest % len(items), (shortest - 1) % len(items), (shortest + 1) % len(items)}
        position = (shortest - 1) % len(items)
        items = [joined if i == position else item for i, item in enumerate(items) if i == position or i not in drop]
    return [(flat, offset) for flat, offset, _ in items]
