"""A seeded city for bench/pages.py: units, people, and a register that can be filled in steps.

A city of 4 counties, 20 townships and 200 communities, each community a patch of half a kilometre with up to 500
houses in rows. A share of the full size has the same units, people and flights, and fewer of everything else.
"""

import datetime
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from clinics_map.models import Catchment, Facility
from geo.models import (
    ArchiveArea,
    Building,
    CensusZone,
    ChangeFlag,
    ControlArea,
    DiffRun,
    Notice,
    Permit,
    Snapshot,
    SpecialArea,
    Unit,
    UnitLevel,
)
from geo.roles import Act, Bureau, Role
from tests.factories import make_snapshot, make_user, measured_m2, multi, polygon_4490, square
from tests.factories.records import make_import_job

WEST, SOUTH = 113.60, 34.70
COUNTIES, TOWNSHIPS, COMMUNITIES = 4, 5, 10  # each of the one before
SIDE = 0.005  # of a community, in degrees: about 460 by 550 m
COLUMNS, ROWS = 20, 25  # of houses in a community
HOUSES = (0.00008, 0.0001, 0.00012, 0.00014)  # sides, in degrees: 7 to 13 m by 9 to 16 m
BATCH = 2_000
# How many of each there are when the city is full.
FULL = {
    "buildings": 100_000,
    "flags": 10_000,
    "cases": 2_000,
    "tasks": 2_000,
    "permits": 2_000,
    "blocks": 1_000,
    "clinics": 160,  # of 200 communities: the homes of the others are served by nobody
    "archive_areas": 60,
    "notices": 2_000,
    "imports": 40,
}
SNAPSHOTS = 24
PATROLS = 40  # inspectors
NAMES = ("青松", "石桥", "柳园", "东岗", "白沙", "新渠", "南坡", "金谷", "后营", "高庙")


@dataclass
class City:
    """The units and the people, by post."""

    units: list[Unit]
    counties: list[Unit]
    townships: list[Unit]
    communities: list[Unit]
    people: dict[str, Any]
    snapshots: list[Snapshot]
    runs: list[DiffRun]

    def community(self, n: int) -> Unit:
        """The community of the n-th row: neighbours in a table lie far from each other on the map."""
        count = len(self.communities)
        return self.communities[(n * 37 + n // count) % count]

    def spot(self, n: int) -> tuple[float, float]:
        """The south-west corner of the n-th house: row by row through its community."""
        west, south, _east, _north = self.community(n).boundary.extent
        place = n // len(self.communities) % (COLUMNS * ROWS)
        return west + place % COLUMNS * SIDE / COLUMNS, south + place // COLUMNS * SIDE / ROWS


def make_city() -> City:
    """Make the units, one person for every post, the snapshots and the runs between them."""
    across = COUNTIES * TOWNSHIPS * SIDE
    box = multi(square(WEST, SOUTH, across, COMMUNITIES * SIDE))
    city = Unit.objects.create(code="419900000000", name="嵩阳市", level=UnitLevel.CITY, boundary=box)
    made = City([city], [], [], [], {}, [], [])
    for c in range(COUNTIES):
        west = WEST + c * TOWNSHIPS * SIDE
        county = _unit(f"4199{c + 1:02d}000000", f"{NAMES[c]}区", UnitLevel.COUNTY, city, west, TOWNSHIPS, COMMUNITIES)
        made.counties.append(county)
        for t in range(TOWNSHIPS):
            code, name = f"4199{c + 1:02d}{t + 1:03d}000", f"{NAMES[c]}{NAMES[t + 5]}街道"
            township = _unit(code, name, UnitLevel.TOWNSHIP, county, west + t * SIDE, 1, COMMUNITIES)
            made.townships.append(township)
            for m in range(COMMUNITIES):
                code, name = f"{code[:9]}{m + 1:03d}", f"{NAMES[m]}社区"
                made.communities.append(
                    _unit(code, name, UnitLevel.COMMUNITY, township, west + t * SIDE, 1, 1, up=m, population=1_500)
                )
    made.units += made.counties + made.townships + made.communities
    area = SpecialArea.objects.create(code="XQ01", name="嵩阳新区", boundary=made.townships[0].boundary)
    area.units.set([unit for unit in made.communities if unit.parent_id == made.townships[0].pk])
    for n, box in enumerate([city.boundary, *(county.boundary for county in made.counties)]):
        control = ControlArea.objects.create(code=f"KZ{n:02d}", name=f"{NAMES[n]}规划控制区", boundary=box)
        control.units.set(made.units if n == 0 else [unit for unit in made.units if unit.code[:6] == f"4199{n:02d}"])
    made.people = _people(made, city)
    _flights(made)
    return made


def _unit(code: str, name: str, level: str, parent: Unit, west: float, wide: int, high: int, **fields: Any) -> Unit:
    box = multi(square(west, SOUTH + fields.pop("up", 0) * SIDE, wide * SIDE, high * SIDE))
    return Unit.objects.create(
        code=code, name=name, level=level, parent=parent, boundary=box, boundary_area_m2=measured_m2(box), **fields
    )


def _people(made: City, city: Unit) -> dict[str, Any]:
    """One for each post, named by the post: of the city, but for those whose post lies below it."""
    below = {
        Role.COUNTY: made.counties[0],
        Role.TOWNSHIP: made.townships[0],
        Role.INSPECTOR: made.communities[0],
        Role.HEALTH: made.counties[0],
    }
    people = {
        str(role): make_user(role, below.get(role, city), username=str(role), display_name=str(role.label))
        for role in Role
        if role != Role.BUREAU
    }
    people["bureau"] = make_user(Role.BUREAU, city, bureau=Bureau.PLANNING, username="bureau")
    for n, community in enumerate(made.communities[1:PATROLS]):
        name = f"inspector{n}"
        people[name] = make_user(Role.INSPECTOR, community, username=name, display_name=f"巡查员{n}")
    return people


def _flights(made: City) -> None:
    """Snapshots of the whole city, one a month up to now, and a run between each of the last four pairs."""
    today = timezone.localdate()
    for n in range(SNAPSHOTS):
        day = today - datetime.timedelta(days=30 * (SNAPSHOTS - n))
        snapshot = make_snapshot(None, day, footprint=made.units[0].boundary, loaded_by=made.people["centre"])
        snapshot.units.set(made.units)
        made.snapshots.append(snapshot)
    for n in range(4):
        before, after = made.snapshots[-5 + n], made.snapshots[-4 + n]
        made.runs.append(
            DiffRun.objects.create(
                before=before,
                after=after,
                state="done",
                flag_count=FULL["flags"] // 4,
                finished_at=timezone.now(),
                algorithm="bench",
                requested_by=made.people["centre"],
            )
        )


def fill(city: City, share: float) -> None:
    """Add rows up to a share of the full size."""
    count = {name: max(1, round(full * share)) for name, full in FULL.items()}
    _buildings(city, count["buildings"])
    _permits(city, count["permits"])
    _flags(city, count["flags"])
    _blocks(city, count["blocks"])
    _archive_areas(city, count["archive_areas"])
    _clinics(city, count["clinics"])
    _notices(city, count["notices"])
    for n in range(count["imports"]):
        make_import_job(by=city.people["planner"], file_name=f"房屋{n}.csv")


def _buildings(city: City, count: int) -> None:
    areas = {side: measured_m2(multi(square(WEST, SOUTH, side, side * 1.2))) for side in HOUSES}
    uses = ("residential", "residential", "residential", "commercial", "industrial", "storage")
    for begin in range(0, count, BATCH):
        rows = []
        for n in range(begin, min(begin + BATCH, count)):
            lon, lat = city.spot(n)
            side, unit = HOUSES[n * 7 % len(HOUSES)], city.community(n)
            rows.append(
                Building(
                    unit=unit,
                    code=f"{unit.code}-{n:06d}",
                    use=uses[n * 5 % len(uses)],
                    storeys=1 + n % 6,
                    structure=("brick_concrete", "frame", "brick_wood")[n % 3],
                    household=f"{'王李张刘陈杨'[n % 6]}{'建国秀英志强'[n * 2 % 6]}{n % 97}",
                    built_year=1980 + n * 11 % 45,
                    address=f"{unit.name}建业路{n % 300 + 1}号",
                    footprint=multi(square(lon, lat, side, side * 1.2)),
                    footprint_area_m2=areas[side],
                    status="demolished" if n % 50 == 0 else "standing",
                )
            )
        Building.objects.bulk_create(rows)


def _permits(city: City, count: int) -> None:
    area = measured_m2(multi(square(WEST, SOUTH, 0.00012, 0.00015)))
    begun = timezone.localdate() - datetime.timedelta(days=300)
    Permit.objects.bulk_create(
        Permit(
            unit=city.community(n * 3),
            number=f"建字第4199{n:06d}号",
            kind=("planning", "construction", "land")[n % 3],
            holder=f"持证人{n}",
            valid_from=begun,
            footprint=multi(square(*city.spot(n * 3), 0.00012, 0.00015)),
            footprint_area_m2=area,
            permitted_area_m2=area,
        )
        for n in range(count)
    )


FLAG_STATES = ("pending", "pending", "pending", "confirmed", "confirmed", "rejected", "rejected", "rejected")


def _flags(city: City, count: int) -> None:
    area = measured_m2(polygon_4490(square(WEST, SOUTH, 0.0001)))
    control = ControlArea.objects.get(code="KZ00")
    kinds = ("new", "new", "enlarged", "rebuilt", "demolished")
    rows = []
    for n in range(count):
        lon, lat = city.spot(n * 3)
        rows.append(
            ChangeFlag(
                run=city.runs[n % 4],
                index=n,
                unit=city.community(n * 3),
                control_area=control if n % 2 else None,
                geometry=polygon_4490(square(lon + 0.00004, lat + 0.00004, 0.0001)),
                area_m2=area + n % 200,
                area_uncertainty_m2=4.0 + n % 5,
                confidence=0.4 + n % 60 / 100,
                kind=kinds[n % len(kinds)],
                # Cases are opened from every fifth flag (bench/_work.py): it is confirmed.
                state="confirmed" if n % 5 == 0 else FLAG_STATES[n % len(FLAG_STATES)],
            )
        )
    ChangeFlag.objects.bulk_create(rows, batch_size=BATCH)


def _blocks(city: City, count: int) -> None:
    """Five blocks across each community, and from the first on the area that holds them."""
    strip = SIDE / 5
    rows = []
    for n in range(count):
        unit = city.communities[n % len(city.communities)]
        west, south, _east, _north = unit.boundary.extent
        number = n // len(city.communities)
        shape = multi(square(west, south + number * strip, SIDE, strip))
        zone = {"unit": unit, "level": "block", "code": f"{unit.code}{number + 1:03d}", "households": 60 + n % 40}
        rows.append(CensusZone(boundary=shape, boundary_area_m2=measured_m2(shape), **zone))
        if number == 0:
            area = {"unit": unit, "level": "area", "code": unit.code, "boundary": unit.boundary}
            rows.append(CensusZone(boundary_area_m2=unit.boundary_area_m2, **area))
    CensusZone.objects.bulk_create(rows)


def _archive_areas(city: City, count: int) -> None:
    today = timezone.localdate()
    for n in range(count):
        unit = city.communities[n * 3 % len(city.communities)]
        west, south, _east, _north = unit.boundary.extent
        shape = multi(square(west + SIDE / 4, south + SIDE / 4, SIDE / 2))
        due = today + datetime.timedelta(days=n * 5 % 120 - 40)
        area = ArchiveArea.objects.create(
            unit=unit,
            code=f"DA{n:03d}",
            name=f"{unit.name}城中村",
            kind="urban_village",
            interval_days=90,
            first_due=due,
            last_aerial_on=due - datetime.timedelta(days=90),
            next_due=due,
            boundary=shape,
            boundary_area_m2=measured_m2(shape),
        )
        area.units.set(Unit.objects.filter(code__in=[*unit.ancestor_codes, unit.code]))


def _clinics(city: City, count: int) -> None:
    """A clinic for each community up to the count; every other one with a drawn catchment."""
    clinics = Facility.objects.bulk_create(
        Facility(
            unit=unit,
            code=f"WS{n:04d}",
            name=f"{unit.name}卫生室",
            location=unit.boundary.point_on_surface,
            building_area_m2=60.0 + n % 120,
            population_served=1_500,
            staff=1 + n % 4,
        )
        for n, unit in enumerate(city.communities[:count])
    )
    Catchment.objects.bulk_create(
        Catchment(
            facility=clinic,
            code=clinic.code,
            unit=clinic.unit,
            boundary=clinic.unit.boundary,
            boundary_area_m2=clinic.unit.boundary_area_m2,
        )
        for clinic in clinics[::2]
    )


def _notices(city: City, count: int) -> None:
    """Half to the office, the rest to the others in turn; a third unread."""
    others = [person for name, person in city.people.items() if name != "office"]
    now = timezone.now()
    Notice.objects.bulk_create(
        Notice(
            to=city.people["office"] if n % 2 else others[n % len(others)],
            kind="stage_overdue",
            key=f"bench-{n}",
            link="/cases/",
            facts={"case": f"SY2026{n:05d}", "stage": "township"},
            act=Act.SEE_CASES,
            unit=city.community(n),
            read_at=None if n % 3 == 0 else now,
        )
        for n in range(count)
    )
