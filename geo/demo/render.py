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
# How greenness changes red, green and blue; and how a shadow's light, which is the blue sky's, differs from the sun's.
WEEDS = (np.float32(-0.75), np.float32(0.02), np.float32(-0.6))
SKY = (np.float32(-0.06), np.float32(0.0), np.float32(0.10))
DSM_STEP = 2  # pixels of the orthophoto in one of the height model
DSM_NOISE_M = 0.12
DSM_BIAS_M = (0.0, 0.18, -0.12)  # each flight's heights are off by a little
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
        east = canvas.west + np.arange(0.5, columns) * canvas.resolution_m
        north = canvas.north - np.arange(0.5, rows) * canvas.resolution_m
        tone, green = self._grain(canvas.surface, east, north)
        shade = shadows(canvas.shade_m, flight.sun, canvas.resolution_m, TALLEST_M)
        tone *= 1.0 - np.float32(flight.shadow) * shade
        channels = []
        for channel, (weeds, sky) in enumerate(zip(WEEDS, SKY, strict=True)):
            factor = tone * (1.0 + weeds * green) * (1.0 + sky * shade)
            channels.append(canvas.rgb[:, :, channel] * factor)
        return camera.expose(np.asarray(cv2.merge(channels)), flight)

    def _grain(self, surface: npt.NDArray[np.uint8], east: FloatArray, north: FloatArray) -> tuple[Pixels, Pixels]:
        """Brightness factor and greenness that vary over each surface, shape (rows, columns) each."""
        amounts = np.array([GRAIN[name] for name in CLASS], np.float32)
        texel = texture.GROUND_M
        fine = texture.sample(self.textures.fine, east, north, texel)
        middle = texture.sample(self.textures.middle, east, north, texel)
        coarse = texture.sample_smooth(self.textures.coarse, east, north, texel * texture.COARSE_FACTOR)
        tone = np.take(amounts[:, 0], surface) * fine
        tone += np.take(amounts[:, 1], surface) * middle
        tone += np.take(amounts[:, 2], surface) * coarse
        # Weeds in bare soil, dry patches in grass: the same places on every date.
        weeds = texture.sample(self.textures.middle, east + 171.3, north - 96.7, texel * 1.7)
        weeds += 0.4 * fine
        green = np.take(amounts[:, 3], surface) * np.clip(weeds, -0.9, 2.4, out=weeds)
        return np.clip(tone + 1.0, 0.4, 1.7), green


def image_bounds(town: Town, flight: Flight) -> tuple[float, float, float, float]:
    """The square of one flight, on whole pixels."""
    west, _, east, north = town.scale.image_bounds
    trim = round(flight.trim_m * town.scale.image_m / 8.0) * 8.0
    size = math.floor((east - west - 2 * trim) / flight.resolution_m / 8.0) * 8 * flight.resolution_m
    return west + trim, north - trim - size, west + trim + size, north - trim


def write_snapshot(scene: Scene, when: int, orthophoto: Path, heights: Path) -> None:
    """Paint one date into two tiled GeoTIFFs, the orthophoto and the surface model, one tile at a time."""
    flight, town = camera.FLIGHTS[when], scene.town
    west, _, east, north = bounds = image_bounds(town, flight)
    columns, rows = round((east - west) / flight.resolution_m), round((bounds[3] - bounds[1]) / flight.resolution_m)
    outline = camera.covered(flight, when, town.seed, bounds)
    masked = flight.compression == "jpeg"
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(orthophoto, "w", **_profile(flight, columns, rows, west, north)) as colour,
        rasterio.open(heights, "w", **_height_profile(flight, columns, rows, west, north)) as high,
    ):
        for top in range(0, rows, TILE_PX):
            for left in range(0, columns, TILE_PX):
                shape = min(TILE_PX, rows - top), min(TILE_PX, columns - left)
                pixels, surface, valid = paint_tile(scene, when, left, top, shape, outline)
                window = Window(left, top, shape[1], shape[0])
                colour.write(np.where(valid[None], pixels.transpose(2, 0, 1), 0), window=window)
                if masked:
                    colour.write_mask(valid.astype(np.uint8) * 255, window=window)
                small = Window(left // DSM_STEP, top // DSM_STEP, surface.shape[1], surface.shape[0])
                high.write(surface, 1, window=small)


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
            profile |= {"zlevel": 1}
    return profile


def _height_profile(flight: Flight, columns: int, rows: int, west: float, north: float) -> dict[str, object]:
    res = flight.resolution_m * DSM_STEP
    return {
        "driver": "GTiff", "width": columns // DSM_STEP, "height": rows // DSM_STEP, "count": 1, "dtype": "float32",
        "crs": f"EPSG:{SRID_FILES}", "transform": from_origin(west, north, res, res), "tiled": True,
        "blockxsize": 256, "blockysize": 256, "compress": "deflate", "predictor": 3, "zlevel": 1, "nodata": DSM_NODATA,
    }  # fmt: skip


def paint_tile(
    scene: Scene, when: int, left: int, top: int, shape: tuple[int, int], outline: FloatArray
) -> tuple[npt.NDArray[np.uint8], Pixels, npt.NDArray[np.bool_]]:
    """Colours, heights (every `DSM_STEP`-th pixel) and the mask of one tile of a date's orthophoto."""
    flight, seed = camera.FLIGHTS[when], scene.town.seed
    west, _, _, north = image_bounds(scene.town, flight)
    res = flight.resolution_m
    margin = math.ceil(TALLEST_M / flight.sun.fall / res) + 12
    rows, columns = shape
    west, north = west + left * res, north - top * res
    large = rows + 2 * margin, columns + 2 * margin
    canvas = scene.paint(when, west - margin * res, north + margin * res, res, large)
    lit = scene.lit(canvas, when)
    x, y = np.arange(float(columns)), np.arange(float(rows))
    east, up = camera.displacement(flight, when, seed, west + (x + 0.5) * res, north - (y + 0.5) * res)
    map_x = (x[None, :] + margin - east / res).astype(np.float32)
    map_y = (y[:, None] + margin + up / res).astype(np.float32)
    rng = np.random.default_rng([seed, 61, when, left, top])
    pixels = camera.photograph(lit, map_x, map_y, flight, rng)
    valid = np.zeros(shape, np.uint8)
    nothing = np.zeros((1, 1), np.float32)
    frame = Canvas(west, north, res, pixels, valid, nothing, nothing)
    cv2.fillPoly(valid, [frame.pixels(outline)], 1, cv2.LINE_8, SHIFT)
    # The surface model comes from the same flight: it is displaced as the orthophoto is.
    sparse = np.s_[: rows - rows % DSM_STEP : DSM_STEP, : columns - columns % DSM_STEP : DSM_STEP]
    heights = cv2.remap(canvas.height_m, map_x[sparse], map_y[sparse], cv2.INTER_NEAREST)
    surface = heights + _terrain(west + (x[::DSM_STEP] + 1) * res, north - (y[::DSM_STEP] + 1) * res)
    surface = surface + DSM_BIAS_M[when] + rng.standard_normal(surface.shape, dtype=np.float32) * DSM_NOISE_M
    surface = np.where(valid[::DSM_STEP, ::DSM_STEP] > 0, np.round(surface, 2), DSM_NODATA)
    return pixels, surface.astype(np.float32), valid.astype(bool)


def _terrain(x: FloatArray, y: FloatArray) -> FloatArray:
    """Bare ground above the sea, metres: the plain falls to the east with slow swells."""
    east, north = (x - CENTRE_EN[0])[None, :], (y - CENTRE_EN[1])[:, None]
    terrain: FloatArray = 112.0 - 0.0016 * east + 0.0011 * north + 1.3 * np.sin(east / 610.0) * np.cos(north / 540.0)
    return terrain
