"""Shared boundaries with the same nodes: what is drawn next to others takes their vertices and gives them its own.

Browsers snap to a pixel and round what they send (Geoman's snapped point is not exactly on the line), so that the
server snaps again. A vertex near another's vertex becomes that vertex; a vertex near another's side moves onto it, and
the side takes it as a node; a vertex of another near a side drawn here becomes a node of that side.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geo.zoning.plane import Floats, areal, polygons, scale_at

# 1 m: what a planner can point at on a 1:2000 sheet is 0.6 mm (1.2 m), and two walls of one lane stand further apart.
SNAP_TOLERANCE_M: Final = 1.0
# A node lies on a side when it is this near: a double of 114 degrees resolves 1.6 nm, a projection loses a few of them.
ON_LINE_M: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Snapped:
    """A zone after snapping, and its neighbours by index where they took new nodes."""

    zone: MultiPolygon
    neighbours: dict[int, MultiPolygon]


def snap(
    zone: BaseGeometry,
    neighbours: Sequence[BaseGeometry],
    *,
    fixed: Sequence[BaseGeometry] = (),
    tolerance_m: float = SNAP_TOLERANCE_M,
) -> Snapped:
    """Snap a zone to its neighbours and to fixed outlines (the parent), which give nodes but take none.

    The neighbours' shapes do not change: nodes are put on their sides only. A zone that snapping would make invalid
    (a neck narrower than the tolerance) stays as it was drawn.
    """
    scale = scale_at(zone)
    reach = tolerance_m / float(scale.min())
    near = [other for other in (*neighbours, *fixed) if not other.is_empty and _near(zone, other, reach)]
    rings = [ring for other in near for ring in _rings(other)]
    if not rings:
        return Snapped(areal(zone), {})
    sides = _Sides(rings, scale)
    snapped = _map_rings(zone, lambda ring: _snap_ring(ring, sides, scale, tolerance_m))
    if snapped is None or not snapped.is_valid:
        snapped = areal(zone)
    nodes = shapely.get_coordinates(snapped)
    changed: dict[int, MultiPolygon] = {}
    for index, other in enumerate(neighbours):
        if other.is_empty or not _near(zone, other, reach):
            continue
        noded = _map_rings(other, lambda ring: _with_nodes(ring, nodes, scale, ON_LINE_M))
        if (
            noded is not None
            and noded.is_valid
            and shapely.count_coordinates(noded) != shapely.count_coordinates(other)
        ):
            changed[index] = noded
    return Snapped(snapped, changed)


def noded(
    outline: BaseGeometry, others: Sequence[BaseGeometry], *, tolerance_m: float = SNAP_TOLERANCE_M
) -> BaseGeometry:
    """An outline with the vertices of others along it as nodes of its own.

    A browser snaps to the nearest layer first and looks for vertices on that one alone: beside a corner of a zone that
    lies on the parent's bare side it chose the side, and left a strip as high as the hand was off. With the corner as a
    node of the side it finds the corner on either.
    """
    places = [shapely.get_coordinates(other) for other in others if not other.is_empty]
    if outline.is_empty or not places:
        return outline
    scale, nodes = scale_at(outline), np.unique(np.vstack(places), axis=0)
    found = _map_rings(outline, lambda ring: _with_nodes(ring, nodes, scale, tolerance_m))
    return found if found is not None and found.is_valid else outline


class _Sides:
    """All vertices and sides of the neighbours, in metres for comparing and in degrees for keeping."""

    def __init__(self, rings: Sequence[Floats], scale: Floats) -> None:
        self.vertices = np.unique(np.vstack(rings), axis=0)
        self.vertices_m = self.vertices * scale
        self.start_m = np.vstack([ring[:-1] for ring in rings]) * scale
        self.along_m = np.vstack([np.diff(ring, axis=0) for ring in rings]) * scale
        self.length2 = np.maximum((self.along_m**2).sum(axis=1), 1e-18)
        self.scale = scale

    def place_for(self, place: Floats, tolerance_m: float) -> Floats:
        """The neighbours' vertex within the tolerance, else the place on their side, else the place itself."""
        at = place * self.scale
        far2 = ((self.vertices_m - at) ** 2).sum(axis=1)
        nearest = int(far2.argmin())
        if far2[nearest] <= tolerance_m**2:
            return np.asarray(self.vertices[nearest])
        share = np.clip(((at - self.start_m) * self.along_m).sum(axis=1) / self.length2, 0.0, 1.0)
        foot = self.start_m + share[:, None] * self.along_m
        far2 = ((foot - at) ** 2).sum(axis=1)
        nearest = int(far2.argmin())
        if ON_LINE_M**2 < far2[nearest] <= tolerance_m**2:
            return np.asarray(foot[nearest] / self.scale)
        return place


def _snap_ring(ring: Floats, sides: _Sides, scale: Floats, tolerance_m: float) -> Floats:
    moved = np.array([sides.place_for(place, tolerance_m) for place in ring[:-1]])
    closed = _closed(moved)
    return closed if len(closed) < 4 else _with_nodes(closed, sides.vertices, scale, tolerance_m)


def _with_nodes(ring: Floats, nodes: Floats, scale: Floats, tolerance_m: float) -> Floats:
    """The ring with those nodes put into its sides that lie within the tolerance of one, in the order along it."""
    low, high = ring.min(axis=0) - tolerance_m / scale, ring.max(axis=0) + tolerance_m / scale
    inside = ((nodes >= low) & (nodes <= high)).all(axis=1)
    have = {(float(x), float(y)) for x, y in ring}
    found = np.unique(nodes[inside], axis=0)
    start, along = ring[:-1] * scale, np.diff(ring, axis=0) * scale
    length2 = np.maximum((along**2).sum(axis=1), 1e-18)
    put: dict[int, list[tuple[float, Floats]]] = {}
    for node in found:
        if (float(node[0]), float(node[1])) in have:
            continue
        at = node * scale
        share = np.clip(((at - start) * along).sum(axis=1) / length2, 0.0, 1.0)
        far2 = ((start + share[:, None] * along - at) ** 2).sum(axis=1)
        side = int(far2.argmin())
        if far2[side] <= tolerance_m**2 and 0.0 < share[side] < 1.0:
            put.setdefault(side, []).append((float(share[side]), node))
    if not put:
        return ring
    places: list[Floats] = []
    for side in range(len(ring) - 1):
        places.append(ring[side])
        places += [node for _share, node in sorted(put.get(side, []), key=lambda item: item[0])]
    return _closed(np.array(places))


def _closed(places: Floats) -> Floats:
    """A closed ring without a vertex twice in a row."""
    keep = [i for i in range(len(places)) if (places[i] != places[i - 1]).any()]
    kept = places[keep]
    return np.vstack([kept, kept[:1]]) if len(kept) else kept


def _near(zone: BaseGeometry, other: BaseGeometry, reach: float) -> bool:
    west, south, east, north = zone.bounds
    return bool(shapely.intersects(other, shapely.box(west - reach, south - reach, east + reach, north + reach)))


def _rings(geometry: BaseGeometry) -> list[Floats]:
    return [shapely.get_coordinates(ring) for part in polygons(geometry) for ring in (part.exterior, *part.interiors)]


def _map_rings(geometry: BaseGeometry, change: Callable[[Floats], Floats]) -> MultiPolygon | None:
    """The geometry with every ring changed; None when a shell collapses. A hole that collapses is dropped."""
    parts = []
    for part in polygons(geometry):
        shell = change(shapely.get_coordinates(part.exterior))
        if len(shell) < 4:
            return None
        holes = [change(shapely.get_coordinates(hole)) for hole in part.interiors]
        parts.append(Polygon(shell, [hole for hole in holes if len(hole) >= 4]))
    return MultiPolygon(parts)
