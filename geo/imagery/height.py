"""What the surface models of both dates say: the only credible sign of a storey added on a roof."""

from __future__ import annotations

import cv2
import numpy as np

from geo.imagery.detect import Evidence
from geo.imagery.pixels import Bools, Float32, Heights, Pixels

# A rise between these multiples of the least height passes from "no" to "yes".
RAMP = (0.75, 1.25)
# Surfaces lean and lie off one another by about this much: a strip of this width along an old wall is no change. Such
# strips made three of four false alarms on the drawn town with heights.
PLACE_TOLERANCE_M = 2.5
# The steps of a surface model are smeared over this many of its pixels on each side: by how it was made and by being
# read on the working grid (2 makes added storeys too small on the drawn town).
STEP_REACH = 1.5
# Surroundings (pixels on each side) that a pixel's height change depends on, at the finest working resolution.
MARGIN_PX = 64
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


def step_reach_px(surface_m: float, *, resolution_m: float) -> int:
    """How far (working pixels) the steps of surface models of that ground resolution are smeared."""
    return min(MARGIN_PX // 3, max(1, round(STEP_REACH * surface_m / resolution_m)))


def without_feet(rise_m: Float32, *, reach_px: int, least_m: float) -> Float32:
    """The rise (H, W) with the feet of its steps taken down to the ground, so that a step lies at half its height.

    A foot is below half of what stands within ``reach_px`` where the ground (less than ``least_m``) is as near. Without
    it a roof of 10 m would reach as far as its smeared wall is 2 m high, and tall houses come out wider than low ones.
    """
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach_px + 1, 2 * reach_px + 1))
    moved = np.abs(rise_m)
    top, bottom = cv2.dilate(moved, disc), cv2.erode(moved, disc)
    foot = (bottom < least_m) & (moved < (top + bottom) / 2) & (moved >= least_m)
    return np.asarray(np.where(foot, 0, rise_m), np.float32)


def sure_change(before: Heights, after: Heights, *, bias_m: float, least_m: float, resolution_m: float) -> Bools:
    """Where (H, W) the surface moved by ``least_m`` beyond anything that stood within PLACE_TOLERANCE_M at the other
    date, and the rest of the same step up to that distance away."""
    reach = min(MARGIN_PX // 3, max(1, round(PLACE_TOLERANCE_M / resolution_m)))
    square = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    valid = before.valid & after.valid
    low = np.where(valid, before.metres + bias_m, -1e6).astype(np.float32)
    high = np.where(valid, after.metres, -1e6).astype(np.float32)
    rose = (high - cv2.dilate(low, square) >= least_m) & valid
    fell = (low - cv2.dilate(high, square) >= least_m) & valid
    core = cv2.morphologyEx((rose | fell).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    wider = np.ones((2 * reach + 3, 2 * reach + 3), np.uint8)
    return np.asarray(cv2.dilate(core, wider) > 0, bool)


def excess_green(pixels: Pixels) -> Float32:
    rgb = pixels.rgb.astype(np.float32)
    return np.asarray((2 * rgb[..., 1] - rgb[..., 0] - rgb[..., 2]) / np.maximum(rgb.sum(axis=2), 1.0), np.float32)


def fuse(
    evidence: Evidence,
    rise_m: Float32,
    known: Bools,
    sure: Bools,
    before: Pixels,
    after: Pixels,
    *,
    least_height_m: float,
) -> Evidence:
    """Colour and height together: either can say "changed"; a flat surface weakens colour, green weakens height.

    Heights count only where ``sure`` (see ``sure_change``).
    """
    low, high = RAMP[0] * least_height_m, RAMP[1] * least_height_m
    moved = np.clip((np.abs(rise_m) - low) / (high - low), 0, 1)
    green = np.where(rise_m > 0, excess_green(after), excess_green(before))
    moved = np.where(known & sure, moved * np.where(green > GREEN_FROM, TREE_FACTOR, 1.0), 0)
    flat = known & (np.abs(rise_m) < FLAT_BELOW * least_height_m)
    changed = np.maximum(np.where(flat, evidence.changed * FLAT_FACTOR, evidence.changed), moved)
    changed *= before.valid & after.valid
    up, down = moved * (rise_m > 0), moved * (rise_m < 0)
    return Evidence(
        changed.astype(np.float32),
        np.maximum(evidence.built_before, down).astype(np.float32),
        np.maximum(evidence.built_after, up).astype(np.float32),
    )
