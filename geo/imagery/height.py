"""What the surface models of both dates say: the only credible sign of a storey added on a roof."""

from __future__ import annotations

import cv2
import numpy as np

from geo.imagery.detect import Evidence
from geo.imagery.pixels import Bools, Float32, Heights, Pixels

# A rise between these multiples of the least height passes from "no" to "yes".
RAMP = (0.75, 1.25)
# Colour alone says "changed", the surface says "nothing stands here that did not stand before".
FLAT_BELOW = 0.4
FLAT_FACTOR = 0.6
# Excess green (2g-r-b)/(r+g+b) of crowns: a surface that rose or fell there is a tree.
GREEN_FROM = 0.08
TREE_FACTOR = 0.3


def height_change(before: Heights, after: Heights, *, bias_m: float) -> tuple[Float32, Bools]:
    """Rise in metres (H, W) after removing the bias of stable ground, median-filtered over 5 px, and its validity."""
    valid = before.valid & after.valid
    rise = np.where(valid, after.metres - before.metres - bias_m, 0).astype(np.float32)
    return np.asarray(cv2.medianBlur(rise, 5), np.float32), valid


def excess_green(pixels: Pixels) -> Float32:
    rgb = pixels.rgb.astype(np.float32)
    return np.asarray((2 * rgb[..., 1] - rgb[..., 0] - rgb[..., 2]) / np.maximum(rgb.sum(axis=2), 1.0), np.float32)


def fuse(
    evidence: Evidence, rise_m: Float32, known: Bools, before: Pixels, after: Pixels, *, least_height_m: float
) -> Evidence:
    """Colour and height together: either can say "changed"; a flat surface weakens colour, green weakens height."""
    low, high = RAMP[0] * least_height_m, RAMP[1] * least_height_m
    moved = np.clip((np.abs(rise_m) - low) / (high - low), 0, 1)
    green = np.where(rise_m > 0, excess_green(after), excess_green(before))
    moved = np.where(known, moved * np.where(green > GREEN_FROM, TREE_FACTOR, 1.0), 0)
    flat = known & (np.abs(rise_m) < FLAT_BELOW * least_height_m)
    changed = np.maximum(np.where(flat, evidence.changed * FLAT_FACTOR, evidence.changed), moved)
    changed *= before.valid & after.valid
    up, down = moved * (rise_m > 0), moved * (rise_m < 0)
    return Evidence(
        changed.astype(np.float32),
        np.maximum(evidence.built_before, down).astype(np.float32),
        np.maximum(evidence.built_after, up).astype(np.float32),
    )
