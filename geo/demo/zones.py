"""Census blocks of about eighty households, and every larger unit built from them, so that all levels tile exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import polygonize, split, unary_union

from geo.demo.plan import Town
from geo.demo.plane import FloatArray, long_axis, pieces

HOUSEHOLDS_PER_BLOCK = 80
GRID_M = 0.001  # all boundaries lie on whole millimetres


@dataclass(frozen=True)
class Zone:
    """A census block: community index, serial in it, outline, and the households inside."""

    cell: int
    serial: int
    outline: BaseGeometry
    households: int


def make_zones(town: Town, points: FloatArray, households: FloatArray) -> list[Zone]:
    """Census blocks that tile every community with shared vertices.

    ``points`` (n, 2) and ``households`` (n,) say where people live.
    """
    raw: list[tuple[int, Polygon]] = []
    inside = _cells_of(town, points)
    for index, cell in enumerate(town.cells):
        chosen = inside == index
        raw.extend((index, part) for part in _divide(cell.outline, points[chosen], households[chosen]))
    lines = shapely.set_precision(unary_union([polygon.exterior for _, polygon in raw]), GRID_M)
    faces = list(polygonize(unary_union(lines)))
    tree = shapely.STRtree([polygon for _, polygon in raw])
    owned: dict[int, list[Polygon]] = {}
    for face in faces:
        centre = face.representative_point()
        owners = tree.query(centre, predicate="within")
        if owners.size:
            owned.setdefault(int(owners[0]), []).append(face)
    outlines = {index: unary_union(parts) for index, parts in owned.items()}
    zones: list[Zone] = []
    serials: dict[int, int] = {}
    order = sorted(outlines, key=lambda i: (raw[i][0], -round(outlines[i].centroid.y / 50), outlines[i].centroid.x))
    counts = _counts([outlines[i] for i in order], points, households)
    for position, index in enumerate(order):
        cell_index = raw[index][0]
        serials[cell_index] = serials.get(cell_index, 0) + 1
        zones.append(Zone(cell_index, serials[cell_index], outlines[index], int(counts[position])))
    return zones


def _cells_of(town: Town, points: FloatArray) -> npt.NDArray[np.intp]:
    tree = shapely.STRtree([cell.outline for cell in town.cells])
    found = np.full(len(points), -1, np.intp)
    which, cells = tree.query(shapely.points(points), predicate="within")
    found[which] = cells
    return found


def _counts(outlines: list[BaseGeometry], points: FloatArray, households: FloatArray) -> FloatArray:
    which, zone = shapely.STRtree(outlines).query(shapely.points(points), predicate="within")
    return np.asarray(np.bincount(zone, weights=households[which], minlength=len(outlines)), dtype=np.float64)


def _divide(polygon: Polygon, points: FloatArray, households: FloatArray) -> list[Polygon]:
    """Cut a polygon in two across its long side, by people, until each part is one enumerator's work."""
    total = float(households.sum())
    wanted = math.ceil(total / HOUSEHOLDS_PER_BLOCK)
    if wanted <= 1 or len(points) < 2:
        return [polygon]
    angle, length, _ = long_axis(polygon)
    along = points @ np.array((math.cos(angle), math.sin(angle)))
    order = np.argsort(along)
    reached = np.cumsum(households[order])
    place = int(np.searchsorted(reached, total * (wanted // 2) / wanted))
    place = min(max(place, 0), len(points) - 2)
    at = (along[order[place]] + along[order[place + 1]]) / 2
    base = np.array((math.cos(angle), math.sin(angle))) * at
    across = np.array((-math.sin(angle), math.cos(angle)))
    middle = np.array(polygon.centroid.coords[0]) @ across
    reach = length * 3
    knife = LineString([base + across * (middle - reach), base + across * (middle + reach)])
    parts = pieces(split(polygon, knife))
    if len(parts) != 2:
        return [polygon]
    out: list[Polygon] = []
    for part in parts:
        mine = shapely.contains_xy(part, points[:, 0], points[:, 1])
        if not mine.any():
            return [polygon]
        out.extend(_divide(part, points[mine], households[mine]))
    return out
