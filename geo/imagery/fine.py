"""An object's outline on the pixels of its photograph, where these are finer than the grid that was detected on.

The probability, enlarged, is laid along the photograph's edges by a guided filter (He, Sun and Tang 2010): inside one
colour it stays smooth, at a wall it steps where the wall is. The outline moves by one pixel of the grid at most.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from geo.imagery.grid import Grid, Window
from geo.imagery.objects import without_small_holes
from geo.imagery.outline import Traced, traced
from geo.imagery.pixels import Bools, Bytes, Float32, Pixels
from geo.imagery.readers import Reader, Stretch
from geo.imagery.resample import COLLAR_PX, IDENTITY, Placement, native_pixels_per_pixel, read_pixels

# Finer photographs are averaged to this many pixels along one of the grid: below 0.1 m a roof is texture.
LARGEST_FACTOR = 4
# Objects larger than this many fine pixels are looked at less finely; it bounds the memory (about 200 bytes each).
MOST_FINE_PX = 2_000_000
# Width and contrast (variance of colour, 0…1) of what is an edge. On WHU's pictures of 0.2 m 0.6 to 2 m and 1e-4 to
# 1e-3 differ little.
RADIUS_M = 1.0
LEAST_CONTRAST = 1e-4
# The filter makes walls softer and so objects smaller, above even odds. At a level lower by .07 the validation crops
# have the areas that they have without it; at .03 drawn houses have their true ones.
LEVEL_LOWER = 0.05
# How far apart corners may lie off a fine outline: what its stairs, and a roof's edge, need.
SIMPLIFY_M = 0.2


def factor_for(reader: Reader, grid: Grid) -> int:
    """How many fine pixels lie along one of the grid's; 1 where the photograph is no finer than the grid."""
    return int(np.clip(round(native_pixels_per_pixel(reader, grid)), 1, LARGEST_FACTOR))


@dataclass(frozen=True)
class FineObject:
    """An object's fine pixels: ``mask`` (H * factor, W * factor) covers ``window`` (H, W) of the grid."""

    window: Window
    mask: Bools
    factor: int

    @property
    def grid_pixels(self) -> float:
        """Its size in pixels of the grid."""
        return float(self.mask.sum()) / self.factor**2

    def outline(self, resolution_m: float) -> Traced:
        """Its outline in pixels of the grid."""
        fine = traced(self.mask, tolerance_px=max(1.0, SIMPLIFY_M * self.factor / resolution_m), factor=self.factor)
        return fine.scaled(1 / self.factor).moved(self.window.x, self.window.y)


def margin_px(grid: Grid) -> int:
    """Pixels of the grid around an object that its outline depends on: means of means, and what it may grow by."""
    return 2 * int(np.ceil(RADIUS_M / grid.resolution_m)) + 2


class Photograph:
    """One date of a pair, to be looked at again at its own resolution; not if ``fine`` is false."""

    def __init__(
        self,
        reader: Reader,
        grid: Grid,
        *,
        fine: bool,
        placement: Placement = IDENTITY,
        stretch: Stretch | None = None,
    ) -> None:
        self.reader, self.grid, self.placement, self.stretch = reader, grid, placement, stretch
        self.factor = factor_for(reader, grid) if fine else 1

    def refined(self, mask: Bools, changed: Bytes, window: Window, *, level: int) -> FineObject | None:
        """The object ``mask`` (H, W) of ``window`` on finer pixels; None where there are none, or where it falls apart
        on them. What else lies in the window changes nothing.

        ``changed`` (H, W) is the probability as 0…255, of which the object's pixels are those from ``level`` on.
        """
        if self.factor < 2:
            return None
        own = _around(mask, margin_px(self.grid))
        mask, changed = mask[own], changed[own]
        rows, columns = own
        window = Window(window.x + columns.start, window.y + rows.start, mask.shape[1], mask.shape[0])
        factor = min(self.factor, int(np.sqrt(MOST_FINE_PX / mask.size)))
        if factor < 2:
            return None
        photo = read_pixels(
            self.reader, self.grid.finer(factor), window.finer(factor), placement=self.placement,
            stretch=self.stretch, collar_px=COLLAR_PX * factor,
        )  # fmt: skip
        fine = _along_edges(mask, changed, photo, factor=factor, level=level, grid=self.grid)
        return None if fine is None else FineObject(window, fine, factor)


def _around(mask: Bools, margin: int) -> tuple[slice, slice]:
    """The box of a mask's pixels with a margin, within the mask."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + 1 + margin),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + 1 + margin),
    )


def _along_edges(mask: Bools, changed: Bytes, photo: Pixels, *, factor: int, level: int, grid: Grid) -> Bools | None:
    resolution_m = grid.resolution_m / factor
    # Its own pixels and doubtful ones beside them; one that borders on another object too is nobody's.
    others = (changed >= level) & ~mask
    own = mask | (_grown(mask) & ~_grown(others))
    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    matrix = np.array([[factor, 0, (factor - 1) / 2], [0, factor, (factor - 1) / 2]])
    size = photo.shape[::-1]
    share = _shares(changed)
    enlarged = cv2.warpAffine(share, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    probability = np.asarray(enlarged, np.float32)
    radius_px = max(1, round(RADIUS_M / resolution_m))
    laid = guided(_shares(photo.rgb), probability, photo.valid, radius_px=radius_px)
    reached = np.where(photo.valid, laid >= level / 255 - LEVEL_LOWER, probability >= level / 255)
    kept = _enlarged(inner, factor)
    fine = _enlarged(own, factor) & (reached | kept)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(fine.astype(np.uint8), connectivity=4)
    if count > 2:
        largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
        if (kept & (labels != largest)).any():
            return None
        fine = labels == largest
    return without_small_holes(fine, resolution_m=resolution_m) if fine.any() else None


def _grown(mask: Bools) -> Bools:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0, bool)


def _shares(values: Bytes) -> Float32:
    return np.asarray(values.astype(np.float32) / np.float32(255), np.float32)


def _enlarged(mask: Bools, factor: int) -> Bools:
    return np.repeat(np.repeat(mask, factor, axis=0), factor, axis=1)


def guided(guide: Float32, values: Float32, valid: Bools, *, radius_px: int) -> Float32:
    """``values`` (H, W) as the local linear function of the ``guide``'s colours (H, W, 3; 0…1) that fits them best.

    Where the guide is not ``valid`` (H, W) it counts for nothing, and what comes out there means nothing.
    """
    side = (2 * radius_px + 1, 2 * radius_px + 1)
    weights = valid.astype(np.float32)

    def sums(plane: Float32) -> Float32:
        return np.asarray(cv2.boxFilter(plane, -1, side, normalize=False, borderType=cv2.BORDER_REFLECT), np.float32)

    total = np.maximum(sums(weights), 1)

    def mean(plane: Float32) -> Float32:
        if plane.ndim == 2:
            return np.asarray(sums(plane * weights) / total, np.float32)
        return np.asarray(sums(plane * weights[..., None]) / total[..., None], np.float32)

    mean_guide, mean_values = mean(guide), mean(values)
    along = mean(guide * values[..., None]) - mean_guide * mean_values[..., None]
    spread = mean((guide[..., :, None] * guide[..., None, :]).reshape(*values.shape, 9)).reshape(*values.shape, 3, 3)
    spread -= mean_guide[..., :, None] * mean_guide[..., None, :]
    spread += np.float32(LEAST_CONTRAST) * np.eye(3, dtype=np.float32)
    slope = np.linalg.solve(spread, along[..., None])[..., 0].astype(np.float32)
    offset = mean_values - (slope * mean_guide).sum(axis=-1)
    return np.asarray((mean(slope) * guide).sum(axis=-1) + mean(offset), np.float32)
