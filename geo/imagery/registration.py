"""How far the later photograph lies off the earlier one: phase correlation of gradients on tiles.

The tiles' correlation surfaces are added up first: where one tile shows the right peak among higher wrong ones, because
its ground was built over, the sum still shows it. Single tiles agree in 7 of the first 12 LEVIR development pairs; the
sum's peak follows an injected shift in all 25 (tried by hand, not in a bench yet). Then each tile is located near the
common peak, and agreement between tiles gives a shift or, where it explains more, an affine.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from geo.imagery.grid import Grid, Window
from geo.imagery.pixels import Float32, Pixels
from geo.imagery.resample import Placement

ALGORITHM = "phase-correlation-sum-3"

LARGEST_TILE_PX = 768
SMALLEST_TILE_PX = 96
TILES_PER_SIDE = 5
# A tile needs this part of valid pixels in both dates.
ENOUGH_VALID = 0.6
# Tiles agree when the model places them within this distance.
AGREEMENT_PX = 1.5
# The peak of the summed surface stands this far over its noise (standard deviations), and over the next best peak:
# 14 to 130 and 1.6 to 27 on 24 of the 25 LEVIR pairs, at most 7.6 and 1.23 between photographs of different places.
LEAST_COMMON_SIGNAL = 11.0
LEAST_COMMON_LEAD = 1.4
# How far a tile may lie off the common shift: orthophotos are warped by less.
TILE_REACH_PX = 12
# A tile that does not agree and whose peak stands so far over its next best lies otherwise for certain: of 123 tiles of
# 47 real pairs (LEVIR, WHU, SZTAKI, FOTBCD) that do not agree one in ten has such a peak, most of them 2 or 3 px off.
CLEAR_LEAD = 3.0
# Peaks nearer than this to one another are one peak.
PEAK_RADIUS_PX = 6
# Fewer agreeing tiles say nothing: the georeference is then taken as it is.
LEAST_AGREEING = 3
LEAST_AGREEING_SHARE = 0.34
# An affine needs this many agreeing tiles, and must explain the tiles clearly better than a shift does.
LEAST_FOR_AFFINE = 8
AFFINE_GAIN = 0.7
# Between two orthophotos of one place scale and rotation differ by less.
LARGEST_AFFINE_DEPARTURE = 0.02
# Shifts below this are noise of the method (bench/imagery.py, registration table) and are not applied.
SMALLEST_SHIFT_PX = 0.35

# Every so many pixels of a tile say where its strongest gradients begin.
SAMPLE_STEP = 7

ReadTile = Callable[[Window], tuple[Pixels, Pixels]]


@dataclass(frozen=True)
class TileResidual:
    """How far the later photograph still lies off at one tile once it is placed, to the east and to the north.

    ``x_px, y_px``: the tile's middle on the grid. ``lead``: its peak over the next best one. ``agrees``: whether the
    placement rests on it; a tile that does not was built over, shows nothing, or lies otherwise than the rest.
    """

    x_px: float
    y_px: float
    east_m: float
    north_m: float
    lead: float
    agrees: bool

    @property
    def lies_otherwise(self) -> bool:
        return not self.agrees and self.lead >= CLEAR_LEAD


@dataclass(frozen=True)
class Registration:
    """What was found. ``residual_m`` is the root mean square over agreeing tiles, None when nothing was found.

    ``shift_m`` is the length of the shift at the middle of the overlap, east and north parts in ``east_m, north_m``:
    how far the later photograph's content lies from where its georeference puts it, seen from the earlier one.
    ``tiles`` are those that could be compared; none when nothing was found. ``tiles_agreeing`` of them carry the
    placement; it is 0 where only the sum of all tiles shows a shift, and the root mean square is then over all.
    """

    model: str
    east_m: float
    north_m: float
    residual_m: float | None
    tiles_used: int
    tiles_agreeing: int
    placement: Placement
    tiles: tuple[TileResidual, ...] = ()

    @property
    def shift_m(self) -> float:
        return float(np.hypot(self.east_m, self.north_m))

    @property
    def found(self) -> bool:
        return self.residual_m is not None


NOT_FOUND = "none"


def gradient_magnitude(pixels: Pixels) -> Float32:
    """Gradient magnitude of the smoothed brightness (H, W), cut at its 99th percentile; 0 where not valid."""
    grey = cv2.cvtColor(pixels.rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), 1.0), np.float32)
    size: Float32 = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)).astype(np.float32)
    inner = cv2.erode(pixels.valid.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    size[~inner] = 0
    if inner.any():
        size = np.minimum(size, np.percentile(size[inner][::SAMPLE_STEP], 99))
        size[inner] -= size[inner].mean()
    return np.asarray(size, np.float32)


@dataclass(frozen=True)
class Peak:
    """Where a correlation surface is highest: the shift in pixels, how many times the next best peak it is (``lead``),
    and how many standard deviations of the surface (``signal``)."""

    x: float
    y: float
    lead: float
    signal: float


def correlation(before: Float32, after: Float32) -> Float32:
    """The phase correlation surface (H, W) of two equal tiles; its peak lies at the shift, wrapped around.

    Phase correlation (Kuglin and Hines 1975) with a Hann window.
    """
    height, width = before.shape
    # Single precision: half the time and memory; peaks stand far above its noise.
    window = np.outer(np.hanning(height), np.hanning(width)).astype(np.float32)
    first, second = np.fft.rfft2(before * window), np.fft.rfft2(after * window)
    cross = second * np.conj(first)
    length = np.abs(cross)
    cross /= length + 1e-9 * (length.max() or np.float32(1.0))
    # High frequencies carry noise and aliasing: damp them by a Gaussian of 1.2 px.
    damping = np.exp(-2 * (np.pi * 1.2) ** 2 * (np.fft.fftfreq(height)[:, None] ** 2 + np.fft.rfftfreq(width) ** 2))
    return np.asarray(np.fft.irfft2(cross * damping.astype(np.float32), s=(height, width)), np.float32)


def peak_of(surface: NDArray[np.float64], *, near: tuple[float, float] | None = None) -> Peak:
    """The highest peak of a surface, located by a parabola in each direction; only within TILE_REACH_PX of ``near``."""
    height, width = surface.shape
    allowed = surface
    if near is not None:
        rows = np.abs((np.arange(height) - round(near[1]) + height // 2) % height - height // 2) <= TILE_REACH_PX
        columns = np.abs((np.arange(width) - round(near[0]) + width // 2) % width - width // 2) <= TILE_REACH_PX
        allowed = np.where(rows[:, None] & columns, surface, -np.inf)
    row, column = np.unravel_index(int(np.argmax(allowed)), surface.shape)
    peak = float(surface[row, column])
    x = _refine(surface[row, (column - 1) % width], peak, surface[row, (column + 1) % width]) + column
    y = _refine(surface[(row - 1) % height, column], peak, surface[(row + 1) % height, column]) + row
    around = np.arange(-PEAK_RADIUS_PX, PEAK_RADIUS_PX + 1)
    rest = allowed.copy()
    rest[np.ix_((row + around) % height, (column + around) % width)] = -np.inf
    x = x - width if x > width / 2 else x
    y = y - height if y > height / 2 else y
    lead = peak / max(float(rest.max()), 1e-12)
    return Peak(float(x), float(y), lead, peak / max(float(surface.std()), 1e-12))


def tile_shift(before: Float32, after: Float32) -> tuple[float, float, float]:
    """Shift (x, y) in pixels by which ``after`` lies off ``before``, and the peak's height over the next best peak."""
    peak = peak_of(correlation(before, after).astype(np.float64))
    return peak.x, peak.y, peak.lead


def _refine(left: float, middle: float, right: float) -> float:
    curve = left - 2 * middle + right
    return float(np.clip((left - right) / (2 * curve), -0.5, 0.5)) if curve < 0 else 0.0


def _tiles(grid: Grid) -> list[Window]:
    shorter = min(grid.width, grid.height)
    size = min(LARGEST_TILE_PX, max(SMALLEST_TILE_PX, shorter // 2), shorter)
    columns = min(TILES_PER_SIDE, max(1, 2 * grid.width // size - 1))
    rows = min(TILES_PER_SIDE, max(1, 2 * grid.height // size - 1))
    xs = np.linspace(0, grid.width - size, columns).astype(int)
    ys = np.linspace(0, grid.height - size, rows).astype(int)
    return [Window(int(x), int(y), size, size) for y in np.unique(ys) for x in np.unique(xs)]


def _surface(before: Pixels, after: Pixels) -> Float32 | None:
    """The correlation surface of one tile; None where too little of it is seen, or nothing is on it."""
    both = before.valid & after.valid
    if both.mean() < ENOUGH_VALID:
        return None
    first, second = (gradient_magnitude(Pixels(pixels.rgb, both)) for pixels in (before, after))
    return correlation(first, second) if first.any() and second.any() else None


def register(grid: Grid, read: ReadTile) -> Registration:
    """Find the placement of the later photograph on the grid of the earlier one; never raises for lack of texture."""
    places, surfaces = [], []
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        # One thread reads, the others work out what was read.
        tiles = _tiles(grid)
        asked = [pool.submit(_surface, *read(tile)) for tile in tiles]
        for tile, answer in zip(tiles, asked, strict=True):
            surface = answer.result()
            if surface is not None:
                places.append((tile.x + tile.width / 2, tile.y + tile.height / 2))
                surfaces.append(surface)
    if not surfaces:
        return _nothing(0)
    common = _common_shift(surfaces)
    peaks = [peak_of(np.asarray(surface, np.float64), near=common) for surface in surfaces]
    moved, leads = np.array([(peak.x, peak.y) for peak in peaks]), np.array([peak.lead for peak in peaks])
    return placed(grid, np.array(places), moved, leads, common=common)


def placed(
    grid: Grid,
    places: NDArray[np.float64],
    moved: NDArray[np.float64],
    leads: NDArray[np.float64],
    *,
    common: tuple[float, float] | None,
) -> Registration:
    """The placement that tiles at ``places`` (n, 2; pixels) tell, whose own peaks lie at ``moved`` (n, 2; pixels) and
    stand ``leads`` (n) times over their next best; ``common`` is the peak of the sum of all, where it stands out."""
    centre = np.array([grid.width / 2, grid.height / 2])
    at = places - centre
    linear, shift, agreeing, model = _agree(at, moved, leads)
    enough = max(LEAST_AGREEING, int(np.ceil(LEAST_AGREEING_SHARE * len(moved))))
    too_few = agreeing.sum() < min(enough, len(moved))
    if common is None and (too_few or (len(moved) < LEAST_AGREEING and leads.min() < 2.0)):
        return _nothing(len(moved))
    if common is not None and too_few:
        linear, shift, model = np.zeros((2, 2)), np.array(common), "shift"
        agreeing = np.hypot(*(moved - shift).T) <= 2 * AGREEMENT_PX
    counted = agreeing if agreeing.any() else np.ones(len(moved), bool)
    errors = moved[counted] - (at[counted] @ linear.T + shift)
    residual_px = float(np.sqrt((errors**2).sum(axis=1).mean()))
    if model == "shift" and np.hypot(*shift) < SMALLEST_SHIFT_PX:
        shift = np.zeros(2)
    metres = grid.resolution_m
    east, north = float(shift[0] * metres), float(-shift[1] * metres)
    # Pixels run down, metres up: the off-diagonal terms change sign.
    matrix = (1 + linear[0, 0], -linear[0, 1], east, -linear[1, 0], 1 + linear[1, 1], north)
    middle = grid.metres(centre[None])[0]
    return Registration(
        model, east, north, residual_px * metres, len(moved), int(agreeing.sum()),
        Placement(tuple(float(v) for v in matrix), (float(middle[0]), float(middle[1]))),  # type: ignore[arg-type]
        _residuals(places, (moved - at @ linear.T - shift) * metres, leads, agreeing),
    )  # fmt: skip


def _residuals(
    places: NDArray[np.float64], off_m: NDArray[np.float64], leads: NDArray[np.float64], agreeing: NDArray[np.bool_]
) -> tuple[TileResidual, ...]:
    """The tiles' residuals from their middles and from how far they lie off, right and down."""
    return tuple(
        # Stored with the plan as text: a centimetre is far below what a tile can tell.
        TileResidual(
            float(x), float(y), round(float(east), 3), round(-float(south), 3), round(float(lead), 2), bool(own)
        )
        for (x, y), (east, south), lead, own in zip(places, off_m, leads, agreeing, strict=True)
    )


def _common_shift(surfaces: list[Float32]) -> tuple[float, float] | None:
    """The shift at which the sum of all surfaces peaks, where that peak stands out clearly; else None."""
    peak = peak_of(np.sum(surfaces, axis=0, dtype=np.float64))
    if peak.signal < LEAST_COMMON_SIGNAL or peak.lead < LEAST_COMMON_LEAD:
        return None
    return peak.x, peak.y


def _nothing(tiles: int) -> Registration:
    return Registration(NOT_FOUND, 0.0, 0.0, None, tiles, 0, Placement())


def _agree(
    at: NDArray[np.float64], moved: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_], str]:
    """The shift that most tiles agree on, then an affine if it explains clearly more. Exhaustive: no chance in it."""
    zero = np.zeros((2, 2))
    supports = [np.hypot(*(moved - candidate).T) <= AGREEMENT_PX for candidate in moved]
    best = max(range(len(moved)), key=lambda i: (int(supports[i].sum()), float(weights[supports[i]].sum())))
    agreeing = supports[best]
    for _ in range(3):
        shift = np.median(moved[agreeing], axis=0)
        agreeing = np.hypot(*(moved - shift).T) <= AGREEMENT_PX
        if not agreeing.any():
            return zero, moved[best], supports[best], "shift"
    shift = moved[agreeing].mean(axis=0)
    affine = _affine(at, moved)
    if affine is not None:
        linear, offset, explained = affine
        wide = np.hypot(*(moved - shift).T) <= 4 * AGREEMENT_PX
        shift_error = np.sqrt(((moved[explained] - shift) ** 2).sum(axis=1).mean())
        affine_error = np.sqrt(((moved[explained] - at[explained] @ linear.T - offset) ** 2).sum(axis=1).mean())
        better = explained.sum() >= max(LEAST_FOR_AFFINE, agreeing.sum()) and affine_error < AFFINE_GAIN * shift_error
        if better and wide.sum() >= LEAST_AGREEING and shift_error > 0.5:
            return linear, offset, explained, "affine"
    return zero, shift, agreeing, "shift"


def _affine(
    at: NDArray[np.float64], moved: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]] | None:
    """The affine that most tiles agree on, from every triple of tiles, refined by least squares."""
    if len(at) < LEAST_FOR_AFFINE:
        return None
    rows = np.column_stack([at, np.ones(len(at))])
    triples = np.array(list(itertools.combinations(range(len(at)), 3)))
    spreads = np.abs(np.linalg.det(rows[triples]))
    triples = triples[(spreads >= 1e-3 * float(np.ptp(at, axis=0).prod())) & (spreads > 0)]
    solutions = np.linalg.solve(rows[triples], moved[triples])
    solutions = solutions[np.abs(solutions[:, :2]).max(axis=(1, 2), initial=0) <= LARGEST_AFFINE_DEPARTURE]
    if not len(solutions):
        return None
    supports = np.hypot(*np.moveaxis(moved - rows @ solutions, -1, 0)) <= AGREEMENT_PX
    best = supports[int(np.argmax(supports.sum(axis=1)))]
    if best.sum() < LEAST_FOR_AFFINE:
        return None
    solved = np.linalg.lstsq(rows[best], moved[best], rcond=None)[0]
    if np.abs(solved[:2]).max() > LARGEST_AFFINE_DEPARTURE:
        return None
    return np.asarray(solved[:2].T, np.float64), np.asarray(solved[2], np.float64), best
