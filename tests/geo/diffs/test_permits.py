"""Each permitted square metre covers one structure only, whatever stands on its plot and whatever was found before."""

from __future__ import annotations

import datetime

import pytest
from shapely.geometry import box

from geo.models import ChangeFlag, FlagState
from tests.factories import make_building, make_flag, make_permit, make_run, make_snapshot
from tests.geo.diffs.test_flags import SIZE, finding, plot_with_two_sheds, square_at, written


@pytest.fixture
def run(town):
    return make_run(town)


@pytest.fixture
def unit(town):
    return town.communities[0][0]


def flag_at(run, unit, polygon, **fields):
    return make_flag(run, unit, *polygon.bounds[:2], size=SIZE, **{"state": "confirmed", **fields})


def test_a_structure_that_is_found_again_keeps_what_it_used(town, run, unit):
    one, other = plot_with_two_sheds(town, permitted_area_m2=500.0)
    flag_at(run, unit, one)
    result = written(make_run(town, before=run.before, after=run.after), finding(one), finding(other))
    assert len(result.repeated) == 1
    assert result.flags[0].permitted_m2 == pytest.approx(500.0 - finding(one).area_m2, abs=0.5)


def test_tearing_down_uses_nothing_and_frees_what_stood(town, run, unit):
    house, new = plot_with_two_sheds(town, permitted_area_m2=500.0)
    make_building(unit, *house.bounds[:2], size=SIZE)
    gone, built = written(run, finding(house, kind="demolished"), finding(new)).flags
    assert (gone.permit, gone.permitted_m2) == (None, 0.0)
    assert built.permitted_m2 == pytest.approx(built.area_m2)


def test_what_was_torn_down_between_earlier_flights_uses_nothing(town, run, unit):
    shed, new = plot_with_two_sheds(town, permitted_area_m2=500.0)
    second = make_run(town, before=run.after, after=make_snapshot(town, datetime.date(2026, 9, 1)))
    third = make_run(town, before=second.after, after=make_snapshot(town, datetime.date(2026, 11, 1)))
    flag_at(run, unit, shed)
    torn_down = flag_at(second, unit, shed, kind="demolished")
    assert written(third, finding(new)).flags[0].permitted_m2 == pytest.approx(finding(new).area_m2)
    ChangeFlag.objects.filter(pk=torn_down.pk).update(state=FlagState.REJECTED)
    ChangeFlag.objects.filter(run=third).delete()
    assert written(third, finding(new)).flags[0].permitted_m2 < 100


def test_a_changed_part_of_a_permitted_roof_is_covered(town, run, unit):
    lon, lat = town.spot(0, 0)
    building = make_building(unit, lon, lat, size=SIZE)
    make_permit(unit, lon, lat, size=SIZE, permitted_area_m2=building.footprint_area_m2)
    part = box(lon, lat, lon + 0.4 * SIZE, lat + SIZE)
    flag = written(run, finding(part)).flags[0]
    assert flag.permitted_m2 == pytest.approx(flag.area_m2, rel=0.01)


def test_a_second_permit_on_the_plot_covers_what_the_first_has_no_room_for(town, run, unit):
    lon, lat = town.spot(0, 0)
    building = make_building(unit, lon, lat, size=SIZE, built_year=2016)
    first = datetime.date(2015, 1, 1)
    make_permit(unit, lon, lat, size=3 * SIZE, permitted_area_m2=building.footprint_area_m2, valid_from=first)
    new = make_permit(unit, lon, lat, size=3 * SIZE, valid_from=datetime.date(2025, 1, 1))
    flag = written(run, finding(square_at(lon + 2 * SIZE, lat))).flags[0]
    assert (flag.permit, flag.permitted_m2) == (new, pytest.approx(flag.area_m2))


def test_permits_of_different_kinds_do_not_add_up(town, run, unit):
    lon, lat = town.spot(0, 0)
    for kind, area_m2 in (("planning", 150.0), ("construction", 120.0)):
        make_permit(unit, lon, lat, size=2 * SIZE, kind=kind, permitted_area_m2=area_m2)
    assert written(run, finding(square_at(lon, lat))).flags[0].permitted_m2 == pytest.approx(150.0)


def test_a_house_older_than_the_permit_was_not_built_by_it(town, run, unit):
    old, annex = plot_with_two_sheds(town, permitted_area_m2=500.0)
    make_building(unit, *old.bounds[:2], size=SIZE, built_year=1985)
    assert written(run, finding(annex)).flags[0].permitted_m2 == pytest.approx(finding(annex).area_m2)


@pytest.mark.parametrize("decided", ["confirmed", "rejected"])
def test_a_decided_flag_is_not_repeated_when_its_pair_is_compared_again_after_a_later_one(town, run, unit, decided):
    lon, lat = town.spot(0, 0)
    house = square_at(lon, lat)
    flag = flag_at(run, unit, house, state=decided)
    later = make_run(town, before=run.after, after=make_snapshot(town, datetime.date(2026, 9, 1)))
    flag_at(later, unit, house, kind="demolished")
    result = written(make_run(town, before=run.before, after=run.after), finding(house))
    assert [row["flag"] for row in result.repeated] == [flag.pk]
    assert result.flags == []
