"""What the flight makes of the scene: light, haze, blur, displacement, noise and ragged edges."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import cv2
import numpy as np
import numpy.typing as npt

from geo.demo.light import Sun
from geo.demo.plane import FloatArray
from geo.demo.scale import DATES
from geo.demo.texture import Pixels

CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True, kw_only=True)
class Flight:
    """One snapshot's conditions."""

    captured_at: datetime
    sensor: str
    operator: str
    notes: str
    sun: Sun
    resolution_m: float
    trim_m: float  # the photographed square is smaller by this on each side
    compression: str
    gain: tuple[float, float, float]
    haze: tuple[float, float, float]  # added light, 0..255
    saturation: float
    shadow: float  # share of light that a full shadow takes
    blur_px: float
    noise: float
    shift_m: tuple[float, float]  # mean displacement east, north
    warp_m: float  # amplitude of the displacement's slow variation
    lean: float


FLIGHTS: tuple[Flight, ...] = (
    Flight(
        captured_at=datetime(2026, 3, 18, 10, 22, tzinfo=CHINA),
        sensor="SONY RX1RM2 / CW-20",
        operator="嵩阳市数字化城市管理中心",
        notes="春季航飞",
        sun=Sun(azimuth=142.0, elevation=47.0),
        resolution_m=0.4,
        trim_m=0.0,
        compression="deflate",
        gain=(0.90, 0.90, 0.88),
        haze=(7.0, 9.0, 13.0),
        saturation=0.74,
        shadow=0.62,
        blur_px=0.55,
        noise=2.4,
        shift_m=(0.55, -0.45),
        warp_m=0.22,
        lean=0.055,
    ),
    Flight(
        captured_at=datetime(2026, 6, 20, 10, 5, tzinfo=CHINA),
        sensor="PHASE ONE iXM-100",
        operator="嵩阳市数字化城市管理中心",
        notes="夏季航飞,薄雾",
        sun=Sun(azimuth=108.0, elevation=60.0),
        resolution_m=0.5,
        trim_m=0.03,
        compression="lzw",
        gain=(0.93, 0.93, 0.94),
        haze=(20.0, 23.0, 28.0),
        saturation=0.72,
        shadow=0.56,
        blur_px=0.5,
        noise=3.0,
        shift_m=(-0.6, 0.5),
        warp_m=0.22,
        lean=0.055,
    ),
    Flight(
        captured_at=datetime(2026, 9, 22, 15, 18, tzinfo=CHINA),
        sensor="SONY RX1RM2 / CW-20",
        operator="嵩阳市数字化城市管理中心",
        notes="秋季航飞,下午",
        sun=Sun(azimuth=228.0, elevation=43.0),
        resolution_m=0.4,
        trim_m=0.0,
        compression="jpeg",
        gain=(0.96, 0.92, 0.85),
        haze=(6.0, 7.0, 8.0),
        saturation=0.78,
        shadow=0.64,
        blur_px=0.6,
        noise=2.0,
        shift_m=(0.35, 0.75),
        warp_m=0.22,
        lean=0.055,
    ),
)


def expose(rgb: Pixels, flight: Flight) -> Pixels:
    """Gain, saturation and haze of a flight on colours, shape (rows, columns, 3), 0..255: one 3 x 4 matrix a pixel."""
    mix = np.full((3, 3), (1.0 - flight.saturation) / 3.0) + np.eye(3) * flight.saturation
    matrix = np.concatenate([np.array(flight.gain)[:, None] * mix, np.array(flight.haze)[:, None]], axis=1)
    return np.asarray(cv2.transform(rgb, matrix.astype(np.float32)), dtype=np.float32)


def displacement(
    flight: Flight, when: int, seed: int, east_m: FloatArray, north_m: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """East and north displacement in metres at a grid of ground positions: a shift and slow waves."""
    rng = np.random.default_rng([seed, 41, when])
    phase = rng.uniform(0, 6.28, 4)
    wave = 2 * np.pi / rng.uniform(900.0, 1700.0, 4)
    x, y = east_m[None, :], north_m[:, None]
    slow = flight.warp_m
    east = flight.shift_m[0] + slow * (0.6 * np.sin(wave[0] * y + phase[0]) + 0.4 * np.sin(wave[1] * x + phase[1]))
    north = flight.shift_m[1] + slow * (0.6 * np.sin(wave[2] * x + phase[2]) + 0.4 * np.sin(wave[3] * y + phase[3]))
    return east, north


def photograph(
    rgb: Pixels, map_x: Pixels, map_y: Pixels, flight: Flight, rng: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """The painted scene seen through optics and sensor: blurred, displaced (pixel maps), noisy, 8 bit, never 0."""
    seen = cv2.GaussianBlur(rgb, (0, 0), flight.blur_px)
    seen = cv2.remap(seen, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    grain = rng.standard_normal(seen.shape[:2], dtype=np.float32) * np.float32(flight.noise)
    # Grey grain, and a weaker one that differs between the channels: the same draw read from elsewhere.
    colour = [np.roll(grain, shift, axis=(0, 1)) * np.float32(0.35) for shift in ((7, 31), (53, 11), (29, 71))]
    seen += cv2.merge(colour) + grain[:, :, None]
    np.rint(seen, out=seen)
    return np.clip(seen, 1, 255, out=seen).astype(np.uint8)


def flight_of(when: int) -> Flight:
    return FLIGHTS[when]


def covered(flight: Flight, when: int, seed: int, bounds: tuple[float, float, float, float]) -> FloatArray:
    """The photographed outline: a square with ragged sides, shape (n, 2)."""
    west, south, east, north = bounds
    rng = np.random.default_rng([seed, 51, when])
    size = east - west
    steps = 26
    t = np.linspace(0, 1, steps, endpoint=False)
    depth = (
        np.clip(
            np.repeat(rng.uniform(0.0, 0.022, (4, steps // 2)), 2, axis=1) + rng.uniform(0, 0.003, (4, steps)), 0, 1
        )
        * size
    )
    sides = [
        np.stack([west + t * size, south + depth[0]], axis=1),
        np.stack([east - depth[1], south + t * size], axis=1),
        np.stack([east - t * size, north - depth[2]], axis=1),
        np.stack([west + depth[3], north - t * size], axis=1),
    ]
    return np.concatenate(sides)


if len(FLIGHTS) != len(DATES):  # pragma: no cover - a slip in this file
    raise ImportError(f"{len(FLIGHTS)} flights for {len(DATES)} dates")
