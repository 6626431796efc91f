"""Seamless noise: the grain of soil, crops, concrete and crowns."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from geo.demo.plane import FloatArray

Pixels = npt.NDArray[np.float32]

SIZE = 1024
GROUND_M = 0.4  # ground size of one texel of the fine and middle textures
SMOOTH_STEP = 4  # pixels between the places where a coarse texture is really looked up
COARSE_FACTOR = 9.0  # the coarse texture is stretched by this, so that its period is no multiple of the others'


@dataclass(frozen=True)
class Textures:
    """Periodic noise fields, shape (SIZE, SIZE), zero mean and unit deviation."""

    fine: Pixels
    middle: Pixels
    coarse: Pixels


def make_textures(seed: int) -> Textures:
    """Three bands of noise; the same seed gives the same fields."""
    rng = np.random.default_rng([seed, 11])
    return Textures(
        fine=_band(rng, 1.0, 7.0, 0.8), middle=_band(rng, 3.0, 260.0, 1.75), coarse=_band(rng, 6.0, 200.0, 1.7)
    )


def _band(rng: np.random.Generator, shortest: float, longest: float, slope: float) -> Pixels:
    """Gaussian noise with wavelengths (texels) between two limits and an amplitude falling as frequency**-slope."""
    frequency_y = np.fft.fftfreq(SIZE)[:, None]
    frequency_x = np.fft.rfftfreq(SIZE)[None, :]
    frequency = np.hypot(frequency_y, frequency_x)
    frequency[0, 0] = 1.0
    weight = frequency**-slope * (frequency >= 1 / longest) * (frequency <= 1 / shortest)
    weight[0, 0] = 0.0
    spectrum = weight * np.fft.rfft2(rng.standard_normal((SIZE, SIZE)))
    field = np.fft.irfft2(spectrum, s=(SIZE, SIZE))
    return np.asarray(field / field.std(), dtype=np.float32)


def sample(texture: Pixels, east_m: FloatArray, north_m: FloatArray, texel_m: float) -> Pixels:
    """A periodic texture at a grid of ground positions: ``east_m`` (columns) and ``north_m`` (rows), nearest texel."""
    x = np.mod(np.floor(east_m / texel_m), SIZE).astype(np.intp)
    y = np.mod(np.floor(-north_m / texel_m), SIZE).astype(np.intp)
    return np.take(np.take(texture, y, axis=0), x, axis=1)


def sample_smooth(texture: Pixels, east_m: FloatArray, north_m: FloatArray, texel_m: float) -> Pixels:
    """As `sample`, for texels much larger than the grid: interpolated between them."""
    x = np.mod(east_m / texel_m, SIZE).astype(np.float32)
    y = np.mod(-north_m / texel_m, SIZE).astype(np.float32)
    columns, rows = x[::SMOOTH_STEP], y[::SMOOTH_STEP]
    grid = np.meshgrid(columns, rows)
    small = cv2.remap(texture, grid[0], grid[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    large = (small.shape[1] * SMOOTH_STEP, small.shape[0] * SMOOTH_STEP)
    full = cv2.resize(small, large, interpolation=cv2.INTER_LINEAR)[: len(y), : len(x)]
    return np.asarray(full, dtype=np.float32)
