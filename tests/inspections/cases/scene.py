"""People and acts for tests of cases: the short way to a case in a given state, by the real actions."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from geo.models import Posting, User
from geo.roles import Bureau, Role
from inspections.actions.cases import open_or_join_case, route_case
from inspections.actions.demolition import record_demolition
from inspections.actions.determination import determine_case
from inspections.actions.measurements import measure_typed
from inspections.actions.rule_sets import adopt_default_rules
from inspections.models import Case, Photo, RuleSet
from tests.factories import Town, make_flag, make_run, make_user, point

LONG_AGO = timedelta(days=400)


@dataclass
class People:
    """One person of every role that acts on cases; county and township people sit in the first county."""

    supervisor: User
    county: User
    township: User
    brigade: User
    planning: User
    land: User
    office: User
    finance: User
    rules: RuleSet


def make_people(town: Town) -> People:
    people = People(
        supervisor=make_user(Role.SUPERVISOR, town.counties[0]),
        county=make_user(Role.COUNTY, town.counties[0]),
        township=make_user(Role.TOWNSHIP, town.townships[0][0]),
        brigade=make_user(Role.BRIGADE, town.city),
        planning=make_user(Role.BUREAU, town.city),
        land=make_user(Role.BUREAU, town.city, bureau=Bureau.LAND),
        office=make_user(Role.OFFICE, town.city),
        finance=make_user(Role.FINANCE, town.city),
        rules=adopt_default_rules(city=town.city, effective_from=(timezone.now() - 2 * LONG_AGO).date()),
    )
    # Tests determine at past moments: everybody has been in office since then.
    Posting.objects.update(starts_on=(timezone.now() - LONG_AGO).date())
    return people


def make_flag_at(town: Town, *, county: int = 0, community: int = 0, dx: float = 0.005, **fields):
    lon, lat = town.spot(county, community, dx=dx)
    return make_flag(fields.pop("run", None) or make_run(town), town.communities[county][community], lon, lat, **fields)


def found_case(town: Town, people: People, **where) -> Case:
    return open_or_join_case(flag=make_flag_at(town, **where), by=people.supervisor)


def routed_case(town: Town, people: People, *, grounds=("no_planning_permit",), **where) -> Case:
    case = found_case(town, people, **where)
    route_case(case=case, grounds=list(grounds), by=people.county)
    return fresh(case)


def measured(case: Case, people: People, *, length="10.7", width="12", at: datetime | None = None):
    return measure_typed(case=case, length_m=Decimal(length), width_m=Decimal(width), by=people.brigade, at=at)


def determined_case(town: Town, people: People, *, at: datetime | None = None, area: str = "128.40", **where) -> Case:
    case = routed_case(town, people, **where)
    determine(case, people, at=at, area=area)
    return fresh(case)


def determine(case: Case, people: People, *, at: datetime | None = None, area: str = "128.40", **fields):
    moment = at or timezone.now()
    measurement = measured(case, people, length=area, width="1", at=moment)
    return determine_case(
        **{
            "case": case,
            "bureau": "planning",
            "outcome": "unauthorised",
            "reason": "未取得建设工程规划许可证",
            "measurement": measurement,
            "by": people.planning,
            "at": moment,
            "document": "规认〔2026〕1号" if at is not None else "",
            **fields,
        }
    )


def photo_at(case: Case, by: User, *, taken_at: datetime, metres_east: float = 0.0, **fields) -> Photo:
    """A photo row of the case; it has no file behind it."""
    lon = case.location.x + metres_east / 91_500  # metres per degree of longitude at 34.7°N
    return Photo.objects.create(
        **{
            "client_id": uuid.uuid4(),
            "unit": case.unit,
            "case": case,
            "sha256": uuid.uuid4().hex * 2,
            "media_type": "image/jpeg",
            "size_bytes": 1,
            "original_path": "x",
            "display_path": "x",
            "thumbnail_path": "x",
            "width_px": 1,
            "height_px": 1,
            "position": point(lon, case.location.y),
            "accuracy_m": 8.0,
            "taken_at": taken_at,
            "taken_by": by,
            **fields,
        }
    )


def demolish(case: Case, people: People, *, at: datetime, remaining: str = "0", by: User | None = None):
    who = by or people.township
    photo = photo_at(case, who, taken_at=at + timedelta(minutes=5))
    return record_demolition(case=case, remaining_m2=Decimal(remaining), photos=[photo], demolished_at=at, by=who)


def fresh(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)
