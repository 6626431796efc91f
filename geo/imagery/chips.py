"""Small before/after pictures of one change: the same extent, aligned, at the finest resolution worth showing."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon

from geo.imagery.blocks import open_checked
from geo.imagery.errors import ParameterError
from geo.imagery.grid import Grid, Window
from geo.imagery.pixels import Pixels
from geo.imagery.plan import Plan, Sources
from geo.imagery.resample import native_pixels_per_pixel, read_pixels

QUALITY = 88
FORMATS = {".jpg": (cv2.IMWRITE_JPEG_QUALITY, QUALITY), ".jpeg": (cv2.IMWRITE_JPEG_QUALITY, QUALITY),
           ".webp": (cv2.IMWRITE_WEBP_QUALITY, QUALITY)}  # fmt: skip
# Where there is no picture.
EMPTY_GREY = 200


@dataclass(frozen=True)
class ChipInfo:
    """What both pictures show: extent (west, south, east, north in degrees) and the change's rings in pixels."""

    width_px: int
    height_px: int
    resolution_m: float
    bounds: tuple[float, float, float, float]
    outline_px: tuple[tuple[tuple[float, float], ...], ...]


def write_chips(
    plan: Plan,
    sources: Sources,
    candidate_geometry_4490: Polygon | MultiPolygon,
    out_before: Path,
    out_after: Path,
    *,
    margin_m: float = 15.0,
    max_px: int = 640,
) -> ChipInfo:
    """Write both pictures (JPEG or WebP by suffix), each whole or not at all.

    Raises ParameterError for an empty geometry, a margin below 0 or a suffix that is neither.
    """
    for path in (out_before, out_after):
        if path.suffix.lower() not in FORMATS:
            raise ParameterError(f"{path}: a chip is .jpg or .webp")
    if candidate_geometry_4490.is_empty or margin_m < 0 or max_px < 16:
        raise ParameterError(f"no chip of an empty geometry, margin {margin_m} m, {max_px} px")
    with ExitStack() as stack:
        first, second = open_checked(stack, plan, sources)
        grid = _chip_grid(plan, candidate_geometry_4490, margin_m, max_px, readers_native_m(plan, first, second))
        whole = Window(0, 0, grid.width, grid.height)
        placement = plan.registration.placement
        before = read_pixels(first, grid, whole, stretch=plan.stretch_before)
        after = read_pixels(second, grid, whole, placement=placement, stretch=plan.stretch_after)
    _write(out_before, before)
    _write(out_after, after)
    corners = grid.lonlat(np.array([[0, 0], [grid.width, 0], [grid.width, grid.height], [0, grid.height]], float))
    west, south = corners.min(axis=0)
    east, north = corners.max(axis=0)
    rings = [ring for part in shapely.get_parts(candidate_geometry_4490) for ring in (part.exterior, *part.interiors)]
    outlines = tuple(
        tuple((round(float(x), 2), round(float(y), 2)) for x, y in grid.from_lonlat(np.asarray(ring.coords)[:, :2]))
        for ring in rings
    )
    return ChipInfo(
        grid.width, grid.height, grid.resolution_m, (float(west), float(south), float(east), float(north)), outlines
    )


def readers_native_m(plan: Plan, *readers: object) -> float:
    """Ground resolution of the finer of the photographs, metres."""
    return min(plan.grid.resolution_m / native_pixels_per_pixel(reader, plan.grid) for reader in readers)  # type: ignore[arg-type]


def _chip_grid(plan: Plan, geometry: Polygon | MultiPolygon, margin_m: float, max_px: int, native_m: float) -> Grid:
    local = shapely.transform(geometry, lambda lonlat: plan.grid.metres(plan.grid.from_lonlat(lonlat)))
    left, bottom, right, top = local.bounds
    left, bottom, right, top = left - margin_m, bottom - margin_m, right + margin_m, top + margin_m
    resolution_m = max(native_m, max(right - left, top - bottom) / max_px)
    width = min(max_px, max(1, int(np.ceil((right - left) / resolution_m - 1e-6))))
    height = min(max_px, max(1, int(np.ceil((top - bottom) / resolution_m - 1e-6))))
    return Grid(plan.grid.crs, left, top, resolution_m, width, height)


def _write(path: Path, pixels: Pixels) -> None:
    image = np.where(pixels.valid[..., None], pixels.rgb, EMPTY_GREY).astype(np.uint8)
    suffix = path.suffix.lower()
    done, data = cv2.imencode(suffix, np.ascontiguousarray(image[..., ::-1]), list(FORMATS[suffix]))
    if not done:
        raise ParameterError(f"{path}: a picture of {image.shape[1]} x {image.shape[0]} px cannot be written")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        temporary.write_bytes(data.tobytes())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
