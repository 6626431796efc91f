"""A community whose two blocks tile it but for its northern third, with three buildings."""

import json
from dataclasses import dataclass
from typing import Any

from geo.models import CensusZone, Unit
from tests import factories
from tests.factories import multi, square

# The community is a square of 0.01°; a block takes half its width and two thirds of its height.
HALF, HIGH = 0.005, 0.0066


@dataclass
class Scene:
    """The zones of a test and where they lie."""

    unit: Unit
    west: CensusZone
    east: CensusZone
    lon: float
    lat: float

    @property
    def address(self) -> str:
        return f"/drawing/census_block/{self.unit.code}/"

    def box(self, x: float, y: float, width: float, height: float) -> dict[str, Any]:
        """A rectangle in degrees from the community's south-western corner, as GeoJSON."""
        return json.loads(square(self.lon + x, self.lat + y, width, height).json)

    def line(self, *places: tuple[float, float]) -> dict[str, Any]:
        return {"type": "LineString", "coordinates": [[self.lon + x, self.lat + y] for x, y in places]}


def make_zone(unit: Unit, number: int, lon: float, lat: float, width: float, height: float, **fields) -> CensusZone:
    boundary = multi(square(lon, lat, width, height))
    return CensusZone.objects.create(
        unit=unit,
        level="block",
        code=f"{unit.code}{number:03d}",
        boundary=boundary,
        boundary_area_m2=factories.measured_m2(boundary),
        **{"version": "2026", **fields},
    )


def make_scene(town: factories.Town, county: int = 0, community: int = 0) -> Scene:
    unit = town.communities[county][community]
    lon, lat = town.spot(county, community, 0, 0)
    west = make_zone(unit, 1, lon, lat, HALF, HIGH, name="西区", households=80)
    east = make_zone(unit, 2, lon + HALF, lat, HALF, HIGH, name="东区", households=90)
    factories.make_building(unit, lon + 0.001, lat + 0.001, household="张三")
    factories.make_building(unit, lon + 0.001, lat + 0.005, household="李四")
    factories.make_building(unit, lon + 0.007, lat + 0.003)
    return Scene(unit, west, east, lon, lat)
