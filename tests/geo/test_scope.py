"""Scoping by jurisdiction: own area and below, never beside or above, and nothing when in doubt."""

import datetime

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from geo.models import Building, ControlArea, Posting, Snapshot, SpecialArea, Unit
from geo.roles import Act, Role
from tests.factories import make_building, make_control_area, make_snapshot, make_special_area, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def buildings(town):
    return {(c, m): make_building(town.communities[c][m], *town.spot(c, m)) for c in range(2) for m in range(4)}


def seen(user):
    return set(Building.objects.for_user(user))


def test_a_community_inspector_sees_the_own_community_alone(town, buildings):
    assert seen(make_user(Role.INSPECTOR, town.communities[0][1])) == {buildings[0, 1]}


def test_a_township_officer_sees_the_own_communities_but_not_the_sibling_township(town, buildings):
    assert seen(make_user(Role.TOWNSHIP, town.townships[0][0])) == {buildings[0, 0], buildings[0, 1]}


def test_a_county_supervisor_does_not_see_the_neighbour_county(town, buildings):
    assert seen(make_user(Role.SUPERVISOR, town.counties[1])) == {buildings[1, m] for m in range(4)}


def test_a_special_area_sees_what_lies_inside_it_across_counties(town):
    area = make_special_area(town)
    inside = [make_building(town.communities[c][0], *town.spot(c, 0), special_area=area) for c in range(2)]
    make_building(town.communities[0][1], *town.spot(0, 1))
    assert seen(make_user(Role.SUPERVISOR, special_area=area)) == set(inside)


def test_nobody_without_a_posting_sees_anything(town, buildings):
    assert seen(make_user()) == set()
    assert seen(AnonymousUser()) == set()


def test_an_inactive_person_sees_nothing_whatever_the_posting(town, buildings):
    assert seen(make_user(Role.OFFICE, town.city, is_active=False)) == set()


def test_a_posting_that_ended_yesterday_gives_nothing(town, buildings):
    user = make_user(Role.OFFICE, town.city)
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    Posting.objects.filter(user=user).update(ends_on=yesterday)
    assert seen(user) == set()


def test_a_role_without_the_act_sees_nothing_of_that_kind(town, buildings):
    planner = make_user(Role.PLANNER, town.city)
    assert not planner.can(Act.REVIEW_FLAGS)
    assert set(Building.objects.for_user(planner, Act.REVIEW_FLAGS)) == set()


def test_a_queryset_that_names_no_act_shows_nothing(town, buildings):
    class Forgetful(type(Building.objects.all())):
        see_act = None

    assert not Forgetful(Building).for_user(make_user(Role.OFFICE, town.city)).exists()


def test_a_snapshot_and_a_control_area_are_seen_by_those_whose_area_they_touch(town):
    control_area = make_control_area(town)
    control_area.units.set([town.counties[0], *town.townships[0], *town.communities[0]])
    snapshot = make_snapshot(town, datetime.date(2026, 3, 18))
    snapshot.units.set([town.city, town.counties[0], town.townships[0][0], town.communities[0][0]])
    own, sibling = (make_user(Role.SUPERVISOR, town.counties[c]) for c in range(2))
    assert list(ControlArea.objects.for_user(own)) == [control_area]
    assert list(ControlArea.objects.for_user(sibling)) == []
    assert list(Snapshot.objects.for_user(own)) == [snapshot]
    assert list(Snapshot.objects.for_user(sibling)) == []


def test_units_and_special_areas_follow_the_tree_and_the_overlap(town):
    area = make_special_area(town)
    township = make_user(Role.TOWNSHIP, town.townships[0][0])
    assert set(Unit.objects.for_user(township)) == {town.townships[0][0], *town.communities[0][:2]}
    assert set(SpecialArea.objects.for_user(township)) == {area}
    north = make_user(Role.TOWNSHIP, town.townships[0][1])
    assert set(SpecialArea.objects.for_user(north)) == set()
    district = make_user(Role.SUPERVISOR, special_area=area)
    assert set(Unit.objects.for_user(district)) == {town.communities[0][0], town.communities[1][0]}


def test_a_point_belongs_to_its_deepest_unit_and_special_area(town):
    area = make_special_area(town)
    places = Unit.objects.places_of([town.spot(1, 0), town.spot(0, 3), (100.0, 20.0)])
    assert places[0].unit_id == town.communities[1][0].pk
    assert places[0].special_area_id == area.pk
    assert places[1].unit_id == town.communities[0][3].pk
    assert places[1].special_area_id is None
    assert places[2] is None
