"""Pictures to lay over a chip at the same extent: the probability of change in colours, the edges of the other date."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError

from geo.crs import STORAGE_SRID
from geo.imagery.errors import UnreadableImageError
from geo.imagery.grid import Window, transform_points
from geo.imagery.height import height_change
from geo.imagery.mosaic import NO_DATA
from geo.imagery.pixels import Bytes
from geo.imagery.plan import Plan, Sources
from geo.imagery.readers import SurfaceReader
from geo.imagery.resample import read_heights

# Below this nothing is painted, so that the ground stays visible; from there on opacity grows with the probability.
LEAST_SHOWN = 0.1
MOST_OPAQUE = 190
# Canny thresholds on the smoothed grey of a chip: roofs and roads show, grass and tile texture do not (by eye).
EDGE_LOW, EDGE_HIGH = 60, 150
EDGE_RGB = (0, 229, 255)
# Less is the noise of two surface models; a house of two storeys is in full colour. Told apart by the colour-blind too.
LEAST_HEIGHT_M, FULL_HEIGHT_M = 0.8, 6.0
ROSE_RGB, FELL_RGB = (230, 85, 13), (33, 102, 172)


def probability_overlay(path: Path, corners_lonlat: NDArray[np.float64], width_px: int, height_px: int) -> bytes:
    """PNG of a run's stored probability at a chip's extent; corners (3, 2): its top left, top right, bottom left.

    Raises UnreadableImageError when the file is not there any more or cannot be read.
    """
    try:
        with rasterio.open(path) as file:
            corners = transform_points(corners_lonlat, f"EPSG:{STORAGE_SRID}", file.crs.to_string())
            columns, rows = ~file.transform * (corners[:, 0], corners[:, 1])
            left, top = int(np.floor(columns.min())) - 1, int(np.floor(rows.min())) - 1
            right, bottom = int(np.ceil(columns.max())) + 2, int(np.ceil(rows.max())) + 2
            window = rasterio.windows.Window(left, top, right - left, bottom - top)
            stored = file.read(1, window=window, boundless=True, fill_value=NO_DATA)
    except (RasterioError, OSError) as error:
        raise UnreadableImageError(f"{path}: {error}") from error
    here = np.column_stack([columns - left, rows - top]).astype(np.float32)
    there = np.array([[0, 0], [width_px, 0], [0, height_px]], np.float32)
    known = (stored != NO_DATA).astype(np.uint8)
    # Pixel centres lie half a pixel inside: warpAffine counts from centres.
    matrix = cv2.getAffineTransform(here - 0.5, there - 0.5)
    size = width_px, height_px
    values = cv2.warpAffine(np.where(known, stored, 0).astype(np.uint8), matrix, size, flags=cv2.INTER_LINEAR)
    valid = cv2.warpAffine(known, matrix, size, flags=cv2.INTER_NEAREST)
    share = values.astype(np.float32) / 254
    opacity = np.where((share >= LEAST_SHOWN) & (valid > 0), 60 + share * (MOST_OPAQUE - 60), 0).astype(np.uint8)
    colours = cv2.applyColorMap(np.clip(share * 255, 0, 255).astype(np.uint8), cv2.COLORMAP_INFERNO)
    return _png(np.dstack([colours, opacity]))


def height_overlay(
    plan: Plan, sources: Sources, corners_lonlat: NDArray[np.float64], width_px: int, height_px: int
) -> bytes:
    """PNG of the rise (red) and fall (blue) between a run's surface models at a chip's extent, as the run saw them.

    Corners (3, 2): its top left, top right, bottom left. Raises UnreadableImageError where there are no heights.
    """
    if plan.height_bias_m is None or sources.before_dsm is None or sources.after_dsm is None:
        raise UnreadableImageError("the run compared no surface models")
    corners = plan.grid.from_lonlat(corners_lonlat)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int) + 2
    left, top = np.floor(corners.min(axis=0)).astype(int) - 2
    window = Window(int(left), int(top), int(right - left), int(bottom - top))
    with SurfaceReader(sources.before_dsm) as low, SurfaceReader(sources.after_dsm) as high:
        before = read_heights(low, plan.grid, window)
        after = read_heights(high, plan.grid, window, placement=plan.registration.placement)
    rise, known = height_change(before, after, bias_m=plan.height_bias_m)
    here = (corners - (left, top)).astype(np.float32) - np.float32(0.5)
    there = np.array([[0, 0], [width_px, 0], [0, height_px]], np.float32) - np.float32(0.5)
    matrix = cv2.getAffineTransform(here, there)
    size = width_px, height_px
    metres = cv2.warpAffine(np.where(known, rise, 0).astype(np.float32), matrix, size, flags=cv2.INTER_LINEAR)
    strength = np.clip(np.abs(metres) / FULL_HEIGHT_M, 0, 1)
    opacity = np.where(np.abs(metres) >= LEAST_HEIGHT_M, 60 + strength * (MOST_OPAQUE - 60), 0).astype(np.uint8)
    rose = (metres > 0)[..., None]
    colour = np.where(rose, np.array(ROSE_RGB[::-1], np.uint8), np.array(FELL_RGB[::-1], np.uint8))
    return _png(np.dstack([colour, opacity]))


def edge_overlay(path: Path) -> bytes:
    """PNG of the edges of a chip, to be laid over the one of the other date. Raises UnreadableImageError."""
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise UnreadableImageError(f"{path}: {error}") from error
    grey = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE) if data.size else None
    if grey is None:
        raise UnreadableImageError(f"{path}: is no picture")
    edges = cv2.Canny(cv2.GaussianBlur(grey, (5, 5), 0), EDGE_LOW, EDGE_HIGH)
    red, green, blue = (np.full_like(edges, value) for value in EDGE_RGB)
    return _png(np.dstack([blue, green, red, edges]))


def _png(bgra: Bytes) -> bytes:
    done, data = cv2.imencode(".png", np.ascontiguousarray(bgra))
    if not done:
        raise UnreadableImageError(f"an overlay of {bgra.shape[1]} x {bgra.shape[0]} px cannot be written")
    return bytes(data.tobytes())
