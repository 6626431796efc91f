"""One structure before several bureaux: one finding is enough, and only its own bureau takes it back (R-201, R-202)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from shapely import wkb

from geo.measure import area_m2
from geo.refusals import NotAllowed
from geo.roles import Role
from inspections.actions.cases import Report, discard_case, open_or_join_case, route_case
from inspections.actions.determination import NotMeasured, PermitDoesNotHold
from inspections.actions.measurements import confirm_aerial
from inspections.actions.penalty_facts import standing_area_of
from inspections.case_table import with_figures
from inspections.models import Case, SourceKind
from tests.factories import make_building, make_permit, make_user, point
from tests.inspections.cases.scene import (
    demolish,
    determine,
    determined_case,
    fresh,
    make_flag_at,
    routed_case,
)

BOTH = ["no_planning_permit", "illegal_land_use"]


def hours_ago(hours):
    return timezone.now() - timedelta(hours=hours)


def standing(case):
    """The area by the rules, which the table's query must give as well."""
    area = standing_area_of(case, at=timezone.now())
    shown = with_figures(Case.objects.filter(pk=case.pk)).get().standing_m2
    assert (shown or Decimal(0)) == area
    return area


@pytest.fixture
def case(town, people):
    return routed_case(town, people, grounds=BOTH)


def by_land(case, people, **fields):
    return determine(case, people, bureau="land", by=people.land, **fields)


def test_another_bureaus_smaller_finding_does_not_make_the_structure_smaller(case, people):
    determine(case, people, at=hours_ago(6), area="128.40")
    by_land(case, people, at=hours_ago(5), area="10")
    assert standing(case) == Decimal("128.40")
    demolish(case, people, at=hours_ago(4), remaining="40")
    assert standing(case) == Decimal(40)


def test_a_bureau_takes_back_its_own_finding_and_the_others_stands(case, people):
    determine(case, people, at=hours_ago(6), area="128.40")
    by_land(case, people, at=hours_ago(5), area="150")
    by_land(case, people, at=hours_ago(4), outcome="withdrawn", reason="用地手续已补")
    assert fresh(case).state == "determined"
    assert standing(case) == Decimal("128.40")
    determine(case, people, outcome="withdrawn", reason="补办许可")
    assert fresh(case).state == "withdrawn"
    assert standing(case) == 0


def test_when_the_only_finding_is_taken_back_who_was_asked_still_speaks(case, people):
    determine(case, people, at=hours_ago(6))
    determine(case, people, at=hours_ago(5), outcome="withdrawn", reason="补办许可")
    assert fresh(case).state == "routed"
    assert not case.stages.exists()
    by_land(case, people, at=hours_ago(4), area="90")
    assert fresh(case).state == "determined"
    assert standing(case) == Decimal(90)
    assert case.stages.count() == 3


def test_a_bureau_cannot_take_back_what_it_did_not_find(case, people):
    determine(case, people, at=hours_ago(6))
    with pytest.raises(NotAllowed):
        by_land(case, people, outcome="withdrawn", reason="不属于我局")


def test_an_area_from_the_air_of_before_the_demolition_is_not_determined_after_it(town, people):
    case = determined_case(town, people, at=hours_ago(48))
    demolish(case, people, at=hours_ago(24), remaining="10")
    aerial = fresh(case).measurements.filter(measured_by=None).first()
    confirmed = confirm_aerial(case=fresh(case), measurement=aerial, by=people.brigade)
    with pytest.raises(NotMeasured, match="影像"):
        determine(case, people, measurement=confirmed)


@pytest.mark.parametrize("known_building", [False, True])
def test_a_discarded_case_is_not_reopened_beside_one_that_was_reported_meanwhile(town, people, known_building):
    lon, lat = town.spot()
    building = make_building(town.communities[0][0], lon, lat) if known_building else None
    flag = make_flag_at(town, building=building)
    first = open_or_join_case(flag=flag, by=people.supervisor)
    discard_case(case=first, reason="误报", by=people.county)
    place = flag.geometry.point_on_surface
    second = open_or_join_case(
        report=Report(kind=SourceKind.PATROL, location=place, building=building), by=people.supervisor
    )
    assert open_or_join_case(flag=flag, by=people.supervisor) == second
    assert list(Case.objects.open()) == [second]
    assert first.sources.get(flag=flag).left_at is not None


def test_a_building_on_a_border_has_one_case_for_both_counties(town, people):
    building = make_building(town.communities[0][0], *town.spot())
    flag = make_flag_at(town, building=building)
    case = open_or_join_case(flag=flag, by=people.supervisor)
    beside = make_flag_at(town, county=1, building=building)
    assert open_or_join_case(flag=beside, by=make_user(Role.SUPERVISOR, town.city)) == case


def permit_for(town, area, **fields):
    lon, lat = town.spot(dx=0.004)
    return make_permit(town.communities[0][0], lon, lat, size=0.003, permitted_area_m2=area, **fields)


def size_of(case):
    return area_m2(wkb.loads(bytes(case.footprint.wkb))).area_m2


def test_a_permit_named_by_one_bureau_is_used_before_the_others_have_spoken(town, people, case):
    other = routed_case(town, people, grounds=BOTH, dx=0.0055)
    permit = permit_for(town, 1.01 * size_of(case))
    determine(case, people, outcome="authorised", permit=permit, measurement=None)
    with pytest.raises(PermitDoesNotHold):
        determine(other, people, outcome="authorised", permit=permit, measurement=None)


def test_a_building_of_the_archive_uses_the_permit_that_it_stands_under(town, people, case):
    permit = permit_for(town, 1.01 * size_of(case), valid_from=date(2015, 1, 1))
    building = make_building(town.communities[0][0], *town.spot(dx=0.0055), built_year=2016)
    with pytest.raises(PermitDoesNotHold):
        determine(case, people, outcome="authorised", permit=permit, measurement=None)
    type(building).objects.update(built_year=1990)
    assert determine(case, people, outcome="authorised", permit=permit, measurement=None).permit == permit


def test_a_house_is_lawful_by_the_permit_of_the_year_that_it_was_built_in(town, people):
    lon, lat = town.spot()
    house = make_building(town.communities[0][0], lon, lat, built_year=2016)
    report = Report(
        kind=SourceKind.PATROL, location=point(lon + 0.0001, lat + 0.0001), footprint=house.footprint, building=house
    )
    case = open_or_join_case(report=report, by=people.supervisor)
    route_case(case=case, grounds=["no_planning_permit"], by=people.county)
    permit = permit_for(town, 1000.0, valid_from=date(2015, 1, 1), valid_until=date(2018, 1, 1))
    determine(fresh(case), people, outcome="authorised", permit=permit, measurement=None)
    assert fresh(case).state == "authorised"
