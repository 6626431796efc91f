"""The web's tile grid (WebMercatorQuad): where a tile lies. Pure."""

import math
from dataclasses import dataclass

from geo.errors import GeoError

HALF_WORLD_M = 20_037_508.342789244  # half the circumference of the sphere of EPSG:3857
EARTH_RADIUS_M = 6_378_137.0
MAX_ZOOM = 22
TILE_PX = 256  # what one tile covers on a screen of ordinary density


class NoSuchTile(GeoError):
    """The address lies outside the tile grid."""


@dataclass(frozen=True)
class Box:
    """A box with sides along the axes; in metres of EPSG:3857 or in degrees, as the maker says."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True)
class Tile:
    """Column x from the west and row y from the north at zoom z. Raises NoSuchTile outside the grid."""

    z: int
    x: int
    y: int

    def __post_init__(self) -> None:
        if not 0 <= self.z <= MAX_ZOOM:
            raise NoSuchTile(f"zoom {self.z} is not within 0 and {MAX_ZOOM}")
        if not (0 <= self.x < 2**self.z and 0 <= self.y < 2**self.z):
            raise NoSuchTile(f"tile {self.x}/{self.y} does not exist at zoom {self.z}")

    @property
    def size_m(self) -> float:
        """Side of the tile in metres of EPSG:3857 (not on the ground)."""
        return 2 * HALF_WORLD_M / 2**self.z

    @property
    def pixel_m(self) -> float:
        """Side of a screen pixel in metres of EPSG:3857."""
        return self.size_m / TILE_PX

    def box_m(self, margin_px: float = 0.0) -> Box:
        """Bounds in EPSG:3857, widened by a margin in screen pixels."""
        margin = margin_px * self.pixel_m
        west = self.x * self.size_m - HALF_WORLD_M
        north = HALF_WORLD_M - self.y * self.size_m
        return Box(west - margin, north - self.size_m - margin, west + self.size_m + margin, north + margin)

    def box_lonlat(self, margin_px: float = 0.0) -> Box:
        """The same bounds in degrees."""
        box = self.box_m(margin_px)
        return Box(lon_of(box.west), lat_of(box.south), lon_of(box.east), lat_of(box.north))


def lon_of(x_m: float) -> float:
    """Longitude in degrees of an easting of EPSG:3857."""
    return math.degrees(x_m / EARTH_RADIUS_M)


def lat_of(y_m: float) -> float:
    """Latitude in degrees of a northing of EPSG:3857."""
    return math.degrees(2 * math.atan(math.exp(y_m / EARTH_RADIUS_M)) - math.pi / 2)


def ground_pixel_m(lat: float, zoom: float) -> float:
    """Side of a screen pixel on the ground in metres, at a latitude and a zoom."""
    return 2 * HALF_WORLD_M / (TILE_PX * 2**zoom) * math.cos(math.radians(lat))
