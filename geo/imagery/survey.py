"""Makes the plan of a run: the common grid, the registration, and the statistics of the whole pair."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.imagery.cva import change_length
from geo.imagery.detect import BASELINE, SceneStatistics, make_detector
from geo.imagery.errors import NoOverlapError, RegistrationError
from geo.imagery.grid import Grid, Window, local_crs, storage_crs
from geo.imagery.levels import thresholds_for
from geo.imagery.params import DiffParams
from geo.imagery.pixels import Pixels
from geo.imagery.plan import Plan
from geo.imagery.radiometry import fit_normalisation
from geo.imagery.readers import PhotoReader, RasterReader, Reader, Stretch, SurfaceReader
from geo.imagery.registration import ReadTile, Registration, register
from geo.imagery.resample import Placement, native_pixels_per_pixel, read_heights, read_pixels

# Less common ground than a small house plot is no pair.
LEAST_OVERLAP_M2 = 400.0
# Native resolutions in this range are taken as they are; finer ones are averaged into it by whole factors if they can.
KEPT_RESOLUTIONS_M = (0.38, 0.55)
PREFERRED_RESOLUTION_M = 0.45
STATISTIC_TILES_PER_SIDE = 4
STATISTIC_TILE_PX = 256
# Every so many pixels of a tile: about 80,000 in all, enough for middles and spreads.
SAMPLE_STEP = 13
# Share of pixels that is certainly unchanged in any usable pair; sets the quiet level.
QUIET_SHARE = 0.75


def working_resolution_m(native_m: float, wanted_m: float) -> float:
    """Ground resolution to detect at, from the coarser native resolution of a pair and what the detector wants."""
    low, high = KEPT_RESOLUTIONS_M
    if low <= native_m <= high:
        return native_m
    if native_m > high:
        return wanted_m
    multiples = [n * native_m for n in range(2, int(high / native_m) + 1) if n * native_m >= low]
    return min(multiples, key=lambda m: abs(m - PREFERRED_RESOLUTION_M), default=PREFERRED_RESOLUTION_M)


def plan_diff(
    before: Path,
    after: Path,
    *,
    before_dsm: Path | None = None,
    after_dsm: Path | None = None,
    params: DiffParams | None = None,
) -> Plan:
    """Look at both images and lay down everything that the blocks of a run need.

    Raises an ImageryError naming the file that cannot be used, NoOverlapError when the images share no ground, and
    RegistrationError when they lie further off one another than ``params`` allows.
    """
    chosen = params or DiffParams()
    with ExitStack() as stack:
        first: PhotoReader = stack.enter_context(PhotoReader(before))
        second: PhotoReader = stack.enter_context(PhotoReader(after))
        surfaces = [stack.enter_context(SurfaceReader(path)) for path in (before_dsm, after_dsm) if path is not None]
        detector = make_detector(chosen.detector, SceneStatistics())
        grid = _common_grid(first, second, chosen, detector.resolution_m)
        stretches = first.stretch(), second.stretch()
        registration = _registered(first, second, grid, chosen, stretches)
        statistics = SceneStatistics()
        if chosen.detector == BASELINE:
            statistics = pair_statistics(grid, _aligned(first, second, grid, registration.placement, stretches))
        bias = None
        if len(surfaces) == 2:
            bias = _height_bias_m(surfaces[0], surfaces[1], grid, registration.placement)
        threshold, outline_threshold, seed_threshold = thresholds_for(detector, chosen)
        return Plan(
            params=chosen, grid=grid, registration=registration, statistics=statistics,
            stretch_before=stretches[0], stretch_after=stretches[1], height_bias_m=bias,
            sizes=source_sizes(first, second, *surfaces), detector_version=detector.version,
            threshold=threshold, outline_threshold=outline_threshold, seed_threshold=seed_threshold,
            calibration=detector.calibration, arithmetic=detector.arithmetic,
        )  # fmt: skip


def source_sizes(*readers: RasterReader) -> tuple[tuple[str, int, int], ...]:
    names = ("before", "after", "before_dsm", "after_dsm")
    return tuple((name, reader.width, reader.height) for name, reader in zip(names, readers, strict=False))


def _common_grid(first: RasterReader, second: RasterReader, params: DiffParams, wanted_m: float) -> Grid:
    outline = first.outline(storage_crs())
    if not np.isfinite(outline).all():
        raise NoOverlapError(f"{first.path}: its corners have no place on the ground in its coordinate system")
    crs = local_crs(float(outline[:, 0].mean()))
    footprints = []
    for reader in (first, second):
        ring = reader.outline(crs)
        if not np.isfinite(ring).all():
            raise NoOverlapError(f"{reader.path}: lies too far from the other image")
        footprints.append(shapely.make_valid(shapely.Polygon(ring)))
    common = shapely.intersection(*footprints)
    if common.area < LEAST_OVERLAP_M2:
        raise NoOverlapError(
            f"{first.path} and {second.path} share {common.area:.0f} m² of ground, less than {LEAST_OVERLAP_M2:.0f} m²"
        )
    left, bottom, right, top = common.bounds
    native_m = max(
        1.0 / native_pixels_per_pixel(reader, Grid(crs, left, top, 1.0, int(right - left) + 1, int(top - bottom) + 1))
        for reader in (first, second)
    )
    resolution_m = params.resolution_m or working_resolution_m(round(native_m, 6), wanted_m)
    # Share pixel edges with the earlier image where its edges are parallel: whole factors need no interpolation.
    corner = first.outline(crs)[0]
    left = corner[0] + np.floor((left - corner[0]) / resolution_m + 1e-6) * resolution_m
    top = corner[1] + np.ceil((top - corner[1]) / resolution_m - 1e-6) * resolution_m
    width = max(1, int(np.ceil((right - left) / resolution_m - 1e-3)))
    height = max(1, int(np.ceil((top - bottom) / resolution_m - 1e-3)))
    return Grid(crs, float(left), float(top), float(resolution_m), width, height)


def _aligned(
    first: Reader, second: Reader, grid: Grid, placement: Placement, stretches: tuple[Stretch | None, Stretch | None]
) -> ReadTile:
    def read(tile: Window) -> tuple[Pixels, Pixels]:
        return (
            read_pixels(first, grid, tile, stretch=stretches[0]),
            read_pixels(second, grid, tile, placement=placement, stretch=stretches[1]),
        )

    return read


def _registered(
    first: Reader, second: Reader, grid: Grid, params: DiffParams, stretches: tuple[Stretch | None, Stretch | None]
) -> Registration:
    if not params.register:
        return Registration("off", 0.0, 0.0, None, 0, 0, Placement())
    found = register(grid, _aligned(first, second, grid, Placement(), stretches))
    if found.shift_m > params.max_shift_m:
        raise RegistrationError(
            f"{second.name} lies {found.shift_m:.1f} m off {first.name}, the limit is {params.max_shift_m:g} m",
            found=found, grid=grid,
        )  # fmt: skip
    if found.residual_m is not None and found.residual_m > params.max_residual_m:
        raise RegistrationError(
            f"{second.name} on {first.name}: residual {found.residual_m:.1f} m is above the limit of "
            f"{params.max_residual_m:g} m",
            found=found, grid=grid,
        )  # fmt: skip
    return found


def _statistic_tiles(grid: Grid) -> list[Window]:
    width, height = min(STATISTIC_TILE_PX, grid.width), min(STATISTIC_TILE_PX, grid.height)
    xs = np.unique(np.linspace(0, grid.width - width, STATISTIC_TILES_PER_SIDE).astype(int))
    ys = np.unique(np.linspace(0, grid.height - height, STATISTIC_TILES_PER_SIDE).astype(int))
    return [Window(int(x), int(y), width, height) for y in ys for x in xs]


def pair_statistics(grid: Grid, read: ReadTile) -> SceneStatistics:
    """What the baseline needs: normalisation and the quiet level of a pair, from tiles spread over the grid.

    ``read`` gives aligned pixels.
    """
    tiles = []
    for window in _statistic_tiles(grid):
        before, after = read(window)
        both = before.valid & after.valid
        if both.any():
            tiles.append((Pixels(before.rgb, both), Pixels(after.rgb, both)))
    if not tiles:
        return SceneStatistics()
    normalisation = fit_normalisation(
        np.concatenate([b.rgb[b.valid][::SAMPLE_STEP] for b, _ in tiles]),
        np.concatenate([a.rgb[a.valid][::SAMPLE_STEP] for _, a in tiles]),
    )
    lengths = np.concatenate([change_length(b, a, normalisation)[b.valid][::SAMPLE_STEP] for b, a in tiles])
    quiet = lengths[lengths <= np.quantile(lengths, QUIET_SHARE)]
    level = float(np.median(quiet))
    return SceneStatistics(normalisation, level, max(1.0, float(1.4826 * np.median(np.abs(quiet - level)))))


def _height_bias_m(first: Reader, second: Reader, grid: Grid, placement: Placement) -> float:
    differences: list[NDArray[np.float32]] = []
    for window in _statistic_tiles(grid):
        before, after = read_heights(first, grid, window), read_heights(second, grid, window, placement=placement)
        both = before.valid & after.valid
        differences.append((after.metres - before.metres)[both][::3])
    return median_of_most(np.concatenate(differences)) if differences else 0.0


def median_of_most(values: NDArray[np.float32], *, rounds: int = 3) -> float:
    """The middle of the bulk of values: the median, twice more among what lies within 1 m of it; 0 without values."""
    middle = 0.0
    for turn in range(rounds):
        near = values if turn == 0 else values[np.abs(values - middle) < 1.0]
        middle = float(np.median(near)) if len(near) else middle
    return middle
