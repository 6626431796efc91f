"""What later photographs say of a found change: still there, gone, or nothing; and when enough of them agree.

A parked lorry is there once; a house from then on. A later comparison has looked at the ground of an earlier change in
any case: its layers are read once more over that footprint, nothing is detected again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from geo.imagery.blockstore import NO_HEIGHT, BlockResult, BlockStore
from geo.imagery.candidates import BUILT, DIRECTION_GAP, HEIGHT_KNOWN_SHARE
from geo.imagery.grid import Grid, Window
from geo.imagery.levels import levels_of
from geo.imagery.pixels import Bools

# A footprint has changed when half of it has, as two outlines are of one place when half of the smaller is shared; it
# has not when less than a fifth has. Between them nothing is said. On the validation crops of 0.5 m, of 358 houses that
# were built 90 % show half or more and 8 % less than a fifth; laid on unchanged crops 1.4 % and 98 %: one look is not
# enough to clear a flag, and what is cleared is only moved to the end of the queue.
CHANGED_SHARE = 0.5
UNCHANGED_SHARE = 0.2
# Two comparisons may be registered to different pictures: the footprint is looked for so far around its place.
REACH_M = 1.5
# What lies outside the picture or under cloud by more than this was not looked at.
LEAST_VALID_SHARE = 0.8
# So many later photographs that agree settle what one alone leaves open.
ENOUGH = 2


class Change(StrEnum):
    """What happened on a footprint between the two dates of a later comparison."""

    NONE = "none"
    ROSE = "rose"
    FELL = "fell"
    REBUILT = "rebuilt"
    UNDIRECTED = "undirected"
    UNKNOWN = "unknown"


class Look(StrEnum):
    """What the later date of a comparison shows of an earlier change."""

    SEEN = "seen"
    GONE = "gone"
    UNCLEAR = "unclear"


class Verdict(StrEnum):
    """What the later photographs say together."""

    OPEN = ""
    CONFIRMED = "confirmed"
    CLEARED = "cleared"


@dataclass(frozen=True)
class Footprint:
    """A footprint in a later comparison: the share of it that changed (0…1), its median rise, and what that means."""

    share: float
    rise_m: float | None
    change: Change


def look_of(change: Change, *, shown: bool | None, appeared: bool = True) -> Look:
    """What the later date shows. ``shown``: whether the earlier date of that comparison showed the change (None: not
    known); ``appeared``: the change was that something appeared, not that something was torn down."""
    rose, fell = (Change.ROSE, Change.FELL) if appeared else (Change.FELL, Change.ROSE)
    if change == rose:
        return Look.SEEN
    if change == fell:
        return Look.UNCLEAR if shown is False else Look.GONE
    if change == Change.REBUILT:  # something stands there at both dates
        return Look.SEEN if appeared else Look.GONE
    if shown is None or change == Change.UNKNOWN:
        return Look.UNCLEAR
    unchanged = change == Change.NONE
    return Look.SEEN if shown == unchanged else Look.GONE


def judge(looks: Sequence[Look]) -> Verdict:
    """Confirmed when most of two or more later photographs show it, cleared when two or more do and none shows it."""
    seen, gone = looks.count(Look.SEEN), looks.count(Look.GONE)
    if seen == 0 and gone >= ENOUGH:
        return Verdict.CLEARED
    if seen >= ENOUGH and seen > gone:
        return Verdict.CONFIRMED
    return Verdict.OPEN


def footprint_in(store: BlockStore, polygon: Polygon, *, needs_height: bool = False) -> Footprint | None:
    """What a finished comparison says of a polygon (longitude, latitude); None where it does not reach or see it.

    ``needs_height``: a change that colours do not show, such as a storey on a roof.
    """
    grid = store.plan.grid
    rings = [grid.from_lonlat(np.array(ring.coords)) for ring in (polygon.exterior, *polygon.interiors)]
    left, top = np.floor(rings[0].min(axis=0)).astype(int)
    right, bottom = np.ceil(rings[0].max(axis=0)).astype(int)
    if left < 0 or top < 0 or right > grid.width or bottom > grid.height:
        return None
    reach = max(1, round(REACH_M / grid.resolution_m))
    window = Window(int(left), int(top), int(right - left), int(bottom - top)).grown(reach, grid=grid)
    mask = _painted(rings, window)
    layers = store.window(window)
    if not mask.any() or layers.valid[mask].mean() < LEAST_VALID_SHARE:
        return None
    level = levels_of(store.plan).changed
    return read_footprint(
        layers, mask, level=level, reach_px=reach, least_height_m=store.plan.params.min_height_m,
        needs_height=needs_height,
    )  # fmt: skip


def read_footprint(
    layers: BlockResult,
    mask: Bools,
    *,
    level: int,
    reach_px: int,
    least_height_m: float,
    needs_height: bool = False,
) -> Footprint:
    """What the layers (H, W) of a later comparison say of ``mask`` (H, W). Heights decide where they are known."""
    share, place = _best_place(layers.changed >= level, mask, reach_px)
    rise_m = _rise_m(layers, place)
    if rise_m is not None and abs(rise_m) >= least_height_m:
        return Footprint(share, rise_m, Change.ROSE if rise_m > 0 else Change.FELL)
    if rise_m is not None and abs(rise_m) < least_height_m / 2 and share < CHANGED_SHARE:
        return Footprint(share, rise_m, Change.NONE)
    if needs_height or UNCHANGED_SHARE <= share < CHANGED_SHARE:
        return Footprint(share, rise_m, Change.UNKNOWN)
    if share < UNCHANGED_SHARE:
        return Footprint(share, rise_m, Change.NONE)
    before, after = (float(layer[place].mean()) / 255 for layer in (layers.built_before, layers.built_after))
    return Footprint(share, rise_m, _direction(before, after))


def _direction(before: float, after: float) -> Change:
    if max(before, after) == 0:  # a detector that does not tell at which date something stood there
        return Change.UNDIRECTED
    if after - before >= DIRECTION_GAP:
        return Change.ROSE
    if before - after >= DIRECTION_GAP:
        return Change.FELL
    return Change.REBUILT if min(before, after) >= BUILT else Change.UNKNOWN


def _best_place(over: Bools, mask: Bools, reach_px: int) -> tuple[float, Bools]:
    """The largest share of the mask that is over, at its place and ``reach_px`` away in eight directions; and where."""
    count = max(int(mask.sum()), 1)
    best, where = -1.0, mask
    for down in (0, -reach_px, reach_px):
        for right in (0, -reach_px, reach_px):
            moved = np.zeros_like(mask)
            height, width = mask.shape
            inner = mask[max(0, -down) : height - max(0, down), max(0, -right) : width - max(0, right)]
            moved[max(0, down) : height - max(0, -down), max(0, right) : width - max(0, -right)] = inner
            share = float((over & moved).sum()) / count
            if share > best:
                best, where = share, moved
    return best, where


def _rise_m(layers: BlockResult, mask: Bools) -> float | None:
    if layers.rise_cm is None or not mask.any():
        return None
    values = layers.rise_cm[mask]
    known = values != NO_HEIGHT
    return float(np.median(values[known])) / 100 if known.mean() >= HEIGHT_KNOWN_SHARE else None


def _painted(rings: Sequence[NDArray[np.float64]], window: Window) -> Bools:
    shape = np.zeros((window.height, window.width), np.uint8)
    corners = [np.rint(ring - (window.x, window.y) - 0.5).astype(np.int32) for ring in rings]
    cv2.fillPoly(shape, corners, 1)
    return np.asarray(shape > 0, bool)


def in_block_order(polygons: Sequence[Polygon], grid: Grid, block_px: int) -> list[int]:
    """Numbers of the polygons in the order of the blocks they lie in, so that each block is read from disk once."""
    if not polygons:
        return []
    middles = grid.from_lonlat(np.array([[p.centroid.x, p.centroid.y] for p in polygons]))
    rows = np.floor(middles[:, 1] / block_px)
    return [int(number) for number in np.lexsort((middles[:, 0], rows))]
