"""One tile being painted: colours, surface classes and heights on the same pixels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import shapely

from geo.demo.plan import Colour
from geo.demo.plane import FloatArray
from geo.demo.texture import Pixels

SHIFT = 4  # cv2's fixed-point bits: polygons are drawn to 1/16 pixel
# cv2 paints a polygon's edge pixels whole: it comes out wider by so many pixels on every side (200 rectangles of 16 to
# 60 px in every direction). A house of 120 m² at 0.4 m would be painted 10 % larger than its truth.
EDGE_PX = {cv2.LINE_AA: 0.68, cv2.LINE_8: 0.47}
# Surface classes and their grain: standard deviation of brightness by band (fine, middle, coarse), and of hue.
GRAIN: dict[str, tuple[float, float, float, float]] = {
    "ground": (0.060, 0.055, 0.045, 0.060),
    "grass": (0.080, 0.070, 0.050, 0.050),
    "crop": (0.040, 0.035, 0.055, 0.020),
    "dirt": (0.055, 0.050, 0.045, 0.075),
    "concrete": (0.026, 0.045, 0.030, 0.010),
    "village": (0.095, 0.070, 0.030, 0.030),
    "yard": (0.060, 0.050, 0.020, 0.012),
    "asphalt": (0.022, 0.030, 0.020, 0.006),
    "water": (0.012, 0.015, 0.030, 0.020),
    "roof": (0.026, 0.032, 0.010, 0.010),
    "tile": (0.060, 0.030, 0.010, 0.010),
    "metal": (0.016, 0.020, 0.012, 0.006),
    "plastic": (0.030, 0.030, 0.010, 0.006),
}
CLASS = {name: index for index, name in enumerate(GRAIN)}


@dataclass
class Canvas:
    """North-up pixels with ``west`` and ``north`` the outer corner of the first one.

    ``height_m`` is what a surface model of the date shows, ``shade_m`` what throws a shadow: a moving car only does
    the second, a bare crown only the first.
    """

    west: float
    north: float
    resolution_m: float
    rgb: npt.NDArray[np.uint8]
    surface: npt.NDArray[np.uint8]
    height_m: Pixels
    shade_m: Pixels

    @classmethod
    def empty(cls, west: float, north: float, resolution_m: float, shape: tuple[int, int], colour: Colour) -> Canvas:
        rgb = np.empty((*shape, 3), np.uint8)
        rgb[:] = np.array(colour, np.uint8)
        flat = np.zeros(shape, np.float32)
        return cls(west, north, resolution_m, rgb, np.zeros(shape, np.uint8), flat, flat.copy())

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        rows, columns = self.surface.shape
        return self.west, self.north - rows * self.resolution_m, self.west + columns * self.resolution_m, self.north

    def pixels(self, points: FloatArray) -> npt.NDArray[np.int32]:
        """Ground points, shape (n, 2), as cv2's fixed-point pixel positions (pixel centres at whole numbers)."""
        x = (points[:, 0] - self.west) / self.resolution_m - 0.5
        y = (self.north - points[:, 1]) / self.resolution_m - 0.5
        return np.round(np.stack([x, y], axis=1) * (1 << SHIFT)).astype(np.int32)

    def fill(self, points: FloatArray, colour: Colour, surface: str | None = None) -> None:
        """A filled polygon, anti-aliased in colour, hard in class."""
        cv2.fillPoly(self.rgb, [self.pixels(self._inset(points, cv2.LINE_AA))], _whole(colour), cv2.LINE_AA, SHIFT)
        if surface is not None:
            at = self.pixels(self._inset(points, cv2.LINE_8))
            cv2.fillPoly(self.surface, [at], CLASS[surface], cv2.LINE_8, SHIFT)

    def raise_to(self, points: FloatArray, height_m: float, *, passing: bool = False) -> None:
        """Set the height inside a polygon: draw the lowest things first. ``passing``: it only throws a shadow."""
        at = self.pixels(self._inset(points, cv2.LINE_8))
        cv2.fillPoly(self.shade_m, [at], height_m, cv2.LINE_8, SHIFT)
        if not passing:
            cv2.fillPoly(self.height_m, [at], height_m, cv2.LINE_8, SHIFT)

    def _inset(self, points: FloatArray, line: int) -> FloatArray:
        """A polygon drawn in by what cv2 adds around it, so that it covers its own area; slivers stay as they are."""
        outline = shapely.Polygon(points)
        inner = outline.buffer(-EDGE_PX[line] * self.resolution_m, join_style="mitre", mitre_limit=10)
        if not outline.is_valid or inner.geom_type != "Polygon" or inner.is_empty:
            return points
        return np.asarray(inner.exterior.coords, np.float64)[:-1]

    def line(self, points: FloatArray, colour: Colour, closed: bool = False, thickness: int = 1) -> None:
        """A line; a closed one runs along the inside of its polygon, as the edge of a roof does."""
        if closed:
            points = self._inset(points, cv2.LINE_8)
        cv2.polylines(self.rgb, [self.pixels(points)], closed, _whole(colour), thickness, cv2.LINE_AA, SHIFT)

    def window(self, points: FloatArray, pad: int = 0) -> tuple[slice, slice] | None:
        """The rows and columns that a polygon's box covers, or None when it is off the tile."""
        at = self.pixels(points) >> SHIFT
        rows, columns = self.surface.shape
        left, top = max(int(at[:, 0].min()) - pad, 0), max(int(at[:, 1].min()) - pad, 0)
        right, bottom = min(int(at[:, 0].max()) + pad + 2, columns), min(int(at[:, 1].max()) + pad + 2, rows)
        if left >= right or top >= bottom:
            return None
        return slice(top, bottom), slice(left, right)


def shaded(colour: Colour, factor: float) -> Colour:
    return (
        min(max(colour[0] * factor, 4.0), 250.0),
        min(max(colour[1] * factor, 4.0), 250.0),
        min(max(colour[2] * factor, 4.0), 250.0),
    )


def _whole(colour: Colour) -> tuple[int, int, int]:
    return round(colour[0]), round(colour[1]), round(colour[2])
