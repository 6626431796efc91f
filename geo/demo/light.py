"""The sun of each flight, and the shadows that it casts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from geo.demo.texture import Pixels


@dataclass(frozen=True)
class Sun:
    """Azimuth from north clockwise and elevation above the horizon, degrees."""

    azimuth: float
    elevation: float

    @property
    def toward(self) -> tuple[float, float]:
        """Unit vector on the ground towards the sun: east, north."""
        angle = math.radians(self.azimuth)
        return math.sin(angle), math.cos(angle)

    @property
    def fall(self) -> float:
        """Metres that a shadow ray falls for each metre of ground."""
        return math.tan(math.radians(self.elevation))

    def facing(self, east: float, north: float, slope: float) -> float:
        """Light on a plane that falls towards (east, north) with ``slope`` (rise over run), 1.0 for flat ground."""
        elevation = math.radians(self.elevation)
        toward_east, toward_north = self.toward
        normal = math.sqrt(1.0 + slope * slope)
        incident = math.sin(elevation) + math.cos(elevation) * slope * (east * toward_east + north * toward_north)
        return max(incident, 0.0) / normal / math.sin(elevation)


def shadows(surface_m: Pixels, sun: Sun, resolution_m: float, tallest_m: float) -> Pixels:
    """Share of the sun kept from each pixel (0..1) by what stands between, for a north-up height field.

    The shadow surface max(h(p + k d) - k * fall) is built by doubling the reach, so the work grows with its logarithm.
    """
    reach = math.ceil(tallest_m / sun.fall / resolution_m) + 1
    east, north = sun.toward
    cast = surface_m.copy()
    step = 1
    while step <= reach:
        dx, dy = round(east * step), round(-north * step)
        travelled = math.hypot(dx, dy) * resolution_m
        moved = cv2.warpAffine(
            cast, np.array([[1.0, 0.0, -dx], [0.0, 1.0, -dy]]), (cast.shape[1], cast.shape[0]),
            flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        cast = np.maximum(cast, moved - np.float32(travelled * sun.fall))
        step *= 2
    shade = np.clip((cast - surface_m - 0.25) / 0.6, 0.0, 1.0)
    return np.asarray(cv2.GaussianBlur(shade, (0, 0), 0.6), dtype=np.float32)
