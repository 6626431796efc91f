from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.gis.geos import MultiPolygon
from django.db import IntegrityError, connection, transaction

from geo.refusals import NotAllowed
from geo.roles import Role
from inspections.actions.case_guards import MissingReason, WrongState
from inspections.actions.cases import (
    NothingReported,
    OutsideJurisdiction,
    Report,
    add_source,
    discard_case,
    leave_case_of_flag,
    open_or_join_case,
    route_case,
)
from inspections.models import Case, CaseSource, MeasurementKind, SourceKind
from inspections.rules.errors import UnknownGround
from tests.factories import make_building, make_run, make_user, point, square
from tests.factories.records import make_case
from tests.inspections.cases.scene import determined_case, found_case, fresh, make_flag_at, make_people, routed_case


def test_a_confirmed_flag_opens_a_case_with_its_outline_area_and_source(town, people):
    flag = make_flag_at(town)
    case = open_or_join_case(flag=flag, by=people.supervisor)
    assert case.number.startswith("419901-")
    assert case.number.endswith("-0001")
    assert (case.state, case.county, case.unit) == ("found", town.counties[0], town.communities[0][0])
    assert case.footprint.equals(MultiPolygon(flag.geometry, srid=4490))
    assert [source.kind for source in case.sources.all()] == ["aerial"]
    measurement = case.measurements.get()
    assert measurement.kind == MeasurementKind.AERIAL
    assert measurement.measured_by is None
    assert float(measurement.area_m2) == pytest.approx(flag.area_m2, abs=0.005)
    assert float(measurement.uncertainty_m2) == 6.0


def test_the_same_flag_again_gives_the_same_case_and_no_second_source(town, people):
    flag = make_flag_at(town)
    first = open_or_join_case(flag=flag, by=people.supervisor)
    assert open_or_join_case(flag=flag, by=people.supervisor) == first
    assert (Case.objects.count(), CaseSource.objects.count()) == (1, 1)


def test_a_later_flag_of_the_same_structure_joins_and_adds_its_measurement(town, people):
    run = make_run(town)
    first = open_or_join_case(flag=make_flag_at(town, run=run), by=people.supervisor)
    second = open_or_join_case(flag=make_flag_at(town, run=run, dx=0.00505), by=people.supervisor)
    assert second == first
    assert first.sources.count() == 2
    assert first.measurements.count() == 2


def test_a_neighbouring_structure_that_barely_overlaps_opens_its_own_case(town, people):
    run = make_run(town)
    first = open_or_join_case(flag=make_flag_at(town, run=run), by=people.supervisor)
    other = open_or_join_case(flag=make_flag_at(town, run=run, dx=0.005 + 0.00012), by=people.supervisor)
    assert other != first
    assert other.number.endswith("-0002")


def test_a_flag_over_a_known_building_joins_the_case_of_that_building(town, people):
    building = make_building(town.communities[0][0], *town.spot())
    first = open_or_join_case(flag=make_flag_at(town, building=building), by=people.supervisor)
    second = open_or_join_case(flag=make_flag_at(town, building=building, dx=0.0052), by=people.supervisor)
    assert second == first


def test_the_database_itself_refuses_a_second_open_case_of_a_building(town, people):
    building = make_building(town.communities[0][0], *town.spot())
    make_case(town.communities[0][0], *town.spot(), building=building)
    with pytest.raises(IntegrityError, match="case_one_open_per_building"), transaction.atomic():
        make_case(town.communities[0][0], *town.spot(), building=building)


def test_a_report_inside_the_outline_joins_and_one_away_from_it_does_not(town, people):
    case = found_case(town, people)
    inside = Report(kind=SourceKind.PUBLIC, location=case.location, note="邻居加盖")
    lon, lat = town.spot(dx=0.007)
    away = Report(kind=SourceKind.PUBLIC, location=point(lon, lat), note="另一处")
    assert open_or_join_case(report=inside, by=people.county) == case
    assert open_or_join_case(report=away, by=people.county) != case
    assert [source.kind for source in case.sources.all()] == ["aerial", "public"]


def test_two_reports_of_a_place_without_outline_join_within_ten_metres_only(town, people):
    lon, lat = town.spot()
    first = open_or_join_case(report=Report(kind=SourceKind.PATROL, location=point(lon, lat)), by=people.township)
    near = Report(kind=SourceKind.MEDIA, location=point(lon + 8 / 91_500, lat))
    far = Report(kind=SourceKind.MEDIA, location=point(lon + 14 / 91_500, lat))
    assert open_or_join_case(report=near, by=people.township) == first
    assert open_or_join_case(report=far, by=people.township) != first


def test_a_flag_gives_a_case_without_outline_its_outline(town, people):
    lon, lat = town.spot()
    case = open_or_join_case(
        report=Report(kind=SourceKind.PATROL, location=point(lon + 0.00007, lat + 0.00007)), by=people.township
    )
    assert open_or_join_case(flag=make_flag_at(town), by=people.supervisor) == case
    assert fresh(case).footprint is not None


def test_what_was_closed_before_does_not_swallow_a_new_structure(town, people):
    closed = found_case(town, people)
    discard_case(case=closed, reason="误报", by=people.supervisor)
    assert found_case(town, people) != closed


def test_a_place_outside_every_county_is_refused_with_its_coordinates(town, people):
    with pytest.raises(OutsideJurisdiction, match=r"113\.50000"):
        open_or_join_case(report=Report(kind=SourceKind.PATROL, location=point(113.5, 34.7)), by=people.supervisor)


def test_nothing_reported_opens_nothing(town, people):
    with pytest.raises(NothingReported):
        open_or_join_case(by=people.supervisor)


def test_the_neighbour_county_cannot_open_a_case_here(town, people):
    neighbour = make_user(Role.SUPERVISOR, town.counties[1])
    with pytest.raises(NotAllowed):
        open_or_join_case(flag=make_flag_at(town), by=neighbour)
    assert not Case.objects.exists()


def test_an_inspector_reports_but_does_not_open_cases(town, people):
    inspector = make_user(Role.INSPECTOR, town.communities[0][0])
    with pytest.raises(NotAllowed):
        open_or_join_case(flag=make_flag_at(town), by=inspector)


@pytest.mark.django_db(transaction=True)
def test_two_people_confirming_flags_of_one_structure_at_once_open_one_case(transactional_db):
    from tests.factories import make_town

    town = make_town()
    people = make_people(town)
    run = make_run(town)
    flags = [make_flag_at(town, run=run), make_flag_at(town, run=run, dx=0.00503)]

    def confirm(flag):
        try:
            return open_or_join_case(flag=flag, by=people.supervisor).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(confirm, flags)
    assert first == second
    assert Case.objects.get().sources.count() == 2


def test_routing_puts_the_case_before_every_bureau_that_its_grounds_name(town, people):
    case = routed_case(town, people, grounds=["illegal_land_use", "no_planning_permit"])
    assert case.state == "routed"
    assert case.grounds == ["no_planning_permit", "illegal_land_use"]
    assert set(case.routings.values_list("ground", "bureau")) == {
        ("no_planning_permit", "planning"),
        ("illegal_land_use", "land"),
    }


def test_routing_again_adds_only_what_is_new(town, people):
    case = routed_case(town, people)
    assert route_case(case=case, grounds=["no_planning_permit"], by=people.county) == []
    assert len(route_case(case=case, grounds=["no_planning_permit", "harms_city_look"], by=people.county)) == 1
    assert fresh(case).grounds == ["no_planning_permit", "harms_city_look"]


def test_a_township_does_not_route(town, people):
    with pytest.raises(NotAllowed):
        route_case(case=found_case(town, people), grounds=["no_planning_permit"], by=people.township)


def test_an_unknown_ground_routes_nothing(town, people):
    case = found_case(town, people)
    with pytest.raises(UnknownGround):
        route_case(case=case, grounds=["ugly"], by=people.county)
    assert fresh(case).state == "found"


def test_a_determined_case_is_not_routed_again(town, people):
    case = determined_case(town, people)
    with pytest.raises(WrongState, match="已认定"):
        route_case(case=case, grounds=["illegal_land_use"], by=people.county)


def test_discarding_needs_a_reason(town, people):
    case = found_case(town, people)
    with pytest.raises(MissingReason):
        discard_case(case=case, reason="  ", by=people.supervisor)
    assert fresh(case).state == "found"


def test_the_township_cannot_make_a_case_disappear(town, people):
    with pytest.raises(NotAllowed):
        discard_case(case=found_case(town, people), reason="误报", by=people.township)


def test_a_determined_case_cannot_be_discarded_by_whoever_opened_it(town, people):
    with pytest.raises(WrongState):
        discard_case(case=determined_case(town, people), reason="误报", by=people.supervisor)


def test_undoing_a_confirmation_discards_the_case_and_confirming_again_brings_it_back(town, people):
    flag = make_flag_at(town)
    case = open_or_join_case(flag=flag, by=people.supervisor)
    assert leave_case_of_flag(flag=flag, reason="撤销确认", by=people.supervisor) == case
    assert fresh(case).state == "withdrawn"
    assert open_or_join_case(flag=flag, by=people.supervisor) == case
    assert fresh(case).state == "found"


def test_a_case_that_was_discarded_and_opened_again_is_handed_to_the_same_bureau_once_more(town, people):
    flag = make_flag_at(town)
    case = open_or_join_case(flag=flag, by=people.supervisor)
    route_case(case=case, grounds=["no_planning_permit"], by=people.county)
    leave_case_of_flag(flag=flag, reason="撤销确认", by=people.supervisor)
    open_or_join_case(flag=flag, by=people.supervisor)
    assert fresh(case).state == "found"

    assert route_case(case=case, grounds=["no_planning_permit"], by=people.county) == []
    assert fresh(case).state == "routed"
    assert case.routings.count() == 1


def test_undoing_a_confirmation_leaves_a_case_that_others_reported_too(town, people):
    flag = make_flag_at(town)
    case = open_or_join_case(flag=flag, by=people.supervisor)
    add_source(case=case, kind=SourceKind.MEDIA, note="电视台报道", by=people.county)
    assert leave_case_of_flag(flag=flag, reason="撤销确认", by=people.supervisor) is None
    assert fresh(case).state == "found"
    assert [source.kind for source in case.sources.standing()] == [SourceKind.MEDIA]
    left = case.sources.get(flag=flag)
    assert (left.left_by, left.left_reason) == (people.supervisor, "撤销确认")


def test_a_flag_confirmed_again_joins_the_open_case_or_opens_a_new_one_when_that_has_ended(town, people):
    flag = make_flag_at(town)
    case = open_or_join_case(flag=flag, by=people.supervisor)
    add_source(case=case, kind=SourceKind.MEDIA, note="电视台报道", by=people.county)
    leave_case_of_flag(flag=flag, reason="撤销确认", by=people.supervisor)
    assert open_or_join_case(flag=flag, by=people.supervisor) == case

    leave_case_of_flag(flag=flag, reason="再次撤销", by=people.supervisor)
    discard_case(case=case, reason="误报", by=people.county)
    again = open_or_join_case(flag=flag, by=people.supervisor)
    assert again != case
    assert again.state == "found"
    assert fresh(case).state == "withdrawn"


def test_a_confirmation_that_a_determined_case_rests_on_cannot_be_undone(town, people):
    case = determined_case(town, people)
    flag = case.sources.exclude(flag=None).get().flag

    with pytest.raises(WrongState, match=case.number):
        leave_case_of_flag(flag=flag, reason="撤销确认", by=people.supervisor)

    assert case.sources.filter(flag=flag).exists()


def test_a_source_must_say_something(town, people):
    with pytest.raises(NothingReported):
        add_source(case=found_case(town, people), kind=SourceKind.MEDIA, by=people.county)


def test_an_outline_report_joins_by_its_shared_area(town, people):
    case = found_case(town, people)
    lon, lat = town.spot()
    small = MultiPolygon(square(lon, lat, 0.00005), srid=4490)
    report = Report(kind=SourceKind.BRIGADE, location=small.point_on_surface, footprint=small)
    assert open_or_join_case(report=report, by=people.supervisor) == case
