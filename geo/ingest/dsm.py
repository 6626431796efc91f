"""Validating a digital surface model that comes with a snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyproj
from shapely.geometry.base import BaseGeometry

from geo.ingest.errors import ImplausibleHeights, NoContent, OutsideJurisdiction, WrongBands, WrongPixelType
from geo.ingest.footprint import outline
from geo.ingest.georeference import Declared, locate
from geo.ingest.opening import opened
from geo.ingest.scan import GRID_CELLS, OnProgress, add_cells, chunks_of, read_window
from geo.measure import share_covered

# Turpan lies at -154 m, Everest at 8849 m: outside of this a number is no height in metres.
MIN_HEIGHT_M = -500.0
MAX_HEIGHT_M = 9000.0
# The densest 96 % of the heights of one flight: more relief than this is a unit mistake (centimetres, feet).
MAX_RELIEF_M = 3000.0
# A DSM must cover half of the image that it comes with, or it belongs to another flight.
MIN_IMAGE_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class DsmFacts:
    """Facts of a DSM; heights in metres, `footprint` lon/lat EPSG:4490 of the cells with a height."""

    path: Path
    width: int
    height: int
    dtype: str
    crs_wkt: str
    crs_name: str
    resolution_m: float
    footprint: BaseGeometry
    valid_share: float
    min_m: float
    max_m: float
    p02_m: float
    p98_m: float
    size_bytes: int

    def as_json(self) -> dict[str, object]:
        """The facts as plain JSON values."""
        return {
            "width": self.width,
            "height": self.height,
            "dtype": self.dtype,
            "crs_name": self.crs_name,
            "resolution_m": round(self.resolution_m, 5),
            "valid_share": round(self.valid_share, 5),
            "min_m": round(self.min_m, 3),
            "max_m": round(self.max_m, 3),
            "p02_m": round(self.p02_m, 3),
            "p98_m": round(self.p98_m, 3),
            "size_bytes": self.size_bytes,
        }


def inspect_dsm(
    path: Path,
    *,
    declared: Declared | None = None,
    image_footprint: BaseGeometry | None = None,
    on_progress: OnProgress | None = None,
) -> DsmFacts:
    """Read a DSM whole (single band of float metres) and return its facts.

    Raises an IngestError: wrong bands or type, corrupt block, no heights, implausible heights, or beside the image.
    """
    path = Path(path)
    with opened(path) as dataset:
        if dataset.count != 1:
            raise WrongBands(path, f"has {dataset.count} bands; a height model has one", bands=dataset.count)
        if dataset.dtypes[0] not in ("float32", "float64"):
            raise WrongPixelType(
                path,
                f"has pixels of type {dataset.dtypes[0]}; a height model has float metres",
                dtype=dataset.dtypes[0],
            )
        georeference = locate(dataset, path, declared)
        width, height = dataset.width, dataset.height
        step = -(-max(width, height) // GRID_CELLS)
        cells = np.zeros((-(-height // step), -(-width // step)), np.int64)
        counts = np.zeros(int(MAX_HEIGHT_M - MIN_HEIGHT_M) * 10, np.int64)  # decimetre bins
        lowest, highest, done = np.inf, -np.inf, 0
        for window in chunks_of(dataset):
            heights = read_window(dataset, path, window)[0].astype(np.float64)
            valid = np.isfinite(heights) & (dataset.read_masks(1, window=window) > 0)
            values = heights[valid]
            if values.size:
                lowest, highest = min(lowest, float(values.min())), max(highest, float(values.max()))
                if lowest < MIN_HEIGHT_M or highest > MAX_HEIGHT_M:
                    odd = lowest if lowest < MIN_HEIGHT_M else highest
                    raise ImplausibleHeights(
                        path, f"holds a height of {odd:g} m; is that an undeclared nodata value?", height_m=odd
                    )
                counts += np.bincount(((values - MIN_HEIGHT_M) * 10).astype(np.int64), minlength=counts.size)[
                    : counts.size
                ]
            add_cells(cells, valid, window, step)
            done += int(window.width) * int(window.height)
            if on_progress is not None:
                on_progress(done / (width * height))
        total = int(counts.sum())
        if total == 0:
            raise NoContent(path, "every height is nodata")
        low, high = (np.searchsorted(np.cumsum(counts), [total * 0.02, total * 0.98]) / 10 + MIN_HEIGHT_M).tolist()
        if high - low > MAX_RELIEF_M:
            raise ImplausibleHeights(
                path, f"relief of {high - low:,.0f} m in one flight; are these metres?", relief_m=high - low
            )
        footprint = outline(
            cells > 0,
            step=step,
            transform=georeference.transform,
            width=width,
            height=height,
            crs=pyproj.CRS.from_wkt(georeference.wkt),
        )
        _refuse_elsewhere(path, footprint, image_footprint)
        return DsmFacts(
            path=path,
            width=width,
            height=height,
            dtype=dataset.dtypes[0],
            crs_wkt=georeference.wkt,
            crs_name=georeference.name,
            resolution_m=georeference.resolution_m,
            footprint=footprint,
            valid_share=total / (width * height),
            min_m=float(lowest),
            max_m=float(highest),
            p02_m=low,
            p98_m=high,
            size_bytes=path.stat().st_size,
        )


def _refuse_elsewhere(path: Path, footprint: BaseGeometry, image_footprint: BaseGeometry | None) -> None:
    if image_footprint is None:
        return
    share = share_covered(footprint, image_footprint)
    if share < MIN_IMAGE_SHARE:
        raise OutsideJurisdiction(path, f"covers only {share:.0%} of the image it comes with", share=share)
