"""Opening an untrusted raster: only image drivers, no network, no remote sidecars, bombs refused before decoding."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioIOError

from geo.ingest.errors import NotARaster, TooLarge

# VRT, WMS, HTTP and the like would let a file make the server read other files or hosts.
# The driver is chosen by the first bytes, not by the name.
DRIVER_OF_MAGIC = {
    b"II*\0": "GTiff",
    b"MM\0*": "GTiff",
    b"II+\0": "GTiff",  # BigTIFF
    b"MM\0+": "GTiff",
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG": "PNG",
}
# 30 Gpx is a county at 0.2 m; more than that is a mistake or an attack, and is ingested sheet by sheet.
MAX_PIXELS = 30_000_000_000
# JPEG and PNG cannot be read out of order; larger plain images must come as GeoTIFF.
MAX_PLAIN_PIXELS = 1_000_000_000
# One block (or strip) is held in memory at once.
MAX_BLOCK_BYTES = 256 * 1024 * 1024
# Deflate reaches about 1030:1 on constant data; a real photograph stays under 30:1. Small files may be anything.
MAX_EXPANSION = 400
EXPANSION_FREE_BYTES = 1_500_000_000
# GDAL's block cache; what bounds the memory of reading.
CACHE_MB = 128

ENVIRONMENT: dict[str, object] = {
    "GDAL_CACHEMAX": CACHE_MB,
    "GDAL_ERROR_ON_LIBJPEG_WARNING": "YES",  # a truncated JPEG is an error, not grey rows
    "GDAL_HTTP_MAX_RETRY": 0,
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".nothing",
    "GDAL_PAM_ENABLED": "NO",  # neither read nor write .aux.xml beside originals
    "JPEGMEM": "500M",
}


@contextmanager
def opened(path: Path) -> Iterator[rasterio.DatasetReader]:
    """Open a file as GeoTIFF, JPEG or PNG with a bounded cache; NotARaster or TooLarge come before any decoding."""
    path = Path(path)
    if not path.is_file():
        raise NotARaster(path, "there is no such file")
    if path.stat().st_size == 0:
        raise NotARaster(path, "the file is empty")
    driver = _driver_of(path)
    with rasterio.Env(**ENVIRONMENT), warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # locate() says it better
        try:
            dataset = rasterio.open(path.resolve(), driver=driver)
        except RasterioIOError as error:
            raise NotARaster(path, f"is no readable GeoTIFF, JPEG or PNG ({_first_line(error)})") from error
        with dataset:
            _refuse_bombs(dataset, path)
            yield dataset


def _driver_of(path: Path) -> str:
    with path.open("rb") as stream:
        start = stream.read(8)
    for magic, driver in DRIVER_OF_MAGIC.items():
        if start.startswith(magic):
            return driver
    raise NotARaster(path, "is neither GeoTIFF nor JPEG nor PNG by its first bytes")


def _refuse_bombs(dataset: rasterio.DatasetReader, path: Path) -> None:
    pixels = dataset.width * dataset.height
    limit = MAX_PIXELS if dataset.driver == "GTiff" else MAX_PLAIN_PIXELS
    if pixels > limit:
        raise TooLarge(
            path, f"claims {dataset.width} × {dataset.height} pixels; at most {limit:,} are read", pixels=pixels
        )
    bytes_per_pixel = sum(np.dtype(name).itemsize for name in dataset.dtypes)
    block_rows, block_columns = max(dataset.block_shapes)
    block_bytes = block_rows * block_columns * bytes_per_pixel
    if block_bytes > MAX_BLOCK_BYTES:
        raise TooLarge(
            path,
            f"has blocks of {block_columns} × {block_rows} pixels ({block_bytes:,} bytes); write it with tiles of 512",
            block_bytes=block_bytes,
        )
    expanded, stored = pixels * bytes_per_pixel, path.stat().st_size
    if expanded > EXPANSION_FREE_BYTES and expanded > stored * MAX_EXPANSION:
        raise TooLarge(
            path,
            f"would expand from {stored:,} to {expanded:,} bytes; no photograph compresses so far",
            expanded=expanded,
        )


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
