"""Rows for tests: a small city of squares near 34.7°N 113.6°E, its people, and whatever stands in it.

The city 嵩阳市 has two counties side by side; each county two townships, each township two communities. A community
is a square of 0.01°. Column = county (west to east), rows from south to north: 4 communities per county.
"""

import datetime
import itertools
from dataclasses import dataclass, field

from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.utils import timezone
from shapely import wkb

from geo.measure import area_m2
from geo.models import (
    ArchiveArea,
    Building,
    ChangeFlag,
    ControlArea,
    DiffRun,
    Permit,
    Posting,
    Snapshot,
    SpecialArea,
    Unit,
    UnitLevel,
    User,
)
from geo.roles import Bureau, Role

WEST, SOUTH, STEP = 113.60, 34.70, 0.01
PASSWORD = "correct horse battery"
_numbers = itertools.count(1)


def square(lon: float, lat: float, width: float, height: float | None = None) -> Polygon:
    """Return a rectangle with its south-west corner at lon, lat; sizes in degrees."""
    return Polygon.from_bbox((lon, lat, lon + width, lat + (height or width)))


def polygon_4490(polygon: Polygon) -> Polygon:
    polygon.srid = 4490
    return polygon


def multi(polygon: Polygon) -> MultiPolygon:
    return MultiPolygon(polygon, srid=4490)


def measured_m2(geometry) -> float:
    return area_m2(wkb.loads(bytes(geometry.wkb))).area_m2


@dataclass
class Town:
    """The unit tree of a test: `communities[county][n]`, n from south to north."""

    city: Unit
    counties: list[Unit] = field(default_factory=list)
    townships: list[list[Unit]] = field(default_factory=list)
    communities: list[list[Unit]] = field(default_factory=list)

    def spot(self, county: int = 0, community: int = 0, dx: float = 0.005, dy: float = 0.005) -> tuple[float, float]:
        """Return lon, lat inside a community, by default in its middle."""
        return WEST + county * STEP + dx, SOUTH + community * STEP + dy


def make_town() -> Town:
    """Build the unit tree."""
    city = Unit.objects.create(
        code="419900000000",
        name="嵩阳市",
        level=UnitLevel.CITY,
        boundary=multi(square(WEST, SOUTH, 2 * STEP, 4 * STEP)),
    )
    town = Town(city)
    for c, county_name in enumerate(["东城区", "河阴县"]):
        west = WEST + c * STEP
        county = Unit.objects.create(
            code=f"41990{c + 1}000000",
            name=county_name,
            level=UnitLevel.COUNTY,
            parent=city,
            boundary=multi(square(west, SOUTH, STEP, 4 * STEP)),
        )
        town.counties.append(county)
        town.townships.append([])
        town.communities.append([])
        for t in range(2):
            township = Unit.objects.create(
                code=f"41990{c + 1}00{t + 1}000",
                name=f"{county_name}{'南' if t == 0 else '北'}关街道",
                level=UnitLevel.TOWNSHIP,
                parent=county,
                boundary=multi(square(west, SOUTH + 2 * t * STEP, STEP, 2 * STEP)),
            )
            town.townships[c].append(township)
            for m in range(2):
                town.communities[c].append(
                    Unit.objects.create(
                        code=f"41990{c + 1}00{t + 1}00{m + 1}",
                        name=f"{township.name}第{m + 1}社区",
                        level=UnitLevel.COMMUNITY,
                        parent=township,
                        boundary=multi(square(west, SOUTH + (2 * t + m) * STEP, STEP)),
                        population=1500,
                    )
                )
    return town


def make_special_area(town: Town) -> SpecialArea:
    """Build a new district over the southern communities of both counties."""
    area = SpecialArea.objects.create(code="XQ01", name="嵩阳新区", boundary=multi(square(WEST, SOUTH, 2 * STEP, STEP)))
    area.units.set([town.communities[0][0], town.communities[1][0]])
    return area


def make_user(
    role: Role | None = None, unit: Unit | None = None, *, special_area=None, bureau: str = "", **fields
) -> User:
    """Make a person, posted when a role is given. A bureau person speaks for planning unless told."""
    name = fields.pop("username", None) or f"user{next(_numbers)}"
    user = User.objects.create_user(username=name, password=PASSWORD, **{"display_name": name, **fields})
    if role is not None:
        make_posting(user, role, unit, special_area=special_area, bureau=bureau)
    return user


def make_posting(user: User, role: Role, unit: Unit | None = None, *, special_area=None, bureau: str = "") -> Posting:
    """Post a person since yesterday."""
    if role == Role.BUREAU:
        bureau = bureau or Bureau.PLANNING
    return Posting.objects.create(
        user=user,
        role=role,
        unit=unit,
        special_area=special_area,
        bureau=bureau,
        starts_on=timezone.localdate() - datetime.timedelta(days=1),
    )


def make_building(unit: Unit, lon: float, lat: float, *, size: float = 0.0002, **fields) -> Building:
    footprint = multi(square(lon, lat, size))
    return Building.objects.create(
        unit=unit,
        footprint=footprint,
        footprint_area_m2=measured_m2(footprint),
        **{"code": f"B{next(_numbers):05d}", **fields},
    )


def make_permit(unit: Unit, lon: float, lat: float, *, size: float = 0.0002, **fields) -> Permit:
    footprint = multi(square(lon, lat, size))
    area = measured_m2(footprint)
    defaults = {
        "number": f"建字第{next(_numbers):05d}号",
        "kind": "planning",
        "valid_from": datetime.date(2026, 1, 1),
        "permitted_area_m2": area,
    }
    return Permit.objects.create(unit=unit, footprint=footprint, footprint_area_m2=area, **{**defaults, **fields})


def make_control_area(town: Town, **fields) -> ControlArea:
    area = ControlArea.objects.create(
        **{
            "code": f"KZ{next(_numbers):03d}",
            "name": "规划控制区",
            "boundary": multi(square(WEST, SOUTH, 2 * STEP, 4 * STEP)),
            **fields,
        }
    )
    area.units.set(Unit.objects.all())
    return area


def make_archive_area(unit: Unit, lon: float, lat: float, *, size: float = 0.001, **fields) -> ArchiveArea:
    """Make an archive area that lies in one unit; the units above it are touched as well."""
    boundary = multi(square(lon, lat, size))
    area = ArchiveArea.objects.create(
        **{
            "unit": unit,
            "code": f"DA{next(_numbers):03d}",
            "name": "南关城中村",
            "kind": "urban_village",
            "interval_days": 90,
            "first_due": datetime.date(2026, 6, 1),
            "boundary": boundary,
            "boundary_area_m2": measured_m2(boundary),
            **fields,
        }
    )
    area.units.set(Unit.objects.filter(code__in=[*unit.ancestor_codes, unit.code]))
    return area


def make_snapshot(town: Town, captured_on: datetime.date, **fields) -> Snapshot:
    """Make a ready snapshot row over the whole town; it has no files behind it."""
    number = next(_numbers)
    snapshot = Snapshot.objects.create(
        **{
            "title": f"第{number}期",
            "captured_on": captured_on,
            "state": "ready",
            "file_name": "ortho.tif",
            "sha256": f"{number:064x}",
            "size_bytes": 1,
            "original_path": f"snapshots/{number}/ortho.tif",
            "reading_path": f"snapshots/{number}/ortho.tif",
            "web_path": f"snapshots/{number}/web.tif",
            "source_crs": "EPSG:4547",
            "resolution_m": 0.4,
            "footprint": multi(square(WEST, SOUTH, 2 * STEP, 4 * STEP)),
            **fields,
        }
    )
    snapshot.units.set(Unit.objects.all())
    return snapshot


def make_run(town: Town, **fields) -> DiffRun:
    before = fields.pop("before", None) or make_snapshot(town, datetime.date(2026, 3, 18))
    after = fields.pop("after", None) or make_snapshot(town, datetime.date(2026, 6, 20))
    defaults = {"state": "done", "flag_count": 0, "finished_at": timezone.now(), "algorithm": "test"}
    return DiffRun.objects.create(before=before, after=after, **{**defaults, **fields})


def make_flag(run: DiffRun, unit: Unit, lon: float, lat: float, *, size: float = 0.00015, **fields) -> ChangeFlag:
    geometry = polygon_4490(square(lon, lat, size))
    return ChangeFlag.objects.create(
        **{
            "run": run,
            "index": next(_numbers),
            "unit": unit,
            "geometry": geometry,
            "area_m2": measured_m2(geometry),
            "area_uncertainty_m2": 6.0,
            "confidence": 0.9,
            "kind": "new",
            **fields,
        }
    )


def point(lon: float, lat: float) -> Point:
    return Point(lon, lat, srid=4490)
