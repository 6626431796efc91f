"""Fields, streets, water and the clutter of a town, seen from above."""

from __future__ import annotations

import math

import cv2
import numpy as np
import shapely
from shapely import LineString

from geo.demo import colours
from geo.demo.canvas import SHIFT, Canvas, shaded
from geo.demo.plan import Colour, Patch, Thing, Town
from geo.demo.plane import FloatArray, Rect, pieces


class Ground:
    """What lies flat, prepared once for all tiles and dates."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.patch_bounds = _bounds([patch.ring for patch in town.patches])
        self.thing_bounds = _bounds([thing.rect.corners() for thing in town.things])
        self.roads = [(road, road.line.buffer(road.width_m / 2, cap_style="flat")) for road in town.roads]
        self.walks = [road.line.buffer(road.width_m / 2 + 2.2, cap_style="flat") for road in town.roads]
        self.bank = town.river.buffer(5.0)

    def paint(self, canvas: Canvas, when: int) -> None:
        for index in touching(self.patch_bounds, canvas.bounds):
            self._patch(canvas, self.town.patches[index], when)
        self._water(canvas, when)
        self._streets(canvas, when)
        for index in touching(self.thing_bounds, canvas.bounds):
            thing = self.town.things[index]
            if thing.born <= when < thing.gone:
                paint_thing(canvas, thing, when)

    def _patch(self, canvas: Canvas, patch: Patch, when: int) -> None:
        colour = patch.colours[when]
        canvas.fill(patch.ring, colour, patch.surface)
        if patch.stripe_m > 0 and patch.stripe_strength[when] > 0:
            _rows(canvas, patch, when)

    def _water(self, canvas: Canvas, when: int) -> None:
        tile = shapely.box(*canvas.bounds)
        for outline, seasons, surface in (
            (self.bank, colours.BANK, "grass"),
            (self.town.river, colours.WATER, "water"),
        ):
            for piece in pieces(outline.intersection(tile)):
                canvas.fill(np.asarray(piece.exterior.coords), seasons[when], surface)

    def _streets(self, canvas: Canvas, when: int) -> None:
        tile = shapely.box(*canvas.bounds)
        near = [index for index, (road, _) in enumerate(self.roads) if road.line.intersects(tile.buffer(20))]
        for index in near:
            if self.roads[index][0].kind != "lane":
                _fill_geometry(canvas, self.walks[index], colours.PAVEMENT[when], "concrete")
        tones = {"lane": colours.LANE, "street": colours.STREET, "arterial": colours.ASPHALT}
        for order, tone in tones.items():
            for index in near:
                road, band = self.roads[index]
                if road.kind == order:
                    _fill_geometry(canvas, band, tone[when], "asphalt")
        for index in near:
            road, _ = self.roads[index]
            if road.kind == "arterial":
                _markings(canvas, road.line, road.width_m)


def _fill_geometry(canvas: Canvas, geometry: shapely.Geometry, colour: Colour, surface: str) -> None:
    for piece in pieces(geometry):
        canvas.fill(np.asarray(piece.exterior.coords), colour, surface)


def _markings(canvas: Canvas, line: LineString, width_m: float) -> None:
    """A double yellow line in the middle, dashed lanes, white edges."""
    white, yellow = (206.0, 206.0, 202.0), (198.0, 172.0, 96.0)
    canvas.line(np.asarray(line.coords), yellow)
    for side in (-1, 1):
        edge = line.offset_curve(side * (width_m / 2 - 1.2))
        if isinstance(edge, LineString) and not edge.is_empty:
            canvas.line(np.asarray(edge.coords), shaded(white, 0.86))
        lane = line.offset_curve(side * width_m / 4)
        if isinstance(lane, LineString) and not lane.is_empty:
            for at in np.arange(0.0, lane.length - 6.0, 15.0):
                ends = np.array([lane.interpolate(at).coords[0], lane.interpolate(at + 6.0).coords[0]])
                canvas.line(ends, white)


def _rows(canvas: Canvas, patch: Patch, when: int) -> None:
    """Rows of a crop: a brightness wave across the field."""
    window = canvas.window(patch.ring)
    if window is None:
        return
    rows, columns = window
    mask = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint8)
    at = canvas.pixels(patch.ring) - np.array([columns.start, rows.start], np.int32) * (1 << SHIFT)
    cv2.fillPoly(mask, [at], 1, cv2.LINE_8, SHIFT)
    y, x = np.mgrid[rows, columns].astype(np.float32)
    east = canvas.west + x * canvas.resolution_m
    north = canvas.north - y * canvas.resolution_m
    phase = (east * math.cos(patch.stripe_angle) + north * math.sin(patch.stripe_angle)) * (
        2 * math.pi / patch.stripe_m
    )
    wave = 1.0 + patch.stripe_strength[when] * np.sin(phase) * mask
    part = canvas.rgb[rows, columns]
    canvas.rgb[rows, columns] = np.clip(part * wave[:, :, None], 1, 255).astype(np.uint8)


def paint_thing(canvas: Canvas, thing: Thing, when: int) -> None:
    """A tarpaulin, container, heap, net, paved yard, greenhouse, running track or rubble."""
    painter = {"heap": _heap, "rubble": _heap, "greenhouse": _greenhouse, "track": _track}.get(thing.kind)
    if painter is not None:
        painter(canvas, thing, when)
        return
    surface = {"net": "grass", "paved": "asphalt", "stack": "tile"}.get(thing.kind, "plastic")
    corners = thing.rect.corners()
    canvas.fill(corners, thing.colour, surface)
    if thing.kind == "tarpaulin":
        canvas.line(corners[[0, 2]], shaded(thing.colour, 1.15))
        canvas.line(corners[[1, 3]], shaded(thing.colour, 0.85))
    if thing.kind == "paved":
        for x in np.arange(-thing.rect.length_m / 2 + 3, thing.rect.length_m / 2, 3.0):
            ends = thing.rect.points(np.array([(x, -thing.rect.depth_m / 2 + 0.5), (x, -thing.rect.depth_m / 2 + 5.5)]))
            canvas.line(ends, (204.0, 204.0, 200.0))
    if thing.height_m > 0.3:
        canvas.raise_to(corners, thing.height_m)


def _heap(canvas: Canvas, thing: Thing, when: int) -> None:
    """A pile: irregular, lit on one side, with lumps in it."""
    rng = np.random.default_rng([int(thing.rect.x * 10), int(thing.rect.y * 10)])
    turns = np.linspace(0, 2 * math.pi, 15)[:-1]
    reach = rng.uniform(0.72, 1.05, turns.size)
    shape = np.stack(
        [np.cos(turns) * reach * thing.rect.length_m / 2, np.sin(turns) * reach * thing.rect.depth_m / 2], axis=1
    )
    if thing.kind == "rubble":
        shape = np.sign(shape) * np.minimum(np.abs(shape) * 1.5, (thing.rect.length_m / 2, thing.rect.depth_m / 2))
    canvas.fill(thing.rect.points(shape), thing.colour, "dirt")
    if thing.height_m > 0.3:
        canvas.raise_to(thing.rect.points(shape), thing.height_m * 0.6)
        canvas.raise_to(thing.rect.points(shape * 0.55), thing.height_m)
    lumps = 26 if thing.kind == "rubble" else 8
    for _ in range(lumps):
        spot = thing.rect.part(
            rng.uniform(-0.4, 0.4) * thing.rect.length_m,
            rng.uniform(-0.4, 0.4) * thing.rect.depth_m,
            rng.uniform(0.6, 1.9),
            rng.uniform(0.5, 1.4),
        )
        canvas.fill(spot.corners(), shaded(thing.colour, float(rng.uniform(0.7, 1.3))))


def _greenhouse(canvas: Canvas, thing: Thing, when: int) -> None:
    """A plastic tunnel: bright crown, ribs, plants showing through in June."""
    rect = thing.rect
    base = shaded(thing.colour, (1.0, 0.92, 0.97)[when])
    canvas.fill(rect.corners(), shaded(base, 0.82), "plastic")
    canvas.fill(rect.corners(rect.depth_m * 0.17), shaded(base, 0.97))
    crown = Rect(rect.x, rect.y, rect.length_m, rect.depth_m * 0.22, rect.angle)
    canvas.fill(crown.corners(), shaded(base, 1.1))
    for x in np.arange(-rect.length_m / 2 + 2, rect.length_m / 2, 4.0):
        canvas.line(rect.points(np.array([(x, -rect.depth_m / 2), (x, rect.depth_m / 2)])), shaded(base, 0.88))
    canvas.raise_to(rect.corners(), thing.height_m)


def _track(canvas: Canvas, thing: Thing, when: int) -> None:
    """A running track round a pitch."""
    rect = thing.rect
    canvas.fill(_stadium(rect, 0.0), colours.COURT[when], "concrete")
    for lane in (1.2, 2.4, 3.6):
        canvas.line(_stadium(rect, lane), (206.0, 176.0, 168.0), closed=True)
    canvas.fill(_stadium(rect, 5.0), colours.PITCH[when], "grass")
    pitch = Rect(rect.x, rect.y, rect.length_m * 0.55, rect.depth_m - 13.0, rect.angle)
    if pitch.depth_m > 6:
        canvas.line(pitch.corners(), (214.0, 218.0, 212.0), closed=True)
        middle = pitch.points(np.array([(0.0, -pitch.depth_m / 2), (0.0, pitch.depth_m / 2)]))
        canvas.line(middle, (214.0, 218.0, 212.0))


def _stadium(rect: Rect, inset_m: float) -> FloatArray:
    radius = max(rect.depth_m / 2 - inset_m, 1.0)
    straight = max(rect.length_m / 2 - rect.depth_m / 2, 0.5)
    right = np.linspace(-math.pi / 2, math.pi / 2, 14)
    left = right + math.pi
    points = np.concatenate(
        [
            np.stack([straight + radius * np.cos(right), radius * np.sin(right)], axis=1),
            np.stack([-straight + radius * np.cos(left), radius * np.sin(left)], axis=1),
        ]
    )
    return rect.points(points)


def _bounds(rings: list[FloatArray]) -> FloatArray:
    """West, south, east, north of each ring, shape (n, 4)."""
    if not rings:
        return np.zeros((0, 4))
    return np.array([[*ring.min(axis=0), *ring.max(axis=0)] for ring in rings])


def touching(bounds: FloatArray, tile: tuple[float, float, float, float]) -> list[int]:
    """Indices of the boxes that a tile touches, in order."""
    if not len(bounds):
        return []
    west, south, east, north = tile
    hit = (bounds[:, 0] < east) & (bounds[:, 2] > west) & (bounds[:, 1] < north) & (bounds[:, 3] > south)
    return [int(i) for i in np.nonzero(hit)[0]]
