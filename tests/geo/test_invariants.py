"""What must hold about the map holds in the database, whatever code writes to it."""

import datetime

import pytest
from django.db import IntegrityError, transaction

from geo.models import Posting, Unit
from geo.roles import Role
from tests import factories

pytestmark = pytest.mark.django_db


def refused_by(name: str):
    return pytest.raises(IntegrityError, match=name)


def test_a_unit_code_has_twelve_digits(town):
    with refused_by("unit_code_is_12_digits"):
        Unit.objects.filter(pk=town.city.pk).update(code="41x")


def test_only_the_city_stands_without_parent(town):
    with refused_by("unit_city_alone_has_no_parent"):
        Unit.objects.filter(pk=town.counties[0].pk).update(parent=None)


def test_a_posting_has_one_place(town):
    user = factories.make_user()
    with refused_by("posting_has_one_place"), transaction.atomic():
        Posting.objects.create(user=user, role=Role.OFFICE)
    area = factories.make_special_area(town)
    with refused_by("posting_has_one_place"), transaction.atomic():
        Posting.objects.create(user=user, role=Role.OFFICE, unit=town.city, special_area=area)


def test_a_bureau_post_names_its_bureau_and_no_other_post_does(town):
    user = factories.make_user()
    with refused_by("posting_bureau_goes_with_role"), transaction.atomic():
        Posting.objects.create(user=user, role=Role.BUREAU, unit=town.city)
    with refused_by("posting_bureau_goes_with_role"), transaction.atomic():
        Posting.objects.create(user=user, role=Role.OFFICE, unit=town.city, bureau="land")


def test_areas_are_positive(town):
    lon_lat = town.spot()
    building = factories.make_building(town.communities[0][0], *lon_lat)
    with refused_by("building_footprint_area_positive"), transaction.atomic():
        type(building).objects.update(footprint_area_m2=0)
    flag = factories.make_flag(factories.make_run(town), town.communities[0][0], *lon_lat)
    with refused_by("change_flag_area_positive"), transaction.atomic():
        type(flag).objects.update(area_m2=-1)
    with refused_by("change_flag_confidence_is_share"), transaction.atomic():
        type(flag).objects.update(confidence=1.2)


def test_a_run_compares_two_snapshots(town):
    snapshot = factories.make_snapshot(town, datetime.date(2026, 3, 18))
    with refused_by("diff_run_compares_two"):
        factories.make_run(town, before=snapshot, after=snapshot)


def test_a_flag_is_on_one_desk_with_a_time_or_on_none(town):
    flag = factories.make_flag(factories.make_run(town), town.communities[0][0], *town.spot())
    with refused_by("change_flag_taken_pair"):
        type(flag).objects.update(taken_by=factories.make_user())


def test_a_ready_snapshot_has_its_facts_and_a_refused_one_its_reason(town):
    snapshot = factories.make_snapshot(town, datetime.date(2026, 3, 18))
    with refused_by("snapshot_ready_has_facts"), transaction.atomic():
        type(snapshot).objects.update(web_path="")
    with refused_by("snapshot_refused_has_reason"), transaction.atomic():
        type(snapshot).objects.update(state="refused")
