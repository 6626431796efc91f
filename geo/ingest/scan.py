"""Reading a raster once, whole: every block is decoded, histograms and a coarse validity grid are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.windows import Window

from geo.ingest.errors import CorruptBlock
from geo.ingest.facts import BandStatistics, MaskKind

# Rows of blocks are read together up to this many bytes: few calls, bounded memory.
CHUNK_BYTES = 64 * 1024 * 1024
# The validity grid has at most this many cells a side: the footprint is true to 1/2048 of the image.
GRID_CELLS = 2048

OnProgress = Callable[[float], None]


@dataclass(slots=True)
class Scan:
    """Result of reading a raster whole.

    `valid_cells` and `dark_cells`/`bright_cells` count pixels per grid cell of `step` × `step` pixels; `histograms` has
    one row per colour band (256 or 65,536 bins).
    """

    step: int
    valid_cells: NDArray[np.int64]
    dark_cells: NDArray[np.int64]
    bright_cells: NDArray[np.int64]
    histograms: NDArray[np.int64]

    def valid_pixels(self) -> int:
        return int(self.valid_cells.sum())


def mask_kind_of(dataset: rasterio.DatasetReader) -> MaskKind:
    """How the file says which pixels are valid."""
    flags = dataset.mask_flag_enums[0]
    names = {flag.name for flag in flags}
    if "alpha" in names:
        return "alpha"
    if "nodata" in names:
        return "nodata"
    return "mask" if "per_dataset" in names and "all_valid" not in names else "none"


def chunks_of(dataset: rasterio.DatasetReader) -> Iterator[Window]:
    """Windows that are whole blocks (whole rows of blocks where they fit), top to bottom, covering the raster once."""
    block_rows, block_columns = dataset.block_shapes[0]
    pixel_bytes = sum(np.dtype(name).itemsize for name in dataset.dtypes) + 1
    columns = max(1, CHUNK_BYTES // (block_rows * block_columns * pixel_bytes)) * block_columns
    rows = block_rows
    if columns >= dataset.width:
        columns = dataset.width
        rows = max(1, CHUNK_BYTES // (block_rows * dataset.width * pixel_bytes)) * block_rows
    for top in range(0, dataset.height, rows):
        for left in range(0, dataset.width, columns):
            yield Window(left, top, min(columns, dataset.width - left), min(rows, dataset.height - top))


def scan_image(
    dataset: rasterio.DatasetReader, path: Path, *, colour_bands: tuple[int, ...], on_progress: OnProgress | None = None
) -> Scan:
    """Read and decode every block of an 8- or 16-bit image. Raises CorruptBlock naming the block."""
    step = -(-max(dataset.width, dataset.height) // GRID_CELLS)
    grid = (-(-dataset.height // step), -(-dataset.width // step))
    top_value = int(np.iinfo(dataset.dtypes[0]).max)
    bins = top_value + 1
    scan = Scan(
        step=step,
        valid_cells=np.zeros(grid, np.int64),
        dark_cells=np.zeros(grid, np.int64),
        bright_cells=np.zeros(grid, np.int64),
        histograms=np.zeros((len(colour_bands), bins), np.int64),
    )
    masked = mask_kind_of(dataset) != "none"
    done, total = 0, dataset.width * dataset.height
    for window in chunks_of(dataset):
        pixels = read_window(dataset, path, window)
        colours = pixels[[band - 1 for band in colour_bands]]
        valid = dataset.dataset_mask(window=window) > 0 if masked else np.ones(colours.shape[1:], bool)
        add_cells(scan.valid_cells, valid, window, step)
        if not masked:
            add_cells(scan.dark_cells, (colours == 0).all(axis=0), window, step)
            add_cells(scan.bright_cells, (colours == top_value).all(axis=0), window, step)
        for index, band in enumerate(colours):
            values = band if not masked else band[valid]
            scan.histograms[index] += np.bincount(values.ravel(), minlength=bins)
        done += int(window.width) * int(window.height)
        if on_progress is not None:
            on_progress(done / total)
    return scan


def read_window(dataset: rasterio.DatasetReader, path: Path, window: Window) -> NDArray[np.generic]:
    """Read all bands of a window (bands, rows, columns); on failure name the block at fault."""
    try:
        return np.asarray(dataset.read(window=window))
    except (RasterioError, MemoryError) as error:
        name = _first_bad_block(dataset, window)
        raise CorruptBlock(path, f"{name} cannot be decoded; the file is damaged or cut short", block=name) from error


def statistics_of(histogram: NDArray[np.int64]) -> BandStatistics:
    """Statistics of one band from its histogram (bin index = pixel value); zeros when it is empty."""
    total = int(histogram.sum())
    if total == 0:
        return BandStatistics(0.0, 0.0, 0.0, 0.0, 0.0)
    present = np.flatnonzero(histogram)
    cumulated = np.cumsum(histogram)
    low, high = np.searchsorted(cumulated, [total * 0.02, total * 0.98])
    mean = float((np.arange(histogram.size) * histogram).sum() / total)
    return BandStatistics(float(present[0]), float(present[-1]), mean, float(low), float(high))


def add_cells(cells: NDArray[np.int64], pixels: NDArray[np.bool_], window: Window, step: int) -> None:
    top, left = int(window.row_off), int(window.col_off)
    row_edges, first_row = _edges(top, pixels.shape[0], step)
    column_edges, first_column = _edges(left, pixels.shape[1], step)
    counts = np.add.reduceat(np.add.reduceat(pixels, row_edges, axis=0, dtype=np.int64), column_edges, axis=1)
    cells[first_row : first_row + counts.shape[0], first_column : first_column + counts.shape[1]] += counts


def _edges(offset: int, length: int, step: int) -> tuple[NDArray[np.int64], int]:
    """Starts (relative to `offset`) of the grid cells that a run of pixels touches, and the index of the first cell."""
    first = offset // step
    starts = np.arange(first * step, offset + length, step, dtype=np.int64) - offset
    starts[0] = 0
    return starts, first


def _first_bad_block(dataset: rasterio.DatasetReader, window: Window) -> str:
    block_rows, block_columns = dataset.block_shapes[0]
    for top in range(int(window.row_off), int(window.row_off + window.height), block_rows):
        for left in range(int(window.col_off), int(window.col_off + window.width), block_columns):
            block = Window(left, top, min(block_columns, dataset.width - left), min(block_rows, dataset.height - top))
            for band in dataset.indexes:
                try:
                    dataset.read(band, window=block)
                except (RasterioError, MemoryError):
                    row, column = top // block_rows, left // block_columns
                    return f"block {row},{column} of band {band} (pixel rows from {top}, columns from {left})"
    return f"the part from pixel row {int(window.row_off)}"
