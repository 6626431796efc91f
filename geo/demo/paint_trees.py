"""Tree crowns and cars."""

from __future__ import annotations

import math

import cv2
import numpy as np
import shapely
from shapely import LineString

from geo.demo import colours
from geo.demo.canvas import Canvas, shaded
from geo.demo.fill import TREE_SPRITES
from geo.demo.light import Sun
from geo.demo.plan import Town, Tree
from geo.demo.plane import FloatArray, Rect, plane_m2, upright_angle
from geo.demo.texture import Pixels

SPRITE = 48  # pixels of a crown drawing before it is scaled to its tree
# Leaf colour by date and how much of the crown hides the ground: broadleaf trees are bare in March.
BROADLEAF = ((112.0, 104.0, 84.0), (66.0, 94.0, 48.0), (78.0, 96.0, 52.0))
BROADLEAF_COVER = (0.42, 0.97, 0.95)
EVERGREEN = ((58.0, 78.0, 48.0), (54.0, 82.0, 46.0), (56.0, 80.0, 46.0))
CAR_SPACING_M = 38.0
PARKING_USES = ("factory", "commercial")


class Crowns:
    """Crown drawings: how much each pixel hides, how bright it is, how high."""

    def __init__(self, seed: int, sun: Sun) -> None:
        rng = np.random.default_rng([seed, 21])
        self.drawings = [_crown(rng, sun) for _ in range(TREE_SPRITES)]

    def paint(self, canvas: Canvas, trees: list[Tree], when: int) -> None:
        for tree in trees:
            self._one(canvas, tree, when)

    def _one(self, canvas: Canvas, tree: Tree, when: int) -> None:
        res = canvas.resolution_m
        size = max(round(tree.radius_m * 2.3 / res), 3)
        x = (tree.x - canvas.west) / res - size / 2
        y = (canvas.north - tree.y) / res - size / 2
        left, top = math.floor(x), math.floor(y)
        rows, columns = canvas.surface.shape
        r0, r1, c0, c1 = max(top, 0), min(top + size, rows), max(left, 0), min(left + size, columns)
        if r0 >= r1 or c0 >= c1:
            return
        drawing = cv2.resize(self.drawings[tree.sprite], (size, size), interpolation=cv2.INTER_AREA)
        drawing = drawing[r0 - top : r1 - top, c0 - left : c1 - left]
        cover = 1.0 if tree.evergreen else BROADLEAF_COVER[when]
        leaf = np.array((EVERGREEN if tree.evergreen else BROADLEAF)[when], np.float32) * tree.shade
        alpha = drawing[:, :, :1] * cover
        part = canvas.rgb[r0:r1, c0:c1].astype(np.float32)
        mixed = part + alpha * (leaf * drawing[:, :, 1:2] - part)
        canvas.rgb[r0:r1, c0:c1] = np.clip(mixed, 1, 255).astype(np.uint8)
        crown = np.where(drawing[:, :, 0] > 0.5, drawing[:, :, 2] * tree.height_m, 0.0)
        for heights in (canvas.height_m, canvas.shade_m) if cover > 0.5 else (canvas.height_m,):
            part = heights[r0:r1, c0:c1]
            np.maximum(part, crown, out=part)


def _crown(rng: np.random.Generator, sun: Sun) -> Pixels:
    """A lumpy crown, shape (SPRITE, SPRITE, 3): cover, brightness, relative height."""
    half = SPRITE / 2
    y, x = np.mgrid[0:SPRITE, 0:SPRITE].astype(np.float32)
    east, north = (x - half) / half, (half - y) / half
    height = np.zeros((SPRITE, SPRITE), np.float32)
    for _ in range(int(rng.integers(9, 16))):
        turn, reach, radius = rng.uniform(0, 6.283), rng.uniform(0.0, 0.52), rng.uniform(0.26, 0.48)
        lump = 1.0 - ((east - reach * math.cos(turn)) ** 2 + (north - reach * math.sin(turn)) ** 2) / radius**2
        np.maximum(height, np.sqrt(np.clip(lump, 0, None)) * (1.0 - 0.35 * reach), out=height)
    height += (rng.standard_normal((SPRITE, SPRITE)) * 0.05).astype(np.float32) * (height > 0)
    smooth = cv2.GaussianBlur(height, (0, 0), 1.4)
    slope_north, slope_east = np.gradient(smooth)
    toward_east, toward_north = sun.toward
    light = 1.0 + 3.4 * (-slope_east * toward_east + slope_north * toward_north)
    light += rng.standard_normal((SPRITE, SPRITE)) * 0.11
    cover = np.clip(cv2.GaussianBlur((height > 0.12).astype(np.float32), (0, 0), 0.9) * 1.1, 0, 1)
    top = 0.55 + 0.45 * np.clip(smooth, 0, 1)
    return np.stack([cover, np.clip(light, 0.35, 1.75), top], axis=2).astype(np.float32)


def tree_bounds(trees: list[Tree]) -> FloatArray:
    """West, south, east, north of each crown, shape (n, 4)."""
    at = np.array([(tree.x, tree.y, tree.radius_m * 1.3) for tree in trees]).reshape(-1, 3)
    return np.stack([at[:, 0] - at[:, 2], at[:, 1] - at[:, 2], at[:, 0] + at[:, 2], at[:, 1] + at[:, 2]], axis=1)


def park_cars(town: Town, when: int) -> list[tuple[Rect, tuple[float, float, float]]]:
    """Cars on the roads of one date: never where they were on another."""
    rng = np.random.default_rng([town.seed, 31, when])
    cars = []
    seen = shapely.box(*town.scale.image_bounds)
    for road in town.roads:
        if not seen.intersects(road.line):
            continue
        lanes = 2 if road.kind == "arterial" else 1
        spacing = CAR_SPACING_M * (0.7 if road.kind == "arterial" else 1.1)
        for side in (-1, 1):
            for lane in range(lanes):
                offset = side * road.width_m * (0.12 + 0.22 * lane if lanes == 2 else 0.3)
                line = road.line.offset_curve(offset)
                if not isinstance(line, LineString) or line.length < 10:
                    continue
                for at in np.arange(rng.uniform(0, spacing), line.length - 5, spacing):
                    if rng.random() < 0.55:
                        at += rng.uniform(-10, 10)
                        spot, ahead = line.interpolate(max(at, 0.1)), line.interpolate(max(at, 0.1) + 2.0)
                        angle = math.atan2(ahead.y - spot.y, ahead.x - spot.x)
                        truck = rng.random() < 0.1
                        size = (9.5, 2.5) if truck else (4.6, 1.9)
                        cars.append((Rect(spot.x, spot.y, *size, angle), colours.pick(rng, colours.CARS, 5.0)))
    cars.extend(_parked(town, rng))
    return cars


def _parked(town: Town, rng: np.random.Generator) -> list[tuple[Rect, tuple[float, float, float]]]:
    """Rows of cars on the paved ground of blocks; what falls under a roof is painted over by it."""
    cars = []
    seen = shapely.box(*town.scale.image_bounds)
    for block in town.blocks:
        if block.use not in PARKING_USES or not seen.intersects(block.outline):
            continue
        inner = block.outline.buffer(-4.0)
        angle = upright_angle(block.outline)
        west, south, east, north = block.outline.bounds
        for _ in range(int(plane_m2(block.outline) / 1600.0)):
            x, y = rng.uniform((west, south), (east, north))
            row = Rect(float(x), float(y), 1.0, 1.0, angle)
            for place in range(int(rng.integers(3, 13))):
                spot = row.part(place * 2.7, float(rng.normal(0, 0.2)), 1.9, 4.6)
                turned = Rect(spot.x, spot.y, 4.6, 1.9, angle + math.pi / 2)
                if rng.random() < 0.75 and inner.contains(turned.polygon()):
                    cars.append((turned, colours.pick(rng, colours.CARS, 5.0)))
    return cars


def paint_car(canvas: Canvas, rect: Rect, colour: tuple[float, float, float]) -> None:
    canvas.fill(rect.corners(), colour, "metal")
    if rect.length_m < 6:
        for x in (rect.length_m * 0.12, -rect.length_m * 0.3):
            canvas.fill(rect.part(x, 0.0, 0.8, 1.5).corners(), shaded(colour, 0.35))
    canvas.raise_to(rect.corners(), 1.5 if rect.length_m < 6 else 2.8, passing=True)
