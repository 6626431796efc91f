"""Rectangles and rings on the projected plane, in metres of EPSG:4547."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from shapely import Polygon

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Rect:
    """A rectangle: centre, length along its own x axis, depth along y, and the angle of x from east (radians)."""

    x: float
    y: float
    length_m: float
    depth_m: float
    angle: float

    def corners(self, inset_m: float = 0.0) -> FloatArray:
        """The four corners, shape (4, 2), counter-clockwise from the lower left, moved inwards by ``inset_m``."""
        half_x = max(self.length_m / 2 - inset_m, 0.05)
        half_y = max(self.depth_m / 2 - inset_m, 0.05)
        return self.points(np.array([(-half_x, -half_y), (half_x, -half_y), (half_x, half_y), (-half_x, half_y)]))

    def points(self, local: FloatArray) -> FloatArray:
        """Points of the rectangle's own axes, shape (n, 2), on the plane."""
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        return np.stack(
            [self.x + local[:, 0] * cos - local[:, 1] * sin, self.y + local[:, 0] * sin + local[:, 1] * cos], axis=1
        )

    def part(self, x: float, y: float, length_m: float, depth_m: float) -> Rect:
        """A rectangle with the same axes, its centre at (x, y) of this one's."""
        centre = self.points(np.array([(x, y)]))[0]
        return Rect(float(centre[0]), float(centre[1]), length_m, depth_m, self.angle)

    def polygon(self, inset_m: float = 0.0) -> Polygon:
        return Polygon(self.corners(inset_m))


def plane_m2(polygon: Polygon) -> float:
    """Shoelace sum of a polygon, square metres: for laying out only, areas of record come from `geo.measure`."""
    total = _ring_m2(np.asarray(polygon.exterior.coords))
    return total - sum(_ring_m2(np.asarray(hole.coords)) for hole in polygon.interiors)


def _ring_m2(ring: FloatArray) -> float:
    moved = ring - ring[0]
    x, y = moved[:, 0], moved[:, 1]
    return float(abs(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1])) / 2)


def long_axis(polygon: Polygon) -> tuple[float, float, float]:
    """Angle of the long side of the smallest rectangle round a polygon, in (-pi/2, pi/2], its length and its width."""
    box = np.asarray(polygon.minimum_rotated_rectangle.exterior.coords)
    first, second = box[1] - box[0], box[2] - box[1]
    lengths = float(np.hypot(*first)), float(np.hypot(*second))
    side = first if lengths[0] >= lengths[1] else second
    angle = math.atan2(float(side[1]), float(side[0]))
    if angle <= -math.pi / 2 + 1e-9:
        angle += math.pi
    elif angle > math.pi / 2 + 1e-9:
        angle -= math.pi
    return angle, max(lengths), min(lengths)


def upright_angle(polygon: Polygon) -> float:
    """The angle of a polygon's frame nearest to east, in [-pi/4, pi/4]: Chinese houses face south."""
    angle, _, _ = long_axis(polygon)
    while angle > math.pi / 4:
        angle -= math.pi / 2
    while angle < -math.pi / 4:
        angle += math.pi / 2
    return angle


def pieces(geometry: object) -> list[Polygon]:
    """The polygons inside any shapely geometry, largest first."""
    if isinstance(geometry, Polygon):
        return [] if geometry.is_empty else [geometry]
    parts: list[Polygon] = []
    for part in getattr(geometry, "geoms", ()):
        parts.extend(pieces(part))
    return sorted(parts, key=plane_m2, reverse=True)
