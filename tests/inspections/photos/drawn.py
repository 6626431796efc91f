"""Drawn photos with known content, in every accepted format."""

import io
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image, ImageDraw
from PIL.TiffImagePlugin import IFDRational

ENCODERS = {"JPEG": {"quality": 88}, "PNG": {}, "WEBP": {"quality": 85}, "HEIF": {"quality": 70}}


def draw_scene(seed: int = 1, size: tuple[int, int] = (480, 360)) -> Image.Image:
    """A house front on sloping ground, asymmetric, so that turns and mirrors show."""
    rng = np.random.default_rng(seed)
    width, height = size
    ramp = np.linspace(90, 230, width)[None, :, None] * np.linspace(1.0, 0.6, height)[:, None, None]
    base = np.clip(ramp * rng.uniform(0.7, 1.0, 3) + rng.normal(0, 4, (height, width, 3)), 0, 255)
    picture = Image.fromarray(base.astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    for _ in range(6):
        x, y = rng.uniform(0, 0.8, 2) * (width, height)
        w, h = rng.uniform(0.08, 0.35, 2) * (width, height)
        draw.rectangle((x, y, x + w, y + h), fill=tuple(int(c) for c in rng.integers(0, 255, 3)))
    draw.rectangle((0, 0, width // 8, height // 8), fill=(255, 0, 0))  # red, top left
    return picture


def camera_exif(
    *, orientation: int = 1, lat: float = 34.7012, lon: float = 113.6034, taken: str = "2026:11:20 10:30:00"
) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F] = "Hangzhou Optics"
    exif[0x0110] = "P-40"
    exif[0x0112] = orientation
    detail = exif.get_ifd(0x8769)
    detail[0x9003] = taken
    detail[0x9011] = "+08:00"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = ("N" if lat >= 0 else "S"), _dms(lat)
    gps[3], gps[4] = ("E" if lon >= 0 else "W"), _dms(lon)
    gps[5], gps[6] = 0, IFDRational(1105, 10)
    gps[7] = (IFDRational(2), IFDRational(30), IFDRational(1))
    gps[17] = IFDRational(2715, 10)
    gps[29] = "2026:11:20"
    return exif


def _dms(value: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    value = abs(value)
    minutes = (value % 1) * 60
    return IFDRational(int(value)), IFDRational(int(minutes)), IFDRational(round((minutes % 1) * 60 * 10_000), 10_000)


def encode(picture: Image.Image, format: str = "JPEG", **options: Any) -> bytes:
    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)
    buffer = io.BytesIO()
    picture.save(buffer, format=format, **{**ENCODERS.get(format, {}), **options})
    return buffer.getvalue()
