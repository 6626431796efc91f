"""Communities that tile the city, with the main roads and the river on their boundaries."""

from __future__ import annotations

import math

import numpy as np
from shapely import LineString, Point, Polygon
from shapely.ops import polygonize, unary_union

from geo.demo import names
from geo.demo.plan import Cell, Road, Town
from geo.demo.plane import FloatArray

EDGE_POINTS = 9


def lay_grid(town: Town, rng: np.random.Generator) -> None:
    """Fill ``town.cells``, ``town.edges``, the arterial roads and the river."""
    scale = town.scale
    west, south = scale.south_west
    rows, columns = len(scale.rows_m), len(scale.columns_m)
    jitter = scale.bend_m * 1.2
    nodes = np.zeros((rows, columns, 2))
    for row in range(rows):
        for column in range(columns):
            shift = rng.uniform(-jitter, jitter, 2)
            nodes[row, column] = (west + scale.columns_m[column] + shift[0], south + scale.rows_m[row] + shift[1])
    lines: list[FloatArray] = []
    for row in range(rows):
        inside = 0 < row < rows - 1
        lines.extend(
            _bent(nodes[row, column], nodes[row, column + 1], scale.bend_m, inside, rng)
            for column in range(columns - 1)
        )
        if inside:
            road = np.concatenate(lines[-(columns - 1) :])
            town.roads.append(_road(road, "arterial", scale.arterial_m, names.ARTERIALS_EW[row - 1]))
    for column in range(columns):
        inside = 0 < column < columns - 1
        start = len(lines)
        lines.extend(
            _bent(nodes[row, column], nodes[row + 1, column], scale.bend_m, inside, rng) for row in range(rows - 1)
        )
        if inside:
            road = np.concatenate(lines[start:])
            town.roads.append(_road(road, "arterial", scale.arterial_m, names.ARTERIALS_NS[column - 1]))
    town.edges = [LineString(line) for line in lines]
    faces = list(polygonize(unary_union(town.edges)))
    counters: dict[str, int] = {}
    for row in range(rows - 1):
        for column in range(columns - 1):
            centre = nodes[row : row + 2, column : column + 2].reshape(-1, 2).mean(axis=0)
            face = next(face for face in faces if face.contains(Point(centre)))
            township = names.TOWNSHIPS[names.TOWNSHIP_GRID[row][column]][0]
            counters[township] = counters.get(township, 0) + 1
            name = names.COMMUNITY_NAMES[row][column]
            serial = counters[township] + (0 if names.community_kind(name) == "community" else 200)
            town.cells.append(
                Cell(row, column, face, names.CHARACTER_GRID[row][column], f"{township[:9]}{serial:03d}", name)
            )
    _lay_river(town, rng)


def _bent(start: FloatArray, end: FloatArray, bend_m: float, inside: bool, rng: np.random.Generator) -> FloatArray:
    """Points from start to end along a gentle curve; a city limit (not ``inside``) is rougher than a road."""
    t = np.linspace(0.0, 1.0, EDGE_POINTS if inside else EDGE_POINTS * 2)
    way = end - start
    across = np.array((-way[1], way[0])) / max(float(np.hypot(*way)), 1e-6)
    offset = rng.uniform(-1.0, 1.0) * bend_m * np.sin(math.pi * t)
    if not inside:
        rough = rng.uniform(-1.0, 1.0, t.size) * bend_m * 0.9
        rough[0] = rough[-1] = 0.0
        offset = offset * 2.5 + rough
    points: FloatArray = np.round(start + t[:, None] * way + offset[:, None] * across, 3)
    return points


def _road(points: FloatArray, kind: str, width_m: float, name: str) -> Road:
    keep = np.concatenate([[True], np.hypot(*np.diff(points, axis=0).T) > 1e-6])
    return Road(LineString(points[keep]), kind, width_m, name)


def _lay_river(town: Town, rng: np.random.Generator) -> None:
    """A river through the south of the town, west to east, with a bend."""
    scale = town.scale
    west, south = scale.south_west
    t = np.linspace(-0.05, 1.05, 90)
    base = south + scale.rows_m[1] - 0.18 * scale.height_m + t * 0.13 * scale.height_m
    swing = np.sin(t * 9.0 + rng.uniform(0, 6.28)) * 0.022 + np.sin(t * 23.0 + rng.uniform(0, 6.28)) * 0.006
    line = np.stack([west + t * scale.width_m, base + swing * scale.height_m], axis=1)
    width = scale.arterial_m * 1.35
    town.river_line = LineString(line)
    town.river = Polygon(town.river_line.buffer(width / 2, quad_segs=4).exterior).simplify(0.5)
