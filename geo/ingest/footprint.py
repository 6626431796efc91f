"""The outline of an image's valid pixels on the ground."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
import pyproj
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import shapes
from shapely.geometry import MultiPolygon, Polygon, box, shape
from shapely.geometry.base import BaseGeometry

from geo.crs import transformer
from geo.ingest.scan import Scan

# A cell of the coarse grid belongs to the footprint when at least half of its pixels are valid.
CELL_SHARE = 0.5
# A border of one pure colour is a collar when it covers this share of the image; less may be a dark roof at the edge.
COLLAR_SHARE = 0.005
# Specks and pinholes smaller than this share of the image do not shape the footprint.
SPECK_SHARE = 0.0005
# Straight pixel edges bend in lon/lat: a vertex at least every 1/16 of a side keeps them within centimetres.
VERTICES_PER_SIDE = 16


def cells_of(scan: Scan, width: int, height: int) -> NDArray[np.int64]:
    """Pixels per grid cell (the last row and column of cells are cut by the image)."""
    rows = np.minimum(scan.step, height - np.arange(scan.valid_cells.shape[0]) * scan.step)
    columns = np.minimum(scan.step, width - np.arange(scan.valid_cells.shape[1]) * scan.step)
    return rows[:, None] * columns[None, :]


def find_collar(scan: Scan, width: int, height: int) -> tuple[Literal["dark", "bright"], NDArray[np.bool_]] | None:
    """Find a border of pure black or pure white around an image that has no mask: JPEG mosaics come like that.

    Returns which, and the cells (rows, columns) it covers; None where there is none.
    """
    sizes = cells_of(scan, width, height)
    candidates: list[tuple[Literal["dark", "bright"], NDArray[np.int64]]] = [
        ("dark", scan.dark_cells),
        ("bright", scan.bright_cells),
    ]
    for name, counts in candidates:
        pure = counts >= sizes * 0.98
        _, labels = cv2.connectedComponents(pure.astype(np.uint8), connectivity=4)
        rim = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
        collar = np.isin(labels, rim[rim > 0])
        share = float(sizes[collar].sum()) / (width * height)
        if COLLAR_SHARE < share < 1.0:
            return name, collar
    return None


def outline(
    valid: NDArray[np.bool_], *, step: int, transform: Affine, width: int, height: int, crs: pyproj.CRS
) -> BaseGeometry:
    """Outline in lon/lat (EPSG:4490) of the valid cells (rows, columns), each `step` pixels wide; exact if all are.

    Returns a Polygon, or a MultiPolygon where the image is in several pieces.
    """
    extent = box(0, 0, width, height)
    if valid.all():
        pixels: BaseGeometry = extent
    else:
        parts = [
            shape(geometry)
            for geometry, value in shapes(valid.astype(np.uint8), mask=valid, connectivity=4)
            if value == 1
        ]
        grown = shapely.affinity.scale(MultiPolygon(parts), step, step, origin=(0, 0))
        pixels = _without_specks(grown.intersection(extent).simplify(step), width * height * SPECK_SHARE)
    placed = shapely.segmentize(pixels, max(width, height) / VERTICES_PER_SIDE)
    to_lonlat = transformer(crs)

    def to_ground(points: NDArray[np.float64]) -> NDArray[np.float64]:
        xs = transform.a * points[:, 0] + transform.b * points[:, 1] + transform.c
        ys = transform.d * points[:, 0] + transform.e * points[:, 1] + transform.f
        return np.column_stack(to_lonlat.transform(xs, ys))

    ground = shapely.transform(placed, to_ground)
    return ground if ground.is_valid else _polygons_of(shapely.make_valid(ground))


def _polygons_of(geometry: BaseGeometry) -> BaseGeometry:
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts)


def _without_specks(geometry: BaseGeometry, smallest_px: float) -> BaseGeometry:
    # Counts of pixels in the image plane, not areas of ground.
    polygons = [part for part in getattr(geometry, "geoms", [geometry]) if isinstance(part, Polygon)]
    kept = [part for part in polygons if _pixels_in(part) >= smallest_px] or polygons
    cleaned = [
        Polygon(part.exterior, [hole for hole in part.interiors if _pixels_in(Polygon(hole)) >= smallest_px])
        for part in kept
    ]
    return cleaned[0] if len(cleaned) == 1 else MultiPolygon(cleaned)


def _pixels_in(polygon: Polygon) -> float:
    rings = [polygon.exterior, *polygon.interiors]
    sizes = []
    for ring in rings:
        x, y = np.asarray(ring.coords).T
        sizes.append(abs(float(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1]))) / 2)
    return sizes[0] - sum(sizes[1:])
