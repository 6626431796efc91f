"""Where findings go: unit, control area, permits, known buildings and earlier flags."""

from __future__ import annotations

import datetime

import pytest
from django.contrib.gis.geos import GEOSGeometry
from shapely import wkb
from shapely.affinity import translate
from shapely.geometry import box

from geo.actions.flags import Finding, write_flags
from geo.models import ChangeFlag, FlagState
from tests.factories import (
    make_building,
    make_control_area,
    make_flag,
    make_permit,
    make_run,
    make_snapshot,
    make_special_area,
    measured_m2,
)

SIZE = 0.0002  # about 18 × 22 m


@pytest.fixture
def spot(town):
    return town.spot(0, 0)


@pytest.fixture
def run(town):
    return make_run(town)


def square_at(lon, lat, size=SIZE):
    return box(lon, lat, lon + size, lat + size)


def finding(polygon, **more) -> Finding:
    area = measured_m2(GEOSGeometry(memoryview(wkb.dumps(polygon)), srid=4490))
    return Finding(**{"polygon": polygon, "area_m2": area, "uncertainty_m2": 8.0, "confidence": 0.9, **more})


def written(run, *findings, min_area_m2=10.0):
    return write_flags(run=run, findings=findings, min_area_m2=min_area_m2)


def test_a_flag_knows_its_unit_special_area_and_control_area(town, run, spot):
    special, control = make_special_area(town), make_control_area(town)
    flag = written(run, finding(square_at(*spot))).flags[0]
    assert flag.unit == town.communities[0][0]
    assert flag.special_area == special
    assert flag.control_area == control


def test_what_lies_outside_all_units_is_counted_not_flagged(run):
    result = written(run, finding(square_at(100.0, 30.0)))
    assert (result.outside_units, result.flags) == (1, [])


def test_what_is_smaller_than_its_control_area_asks_for_is_kept_and_not_in_the_queue(town, run, spot):
    small = square_at(*spot, size=0.00004)  # about 16 m²
    assert len(written(run, finding(small)).flags) == 1
    make_control_area(town, min_area_m2=30.0)
    ChangeFlag.objects.all().delete()
    again = make_run(town)
    result = written(again, finding(small))
    assert (result.too_small, result.below_limit) == (0, 1)
    assert result.flags[0].below_limit
    assert not ChangeFlag.objects.pending().filter(run=again).exists(), (
        "what is too small for its area is not asked about"
    )


def test_a_permit_in_force_covers_its_part_and_the_rest_is_beyond_it(town, run, spot):
    lon, lat = spot
    permit = make_permit(town.communities[0][0], lon, lat, size=SIZE)
    flag = written(run, finding(box(lon, lat, lon + 2 * SIZE, lat + SIZE))).flags[0]
    assert flag.permit == permit
    assert flag.permitted_m2 == pytest.approx(flag.area_m2 / 2, rel=1e-6)
    assert flag.beyond_permit_m2 == pytest.approx(flag.area_m2 / 2, rel=1e-6)


def test_permits_that_have_ended_are_revoked_or_begin_later_cover_nothing(town, run, spot):
    unit = town.communities[0][0]
    first, last = run.before.captured_on, run.after.captured_on
    make_permit(unit, *spot, valid_from=datetime.date(2020, 1, 1), valid_until=first - datetime.timedelta(days=1))
    make_permit(unit, *spot, revoked=True)
    make_permit(unit, *spot, valid_from=last + datetime.timedelta(days=1))
    flag = written(run, finding(square_at(*spot))).flags[0]
    assert (flag.permit, flag.permitted_m2) == (None, 0.0)


def test_overlapping_permits_count_the_ground_once_and_no_more_than_they_permit(town, run, spot):
    unit = town.communities[0][0]
    lon, lat = spot
    make_permit(unit, lon, lat)
    make_permit(unit, lon, lat)
    flag = written(run, finding(square_at(lon, lat))).flags[0]
    assert flag.permitted_m2 == pytest.approx(flag.area_m2)
    other = town.spot(0, 1)
    make_permit(town.communities[0][1], *other, permitted_area_m2=100.0)
    assert written(make_run(town), finding(square_at(*other))).flags[0].permitted_m2 == pytest.approx(100.0)


def test_a_permit_that_ended_between_the_two_flights_still_covers_what_was_built(town, run, spot):
    ended = run.before.captured_on + datetime.timedelta(days=1)
    permit = make_permit(town.communities[0][0], *spot, valid_from=datetime.date(2020, 1, 1), valid_until=ended)
    flag = written(run, finding(square_at(*spot))).flags[0]
    assert (flag.permit, flag.permitted_m2) == (permit, pytest.approx(flag.area_m2))


def plot_with_two_sheds(town, permitted_area_m2):
    """A permit for a plot of two sheds side by side, and the outlines of both."""
    lon, lat = town.spot(0, 0)
    make_permit(town.communities[0][0], lon, lat, size=3 * SIZE, permitted_area_m2=permitted_area_m2)
    return square_at(lon, lat), square_at(lon + 2 * SIZE, lat)


def test_each_permitted_square_metre_covers_one_structure_only(town, run):
    one, other = plot_with_two_sheds(town, permitted_area_m2=500.0)
    flags = written(run, finding(one), finding(other)).flags
    assert flags[0].permitted_m2 == pytest.approx(flags[0].area_m2)
    assert flags[0].permitted_m2 + flags[1].permitted_m2 == pytest.approx(500.0)


def test_what_stands_on_the_plot_already_has_used_its_part_of_the_permit(town, run):
    standing, annex = plot_with_two_sheds(town, permitted_area_m2=500.0)
    building = make_building(town.communities[0][0], *standing.bounds[:2], size=SIZE)
    flag = written(run, finding(annex)).flags[0]
    assert flag.permitted_m2 == pytest.approx(500.0 - building.footprint_area_m2, rel=1e-6)


def test_a_structure_found_earlier_uses_the_permit_too_unless_it_was_no_structure(town, run):
    found_before, annex = plot_with_two_sheds(town, permitted_area_m2=500.0)
    earlier = make_flag(make_run(town), town.communities[0][0], *found_before.bounds[:2], size=SIZE, state="confirmed")
    flag = written(run, finding(annex)).flags[0]
    assert flag.permitted_m2 == pytest.approx(500.0 - measured_m2(earlier.geometry), rel=1e-6)
    ChangeFlag.objects.filter(pk=earlier.pk).update(state=FlagState.REJECTED)
    flag.delete()
    flag = written(make_run(town), finding(annex)).flags[0]
    assert flag.permitted_m2 == pytest.approx(flag.area_m2)


def test_a_house_rebuilt_under_its_permit_is_not_counted_twice(town, run):
    house, _other = plot_with_two_sheds(town, permitted_area_m2=500.0)
    make_building(town.communities[0][0], *house.bounds[:2], size=SIZE)
    flag = written(run, finding(house)).flags[0]
    assert flag.permitted_m2 == pytest.approx(flag.area_m2)


@pytest.mark.parametrize(
    ("shift", "kind", "linked"), [(0.0, "rebuilt", True), (0.7, "enlarged", True), (0.95, "new", False)]
)
def test_a_change_over_a_known_building_is_linked_to_it(town, run, spot, shift, kind, linked):
    building = make_building(town.communities[0][0], *spot, size=SIZE)
    flag = written(run, finding(translate(square_at(*spot), shift * SIZE))).flags[0]
    assert flag.kind == kind
    assert flag.building == (building if linked else None)


def test_a_demolition_keeps_its_kind_and_a_risen_roof_is_a_storey(town, run, spot):
    make_building(town.communities[0][0], *spot, size=SIZE)
    gone = written(run, finding(square_at(*spot), kind="demolished")).flags[0]
    assert gone.kind == "demolished"
    risen = written(make_run(town), finding(square_at(*spot), kind="enlarged", height_change_m=3.1)).flags[0]
    assert risen.kind == "storey_added"


@pytest.mark.parametrize("state", ["pending", "confirmed", "rejected", "authorised"])
def test_the_same_change_in_another_run_over_the_same_time_is_not_repeated(town, run, spot, state):
    earlier = make_flag(run, town.communities[0][0], *spot, size=SIZE, state=state)
    other = make_run(town, before=make_snapshot(town, datetime.date(2026, 1, 5)), after=run.after)
    result = written(other, finding(translate(square_at(*spot), SIZE / 10)))
    assert result.flags == []
    assert [row["flag"] for row in result.repeated] == [earlier.pk]


def test_a_place_with_a_bad_image_is_asked_about_again(town, run, spot):
    earlier = make_flag(run, town.communities[0][0], *spot, size=SIZE, state="bad_image")
    other = make_run(town, before=run.before, after=make_snapshot(town, datetime.date(2026, 7, 1)))
    flag = written(other, finding(square_at(*spot))).flags[0]
    assert (flag.earlier, flag.kind) == (earlier, "new")


def test_a_structure_that_has_grown_since_is_a_new_flag_of_the_earlier_one(town, run, spot):
    lon, lat = spot
    earlier = make_flag(run, town.communities[0][0], lon, lat, size=SIZE, state="confirmed")
    later = make_run(town, before=run.before, after=make_snapshot(town, datetime.date(2026, 9, 1)))
    flag = written(later, finding(box(lon, lat, lon + 2 * SIZE, lat + SIZE))).flags[0]
    assert (flag.earlier, flag.kind) == (earlier, "enlarged")


def test_another_change_at_the_place_in_a_later_period_is_linked_as_rebuilt(town, run, spot):
    earlier = make_flag(run, town.communities[0][0], *spot, size=SIZE, state="confirmed")
    later = make_run(town, before=run.after, after=make_snapshot(town, datetime.date(2026, 9, 1)))
    flag = written(later, finding(square_at(*spot))).flags[0]
    assert (flag.earlier, flag.kind) == (earlier, "rebuilt")


def test_a_demolition_after_a_confirmed_new_building_is_another_change(town, run, spot):
    earlier = make_flag(run, town.communities[0][0], *spot, size=SIZE, state="confirmed", kind="new")
    other = make_run(town, before=run.before, after=make_snapshot(town, datetime.date(2026, 9, 1)))
    flag = written(other, finding(square_at(*spot), kind="demolished")).flags[0]
    assert (flag.earlier, flag.kind) == (earlier, "demolished")


def test_neighbours_that_only_touch_are_two_changes(town, run, spot):
    lon, lat = spot
    make_flag(run, town.communities[0][0], lon, lat, size=SIZE, state="confirmed")
    other = make_run(town, before=run.before, after=run.after)
    flag = written(other, finding(square_at(lon + 0.9 * SIZE, lat))).flags[0]
    assert flag.earlier is None


def test_a_flag_on_somebodys_desk_is_superseded_all_the_same_and_freed(town, run, spot):
    from django.utils import timezone

    from tests.factories import make_user

    person = make_user()
    flag = make_flag(
        run, town.communities[0][0], *spot, taken_by=person, taken_until=timezone.now() + datetime.timedelta(minutes=5)
    )
    newer = make_run(town, before=run.before, after=run.after)
    assert written(newer, finding(square_at(*town.spot(0, 2)))).superseded == 1
    flag.refresh_from_db()
    assert (flag.state, flag.superseded_by, flag.taken_by) == (FlagState.SUPERSEDED, newer, None)


def test_many_findings_cost_few_queries(town, run, django_assert_max_num_queries):
    make_control_area(town)
    lon, lat = town.spot(0, 0, dx=0.001, dy=0.001)
    many = [finding(square_at(lon + 0.0004 * (n % 20), lat + 0.0004 * (n // 20))) for n in range(100)]
    with django_assert_max_num_queries(14):
        written(run, *many)
    assert ChangeFlag.objects.filter(run=run).count() == 100
