"""Whether areas tile as they should: children inside their parent, neighbours without overlap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import shapely
from shapely.geometry.base import BaseGeometry

from geo.zoning.plane import wider_than

# Two digitisations of one boundary differ by their drawing precision: 0.6 mm on a 1:2000 map is 1.2 m, so that slivers
# up to 2 m are taken as the same line. What is wider is a real gap or overlap.
BOUNDARY_TOLERANCE_M: Final = 2.0


def sticks_out(child: BaseGeometry, parent: BaseGeometry) -> BaseGeometry | None:
    """The part of a child outside its parent, when it is wider than the tolerance; both in storage degrees."""
    if shapely.covers(parent, child):
        return None
    outside = shapely.difference(child, parent)
    return outside if wider_than(outside, BOUNDARY_TOLERANCE_M) else None


def pairs_overlapping(geometries: Sequence[BaseGeometry]) -> list[tuple[int, int, BaseGeometry]]:
    """The pairs (i < j) of areal geometries that overlap by more than the tolerance, with their overlap."""
    tree = shapely.STRtree(geometries)
    left, right = tree.query(geometries, predicate="intersects")
    pairs = sorted((int(i), int(j)) for i, j in zip(left, right, strict=True) if i < j)
    found = []
    for i, j in pairs:
        shared = shapely.intersection(geometries[i], geometries[j])
        if wider_than(shared, BOUNDARY_TOLERANCE_M):
            found.append((i, j, shared))
    return found
