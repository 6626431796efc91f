"""Blocks filled with houses, slabs, sheds, fields and trees."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import shapely
from shapely import Polygon, box
from shapely.affinity import rotate

from geo.demo import colours, houses
from geo.demo.plan import Block, Patch, Site, Structure, Thing, Town, Tree
from geo.demo.plane import Rect, long_axis, pieces, plane_m2, upright_angle

FIELD_M2 = 2_600.0
TREE_SPRITES = 24


def fill_blocks(town: Town, rng: np.random.Generator) -> None:
    """Fill ``town.patches``, ``structures``, ``things``, ``trees`` and ``sites`` from its blocks."""
    photographed = box(*town.scale.image_bounds).buffer(60.0)
    for index, block in enumerate(town.blocks):
        hamlet = block.use == "village" and town.cells[block.cell].character == "rural"
        if not hamlet and not photographed.intersects(block.outline):
            continue
        _FILLERS[block.use](town, index, block, rng)


def _ground(town: Town, block: Block, seasons: colours.Seasons, surface: str, rng: np.random.Generator) -> None:
    ring = np.asarray(block.outline.exterior.coords)
    town.patches.append(Patch(ring, surface, colours.varied(rng, seasons, 4.0)))


def _paved_yard(town: Town, index: int, block: Block, rng: np.random.Generator, strip_m: float) -> None:
    """Concrete inside a planted strip along the streets, with stacks of goods standing about."""
    _ground(town, block, colours.GRASS, "grass", rng)
    for inner in pieces(block.outline.buffer(-strip_m)):
        ring = np.asarray(inner.exterior.coords)
        town.patches.append(Patch(ring, "concrete", colours.varied(rng, colours.CONCRETE, 6.0)))
    west, south, east, north = block.outline.bounds
    angle = upright_angle(block.outline)
    for _ in range(int(plane_m2(block.outline) / (420.0 if block.use == "factory" else 1500.0))):
        x, y = rng.uniform((west, south), (east, north))
        group = Rect(float(x), float(y), 1.0, 1.0, angle)
        tone = colours.pick(rng, colours.STACKS, 8.0)
        long, deep = float(rng.uniform(1.5, 5.0)), float(rng.uniform(1.0, 2.4))
        for step in range(int(rng.integers(1, 5))):
            spot = group.part(0.0, step * (deep + 0.7), long, deep)
            if block.outline.contains(spot.polygon(-1.0)):
                town.things.append(Thing("stack", spot, tone, float(rng.uniform(0.5, 1.6))))


def lots(
    outline: Polygon, length: Callable[[], float], depth: Callable[[], float], gap_x: float, gaps_y: tuple[float, ...]
) -> Iterator[Rect]:
    """Rectangles in rows inside an outline, in its upright frame; the gap after each row cycles through ``gaps_y``."""
    angle = upright_angle(outline)
    centre = outline.centroid
    local = rotate(outline, -angle, origin=centre, use_radians=True)
    shapely.prepare(local)
    west, south, east, north = local.bounds
    frame = Rect(centre.x, centre.y, 1.0, 1.0, angle)
    y, row = south + 1.0, 0
    while y < north - 4.0:
        deep = depth()
        x = west + 1.0
        while x < east - 4.0:
            long = length()
            if local.contains(box(x, y, x + long, y + deep)):
                yield frame.part(x + long / 2 - centre.x, y + deep / 2 - centre.y, long, deep)
                x += long + gap_x
            else:
                x += 2.0
        y += deep + gaps_y[row % len(gaps_y)]
        row += 1


def _village(town: Town, index: int, block: Block, rng: np.random.Generator) -> None:
    _ground(town, block, colours.VILLAGE_GROUND, "village", rng)
    dense = town.cells[block.cell].character == "village"
    shape = (lambda: float(rng.uniform(9.6, 12.6))), (lambda: float(rng.uniform(13.5, 16.5)))
    for lot in lots(block.outline, *shape, gap_x=0.5, gaps_y=(0.8, 4.2)):
        draw = rng.random()
        if draw < (0.045 if town.scale.name == "full" else 0.12):
            town.sites.append(Site(lot, "village", index))
            if rng.random() < 0.5:
                plant(town, lot.x, lot.y, rng, 1.6, 2.8)
            continue
        town.patches.append(Patch(lot.corners(0.2), "yard", colours.varied(rng, colours.YARD, 9.0)))
        house, *sheds = houses.village_house(lot, index, dense, rng)
        for shed in sheds:
            shed.annex_of = len(town.structures)
        town.structures.extend([house, *sheds])
        if rng.random() < 0.22:
            spot = lot.part(rng.uniform(-2, 2), -lot.depth_m / 2 + 2.2, 1, 1)
            plant(town, spot.x, spot.y, rng, 1.3, 2.4)
    edge_trees(town, block.outline, rng, spacing_m=11.0, chance=0.45)
    free = block.outline.difference(
        shapely.union_all([s.footprint() for s in town.structures if s.block == index]).buffer(2)
    )
    for spot in rng.uniform(block.outline.bounds[:2], block.outline.bounds[2:], (40, 2)):
        if free.contains(shapely.Point(spot)):
            plant(town, float(spot[0]), float(spot[1]), rng, 1.3, 3.4)


def _slabs(town: Town, index: int, block: Block, rng: np.random.Generator) -> None:
    _ground(town, block, colours.GRASS, "grass", rng)
    storeys = int(rng.choice([5, 6, 6, 7]))
    kind = "red_tile" if rng.random() < 0.3 else "concrete"
    colour = colours.roof(rng, kind)
    depth, length = float(rng.uniform(11.5, 13.5)), float(rng.uniform(38, 58))
    for lot in lots(block.outline, lambda: length, lambda: depth, 9.0, (storeys * 2.9 * 1.15,)):
        front = lot.part(0.0, lot.depth_m / 2 + 5.5, lot.length_m + 8, 5.0)
        town.patches.append(Patch(front.corners(), "concrete", colours.varied(rng, colours.CONCRETE, 4.0)))
        town.structures.append(
            Structure([lot], kind, colour, storeys, 2.9, "apartment", "brick_concrete", index, detail_seed=_seed(rng))
        )
        for x in np.arange(-lot.length_m / 2, lot.length_m / 2, 6.5):
            for y in (-lot.depth_m / 2 - 4.5, lot.depth_m / 2 + 10.5):
                spot = lot.part(float(x) + rng.uniform(-1, 1), y + rng.uniform(-1.5, 1.5), 1, 1)
                if rng.random() < 0.75 and block.outline.contains(shapely.Point(spot.x, spot.y)):
                    plant(town, spot.x, spot.y, rng, 1.5, 3.4)
    edge_trees(town, block.outline, rng, spacing_m=7.0, chance=0.8)


def _towers(town: Town, index: int, block: Block, rng: np.random.Generator) -> None:
    _ground(town, block, colours.GRASS, "grass", rng)
    storeys = int(rng.choice([11, 18, 18]))
    side = lambda: float(rng.uniform(22, 27))  # noqa: E731
    for lot in lots(block.outline.buffer(-6), side, lambda: 19.0, 24.0, (34.0,)):
        apron = lot.part(0, 0, lot.length_m + 12, lot.depth_m + 12)
        town.patches.append(Patch(apron.corners(), "concrete", colours.varied(rng, colours.CONCRETE, 4.0)))
        wings = [lot.part(0, 0, lot.length_m, lot.depth_m * 0.62), lot.part(0, 0, lot.length_m * 0.58, lot.depth_m)]
        town.structures.append(
            Structure(
                wings,
                "concrete",
                colours.roof(rng, "concrete"),
                storeys,
                2.95,
                "apartment",
                "frame",
                index,
                detail_seed=_seed(rng),
            )
        )
        for _ in range(14):
            spot = lot.part(rng.uniform(-24, 24), rng.choice([-1, 1]) * rng.uniform(16, 26), 1, 1)
            if block.outline.contains(shapely.Point(spot.x, spot.y)):
                plant(town, spot.x, spot.y, rng, 1.5, 3.2)
    edge_trees(town, block.outline, rng, spacing_m=7.0, chance=0.8)


def _factory(town: Town, index: int, block: Block, rng: np.random.Generator) -> None:
    _paved_yard(town, index, block, rng, 4.5)
    small = town.scale.name == "small"
    long = float(rng.uniform(16, 24)) if small else float(rng.uniform(38, 72))
    deep = float(rng.uniform(11, 15)) if small else float(rng.uniform(18, 32))
    for lot in lots(block.outline.buffer(-5), lambda: long * rng.uniform(0.8, 1.1), lambda: deep, 12.0, (11.0, 14.0)):
        draw = rng.random()
        if draw < 0.12:
            town.sites.append(Site(lot.part(0, 0, lot.length_m * 0.8, lot.depth_m * 0.85), "factory", index))
            bare = Patch(lot.corners(), "dirt", colours.varied(rng, colours.DIRT, 8.0))
            town.patches.append(bare)
        elif draw < 0.24:
            office = lot.part(0, 0, min(lot.length_m, 42), 13.0)
            town.structures.append(
                Structure(
                    [office], "concrete", colours.roof(rng, "concrete"), int(rng.integers(3, 6)), 3.3,
                    "commercial", "frame", index, detail_seed=_seed(rng),
                )
            )  # fmt: skip
        else:
            kind = str(rng.choice(["blue_steel", "white_steel", "red_steel", "bitumen"], p=[0.62, 0.2, 0.1, 0.08]))
            town.structures.append(
                Structure(
                    [lot], kind, colours.roof(rng, kind), 1, float(rng.uniform(6.5, 10.0)),
                    "industrial", "steel", index, detail_seed=_seed(rng),
                )
            )  # fmt: skip
            for _ in range(int(rng.integers(0, 4))):
                spot = lot.part(rng.uniform(-0.5, 0.5) * lot.length_m, -lot.depth_m / 2 - 4.5, 6.5, 2.5)
                if rng.random() < 0.5:
                    town.things.append(Thing("container", spot, colours.pick(rng, colours.CONTAINERS), 2.6))
    edge_trees(town, block.outline, rng, spacing_m=6.5, chance=0.65)


def _commercial(town: Town, index: int, block: Block, rng: np.random.Generator) -> None:
    _paved_yard(town, index, block, rng, 2.5)
    long, deep = (18.0, 11.0) if town.scale.name == "small" else (34.0, 17.0)
    shape = (lambda: long * float(rng.uniform(0.7, 1.3))), (lambda: deep * float(rng.uniform(0.85, 1.2)))
    for lot in lots(block.outline.buffer(-3), *shape, gap_x=4.5, gaps_y=(12.0, 8.0)):
        if rng.random() < 0.3:
            plant(town, lot.x + lot.length_m / 2 + 2.0, lot.y, rng, 1.4, 2.6)
        storeys = int(rng.integers(2, 6))
        kind = str(rng.choice(["concrete", "bitumen", "white_steel"], p=[0.6, 0.3, 0.1]))
        town.structures.append(
            Structure(
                [lot], kind, colours.roof(rng, kind), storeys, 3.6, "commercial", "frame", index, detail_seed=_seed(rng)
            )
        )
    edge_trees(town, block.outline, rng, spacing_m=8.0, chance=0.8)


def _school(town: Town, index: int, block: Block, rng: np.random.Generator) -> None:
    _ground(town, block, colours.PAVEMENT, "concrete", rng)
    angle = upright_angle(block.outline)
    inner = block.outline.buffer(-6)
    if inner.is_empty:
        return
    for lawn in pieces(block.outline.buffer(-2)):
        grove = lawn.difference(lawn.buffer(-9))
        for spot in rng.uniform(lawn.bounds[:2], lawn.bounds[2:], (160, 2)):
            if grove.contains(shapely.Point(spot)):
                plant(town, float(spot[0]), float(spot[1]), rng, 1.4, 3.2)
    centre = inner.centroid
    _, long, wide = long_axis(inner)
    track = Rect(centre.x, centre.y, min(96.0, long * 0.5), min(58.0, wide * 0.5), angle)
    shift = track.part(0, -min(28.0, wide * 0.2), track.length_m, track.depth_m)
    town.things.append(Thing("track", shift, colours.COURT[0], 0.0))
    for lot in lots(inner.difference(shift.polygon().buffer(8)), lambda: 44.0, lambda: 10.5, 9.0, (17.0,)):
        town.structures.append(
            Structure(
                [lot],
                "concrete",
                colours.roof(rng, "concrete"),
                4,
                3.6,
                "public",
                "frame",
                index,
                detail_seed=_seed(rng),
            )
        )
    edge_trees(town, block.outline, rng, spacing_m=6.5, chance=0.9)


def _farm(town: Town, index: int, block: Block, rng: np.random.Generator) -> None:
    todo = [block.outline.buffer(-1.0)]
    target = FIELD_M2 if town.scale.name == "full" else 900.0
    while todo:
        for piece in pieces(todo.pop()):
            if plane_m2(piece) < 120.0:
                continue
            angle, length, _ = long_axis(piece)
            if plane_m2(piece) > target * rng.uniform(0.6, 2.2):
                todo.extend(_halve(piece, angle, length, rng))
                continue
            strength = (0.05, float(rng.uniform(0.04, 0.10)), 0.06)
            ring = np.asarray(piece.exterior.coords)
            stripes = float(rng.uniform(1.9, 3.4))
            town.patches.append(Patch(ring, "crop", colours.crop(rng), angle + math.pi / 2, stripes, strength))
            if rng.random() < (0.35 if town.scale.name == "full" else 0.7):
                spot = piece.representative_point()
                rect = Rect(
                    spot.x,
                    spot.y,
                    float(rng.uniform(11, 20)),
                    float(rng.uniform(8, 11)),
                    upright_angle(piece) + rng.normal(0, 0.02),
                )
                if piece.buffer(-1).contains(rect.polygon()):
                    town.sites.append(Site(rect, "farm", index))
    edge_trees(town, block.outline, rng, spacing_m=5.0, chance=0.55 if rng.random() < 0.4 else 0.06)


def _halve(piece: Polygon, angle: float, length: float, rng: np.random.Generator) -> list[Polygon]:
    centre = piece.minimum_rotated_rectangle.centroid
    x = centre.x + rng.uniform(-0.15, 0.15) * length * math.cos(angle)
    y = centre.y + rng.uniform(-0.15, 0.15) * length * math.sin(angle)
    knife = Rect(x, y, 0.9, 4000.0, angle).polygon()
    return pieces(piece.difference(knife))


def _greenhouses(town: Town, index: int, block: Block, rng: np.random.Generator) -> None:
    _ground(town, block, colours.DIRT, "crop", rng)
    turned = float(rng.uniform(38, 62)) if town.scale.name == "full" else 22.0
    for lot in lots(block.outline.buffer(-2), lambda: turned, lambda: 8.0, 2.5, (1.6,)):
        if rng.random() < 0.93:
            town.things.append(Thing("greenhouse", lot, colours.pick(rng, (colours.PLASTIC[0],), 10.0), 2.2))
    edge_trees(town, block.outline, rng, spacing_m=6.0, chance=0.3)


def _orchard(town: Town, index: int, block: Block, rng: np.random.Generator) -> None:
    _ground(town, block, colours.ORCHARD, "grass", rng)
    for lot in lots(block.outline, lambda: 3.2, lambda: 3.0, 0.9, (1.3,)):
        if rng.random() < 0.93:
            plant(town, lot.x + rng.normal(0, 0.2), lot.y + rng.normal(0, 0.2), rng, 1.2, 1.8, 3.0)


def _park(town: Town, index: int, block: Block, rng: np.random.Generator) -> None:
    _ground(town, block, colours.GRASS, "grass", rng)
    west, south, east, north = block.outline.bounds
    count = int(plane_m2(block.outline) / 70.0)
    groves = rng.uniform((west, south), (east, north), (6, 2))
    for _ in range(count):
        grove = groves[int(rng.integers(len(groves)))]
        spot = grove + rng.normal(0, 22.0, 2)
        if block.outline.contains(shapely.Point(spot)):
            plant(town, float(spot[0]), float(spot[1]), rng, 1.6, 4.2)
    edge_trees(town, block.outline, rng, spacing_m=6.0, chance=0.9)


def _vacant(town: Town, index: int, block: Block, rng: np.random.Generator) -> None:
    """Cleared ground: sites to build on, and here and there heaps, dust nets and young trees."""
    _ground(town, block, colours.DIRT, "dirt", rng)
    for lot in lots(block.outline.buffer(-4), lambda: float(rng.uniform(16, 34)), lambda: 13.0, 9.0, (9.0,)):
        draw = rng.random()
        if draw < 0.5:
            town.sites.append(Site(lot, "vacant", index))
        elif draw < 0.62:
            town.things.append(Thing("net", lot, colours.pick(rng, (colours.NET,), 8.0), 0.3))
        elif draw < 0.72:
            heap = lot.part(rng.uniform(-4, 4), 0.0, float(rng.uniform(6, 12)), float(rng.uniform(5, 9)))
            town.things.append(Thing("heap", heap, colours.pick(rng, colours.HEAPS, 8.0), 1.8))
        elif draw < 0.86:
            plant(town, lot.x, lot.y, rng, 1.2, 2.8)
    edge_trees(town, block.outline, rng, spacing_m=9.0, chance=0.4)


def plant(
    town: Town,
    x: float,
    y: float,
    rng: np.random.Generator,
    least_m: float,
    most_m: float,
    height_m: float | None = None,
) -> None:
    """Add one tree with a crown radius between the two limits."""
    radius = float(rng.uniform(least_m, most_m))
    height = height_m if height_m is not None else radius * 2.4 + float(rng.uniform(0.5, 2.0))
    town.trees.append(
        Tree(
            x,
            y,
            radius,
            height,
            bool(rng.random() < 0.34),
            float(rng.uniform(0.78, 1.2)),
            int(rng.integers(TREE_SPRITES)),
        )
    )


def edge_trees(town: Town, outline: Polygon, rng: np.random.Generator, *, spacing_m: float, chance: float) -> None:
    """Trees along the edge of a block."""
    ring = outline.exterior
    for at in np.arange(0.0, ring.length, spacing_m):
        if rng.random() < chance:
            spot = ring.interpolate(at + rng.uniform(-1.5, 1.5))
            plant(town, spot.x + rng.normal(0, 0.4), spot.y + rng.normal(0, 0.4), rng, 1.5, 2.9)


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(1 << 31))


_FILLERS: dict[str, Callable[[Town, int, Block, np.random.Generator], None]] = {
    "village": _village,
    "slabs": _slabs,
    "towers": _towers,
    "factory": _factory,
    "commercial": _commercial,
    "school": _school,
    "farm": _farm,
    "greenhouses": _greenhouses,
    "orchard": _orchard,
    "park": _park,
    "vacant": _vacant,
}
