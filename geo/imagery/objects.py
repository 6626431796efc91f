"""Connected objects of a run, across blocks, with memory bounded by the blocks and the largest object."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from geo.imagery.blockstore import BlockResult, BlockStore
from geo.imagery.grid import Window
from geo.imagery.levels import Levels, levels_of
from geo.imagery.pixels import Bools, Bytes

# Objects thinner than twice this are edges that misregistration or leaning walls leave along unchanged roofs.
LEAST_HALF_WIDTH_M = 0.9
# Holes up to this are chimneys, skylights and noise; larger ones are courtyards.
LARGEST_HOLE_M2 = 16.0
# Houses that touch are parted where shrinking by these radii one after the other leaves cores of at least this area
# (validation crops at threshold 0.5, objects recalled and right: (1, 2) with 6 m² .827 .897; (1, 2, 3) with 12 m² .863
# .910, 90 % of areas within 37 % instead of 44 %). A further radius recalls .886, but would part wings of one large
# building that are joined by less than 10 m.
PARTING_RADII_PX = (1, 2, 3)
LEAST_CORE_M2 = 12.0
# Pieces smaller than this part of the least size are not looked at: filled holes would not make up for it.
HARDLY = 0.5
# Surroundings of an object that are looked at with it.
SURROUNDINGS_PX = 8


@dataclass(frozen=True)
class FoundObject:
    """An object: its pixels (``mask`` covers ``window``) and the layers there."""

    window: Window
    mask: Bools
    layers: BlockResult


class _Groups:
    """Which labels of different blocks are one object (union-find)."""

    def __init__(self) -> None:
        self.parent: list[int] = []

    def add(self, count: int) -> int:
        first = len(self.parent)
        self.parent.extend(range(first, first + count))
        return first

    def root(self, item: int) -> int:
        while self.parent[item] != item:
            self.parent[item] = self.parent[self.parent[item]]
            item = self.parent[item]
        return item

    def join(self, one: int, other: int) -> None:
        a, b = self.root(one), self.root(other)
        if a != b:
            self.parent[max(a, b)] = min(a, b)


@dataclass
class _Piece:
    window: Window
    pixels: int
    # The first pixel in reading order (x, y): finds the object again.
    first: tuple[int, int]


def _label(block: Window, over: Bools) -> tuple[NDArray[np.int32], list[_Piece]]:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(over.astype(np.uint8), connectivity=4)
    places = np.flatnonzero(labels)
    values, order = np.unique(labels.ravel()[places], return_index=True)
    first = dict(zip(values.tolist(), places[order].tolist(), strict=True))
    pieces = []
    for label in range(1, count):
        x, y, width, height, pixels = (int(v) for v in stats[label])
        row, column = divmod(first[label], block.width)
        pieces.append(
            _Piece(Window(block.x + x, block.y + y, width, height), pixels, (block.x + column, block.y + row))
        )
    return labels.astype(np.int32), pieces


def _grouped(store: BlockStore, level: int) -> list[_Piece]:
    plan = store.plan
    size = plan.params.block_px
    columns = -(-plan.grid.width // size)
    groups, pieces = _Groups(), list[_Piece]()
    below: dict[int, NDArray[np.int64]] = {}
    right: NDArray[np.int64] | None = None
    for block in plan.blocks:
        labels, found = _label(block.window, store.changed(block.index) >= level)
        offset = groups.add(len(found))
        pieces.extend(found)
        numbers = np.where(labels > 0, labels.astype(np.int64) - 1 + offset, -1)
        column = block.index % columns
        if column and right is not None:
            _join_edges(groups, right, numbers[:, 0])
        if column in below:
            _join_edges(groups, below[column], numbers[0])
        below[column], right = numbers[-1].copy(), numbers[:, -1].copy()
    merged: dict[int, _Piece] = {}
    for number, piece in enumerate(pieces):
        root = groups.root(number)
        merged[root] = _merge(merged[root], piece) if root in merged else piece
    return sorted(merged.values(), key=lambda piece: (piece.first[1], piece.first[0]))


def _join_edges(groups: _Groups, one: NDArray[np.int64], other: NDArray[np.int64]) -> None:
    both = (one >= 0) & (other >= 0)
    for a, b in {(int(a), int(b)) for a, b in zip(one[both], other[both], strict=True)}:
        groups.join(a, b)


def _merge(one: _Piece, other: _Piece) -> _Piece:
    left, top = min(one.window.x, other.window.x), min(one.window.y, other.window.y)
    right = max(one.window.x + one.window.width, other.window.x + other.window.width)
    bottom = max(one.window.y + one.window.height, other.window.y + other.window.height)
    first = min(one.first, other.first, key=lambda place: (place[1], place[0]))
    return _Piece(Window(left, top, right - left, bottom - top), one.pixels + other.pixels, first)


def clean(mask: Bools, *, resolution_m: float) -> list[Bools]:
    """Fill small holes and part houses that touch: one or more masks of the same shape; thin ones are left out."""
    filled = without_small_holes(mask, resolution_m=resolution_m)
    parts = []
    for part in _parted(filled, int(LEAST_CORE_M2 / resolution_m**2)):
        depth = cv2.distanceTransform(np.pad(part, 1).astype(np.uint8), cv2.DIST_L2, 5)
        if (float(depth.max()) - 0.5) * resolution_m >= LEAST_HALF_WIDTH_M:
            parts.append(part)
    return parts


def _parted(mask: Bools, least_core_px: int) -> list[Bools]:
    """The mask divided between its cores: what is left of it, in pieces large enough, after shrinking it twice."""
    cores = [mask]
    for radius in PARTING_RADII_PX:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
        deeper = []
        for core in cores:
            shrunk = cv2.erode(np.pad(core, radius).astype(np.uint8), kernel)[radius:-radius, radius:-radius]
            count, labels, stats, _ = cv2.connectedComponentsWithStats(shrunk, connectivity=4)
            large = [label for label in range(1, count) if stats[label, cv2.CC_STAT_AREA] >= least_core_px]
            deeper.extend([labels == label for label in large] or [core])
        cores = deeper
    if len(cores) == 1:
        return [mask]
    outside = np.ones(mask.shape, np.uint8)
    numbers = np.zeros(mask.shape, np.int32)
    for number, core in enumerate(cores, start=1):
        outside[core], numbers[core] = 0, number
    _, nearest = cv2.distanceTransformWithLabels(outside, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    number_of = np.zeros(int(nearest.max()) + 1, np.int32)
    number_of[nearest[outside == 0]] = numbers[outside == 0]
    owner = number_of[nearest]
    return [mask & (owner == number) for number in range(1, len(cores) + 1)]


def without_small_holes(mask: Bools, *, resolution_m: float) -> Bools:
    """The mask (H, W) with its holes of up to LARGEST_HOLE_M2 filled."""
    background = np.pad(~mask, 1, constant_values=True).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(background, connectivity=8)
    small = stats[:, cv2.CC_STAT_AREA] <= int(LARGEST_HOLE_M2 / resolution_m**2)
    small[0] = False
    small[labels[0, 0]] = False
    return np.asarray(mask | small[labels][1:-1, 1:-1], bool)


def _houses(own: Bools, changed: Bytes, *, levels: Levels, least_pixels: float, resolution_m: float) -> Iterator[Bools]:
    """The objects (H, W) of one connected piece: its houses within their outlines that are large and sure enough."""
    for part in clean(own, resolution_m=resolution_m):
        # Two houses may hold together by their doubtful rims alone: each is one.
        within = (part & (changed >= levels.outline)).astype(np.uint8)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(within, connectivity=4)
        for label in range(1, count):
            if stats[label, cv2.CC_STAT_AREA] >= HARDLY * least_pixels:
                mask = without_small_holes(labels == label, resolution_m=resolution_m)
                if mask.sum() >= least_pixels and changed[mask].max() >= levels.seed:
                    yield mask


def find_objects(store: BlockStore, *, least_pixels: int) -> Iterator[FoundObject]:
    """Objects over the plan's threshold that reach its seed threshold, from top to bottom, left to right."""
    plan = store.plan
    levels = levels_of(plan)
    for piece in _grouped(store, levels.changed):
        if piece.pixels < least_pixels:
            continue
        window = piece.window.grown(SURROUNDINGS_PX, grid=plan.grid)
        layers = store.window(window)
        _, labels = cv2.connectedComponents((layers.changed >= levels.changed).astype(np.uint8), connectivity=4)
        own = labels == labels[piece.first[1] - window.y, piece.first[0] - window.x]
        for mask in _houses(
            own, layers.changed, levels=levels, least_pixels=least_pixels, resolution_m=plan.grid.resolution_m
        ):
            yield FoundObject(window, mask, layers)


def objects_of(values: Bytes, *, resolution_m: float, levels: Levels, least_m2: float) -> NDArray[np.int32]:
    """Objects (H, W) of one picture's stored probability, numbered from 1, by the rules of ``find_objects``."""
    over = (values >= levels.changed).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(over, connectivity=4)
    objects = np.zeros(values.shape, np.int32)
    number, least_px = 0, least_m2 / resolution_m**2
    for label in range(1, count):
        x, y, w, h, pixels = (int(v) for v in stats[label])
        part = np.s_[y : y + h, x : x + w]
        own = labels[part] == label
        if pixels < 0.9 * least_px or values[part][own].max() < levels.seed:
            continue
        for mask in _houses(own, values[part], levels=levels, least_pixels=least_px, resolution_m=resolution_m):
            number += 1
            objects[part][mask] = number
    return objects
