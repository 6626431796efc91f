"""Orthophotos and height models, tile by tile."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.transform import from_origin
from rasterio.windows import Window

from geo.demo import camera, texture
from geo.demo.camera import Flight
from geo.demo.canvas import CLASS, GRAIN, SHIFT, Canvas
from geo.demo.light import shadows
from geo.demo.paint_ground import Ground, touching
from geo.demo.paint_roofs import View, paint_structure, structure_bounds
from geo.demo.paint_trees import Crowns, paint_car, park_cars, tree_bounds
from geo.demo.plan import Colour, Town
from geo.demo.plane import FloatArray
from geo.demo.scale import CENTRE_EN, SRID_FILES
from geo.demo.texture import Pixels

# One tile with its margin is 1,900 x 1,900 px at most: about 160 MB of arrays at a time, whatever the size of the town.
TILE_PX = 1536
TALLEST_M = 64.0
BLOCK_PX = 512
BACKGROUND: tuple[Colour, ...] = ((150.0, 136.0, 110.0), (118.0, 122.0, 84.0), (126.0, 122.0, 90.0))
DSM_RESOLUTION_M = 0.8
DSM_NOISE_M = 0.12
DSM_NODATA = -9999.0


class Scene:
    """The town prepared for painting on any date."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.ground = Ground(town)
        self.textures = texture.make_textures(town.seed)
        self.structure_bounds = structure_bounds(town.structures)
        self.tree_bounds = tree_bounds(town.trees)
        self.cars = [park_cars(town, when) for when in range(len(camera.FLIGHTS))]
        self.car_bounds = [
            np.array([[r.x - 6, r.y - 6, r.x + 6, r.y + 6] for r, _ in cars]).reshape(-1, 4) for cars in self.cars
        ]
        self.crowns = [Crowns(town.seed, flight.sun) for flight in camera.FLIGHTS]

    def paint(self, when: int, west: float, north: float, resolution_m: float, shape: tuple[int, int]) -> Canvas:
        """Everything that stands on a date, without light and camera."""
        flight = camera.FLIGHTS[when]
        canvas = Canvas.empty(west, north, resolution_m, shape, BACKGROUND[when])
        self.ground.paint(canvas, when)
        for index in touching(self.car_bounds[when], canvas.bounds):
            paint_car(canvas, *self.cars[when][index])
        view = View(flight.sun, CENTRE_EN, flight.lean, when)
        standing = [self.town.structures[i] for i in touching(self.structure_bounds, canvas.bounds)]
        for structure in sorted((s for s in standing if s.stands(when)), key=lambda s: s.height_m(when)):
            paint_structure(canvas, structure, view)
        trees = [self.town.trees[i] for i in touching(self.tree_bounds, canvas.bounds)]
        self.crowns[when].paint(canvas, trees, when)
        return canvas

    def lit(self, canvas: Canvas, when: int) -> Pixels:
        """A painted tile with grain, shadows and the exposure of its flight, shape (rows, columns, 3)."""
        flight = camera.FLIGHTS[when]
        rows, columns = canvas.surface.shape
        east = canvas.west + (np.arange(columns) + 0.5) * canvas.resolution_m
        north = canvas.north - (np.arange(rows) + 0.5) * canvas.resolution_m
        rgb = canvas.rgb.astype(np.float32) * self._grain(canvas.surface, east, north)
        shade = shadows(canvas.height_m, flight.sun, canvas.resolution_m, TALLEST_M)
        left = 1.0 - flight.shadow * shade
        sky = np.array((0.94, 1.0, 1.10), np.float32)  # what lights a shadow is the blue sky
        rgb *= left[:, :, None] * (1.0 + (sky - 1.0) * shade[:, :, None])
        return camera.expose(rgb, flight)

    def _grain(self, surface: npt.NDArray[np.uint8], east: FloatArray, north: FloatArray) -> Pixels:
        """Brightness and hue that vary over each surface, as factors, shape (rows, columns, 3)."""
        amounts = np.array([GRAIN[name] for name in CLASS], np.float32)
        texel = texture.GROUND_M
        fine = texture.sample(self.textures.fine, east, north, texel)
        middle = texture.sample(self.textures.middle, east, north, texel)
        coarse = texture.sample(self.textures.coarse, east, north, texel * texture.COARSE_FACTOR)
        tone = 1.0 + amounts[:, 0][surface] * fine + amounts[:, 1][surface] * middle + amounts[:, 2][surface] * coarse
        # Weeds in bare soil, dry patches in grass: the same places on every date.
        weeds = texture.sample(self.textures.middle, east + 171.3, north - 96.7, texel * 1.7) + 0.4 * fine
        green = amounts[:, 3][surface] * np.clip(weeds, -2.2, 2.2)
        tint = np.stack([1.0 - green, 1.0 - 0.15 * green, 1.0 - 0.75 * green], axis=2)
        return np.asarray(np.clip(tone, 0.4, 1.7)[:, :, None] * tint, dtype=np.float32)


def image_bounds(town: Town, flight: Flight) -> tuple[float, float, float, float]:
    """The square of one flight, on whole pixels."""
    west, south, east, north = town.scale.image_bounds
    trim = round(flight.trim_m * town.scale.image_m / 8.0) * 8.0
    size = math.floor((east - west - 2 * trim) / flight.resolution_m / 8.0) * 8 * flight.resolution_m
    return west + trim, north - trim - size, west + trim + size, north - trim


def write_orthophoto(scene: Scene, when: int, path: Path) -> None:
    """Paint one date's orthophoto into a tiled GeoTIFF, one tile at a time."""
    flight = camera.FLIGHTS[when]
    west, south, east, north = image_bounds(scene.town, flight)
    columns, rows = round((east - west) / flight.resolution_m), round((north - south) / flight.resolution_m)
    outline = camera.covered(flight, when, scene.town.seed, (west, south, east, north))
    profile = _profile(flight, columns, rows, west, north)
    masked = flight.compression == "jpeg"
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "w", **profile) as out:
        for top in range(0, rows, TILE_PX):
            for left in range(0, columns, TILE_PX):
                shape = min(TILE_PX, rows - top), min(TILE_PX, columns - left)
                pixels, valid = _tile(scene, when, west, north, left, top, shape, outline)
                window = Window(left, top, shape[1], shape[0])
                out.write(np.where(valid[None], pixels.transpose(2, 0, 1), 0), window=window)
                if masked:
                    out.write_mask(valid.astype(np.uint8) * 255, window=window)


def _profile(flight: Flight, columns: int, rows: int, west: float, north: float) -> dict[str, object]:
    profile: dict[str, object] = {
        "driver": "GTiff", "width": columns, "height": rows, "count": 3, "dtype": "uint8", "crs": f"EPSG:{SRID_FILES}",
        "transform": from_origin(west, north, flight.resolution_m, flight.resolution_m), "tiled": True,
        "blockxsize": BLOCK_PX, "blockysize": BLOCK_PX,
    }  # fmt: skip
    if flight.compression == "jpeg":
        profile |= {"compress": "jpeg", "photometric": "ycbcr", "jpeg_quality": 90}
    else:
        profile |= {"compress": flight.compression, "predictor": 2, "nodata": 0}
        if flight.compression == "deflate":
            profile |= {"zlevel": 4}
    return profile


def _tile(
    scene: Scene, when: int, west: float, north: float, left: int, top: int, shape: tuple[int, int], outline: FloatArray
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    flight = camera.FLIGHTS[when]
    res = flight.resolution_m
    margin = math.ceil(TALLEST_M / flight.sun.fall / res) + 12
    rows, columns = shape
    tile_west, tile_north = west + (left - margin) * res, north - (top - margin) * res
    canvas = scene.paint(when, tile_west, tile_north, res, (rows + 2 * margin, columns + 2 * margin))
    lit = scene.lit(canvas, when)
    x, y = np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32)
    east, up = camera.displacement(
        flight, when, scene.town.seed, west + (left + x + 0.5) * res, north - (top + y + 0.5) * res
    )
    map_x = (x[None, :] + margin - east / res).astype(np.float32)
    map_y = (y[:, None] + margin + up / res).astype(np.float32)
    rng = np.random.default_rng([scene.town.seed, 61, when, left, top])
    pixels = camera.photograph(lit, map_x, map_y, flight, rng)
    valid = np.zeros(shape, np.uint8)
    frame = Canvas(west + left * res, north - top * res, res, pixels, valid, np.zeros((1, 1), np.float32))
    cv2.fillPoly(valid, [frame.pixels(outline)], 1, cv2.LINE_8, SHIFT)
    return pixels, valid.astype(bool)


def write_heights(scene: Scene, when: int, path: Path) -> None:
    """The date's surface model: gentle terrain, buildings, leafy trees, a little noise; ragged like its orthophoto."""
    town, flight = scene.town, camera.FLIGHTS[when]
    west, south, east, north = image_bounds(town, flight)
    res = DSM_RESOLUTION_M
    columns, rows = int((east - west) / res), int((north - south) / res)
    rng = np.random.default_rng([town.seed, 71, when])
    profile = {
        "driver": "GTiff", "width": columns, "height": rows, "count": 1, "dtype": "float32", "crs": f"EPSG:{SRID_FILES}",
        "transform": from_origin(west, north, res, res), "tiled": True, "blockxsize": 256, "blockysize": 256,
        "compress": "deflate", "predictor": 3, "zlevel": 4, "nodata": DSM_NODATA,
    }  # fmt: skip
    outline = camera.covered(flight, when, town.seed, (west, south, east, north))
    with rasterio.open(path, "w", **profile) as out:
        for top in range(0, rows, TILE_PX):
            height = min(TILE_PX, rows - top)
            canvas = scene.paint(when, west, north - top * res, res, (height, columns))
            y = north - (top + np.arange(height) + 0.5) * res
            x = west + (np.arange(columns) + 0.5) * res
            surface = canvas.height_m + _terrain(x, y) + rng.normal(0, DSM_NOISE_M, (height, columns))
            surface += (0.0, 0.18, -0.12)[when]  # each flight's heights are off by a little
            valid = np.zeros((height, columns), np.uint8)
            cv2.fillPoly(valid, [canvas.pixels(outline)], 1, cv2.LINE_8, SHIFT)
            surface = np.round(np.where(valid > 0, surface, DSM_NODATA), 2).astype(np.float32)
            out.write(surface, 1, window=Window(0, top, columns, height))


def _terrain(x: FloatArray, y: FloatArray) -> FloatArray:
    """Bare ground above the sea, metres: the plain falls to the east with slow swells."""
    east, north = np.meshgrid(x - CENTRE_EN[0], y - CENTRE_EN[1])
    terrain: FloatArray = 112.0 - 0.0016 * east + 0.0011 * north + 1.3 * np.sin(east / 610.0) * np.cos(north / 540.0)
    return terrain
