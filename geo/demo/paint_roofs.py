"""Buildings seen from above: walls that lean out, roofs by material, what stands on them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely

from geo.demo.canvas import Canvas, shaded
from geo.demo.light import Sun
from geo.demo.plan import Colour, Structure
from geo.demo.plane import FloatArray, Rect

METAL = ("blue_steel", "red_steel", "white_steel")
TILE = ("grey_tile", "red_tile")
REPAINTS: tuple[Colour, ...] = ((164, 70, 60), (74, 116, 96), (196, 196, 192))
SLOPES = {"blue_steel": 0.16, "red_steel": 0.18, "white_steel": 0.12, "grey_tile": 0.5, "red_tile": 0.5}


@dataclass(frozen=True)
class View:
    """One date's sun, and where the camera stood over the town: roofs lean away from ``nadir``."""

    sun: Sun
    nadir: tuple[float, float]
    lean: float  # metres of displacement per metre of height and kilometre from the nadir
    when: int

    def offset(self, x: float, y: float, height_m: float) -> tuple[float, float]:
        return (
            (x - self.nadir[0]) / 1000.0 * self.lean * height_m,
            (y - self.nadir[1]) / 1000.0 * self.lean * height_m,
        )


def paint_structure(canvas: Canvas, structure: Structure, view: View) -> None:
    """Walls, roof and rooftop of one building; heights too."""
    rng = np.random.default_rng(structure.detail_seed)
    height = structure.height_m(view.when)
    colour = structure.colour
    if view.when >= structure.repainted_at:
        colour = REPAINTS[structure.detail_seed % len(REPAINTS)]
    if view.when >= structure.grown_at:
        colour = shaded(colour, 1.1)
    for part in structure.parts:
        dx, dy = view.offset(part.x, part.y, height)
        roof = Rect(part.x + dx, part.y + dy, part.length_m, part.depth_m, part.angle)
        _walls(canvas, part, roof, view, colour)
        if structure.roof in TILE or structure.roof in METAL:
            _pitched(canvas, roof, structure.roof, colour, view.sun, height, rng)
        else:
            _flat(canvas, roof, structure, colour, view.sun, height, rng)


def _walls(canvas: Canvas, base: Rect, roof: Rect, view: View, colour: Colour) -> None:
    foot, top = base.corners(), roof.corners()
    if float(np.abs(top - foot).max()) < 0.25:
        return
    for side in range(4):
        a, b = side, (side + 1) % 4
        wall = np.array([foot[a], foot[b], top[b], top[a]])
        way = foot[b] - foot[a]
        outward = np.array((way[1], -way[0])) / max(float(np.hypot(*way)), 1e-6)
        lit = max(float(np.dot(outward, view.sun.toward)), 0.0)
        tone = 96.0 + 88.0 * lit
        canvas.fill(wall, (tone, tone * 0.97, tone * 0.92), "yard")


def _flat(
    canvas: Canvas, roof: Rect, structure: Structure, colour: Colour, sun: Sun, height: float, rng: np.random.Generator
) -> None:
    """Concrete or bitumen with a parapet, stains, a stair head, solar heaters and the odd steel shed on top."""
    corners = roof.corners()
    canvas.fill(corners, shaded(colour, 1.13), "roof")
    canvas.fill(roof.corners(0.38), colour)
    canvas.raise_to(corners, height)
    _parapet_shadow(canvas, roof, colour, sun)
    small = min(roof.length_m, roof.depth_m)
    for _ in range(int(rng.integers(1, 4))):
        stain = _somewhere(roof, rng, rng.uniform(1.5, max(small * 0.6, 1.8)), rng.uniform(1.2, max(small * 0.4, 1.5)))
        canvas.fill(stain.corners(), shaded(colour, float(rng.uniform(0.86, 1.08))))
    if small < 4.0:
        return
    if structure.use == "apartment":
        _slab_top(canvas, roof, colour, height, rng)
    elif structure.use == "residential":
        _house_top(canvas, roof, colour, height, rng)
    else:
        for _ in range(int(rng.integers(2, 7))):
            unit = _somewhere(roof, rng, float(rng.uniform(1.2, 3.0)), float(rng.uniform(1.2, 2.4)))
            _box(canvas, unit, shaded((190.0, 192.0, 194.0), float(rng.uniform(0.75, 1.1))), height + 1.4)


def _parapet_shadow(canvas: Canvas, roof: Rect, colour: Colour, sun: Sun) -> None:
    """The low wall round a flat roof throws a thin shadow inwards on the sunny side."""
    corners = roof.corners(0.45)
    for side in range(4):
        way = corners[(side + 1) % 4] - corners[side]
        outward = np.array((way[1], -way[0])) / max(float(np.hypot(*way)), 1e-6)
        if float(np.dot(outward, sun.toward)) > 0.3:
            canvas.line(corners[[side, (side + 1) % 4]], shaded(colour, 0.66))


def _house_top(canvas: Canvas, roof: Rect, colour: Colour, height: float, rng: np.random.Generator) -> None:
    draw = rng.random()
    if draw < 0.55:
        head = _corner(roof, rng, 3.0, 2.8)
        _box(canvas, head, shaded(colour, 1.06), height + 2.4)
    if rng.random() < 0.6:
        _heaters(canvas, roof, int(rng.integers(1, 3)), height, rng)
    if rng.random() < 0.16:
        shed = roof.part(0.0, roof.depth_m * 0.18, roof.length_m * 0.8, roof.depth_m * 0.5)
        tone = (66.0, 112.0, 168.0) if rng.random() < 0.7 else (164.0, 78.0, 66.0)
        canvas.fill(shed.corners(), tone, "metal")
        canvas.raise_to(shed.corners(), height + 2.4)
        middle = shed.points(np.array([(-shed.length_m / 2, 0.0), (shed.length_m / 2, 0.0)]))
        canvas.line(middle, shaded(tone, 1.15))
    if rng.random() < 0.3:
        plot = _somewhere(roof, rng, 2.4, 1.6)
        canvas.fill(plot.corners(), (92.0, 108.0, 70.0))


def _slab_top(canvas: Canvas, roof: Rect, colour: Colour, height: float, rng: np.random.Generator) -> None:
    """Stair heads in a row and ranks of solar heaters, as on every six-storey slab."""
    entrances = max(int(roof.length_m / 15.0), 1)
    for index in range(entrances):
        x = (index + 0.5) / entrances * roof.length_m - roof.length_m / 2
        _box(canvas, roof.part(x, roof.depth_m * 0.16, 3.4, 4.6), shaded(colour, 1.07), height + 2.6)
        for side in (-1, 1):
            if rng.random() < 0.8:
                heater = roof.part(x + side * 4.2, -roof.depth_m * 0.18, 3.6, 1.5)
                canvas.fill(heater.corners(), (44.0, 54.0, 78.0))
                tank = roof.part(x + side * 4.2, -roof.depth_m * 0.18 + 1.0, 3.6, 0.5)
                canvas.fill(tank.corners(), (214.0, 216.0, 218.0))


def _heaters(canvas: Canvas, roof: Rect, count: int, height: float, rng: np.random.Generator) -> None:
    for _ in range(count):
        spot = _somewhere(roof, rng, 2.0, 1.4)
        canvas.fill(spot.corners(), (46.0, 56.0, 82.0))
        tank = spot.part(0.0, 0.9, 2.0, 0.45)
        canvas.fill(tank.corners(), (216.0, 218.0, 218.0))


def _box(canvas: Canvas, rect: Rect, colour: Colour, height_m: float) -> None:
    canvas.fill(rect.corners(), colour)
    canvas.raise_to(rect.corners(), height_m)


def _pitched(
    canvas: Canvas, roof: Rect, kind: str, colour: Colour, sun: Sun, height: float, rng: np.random.Generator
) -> None:
    """Two planes that meet at a ridge (four on some tiled roofs), each in its own light."""
    if roof.depth_m > roof.length_m:
        roof = Rect(roof.x, roof.y, roof.depth_m, roof.length_m, roof.angle + math.pi / 2)
    slope = SLOPES[kind]
    half_x, half_y = roof.length_m / 2, roof.depth_m / 2
    hip = half_y * 0.9 if kind in TILE and rng.random() < 0.3 and half_x > half_y * 1.15 else 0.0
    ridge = roof.points(np.array([(-half_x + hip, 0.0), (half_x - hip, 0.0)]))
    corners = roof.corners()
    planes = [
        (np.array([corners[0], corners[1], ridge[1], ridge[0]]), (0.0, -1.0)),
        (np.array([corners[2], corners[3], ridge[0], ridge[1]]), (0.0, 1.0)),
    ]
    if hip:
        planes.append((np.array([corners[1], corners[2], ridge[1]]), (1.0, 0.0)))
        planes.append((np.array([corners[3], corners[0], ridge[0]]), (-1.0, 0.0)))
    surface = "tile" if kind in TILE else "metal"
    rise = slope * half_y
    canvas.raise_to(corners, height + rise * 0.4)
    cos, sin = math.cos(roof.angle), math.sin(roof.angle)
    for outline, (fx, fy) in planes:
        light = sun.facing(fx * cos - fy * sin, fx * sin + fy * cos, slope)
        tone = shaded(colour, 0.16 + 0.84 * light)
        canvas.fill(outline, tone, surface)
    if kind in METAL:
        _sheets(canvas, roof, colour, rng)
    canvas.line(ridge, shaded(colour, 1.18 if kind in METAL else 0.8))
    canvas.line(corners, shaded(colour, 0.8), closed=True)


def _sheets(canvas: Canvas, roof: Rect, colour: Colour, rng: np.random.Generator) -> None:
    """Sheets of one roof differ a little; big halls have translucent strips and vents."""
    half_x, half_y = roof.length_m / 2, roof.depth_m / 2
    big = roof.length_m > 24 and roof.depth_m > 12
    step = float(rng.uniform(2.0, 3.2))
    strips = rng.random() < 0.6
    for index, x in enumerate(np.arange(-half_x + step, half_x - 0.5, step)):
        ends = roof.points(np.array([(x, -half_y + 0.3), (x, half_y - 0.3)]))
        canvas.line(ends, shaded(_under(canvas, ends, colour), float(rng.uniform(0.93, 1.0))))
        if big and strips and index % 3 == 1:
            for low, high in ((-half_y * 0.8, -half_y * 0.2), (half_y * 0.2, half_y * 0.8)):
                strip = roof.part(float(x) + step / 2, (low + high) / 2, 0.9, high - low)
                canvas.fill(strip.corners(), (188.0, 200.0, 206.0))
    if rng.random() < 0.35:
        rust = _somewhere(
            roof, rng, float(rng.uniform(2, max(half_x * 0.6, 2.2))), float(rng.uniform(1.0, max(half_y * 0.5, 1.2)))
        )
        canvas.fill(rust.corners(), (colour[0] * 0.8 + 30, colour[1] * 0.8 + 12, colour[2] * 0.8))


def _under(canvas: Canvas, ends: FloatArray, fallback: Colour) -> Colour:
    """The colour already painted at the middle of a line."""
    at = canvas.pixels(ends.mean(axis=0, keepdims=True) + 0.01)[0] >> 4
    rows, columns = canvas.surface.shape
    if 0 <= at[0] < columns and 0 <= at[1] < rows:
        pixel = canvas.rgb[at[1], at[0]]
        return float(pixel[0]), float(pixel[1]), float(pixel[2])
    return fallback


def _somewhere(roof: Rect, rng: np.random.Generator, length_m: float, depth_m: float) -> Rect:
    room_x = max(roof.length_m - length_m - 1.2, 0.0) / 2
    room_y = max(roof.depth_m - depth_m - 1.2, 0.0) / 2
    return roof.part(float(rng.uniform(-room_x, room_x)), float(rng.uniform(-room_y, room_y)), length_m, depth_m)


def _corner(roof: Rect, rng: np.random.Generator, length_m: float, depth_m: float) -> Rect:
    x = (roof.length_m - length_m) / 2 - 0.4
    y = (roof.depth_m - depth_m) / 2 - 0.4
    return roof.part(float(rng.choice([-1, 1])) * x, float(rng.choice([-1, 1])) * y, length_m, depth_m)


def structure_bounds(structures: list[Structure]) -> FloatArray:
    """West, south, east, north of each footprint, with room for the lean, shape (n, 4)."""
    boxes = [shapely.MultiPoint(np.concatenate([part.corners() for part in s.parts])).bounds for s in structures]
    return np.asarray(np.array(boxes).reshape(-1, 4) + np.array((-8.0, -8.0, 8.0, 8.0)), dtype=np.float64)
