"""Communities cut into blocks by streets, and what each block is used for."""

from __future__ import annotations

import math

import numpy as np
from shapely import LineString, Polygon
from shapely.ops import split, unary_union

from geo.demo import names
from geo.demo.plan import Block, Road, Town
from geo.demo.plane import long_axis, pieces, plane_m2

# How often each use comes up in a community of a character: a cycle, so that small towns have a bit of everything.
USE_CYCLES: dict[str, tuple[str, ...]] = {
    "village": ("village", "farm", "slabs", "vacant", "village", "park", "commercial", "farm", "slabs", "farm"),
    "estate": ("slabs", "towers", "slabs", "school", "park", "slabs", "commercial", "vacant", "slabs", "farm"),
    "industry": ("factory", "factory", "vacant", "factory", "farm", "factory", "factory", "farm"),
    "farm": (
        "farm",
        "farm",
        "greenhouses",
        "farm",
        "village",
        "farm",
        "orchard",
        "farm",
        "farm",
        "farm",
        "farm",
        "farm",
    ),
    "rural": ("village",) + ("farm",) * 79,
}
BLOCK_FACTOR = {"industry": 1.7, "farm": 1.8, "rural": 1.4, "estate": 1.15}


def lay_blocks(town: Town, rng: np.random.Generator) -> None:
    """Fill ``town.blocks`` and add the streets between them."""
    scale = town.scale
    arterials = unary_union([road.line.buffer(road.width_m / 2 + 3.0) for road in town.roads])
    keep_off = unary_union([arterials, town.river.buffer(7.0)])
    used_names = 0
    for index, cell in enumerate(town.cells):
        target = scale.block_m2 * BLOCK_FACTOR.get(cell.character, 1.0)
        done: list[Polygon] = []
        todo = pieces(cell.outline.difference(keep_off))
        while todo:
            piece = todo.pop()
            if plane_m2(piece) < scale.block_m2 * 0.12:
                continue
            angle, length, width = long_axis(piece)
            if plane_m2(piece) < target * rng.uniform(0.75, 1.35) and length < 2.6 * width:
                done.append(piece)
                continue
            cut = _cutting_line(piece, angle, length, rng)
            halves = pieces(split(piece, cut))
            if len(halves) < 2:
                done.append(piece)
                continue
            street = cut.intersection(piece)
            if isinstance(street, LineString) and street.length > 8:
                name = names.STREETS[used_names % len(names.STREETS)]
                used_names += 1
                rural = cell.character in ("farm", "rural")
                kind, width = ("lane", scale.street_m * 0.5) if rural else ("street", scale.street_m)
                town.roads.append(Road(street, kind, width, name))
            todo.extend(p for half in halves for p in pieces(half.difference(cut.buffer(scale.street_m / 2 + 1.5))))
        _assign_uses(town, index, cell.character, done, rng)


def _cutting_line(piece: Polygon, angle: float, length: float, rng: np.random.Generator) -> LineString:
    centre = piece.minimum_rotated_rectangle.centroid
    along = rng.uniform(-0.10, 0.10) * length
    x, y = centre.x + along * math.cos(angle), centre.y + along * math.sin(angle)
    across = angle + math.pi / 2
    reach = length * 2
    dx, dy = reach * math.cos(across), reach * math.sin(across)
    return LineString([(x - dx, y - dy), (x + dx, y + dy)])


def _assign_uses(town: Town, cell: int, character: str, outlines: list[Polygon], rng: np.random.Generator) -> None:
    cycle = USE_CYCLES[character]
    outlines.sort(key=plane_m2, reverse=True)
    order = rng.permutation(len(outlines))
    offset = 0 if character != "rural" else int(rng.integers(len(cycle)))
    for place, which in enumerate(order):
        outline = outlines[int(which)]
        use = cycle[(place + offset) % len(cycle)]
        if plane_m2(outline) < town.scale.block_m2 * 0.35 and use in ("factory", "slabs", "towers", "school"):
            use = "park"
        town.blocks.append(Block(outline, use, cell))
