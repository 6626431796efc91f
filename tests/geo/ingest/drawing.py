"""Drawn snapshot files with known truth: an asymmetric town of coloured roofs at a known place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from PIL import Image

# CGCS2000 / 3-degree Gauss-Kruger CM 114E; about 34.7°N 113.6°E, where the demo town lies.
CRS = "EPSG:4547"
ORIGIN_X, ORIGIN_Y = 463_400.0, 3_841_600.0


def town(*, rows: int = 300, columns: int = 400, bands: int = 3, dtype: str = "uint8", seed: int = 7) -> NDArray:
    """An image (bands, rows, columns): ground with noise, a red roof top left, a blue one right of the middle."""
    generator = np.random.default_rng(seed)
    top = np.iinfo(dtype).max
    scale = 1 if dtype == "uint8" else 16
    image = generator.integers(90 * scale, 130 * scale, (bands, rows, columns)).astype(dtype)
    image[:, 20:60, 30:110] = np.array([200, 60, 50, 90][:bands], dtype=dtype)[:, None, None] * scale
    image[:, 150:230, 240:290] = np.array([50, 80, 190, 60][:bands], dtype=dtype)[:, None, None] * scale
    assert image.max() < top
    return image


def write_geotiff(
    path: Path,
    image: NDArray,
    *,
    crs: str | None = CRS,
    resolution: float = 0.5,
    transform: Affine | None = None,
    mask: NDArray | None = None,
    **options: object,
) -> Path:
    profile = {
        "driver": "GTiff",
        "count": image.shape[0],
        "height": image.shape[1],
        "width": image.shape[2],
        "dtype": image.dtype.name,
        "crs": crs,
        "transform": transform or Affine(resolution, 0, ORIGIN_X, 0, -resolution, ORIGIN_Y),
        "tiled": True,
        "blockxsize": 128,
        "blockysize": 128,
        "compress": "deflate",
        **options,
    }
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK="YES"), rasterio.open(path, "w", **profile) as target:
        target.write(image)
        if mask is not None:
            target.write_mask(mask)
    return path


def write_plain(path: Path, image: NDArray) -> Path:
    Image.fromarray(np.moveaxis(image, 0, -1)).save(path, quality=92)
    return path


def write_world_file(path: Path, *, resolution: float = 0.5) -> Path:
    numbers = [resolution, 0.0, 0.0, -resolution, ORIGIN_X + resolution / 2, ORIGIN_Y - resolution / 2]
    path.write_text("\n".join(f"{number:.6f}" for number in numbers) + "\n")
    return path
