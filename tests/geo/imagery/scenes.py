"""Drawn ground with known truth: textured fields, houses as rotated rectangles, written as small GeoTIFFs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.transform import from_origin
from rasterio.warp import Resampling, calculate_default_transform, reproject

ZONE_38 = "EPSG:4526"  # Gauss-Kruger, 114°E, zone number in the easting
ZONE_38_PLAIN = "EPSG:4547"
UTM_49 = "EPSG:32649"
LEFT_M, TOP_M = 463_000.0, 3_841_000.0  # near 34.7°N 113.6°E in zone 38 without prefix


@dataclass(frozen=True)
class House:
    """Centre (metres east and south of the scene's corner), size in metres, direction in degrees."""

    x_m: float
    y_m: float
    length_m: float
    width_m: float
    degrees: float = 0.0

    @property
    def footprint_m2(self) -> float:
        return self.length_m * self.width_m


def ground(seed: int, *, width: int, height: int) -> NDArray[np.float32]:
    """Texture of several sizes without symmetry, RGB around mid grey."""
    rng = np.random.default_rng(seed)
    image = np.full((height, width, 3), (110.0, 118.0, 92.0), np.float32)
    for cell, strength in ((3, 7.0), (11, 10.0), (60, 12.0)):
        coarse = rng.standard_normal((height // cell + 3, width // cell + 3)).astype(np.float32)
        image += strength * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)[..., None]
    for _ in range(width * height // 9000):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        cv2.circle(image, (int(x), int(y)), int(rng.integers(2, 6)), tuple(rng.uniform(40, 90, 3).tolist()), -1)
    return image


def build(image: NDArray[np.float32], house: House, *, resolution_m: float, colour: tuple[float, float, float]) -> None:
    """Draw a house on an image, its edges anti-aliased by eightfold oversampling."""
    box = cv2.boxPoints(((house.x_m, house.y_m), (house.length_m, house.width_m), house.degrees)) / resolution_m
    left, top = np.floor(box.min(axis=0)).astype(int) - 1
    right, bottom = np.ceil(box.max(axis=0)).astype(int) + 2
    fine = np.zeros(((bottom - top) * 8, (right - left) * 8), np.uint8)
    cv2.fillPoly(fine, [np.rint((box - (left, top)) * 8 - 0.5).astype(np.int32)], 255)
    cover = cv2.resize(fine, (right - left, bottom - top), interpolation=cv2.INTER_AREA)[..., None] / 255.0
    part = image[top:bottom, left:right]
    image[top:bottom, left:right] = part * (1 - cover) + np.array(colour) * cover


RED, WHITE = (190.0, 70.0, 55.0), (235.0, 232.0, 226.0)


def to_bytes(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def write_photo(
    path: Path,
    image: NDArray[np.generic],
    *,
    resolution_m: float = 0.5,
    crs: str = ZONE_38_PLAIN,
    left_m: float = LEFT_M,
    top_m: float = TOP_M,
    valid: NDArray[np.bool_] | None = None,
    nodata: float | None = None,
    extra_band: NDArray[np.generic] | None = None,
) -> Path:
    """Write (H, W, bands) as GeoTIFF; ``valid`` becomes an alpha band, ``extra_band`` a fourth colour."""
    bands = [image[..., i] for i in range(image.shape[2])]
    if extra_band is not None:
        bands.append(extra_band)
    if valid is not None:
        bands.append(np.where(valid, np.iinfo(image.dtype).max, 0).astype(image.dtype))
    profile = {
        "driver": "GTiff", "width": image.shape[1], "height": image.shape[0], "count": len(bands),
        "dtype": image.dtype.name, "crs": crs, "nodata": nodata,
        "transform": from_origin(left_m, top_m, resolution_m, resolution_m),
        "tiled": True, "blockxsize": 256, "blockysize": 256,
    }  # fmt: skip
    if valid is not None:
        profile["photometric"], profile["alpha"] = "RGB", "YES"
    with rasterio.open(path, "w", **profile) as file:
        file.write(np.stack(bands))
    return path


def write_surface(path: Path, metres: NDArray[np.float32], *, resolution_m: float) -> Path:
    profile = {
        "driver": "GTiff", "width": metres.shape[1], "height": metres.shape[0], "count": 1, "dtype": "float32",
        "crs": ZONE_38_PLAIN, "nodata": -9999.0, "transform": from_origin(LEFT_M, TOP_M, resolution_m, resolution_m),
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        file.write(metres[None])
    return path


def rewrite_in(path: Path, out: Path, crs: str, *, resolution_m: float) -> Path:
    """The same picture in another coordinate system and resolution, warped by GDAL."""
    with rasterio.open(path) as source:
        target = CRS.from_user_input(crs)
        transform, width, height = calculate_default_transform(
            source.crs, target, source.width, source.height, *source.bounds, resolution=resolution_m
        )
        data = np.zeros((4, height, width), np.uint8)
        for band in (1, 2, 3):
            reproject(
                source.read(band), data[band - 1], src_transform=source.transform, src_crs=source.crs,
                dst_transform=transform, dst_crs=target, resampling=Resampling.cubic,
            )  # fmt: skip
        reproject(
            np.full((source.height, source.width), 255, np.uint8), data[3], src_transform=source.transform,
            src_crs=source.crs, dst_transform=transform, dst_crs=target, resampling=Resampling.nearest,
        )  # fmt: skip
        with rasterio.open(
            out, "w", driver="GTiff", width=width, height=height, count=4, dtype="uint8", crs=target,
            transform=transform, photometric="RGB", alpha="YES",
        ) as file:  # fmt: skip
            file.write(data)
    return out


@dataclass(frozen=True)
class Scene:
    """A pair on disk and what was built between the dates."""

    before: Path
    after: Path
    built: tuple[House, ...]


STANDING = (
    House(60, 40, 16, 10, 20),
    House(150, 90, 14, 9, -15),
    House(90, 150, 18, 11, 5),
    House(240, 60, 13, 12, 35),
)
BUILT = (House(120, 45, 15, 10, 12), House(45, 110, 12, 9, -30), House(200, 140, 20, 12, 8), House(256, 130, 11, 11, 0))


def draw_scene(
    folder: Path, *, width: int = 640, height: int = 400, shift_px: tuple[int, int] = (0, 0), seed: int = 5
) -> Scene:
    """A pair at 0.5 m with four new houses; the later one drawn ``shift_px`` (right, down) off its georeference.

    One new house lies across x = 256 m = pixel 512, where cells and blocks meet.
    """
    before = ground(seed, width=width, height=height)
    for house in STANDING:
        build(before, house, resolution_m=0.5, colour=RED)
    after = before.copy()
    for house in BUILT:
        build(after, house, resolution_m=0.5, colour=WHITE)
    rng = np.random.default_rng(seed + 1)
    after = after * 1.06 - 4 + rng.normal(0, 1.5, after.shape)
    after = np.roll(after, (shift_px[1], shift_px[0]), axis=(0, 1))
    return Scene(
        write_photo(folder / "before.tif", to_bytes(before)), write_photo(folder / "after.tif", to_bytes(after)), BUILT
    )
