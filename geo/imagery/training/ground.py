"""Ground that became other ground: trees, bare soil, cars and dark shade where nothing was built.

Imagery of one date shows no field that was cleared and no tree that grew. Without them a network that learned from
such imagery alone takes every dark or bright spot for a roof.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Plane = NDArray[np.uint8]

# What is exchanged keeps this far from every building of both pictures, so that no wall goes with it.
CLEAR_PX = 3
MOST_SPOTS = 14
# Half the extent of a spot: from a car to a field.
HALF_PX = (3.0, 40.0)


def exchange_ground(rng: np.random.Generator, image: Image, built: Plane, donor: Image, donor_built: Plane) -> Image:
    """The picture (H, W, 3) with spots of another one's open ground on its own open ground.

    ``built`` and ``donor_built`` (H, W) are where buildings stand. Spots are rounded or square, sharp or soft, some
    darkened as shade is: what tells them from a roof is what they show.
    """
    near = np.ones((2 * CLEAR_PX + 1, 2 * CLEAR_PX + 1), np.uint8)
    open_ground = 1 - cv2.dilate(built | donor_built, near)
    spots = _spots(rng, built.shape) * open_ground
    share = cv2.GaussianBlur(spots.astype(np.float32), (0, 0), float(rng.uniform(0.5, 2.5)))[..., None]
    share *= open_ground[..., None]
    tone = np.float32(rng.uniform(0.25, 0.7) if rng.random() < 0.4 else rng.uniform(0.8, 1.25))
    # Shade falls on what is there; everything else comes from elsewhere.
    source = image if rng.random() < 0.25 and tone < 0.75 else donor
    mixed = image * (1 - share) + np.clip(source.astype(np.float32) * tone, 0, 255) * share
    return np.asarray(mixed, np.uint8)


def _spots(rng: np.random.Generator, shape: tuple[int, ...]) -> Plane:
    height, width = shape[:2]
    spots = np.zeros((height, width), np.uint8)
    for _ in range(int(rng.integers(3, MOST_SPOTS + 1))):
        middle = float(rng.uniform(0, width)), float(rng.uniform(0, height))
        halves = np.exp(rng.uniform(*np.log(HALF_PX), 2))
        halves[1] = np.clip(halves[1], halves[0] / 4, halves[0] * 4)
        turned = (middle, (2 * float(halves[0]), 2 * float(halves[1])), float(rng.uniform(0, 180)))
        if rng.random() < 0.6:
            cv2.ellipse(spots, turned, 1, -1)
        else:
            cv2.fillPoly(spots, [np.rint(cv2.boxPoints(turned)).astype(np.int32)], 1)
    if rng.random() < 0.6:
        # Frayed as crowns and puddles are.
        noise = cv2.GaussianBlur(rng.standard_normal((height, width)).astype(np.float32), (0, 0), rng.uniform(1, 4))
        spots &= (noise > np.quantile(noise, rng.uniform(0.1, 0.6))).astype(np.uint8)
    return spots
