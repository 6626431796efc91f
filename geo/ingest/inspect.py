"""Inspecting an aerial image: everything that must hold before it becomes a snapshot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyproj
import rasterio
from rasterio.enums import ColorInterp

from geo.ingest.errors import NoContent, WrongBands, WrongPixelType
from geo.ingest.facts import MaskKind, RasterFacts
from geo.ingest.footprint import CELL_SHARE, cells_of, find_collar, outline
from geo.ingest.georeference import Declared, locate
from geo.ingest.opening import opened
from geo.ingest.png import refuse_broken_png
from geo.ingest.scan import OnProgress, mask_kind_of, scan_image, statistics_of

PIXEL_TYPES = ("uint8", "uint16")
# Under this share of valid pixels an image shows nothing worth comparing.
MIN_VALID_SHARE = 0.001
MIN_SIDE_PX = 16


def inspect_raster(
    path: Path, *, declared: Declared | None = None, on_progress: OnProgress | None = None
) -> RasterFacts:
    """Read a GeoTIFF, JPEG or PNG whole and return its facts.

    Every block is decoded. `declared` completes what the file does not say. `on_progress` gets 0..1.
    Raises an IngestError naming the file and the reason.
    """
    path = Path(path)
    with opened(path) as dataset:
        colour_bands = colour_bands_of(dataset, path)
        georeference = locate(dataset, path, declared)
        mask_kind: MaskKind = mask_kind_of(dataset)
        if dataset.driver == "PNG":
            refuse_broken_png(path)
        scan = scan_image(dataset, path, colour_bands=colour_bands, on_progress=on_progress)
        width, height = dataset.width, dataset.height
        sizes = cells_of(scan, width, height)
        valid = scan.valid_cells >= sizes * CELL_SHARE
        valid_share = scan.valid_pixels() / (width * height)
        statistics = tuple(statistics_of(histogram) for histogram in scan.histograms)
        if valid_share < MIN_VALID_SHARE or not valid.any():
            raise NoContent(path, "every pixel is nodata", valid_share=valid_share)
        if all(band.minimum == band.maximum for band in statistics):
            raise NoContent(path, "all pixels are the same; the image is blank", valid_share=valid_share)
        collar_value = None
        collar = find_collar(scan, width, height) if mask_kind == "none" else None
        if collar is not None:
            mask_kind = "collar"
            collar_value = 0 if collar[0] == "dark" else int(np.iinfo(dataset.dtypes[0]).max)
            valid &= ~collar[1]
            valid_share = float(sizes[valid].sum()) / (width * height)
        return RasterFacts(
            path=path,
            driver=dataset.driver,
            width=width,
            height=height,
            band_count=dataset.count,
            colour_bands=colour_bands,
            dtype=dataset.dtypes[0],
            crs_wkt=georeference.wkt,
            crs_name=georeference.name,
            epsg=georeference.epsg,
            transform=georeference.transform,
            georeference_source=georeference.source,
            resolution_m=georeference.resolution_m,
            footprint=outline(
                valid,
                step=scan.step,
                transform=georeference.transform,
                width=width,
                height=height,
                crs=pyproj.CRS.from_wkt(georeference.wkt),
            ),
            valid_share=valid_share,
            nodata=None if dataset.nodata is None else float(dataset.nodata),
            mask_kind=mask_kind,
            collar_value=collar_value,
            statistics=statistics,
            size_bytes=path.stat().st_size,
        )


def colour_bands_of(dataset: rasterio.DatasetReader, path: Path) -> tuple[int, ...]:
    """Indexes of the colour bands (without alpha); raises WrongBands or WrongPixelType.

    Red, green, blue first; a fourth band that is not alpha is taken as near infrared.
    """
    if min(dataset.width, dataset.height) < MIN_SIDE_PX:
        raise NoContent(path, f"has only {dataset.width} × {dataset.height} pixels")
    bands = tuple(
        index
        for index, meaning in zip(dataset.indexes, dataset.colorinterp, strict=True)
        if meaning is not ColorInterp.alpha
    )
    if any(meaning is ColorInterp.palette for meaning in dataset.colorinterp):
        raise WrongBands(path, "is a palette image (such as a scanned map), not a photograph", bands=dataset.count)
    if len(bands) not in (3, 4):
        hint = "; a height model goes with --dsm" if len(bands) == 1 else ""
        raise WrongBands(path, f"has {len(bands)} colour bands; a snapshot has 3 or 4{hint}", bands=len(bands))
    types = sorted(set(dataset.dtypes))
    if len(types) != 1 or types[0] not in PIXEL_TYPES:
        raise WrongPixelType(
            path, f"has pixels of type {', '.join(types)}; a snapshot has 8 or 16 bit unsigned", dtype=", ".join(types)
        )
    return bands
