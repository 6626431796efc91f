"""The common metric grid of a run, and its division into blocks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyproj
from numpy.typing import NDArray
from rasterio.transform import Affine

from geo.crs import STORAGE_SRID, zone_of_longitude
from geo.errors import UnknownCrsError
from geo.imagery.errors import ParameterError

Floats = NDArray[np.float64]

# Coordinates are transformed exactly at every 64th pixel and linearly between: over 32 m the departure from a straight
# line is below 1e-6 px in any projected system. The lattice is anchored to the grid, never to a block.
LATTICE_PX = 64
# Pictures without a place on earth (test sets, examples) lie in any metric system.
ANYWHERE = "EPSG:4546"


@dataclass(frozen=True)
class Window:
    """A rectangle of grid pixels."""

    x: int
    y: int
    width: int
    height: int

    def grown(self, margin_px: int, *, grid: Grid) -> Window:
        """The window with a margin, cut off at the edge of the grid."""
        left, top = max(0, self.x - margin_px), max(0, self.y - margin_px)
        right = min(grid.width, self.x + self.width + margin_px)
        bottom = min(grid.height, self.y + self.height + margin_px)
        return Window(left, top, right - left, bottom - top)

    def finer(self, factor: int) -> Window:
        """The same ground on a grid of ``factor`` times as many pixels a side."""
        return Window(self.x * factor, self.y * factor, self.width * factor, self.height * factor)

    @property
    def slices(self) -> tuple[slice, slice]:
        return slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)

    def within(self, outer: Window) -> tuple[slice, slice]:
        """Slices of this window in an array that covers ``outer``."""
        top, left = self.y - outer.y, self.x - outer.x
        return slice(top, top + self.height), slice(left, left + self.width)


@dataclass(frozen=True)
class Block:
    """One bounded part of a run: its number and the grid pixels whose result it holds."""

    index: int
    window: Window


@dataclass(frozen=True)
class Grid:
    """North-up metric grid: pixel (0, 0) has its outer corner at (left_m, top_m) of ``crs``."""

    crs: str
    left_m: float
    top_m: float
    resolution_m: float
    width: int
    height: int

    @property
    def transform(self) -> Affine:
        return Affine(self.resolution_m, 0.0, self.left_m, 0.0, -self.resolution_m, self.top_m)

    @property
    def megapixels(self) -> float:
        return self.width * self.height / 1e6

    def finer(self, factor: int) -> Grid:
        """The same ground in pixels of which ``factor`` lie along one of these."""
        size = self.width * factor, self.height * factor
        return Grid(self.crs, self.left_m, self.top_m, self.resolution_m / factor, *size)

    def metres(self, pixels: Floats) -> Floats:
        """Pixel coordinates (n, 2) -> metric coordinates of ``crs``."""
        return np.column_stack(
            [self.left_m + pixels[:, 0] * self.resolution_m, self.top_m - pixels[:, 1] * self.resolution_m]
        )

    def pixels(self, metres: Floats) -> Floats:
        """Metric coordinates (n, 2) of ``crs`` -> pixel coordinates."""
        return np.column_stack(
            [(metres[:, 0] - self.left_m) / self.resolution_m, (self.top_m - metres[:, 1]) / self.resolution_m]
        )

    def lonlat(self, pixels: Floats) -> Floats:
        """Pixel coordinates (n, 2) -> longitude, latitude (EPSG:4490)."""
        return transform_points(self.metres(pixels), self.crs, storage_crs())

    def from_lonlat(self, lonlat: Floats) -> Floats:
        """Longitude, latitude (EPSG:4490) -> pixel coordinates (n, 2)."""
        return self.pixels(transform_points(lonlat, storage_crs(), self.crs))

    def ground_area_m2(self, pixel_count: float, *, at_px: tuple[float, float]) -> float:
        """Ground area of ``pixel_count`` grid pixels, free of the projection's areal scale at that place."""
        lon, lat = self.lonlat(np.array([at_px]))[0]
        scale = _projection(self.crs).get_factors(lon, lat).areal_scale
        return float(pixel_count * self.resolution_m**2 / scale)

    def tiles(self, size_px: int) -> list[Window]:
        """The grid cut into squares of ``size_px``, row by row; the last of a row or column is what remains."""
        return [
            Window(x, y, min(size_px, self.width - x), min(size_px, self.height - y))
            for y in range(0, self.height, size_px)
            for x in range(0, self.width, size_px)
        ]

    def to_dict(self) -> dict[str, Any]:
        return {
            "crs": self.crs, "left_m": self.left_m, "top_m": self.top_m, "resolution_m": self.resolution_m,
            "width": self.width, "height": self.height,
        }  # fmt: skip


def storage_crs() -> str:
    return f"EPSG:{STORAGE_SRID}"


@lru_cache(maxsize=32)
def _projection(crs: str) -> pyproj.Proj:
    return pyproj.Proj(pyproj.CRS(crs))


@lru_cache(maxsize=64)
def _transformer(source: str, target: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(pyproj.CRS(source), pyproj.CRS(target), always_xy=True)


def transform_points(points: Floats, source: str, target: str) -> Floats:
    """Transform (n, 2) points, x (longitude, easting) first."""
    if source == target:
        return points.copy()
    x, y = _transformer(source, target).transform(points[:, 0], points[:, 1])
    return np.column_stack([x, y]).astype(np.float64)


def local_crs(lon: float) -> str:
    """The local CGCS2000 3-degree Gauss-Kruger system; outside China the same projection on the 3-degree meridian."""
    try:
        return f"EPSG:{zone_of_longitude(lon).srid}"
    except UnknownCrsError:
        meridian = 3 * math.floor((lon + 1.5) / 3)
        return (
            f"+proj=tmerc +lat_0=0 +lon_0={meridian} +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m +no_defs +type=crs"
        )


def blocks_of(grid: Grid, block_px: int) -> tuple[Block, ...]:
    """The blocks of a grid. Raises ParameterError for a size that is not positive."""
    if block_px <= 0:
        raise ParameterError(f"block_px {block_px} is not positive")
    return tuple(Block(index, window) for index, window in enumerate(grid.tiles(block_px)))
