"""Raster tiles of a snapshot from its web-optimised copy, cut to what a person may see.

Masks travel with the pixels: outside of the image and outside of the jurisdiction a tile is transparent. Memory is
bounded by one tile of TILE_SIZE_PX.
"""

import io
from pathlib import Path

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from PIL import Image
from rasterio.features import geometry_mask
from rasterio.transform import from_bounds
from rio_tiler.errors import TileOutsideBounds
from rio_tiler.io import Reader
from rio_tiler.models import ImageData
from shapely import from_wkb
from shapely.geometry.base import BaseGeometry

from geo.models.user import Scope
from geo.tiles.grid import Box, Tile

TILE_SIZE_PX = 512  # the block size of the web copies: one read, one block
WEBP_QUALITY = 82


def area_within(scope: Scope, tile: Tile) -> BaseGeometry | None:
    """Return the part of a tile that a scope covers, in EPSG:3857; None when it covers nothing of it. One query."""
    return part_within(scope, tile.box_m(margin_px=1))


def part_within(scope: Scope, box: Box) -> BaseGeometry | None:
    """The same for a box in metres of EPSG:3857."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH tile AS (SELECT ST_MakeEnvelope(%s, %s, %s, %s, 3857) AS box),
            mine AS (
                SELECT boundary FROM geo_unit WHERE path = ANY(%s)
                UNION ALL SELECT boundary FROM geo_specialarea WHERE id = ANY(%s)
            )
            SELECT ST_AsBinary(ST_Union(ST_Intersection(ST_Transform(mine.boundary, 3857), tile.box)))
            FROM mine, tile WHERE mine.boundary && ST_Transform(tile.box, 4490)
            """,
            [box.west, box.south, box.east, box.north, list(scope.unit_paths), list(scope.special_area_ids)],
        )
        found = cursor.fetchone()[0]
    part = from_wkb(bytes(found)) if found is not None else None
    return None if part is None or part.is_empty else part


def snapshot_tile(web_file: Path, tile: Tile, *, within: BaseGeometry | None, image_format: str) -> bytes | None:
    """Return an encoded tile (`png` or `webp`), or None when no pixel of it is to be seen.

    `within` is the part to show in EPSG:3857; None shows everything.
    """
    try:
        with Reader(str(web_file)) as reader:
            image = reader.tile(tile.x, tile.y, tile.z, tilesize=TILE_SIZE_PX, indexes=(1, 2, 3))
    except TileOutsideBounds:
        return None
    return cut_out(image, tile.box_m(), within=within, image_format=image_format)


def cut_out(image: ImageData, box: Box, *, within: BaseGeometry | None, image_format: str) -> bytes | None:
    """Encode what was read of a box in metres of EPSG:3857, or None when no pixel of it is to be seen.

    A pixel whose centre lies outside of `within` is transparent; colours under a transparent pixel are not sent.
    """
    alpha = np.asarray(image.mask, dtype=np.uint8)
    if within is not None:
        rows, columns = alpha.shape
        transform = from_bounds(box.west, box.south, box.east, box.north, columns, rows)
        alpha = np.where(geometry_mask([within], alpha.shape, transform), 0, alpha).astype(np.uint8)
    if not alpha.any():
        return None
    shown = np.where(alpha[np.newaxis] > 0, np.asarray(image.data), 0).astype(np.uint8)
    pixels = np.moveaxis(np.concatenate([shown, alpha[np.newaxis]]), 0, -1)
    return _encode(pixels, image_format)


def _encode(pixels: NDArray[np.uint8], image_format: str) -> bytes:
    """Write pixels (rows, columns, 4) as `png` or `webp`; a mask that hides nothing is left out."""
    alpha = pixels[..., 3]
    written = io.BytesIO()
    picture = Image.fromarray(pixels if (alpha < 255).any() else pixels[..., :3])
    if image_format == "webp":
        picture.save(written, "WEBP", quality=WEBP_QUALITY, method=0)
    else:
        picture.save(written, "PNG", compress_level=3)
    return written.getvalue()
