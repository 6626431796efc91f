"""Change vector analysis: the classical baseline (F1 0.13 to 0.20 on real pairs, docs/change-detection.md).

The colour difference after radiometric normalisation, averaged over a neighbourhood, against what unchanged ground of
the same pair shows (Malila 1980; robust thresholding as in Bruzzone and Prieto 2000).
"""

from __future__ import annotations

import cv2
import numpy as np

from geo.imagery.confidence import Corners
from geo.imagery.detect import SceneStatistics, check_pair
from geo.imagery.pixels import Float32, Pixels
from geo.imagery.radiometry import Normalisation

# Averages over about 2 m: single pixels and seams do not add up.
SMOOTHING_PX = 1.5
# How many spreads above unchanged ground the probability passes one half, and how steeply.
HALF_AT_SPREADS = 4.5
STEEPNESS = 1.2
# Ground is never quieter than this (8-bit values): on flat ground sensor noise would otherwise pass for change.
LEAST_SPREAD = 12.0


def change_length(before: Pixels, after: Pixels, normalisation: Normalisation) -> Float32:
    """Smoothed length of the colour change (H, W), 8-bit values; 0 where not valid, which never leaks into a mean."""
    valid = (before.valid & after.valid).astype(np.float32)
    difference = before.rgb.astype(np.float32) - normalisation.apply(after.rgb)
    length = np.sqrt((difference**2).sum(axis=2)) * valid
    size = 2 * int(3 * SMOOTHING_PX) + 1
    total = cv2.GaussianBlur(length, (size, size), SMOOTHING_PX, borderType=cv2.BORDER_CONSTANT)
    weight = cv2.GaussianBlur(valid, (size, size), SMOOTHING_PX, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(np.where(valid > 0, total / np.maximum(weight, 1e-6), 0), np.float32)


class ChangeVectorDetector:
    """See the module. It cannot tell a house from a ploughed field, nor what stood there before."""

    name = "cva"
    version = "1"
    margin_px = 16
    resolution_m = 0.5
    threshold = outline_threshold = 0.5
    seed_threshold = 0.7
    calibration: Corners = ()
    arithmetic: tuple[float, ...] = ()

    def __init__(self, statistics: SceneStatistics) -> None:
        self.statistics = statistics

    def probability(self, before: Pixels, after: Pixels) -> Float32:
        check_pair(before, after)
        length = change_length(before, after, self.statistics.normalisation)
        spreads = (length - self.statistics.quiet_level) / max(self.statistics.quiet_spread, LEAST_SPREAD)
        probability = 1 / (1 + np.exp(-STEEPNESS * (spreads - HALF_AT_SPREADS)))
        return np.asarray(np.where(before.valid & after.valid, probability, 0), np.float32)
