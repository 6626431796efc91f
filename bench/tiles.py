"""What a map tile costs: raster tiles beside a plain warp of the original, vector tiles by zoom and number of rows.

Draws its own seeded data, in a database of its own that is dropped at the end. SIDE_PX=8000 for a larger image.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.transform import from_origin
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform_bounds

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

SIDE_PX = int(os.environ.get("SIDE_PX", "4000"))
RESOLUTION_M = 0.25
WEST_M, NORTH_M = 463_000.0, 3_842_000.0  # EPSG:4546, near 34.7°N 113.6°E
TILES_PER_ZOOM = 12
BUILDINGS = (3_000, 30_000)


def timed_ms(work: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1_000


def row(*cells: object) -> None:
    print("".join(f"{cell!s:>16}" for cell in cells))  # noqa: T201


def draw_original(path: Path) -> None:
    """Write an orthophoto of soft noise with an edge every 40 pixels in a Gauss-Kruger zone."""
    rng = np.random.default_rng(7)
    coarse = rng.integers(40, 200, (3, SIDE_PX // 40 + 1, SIDE_PX // 40 + 1), dtype="uint8")
    pixels = coarse.repeat(40, axis=1).repeat(40, axis=2)[:, :SIDE_PX, :SIDE_PX]
    pixels = pixels + rng.integers(0, 30, pixels.shape, dtype="uint8")
    profile = {"driver": "GTiff", "width": SIDE_PX, "height": SIDE_PX, "count": 3, "dtype": "uint8", "crs": "EPSG:4546"}
    profile |= {"transform": from_origin(WEST_M, NORTH_M, RESOLUTION_M, RESOLUTION_M), "tiled": True, "compress": "lzw"}
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(pixels)
        raster.build_overviews([2, 4, 8, 16], Resampling.average)


def raster_tiles() -> None:
    """Time tiles of the web copy against warping the original for each tile."""
    from geo.ingest import inspect_raster, make_web_cog
    from geo.tiles.grid import Tile
    from geo.tiles.raster import TILE_SIZE_PX, snapshot_tile

    with tempfile.TemporaryDirectory() as folder:
        original, web = Path(folder) / "original.tif", Path(folder) / "web.tif"
        draw_original(original)
        facts = inspect_raster(original)
        copying_s = timed_ms(lambda: make_web_cog(facts, web)) / 1_000
        with rasterio.open(original) as source:
            west, south, east, north = transform_bounds(source.crs, "EPSG:3857", *source.bounds)
        print(f"web copy of {SIDE_PX}x{SIDE_PX} px: {copying_s:.1f} s, {web.stat().st_size / 1e6:.1f} MB")  # noqa: T201
        row("zoom", "web webp ms", "web png ms", "warp ms", "kB webp")
        rng = np.random.default_rng(1)
        for zoom in (14, 16, 18, 19):
            size = Tile(zoom, 0, 0).size_m
            half = 20_037_508.342789244
            webp, png, warp, weights = [], [], [], []
            for _ in range(TILES_PER_ZOOM):
                x_m, y_m = rng.uniform(west, east), rng.uniform(south, north)
                tile = Tile(zoom, int((x_m + half) / size), int((half - y_m) / size))
                found: list[bytes | None] = []
                webp.append(timed_ms(lambda: found.append(snapshot_tile(web, tile, within=None, image_format="webp"))))  # noqa: B023
                png.append(timed_ms(lambda: snapshot_tile(web, tile, within=None, image_format="png")))  # noqa: B023
                warp.append(timed_ms(lambda: warped(original, tile, TILE_SIZE_PX)))  # noqa: B023
                weights.append(len(found[0] or b"") / 1_000)
            row(zoom, *(f"{statistics.median(values):.1f}" for values in (webp, png, warp, weights)))


def warped(original: Path, tile: object, side_px: int) -> np.ndarray:
    """Read a tile from the original itself, without encoding it."""
    box = tile.box_m()  # type: ignore[attr-defined]
    transform = from_origin(box.west, box.north, (box.east - box.west) / side_px, (box.north - box.south) / side_px)
    with (
        rasterio.open(original) as source,
        WarpedVRT(
            source,
            crs="EPSG:3857",
            transform=transform,
            width=side_px,
            height=side_px,
            resampling=Resampling.bilinear,
            add_alpha=True,
        ) as view,
    ):
        return view.read()


def vector_tiles() -> None:
    """Time the fullest tile of the buildings layer at each zoom, for a person of the city and one of a county."""
    from django.db import transaction

    from geo.models import Building
    from geo.roles import Role
    from geo.tiles.grid import Tile
    from geo.tiles.registry import layer_named
    from geo.tiles.vector import vector_tile
    from tests import factories

    row("buildings", "zoom", "city ms", "county ms", "kB city")
    for count in BUILDINGS:
        with transaction.atomic():
            town = factories.make_town()
            rng = np.random.default_rng(3)
            units = [unit for county in town.communities for unit in county]
            rows = []
            for n in range(count):
                unit = units[n % len(units)]
                west, south, east, north = unit.boundary.extent
                lon, lat = rng.uniform(west, east - 0.0002), rng.uniform(south, north - 0.0002)
                shape = factories.multi(factories.square(lon, lat, float(rng.uniform(0.00005, 0.0002))))
                rows.append(Building(unit=unit, code=f"bench-{n}", footprint=shape, footprint_area_m2=100.0 + n % 400))
            Building.objects.bulk_create(rows, batch_size=2_000)
            people = factories.make_user(Role.OFFICE, town.city), factories.make_user(Role.COUNTY, town.counties[0])
            lon, lat = town.spot(0, 1)
            for zoom in (12, 13, 14, 15, 16, 17):
                side = 2**zoom
                y_share = (1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2
                tile = Tile(zoom, int((lon + 180) / 360 * side), int(y_share * side))
                layer = layer_named("buildings")
                medians = [
                    statistics.median(timed_ms(lambda: vector_tile(layer, person, tile)) for _ in range(5))  # noqa: B023
                    for person in people
                ]
                weight = len(vector_tile(layer, people[0], tile)) / 1_000
                row(count, zoom, *(f"{value:.1f}" for value in medians), f"{weight:.0f}")
            transaction.set_rollback(True)


def main() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.db import connection

    raster_tiles()
    usual_name = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"{usual_name}_bench"
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        vector_tiles()
    finally:
        connection.creation.destroy_test_db(usual_name, verbosity=0)


if __name__ == "__main__":
    main()
