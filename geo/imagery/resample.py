"""From native pixels to the common grid, so that a grid pixel's value never depends on the window it is asked in.

Native pixels are averaged over whole multiples (anchored to the raster), then sampled bilinearly at positions exact to
1/32 pixel. A pixel is valid only where every native pixel that enters it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from geo.imagery.grid import LATTICE_PX, Floats, Grid, Window
from geo.imagery.pixels import Bools, Bytes, Heights, Pixels
from geo.imagery.readers import Reader, Stretch

# Native values held at once while averaging (bytes grow with bands and type: about 100 MB for three 16-bit bands).
STRIP_NATIVE_PX = 8_000_000
# Rows of the grid resampled at once: bounds the memory of the position arrays.
STRIP_ROWS = 512
POSITION_STEPS = 32

Samples: TypeAlias = "NDArray[np.integer[Any] | np.floating[Any]]"

# Black collars of orthophotos without a declared nodata value: larger than any black roof or shadow that is exactly 0.
COLLAR_PX = 15
COLLAR_VALUE = 1


@dataclass(frozen=True)
class Placement:
    """Where a photograph's content lies, found by registration: grid metres (x, y) -> metres in the photograph.

    ``matrix`` is (a, b, c, d, e, f): x' = a(x-x0) + b(y-y0) + c + x0, y' = d(x-x0) + e(y-y0) + f + y0.
    """

    matrix: tuple[float, float, float, float, float, float] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    centre_m: tuple[float, float] = (0.0, 0.0)

    def apply(self, metres: Floats) -> Floats:
        a, b, c, d, e, f = self.matrix
        x, y = metres[:, 0] - self.centre_m[0], metres[:, 1] - self.centre_m[1]
        return np.column_stack([a * x + b * y + c + self.centre_m[0], d * x + e * y + f + self.centre_m[1]])

    def inverse(self) -> Placement:
        """Where the grid's content lies, seen from the photograph: undoes ``apply``."""
        a, b, c, d, e, f = self.matrix
        linear = np.linalg.inv(np.array([[a, b], [d, e]]))
        shift = -linear @ np.array([c, f])
        values = (linear[0, 0], linear[0, 1], shift[0], linear[1, 0], linear[1, 1], shift[1])
        (a, b, c, d, e, f) = (float(value) for value in values)
        return Placement((a, b, c, d, e, f), self.centre_m)


IDENTITY = Placement()


def native_pixels_per_pixel(reader: Reader, grid: Grid) -> float:
    """How many native pixels lie along one grid pixel, at the middle of the grid."""
    middle = np.array([grid.width / 2, grid.height / 2])
    corners = reader.locate(grid.metres(middle + np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])), grid.crs)
    steps = corners[1:] - corners[0]
    return float(np.sqrt(abs(steps[0, 0] * steps[1, 1] - steps[0, 1] * steps[1, 0])))


@dataclass(frozen=True)
class _Lattice:
    """Native positions at the nodes of the grid's lattice around a window; between them they are taken as linear."""

    window: Window
    first: tuple[int, int]
    nodes: NDArray[np.float64]

    def positions(self) -> NDArray[np.float64]:
        """Of the window's pixel centres, (H, W, 2)."""
        window, (first_x, first_y) = self.window, self.first
        x, y = np.arange(window.x, window.x + window.width), np.arange(window.y, window.y + window.height)
        along_x, along_y = (x % LATTICE_PX) / LATTICE_PX, (y % LATTICE_PX) / LATTICE_PX
        cell_x, cell_y = x // LATTICE_PX - first_x, y // LATTICE_PX - first_y
        rows = self.nodes[cell_y] * (1 - along_y)[:, None, None] + self.nodes[cell_y + 1] * along_y[:, None, None]
        return np.asarray(
            rows[:, cell_x] * (1 - along_x)[None, :, None] + rows[:, cell_x + 1] * along_x[None, :, None], np.float64
        )

    def even_shift(self, factor: int) -> tuple[int, int] | None:
        """(right, down) in steps of a pixel's 1/POSITION_STEPS when every pixel of the window lies that far off the
        averaged one of its own number; else None. So lie photographs of one system that registration only shifted.
        """
        ys, xs = (np.arange(count) + first for count, first in zip(self.nodes.shape[:2], self.first[::-1], strict=True))
        own = np.stack(np.meshgrid(xs * LATTICE_PX, ys * LATTICE_PX), axis=-1)
        steps = np.rint((self.nodes / factor - 0.5 - own) * POSITION_STEPS).reshape(-1, 2)
        if (steps != steps[0]).any():
            return None
        return int(steps[0, 0]), int(steps[0, 1])


def _lattice(reader: Reader, grid: Grid, window: Window, placement: Placement) -> _Lattice:
    first_x, first_y = window.x // LATTICE_PX, window.y // LATTICE_PX
    last_x = (window.x + window.width - 1) // LATTICE_PX + 1
    last_y = (window.y + window.height - 1) // LATTICE_PX + 1
    xs, ys = np.arange(first_x, last_x + 1), np.arange(first_y, last_y + 1)
    nodes_x, nodes_y = np.meshgrid(xs * LATTICE_PX + 0.5, ys * LATTICE_PX + 0.5)
    metres = placement.apply(grid.metres(np.column_stack([nodes_x.ravel(), nodes_y.ravel()])))
    return _Lattice(window, (first_x, first_y), reader.locate(metres, grid.crs).reshape(len(ys), len(xs), 2))


def _averaged(
    reader: Reader, factor: int, x: int, y: int, width: int, height: int, stretch: Stretch | None
) -> tuple[NDArray[np.generic], Bools]:
    """Native windows averaged over factor x factor pixels; x, y, width, height count averaged pixels."""
    rows_at_once = max(1, STRIP_NATIVE_PX // max(1, width * factor * factor))
    data, masks = [], []
    for top in range(y, y + height, rows_at_once):
        rows = min(rows_at_once, y + height - top)
        native_height = min(rows * factor, reader.height - top * factor)
        native_width = min(width * factor, reader.width - x * factor)
        values, valid = reader.read(x * factor, top * factor, native_width, native_height)
        if values.dtype == np.uint16:
            values = _to_bytes(values, stretch)
        if factor > 1:
            values, valid = _shrink(values, valid, factor=factor, rows=rows, columns=width)
        data.append(values)
        masks.append(valid)
    return np.concatenate(data), np.concatenate(masks)


def _to_bytes(values: NDArray[np.generic], stretch: Stretch | None) -> Bytes:
    low, high = np.array(stretch or ((0.0, 65535.0),) * 3, np.float32).T
    spread = (values.astype(np.float32) - low) * (255.0 / (high - low))
    return np.asarray(np.clip(np.rint(spread), 0, 255), np.uint8)


def _shrink(
    values: NDArray[np.generic], valid: Bools, *, factor: int, rows: int, columns: int
) -> tuple[NDArray[np.generic], Bools]:
    missing = rows * factor - values.shape[0], columns * factor - values.shape[1]
    if any(missing):
        values = np.pad(values, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="edge")
        valid = np.pad(valid, ((0, missing[0]), (0, missing[1])))
    # Every n-th pixel of every n-th row, added up: the same numbers as a sum over two axes, in a quarter of its time.
    steps = [np.s_[down::factor, right::factor] for down in range(factor) for right in range(factor)]
    kept: Bools = valid[steps[0]].copy()
    for step in steps[1:]:
        kept &= valid[step]
    if values.dtype == np.uint8:
        sums = values[steps[0]].astype(np.uint32)
        for step in steps[1:]:
            np.add(sums, values[step].view(np.uint8), out=sums)
        return np.asarray((sums + factor * factor // 2) // (factor * factor), np.uint8), kept
    with np.errstate(invalid="ignore"):
        means = values.astype(np.float32).reshape(rows, factor, columns, factor, -1).mean(axis=(1, 3), dtype=np.float32)
        return np.asarray(means, np.float32), kept


def _sample(
    reader: Reader, grid: Grid, window: Window, placement: Placement, stretch: Stretch | None, *, bands: int
) -> tuple[NDArray[np.generic], Bools]:
    ratio = native_pixels_per_pixel(reader, grid)
    factor = max(1, int(ratio + 0.35))
    lattice = _lattice(reader, grid, window, placement)
    blur = 0.45 * np.sqrt(max(0.0, (ratio / factor) ** 2 - 1)) if ratio / factor > 1.15 else 0.0
    margin = 2 + int(np.ceil(4 * blur))
    columns, rows = -(-reader.width // factor), -(-reader.height // factor)
    kind: type[np.float32] | type[np.uint8] = np.float32 if bands == 1 else np.uint8
    shift = None if blur else lattice.even_shift(factor)
    if shift is not None and not any(step % POSITION_STEPS for step in shift):
        # Nothing has to be interpolated: most earlier images (the grid shares their pixel edges) are read so.
        whole = shift[0] // POSITION_STEPS, shift[1] // POSITION_STEPS
        return _copied(reader, window, whole, factor, (columns, rows), stretch, kind, bands=bands)
    if shift is None:
        positions = np.rint((lattice.positions() / factor - 0.5) * POSITION_STEPS) / POSITION_STEPS
        x, y = positions[..., 0], positions[..., 1]
    else:
        # One row and one column tell where every pixel lies: the same numbers, in a third of the time.
        x = (np.arange(window.width, dtype=np.float64) + (window.x + shift[0] / POSITION_STEPS))[None]
        y = (np.arange(window.height, dtype=np.float64) + (window.y + shift[1] / POSITION_STEPS))[:, None]
    left, top = (max(0, int(np.floor(along.min())) - margin) for along in (x, y))
    right = min(columns, int(np.ceil(x.max())) + margin + 1)
    bottom = min(rows, int(np.ceil(y.max())) + margin + 1)
    if right <= left or bottom <= top:
        return np.zeros((window.height, window.width, bands), kind), np.zeros((window.height, window.width), bool)
    native, valid = _averaged(reader, factor, left, top, right - left, bottom - top, stretch)
    data: Samples = _masked(native, valid).astype(kind, copy=False)
    if blur:
        size = 2 * int(np.ceil(3 * blur)) + 1
        smooth: NDArray[Any] = cv2.GaussianBlur(data, (size, size), blur, borderType=cv2.BORDER_REPLICATE)
        data = smooth.reshape(data.shape)
        valid = cv2.erode(valid.astype(np.uint8), np.ones((size, size), np.uint8)) > 0
    shape = window.height, window.width
    map_x, map_y = (np.broadcast_to(along, shape).astype(np.float32, order="C") for along in (x - left, y - top))
    # The outermost half pixel has no neighbour outside: let it repeat the edge, and let anything beyond be invalid.
    known = (x >= -0.5) & (x <= columns - 0.5) & (y >= -0.5) & (y <= rows - 0.5)
    out: Samples = cv2.remap(data, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if not valid.all():
        seen = cv2.remap(valid.astype(np.uint8) * 255, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        known &= seen == 255
    return out.reshape(window.height, window.width, bands), known


def _masked(values: NDArray[np.generic], valid: Bools) -> NDArray[np.generic]:
    """The values (H, W, bands), 0 where they are not valid."""
    return values if valid.all() else np.where(valid[..., None], values, 0)


def _copied(
    reader: Reader, window: Window, shift: tuple[int, int], factor: int, size: tuple[int, int],
    stretch: Stretch | None, kind: type[np.float32] | type[np.uint8], *, bands: int,
) -> tuple[NDArray[np.generic], Bools]:  # fmt: skip
    """The window of a raster of ``size`` averaged pixels that lies ``shift`` off the grid's."""
    out, valid = np.zeros((window.height, window.width, bands), kind), np.zeros((window.height, window.width), bool)
    x, y = window.x + shift[0], window.y + shift[1]
    left, top = max(0, x), max(0, y)
    right, bottom = min(size[0], x + window.width), min(size[1], y + window.height)
    if left < right and top < bottom:
        native, known = _averaged(reader, factor, left, top, right - left, bottom - top, stretch)
        part = np.s_[top - y : bottom - y, left - x : right - x]
        out[part] = _masked(native, known)
        valid[part] = known
    return out, valid


def _strips(window: Window) -> list[Window]:
    return [
        Window(window.x, y, window.width, min(STRIP_ROWS, window.y + window.height - y))
        for y in range(window.y, window.y + window.height, STRIP_ROWS)
    ]


def read_pixels(
    reader: Reader, grid: Grid, window: Window, *,
    placement: Placement = IDENTITY, stretch: Stretch | None = None, collar_px: int = COLLAR_PX,
) -> Pixels:  # fmt: skip
    """The window of a photograph on the grid; black from ``collar_px`` on is none of it.

    Raises UnreadableImageError where it cannot be decoded.
    """
    wide = window.grown(collar_px + 1, grid=grid)
    parts = [_sample(reader, grid, strip, placement, stretch, bands=3) for strip in _strips(wide)]
    rgb = np.concatenate([part[0] for part in parts]).astype(np.uint8, copy=False)
    valid = np.concatenate([part[1] for part in parts])
    dark = cv2.inRange(rgb, (0, 0, 0), (COLLAR_VALUE,) * 3) > 0
    black = dark | ~valid
    if (black & valid).any():
        square = np.ones((collar_px, collar_px), np.uint8)
        collar = cv2.morphologyEx(black.astype(np.uint8), cv2.MORPH_OPEN, square, borderValue=0)
        valid = valid & (collar == 0)
    slices = window.within(wide)
    valid = valid[slices].copy()
    return Pixels(np.asarray(_masked(rgb[slices], valid), np.uint8).copy(), valid)


def read_heights(reader: Reader, grid: Grid, window: Window, *, placement: Placement = IDENTITY) -> Heights:
    """The window of a surface model on the grid."""
    parts = [_sample(reader, grid, strip, placement, None, bands=1) for strip in _strips(window)]
    metres = np.concatenate([part[0] for part in parts])[..., 0].astype(np.float32)
    return Heights(metres, np.concatenate([part[1] for part in parts]))
