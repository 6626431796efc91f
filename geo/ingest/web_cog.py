"""Copies for looking: a web-optimised COG in EPSG:3857 and a thumbnail."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Final

import morecantile
import numpy as np
import rasterio
from PIL import Image
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rio_cogeo.cogeo import cog_translate
from rio_cogeo.profiles import cog_profiles

from geo.ingest.convert import replacing, vrt_xml
from geo.ingest.errors import ConversionFailed
from geo.ingest.facts import RasterFacts
from geo.ingest.opening import CACHE_MB

# JPEG with an internal mask: encodes and decodes several times faster than WebP at about the same size.
JPEG_QUALITY = 85
BLOCK_PX = 512
THUMBNAIL_PX = 640

_WEB_TILES: Final = morecantile.tms.get("WebMercatorQuad")
_ENVIRONMENT = {
    "GDAL_CACHEMAX": CACHE_MB,
    "GDAL_TIFF_INTERNAL_MASK": "YES",
    "GDAL_TIFF_OVR_BLOCKSIZE": str(BLOCK_PX),
    "GDAL_PAM_ENABLED": "NO",
    "GDAL_NUM_THREADS": "2",
}


def make_web_cog(facts: RasterFacts, destination: Path) -> Path:
    """Write the colours as a Cloud Optimized GeoTIFF aligned with the web's tiles (EPSG:3857), and return its path.

    Red, green and blue only; 16 bit is stretched to 8 by each band's percentiles; invalid pixels are masked. The file
    appears whole or not at all. Works block by block, memory bounded. Raises ConversionFailed.
    """
    xml = vrt_xml(facts, bands=facts.colour_bands[:3], to_8_bit=True)
    profile = dict(cog_profiles["jpeg"])
    profile.update(quality=JPEG_QUALITY, blockxsize=BLOCK_PX, blockysize=BLOCK_PX, BIGTIFF="IF_SAFER")
    with replacing(destination, facts.path) as partial, rasterio.Env(**_ENVIRONMENT), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # rio-cogeo's advice on nodata and masks; both are ours here
        with rasterio.open(xml) as source:
            cog_translate(
                source,
                partial,
                profile,
                add_mask=True,
                tms=_WEB_TILES,
                resampling="bilinear",
                overview_resampling="average",
                in_memory=False,
                allow_intermediate_compression=True,
                temporary_compression="LZW",
                config=_ENVIRONMENT,
                quiet=True,
            )
    return destination


def make_thumbnail(web_cog: Path, destination: Path) -> Path:
    """Write a WebP (transparent outside of the footprint) at most 640 px a side from a web COG's overviews."""
    with replacing(destination, web_cog) as partial:
        try:
            with rasterio.Env(**_ENVIRONMENT), rasterio.open(web_cog) as source:
                scale = min(1.0, THUMBNAIL_PX / max(source.width, source.height))
                shape = (max(1, round(source.height * scale)), max(1, round(source.width * scale)))
                colours = source.read((1, 2, 3), out_shape=(3, *shape), resampling=Resampling.average)
                mask = source.dataset_mask(out_shape=shape)
        except RasterioError as error:
            raise ConversionFailed(web_cog, f"its thumbnail could not be read ({error})") from error
        pixels = np.dstack([*colours, mask]).astype(np.uint8)
        Image.fromarray(pixels, "RGBA").save(partial, "WEBP", quality=80)
    return destination
