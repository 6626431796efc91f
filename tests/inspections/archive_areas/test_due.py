"""When an archive area is due again (R-107): from flights that show it whole and photos of the ground inside it."""

import datetime
from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from geo.models import ArchiveArea
from geo.roles import Role
from inspections.actions.archive_areas import next_due, refresh_archive_areas
from inspections.archive_evidence import flights_over
from inspections.models import Photo
from inspections.tasks import refresh_all_archive_areas
from tests import factories
from tests.factories import multi, records, square

pytestmark = pytest.mark.django_db

FIRST = date(2026, 6, 1)


def at(day: date, hour: int = 10) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(hour)))


@pytest.fixture
def area(town) -> ArchiveArea:
    return factories.make_archive_area(town.communities[0][0], *town.spot(), first_due=FIRST, interval_days=90)


@pytest.fixture
def inspector(town):
    return factories.make_user(Role.INSPECTOR, town.communities[0][0])


def refreshed(area: ArchiveArea) -> ArchiveArea:
    refresh_archive_areas(areas=ArchiveArea.objects.all())
    area.refresh_from_db()
    return area


def photo_at(area, by, day: date, *, dx: float = 0.0005, **fields) -> Photo:
    lon, lat = area.boundary.extent[0] + dx, area.boundary.extent[1] + 0.0005
    return records.make_photo(area.unit, lon, lat, by=by, taken_at=at(day), **fields)


def test_what_was_never_taken_is_due_on_the_first_date(area):
    assert refreshed(area).next_due == FIRST


@pytest.mark.parametrize(
    ("aerial", "ground", "due"),
    [
        (None, None, FIRST),
        (date(2026, 7, 1), None, FIRST),  # the photos of the ground are still missing
        (date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 29)),
        (date(2026, 8, 1), date(2026, 7, 1), date(2026, 9, 29)),
    ],
)
def test_the_earlier_of_both_kinds_is_the_date(aerial, ground, due):
    assert next_due(first_due=FIRST, taken=(aerial, ground), interval_days=90) == due


def test_a_flight_counts_when_it_shows_the_area_whole(area, town):
    west, south, *_rest = area.boundary.extent
    half = multi(square(west - 0.001, south - 0.001, 0.0015, 0.01))
    factories.make_snapshot(town, date(2026, 8, 1), footprint=half)
    assert refreshed(area).last_aerial_on is None
    other = multi(square(west + 0.0005, south - 0.001, 0.01, 0.01))
    factories.make_snapshot(town, date(2026, 8, 1), footprint=other)  # the flight's other tile
    assert refreshed(area).last_aerial_on == date(2026, 8, 1)
    factories.make_snapshot(town, date(2026, 9, 1), state="checking", web_path="")
    assert refreshed(area).last_aerial_on == date(2026, 8, 1)


def test_the_share_is_that_of_a_day_s_snapshots_together(area, town):
    west, south, *_rest = area.boundary.extent
    first = factories.make_snapshot(town, date(2026, 8, 1), footprint=multi(square(west, south, 0.00025, 0.001)))
    factories.make_snapshot(town, date(2026, 8, 1), footprint=multi(square(west + 0.0002, south, 0.0003, 0.001)))
    [flight] = flights_over(area, type(first).objects.all())
    assert flight.share == pytest.approx(0.5, abs=1e-3)
    assert not flight.is_whole


def test_photos_count_where_they_were_taken_or_for_which_task(area, inspector, town):
    photo_at(area, inspector, date(2026, 7, 1), dx=0.0015)  # beside it
    assert refreshed(area).last_ground_on is None
    photo_at(area, inspector, date(2026, 7, 2))
    assert refreshed(area).last_ground_on == date(2026, 7, 2)
    task = records.make_task(area.unit, *town.spot(), assigned_to=inspector, archive_area=area)
    inspection = records.make_inspection(area.unit, *town.spot(), by=inspector, task=task)
    photo_at(area, inspector, date(2026, 7, 5), dx=0.0015, inspection=inspection)  # the phone was wrong by a street
    assert refreshed(area).last_ground_on == date(2026, 7, 5)


def test_a_phone_whose_clock_runs_ahead_moves_no_date_beyond_today(area, inspector):
    photo_at(area, inspector, timezone.localdate() + datetime.timedelta(days=400))
    assert refreshed(area).last_ground_on == timezone.localdate()


def test_an_area_without_an_interval_takes_that_of_the_rule_set_in_force(area, inspector, town):
    ArchiveArea.objects.update(interval_days=None)
    factories.make_snapshot(town, date(2026, 7, 1))
    photo_at(area, inspector, date(2026, 7, 1))
    assert refreshed(area).next_due == date(2026, 7, 1) + datetime.timedelta(days=180)
    records.make_rule_set(town.city, values={"archive_interval_days": 30})
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    records.make_rule_set(town.counties[0], effective_from=tomorrow, values={"archive_interval_days": 7})
    assert refreshed(area).next_due == date(2026, 7, 31)


def test_a_photo_and_a_snapshot_move_the_date_by_themselves(area, inspector, town, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        factories.make_snapshot(town, date(2026, 8, 1))
        photo_at(area, inspector, date(2026, 8, 3))
    area.refresh_from_db()
    assert (area.last_aerial_on, area.last_ground_on) == (date(2026, 8, 1), date(2026, 8, 3))
    assert area.next_due == date(2026, 10, 30)


def test_another_interval_moves_the_date_by_itself(area, inspector, town, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        factories.make_snapshot(town, date(2026, 8, 1))
        photo_at(area, inspector, date(2026, 8, 1))
        area.interval_days = 10
        area.save()
    area.refresh_from_db()
    assert area.next_due == date(2026, 8, 11)


def test_the_nightly_task_looks_at_every_area(area, town):
    factories.make_snapshot(town, date(2026, 8, 1))
    refresh_all_archive_areas(timestamp=0)
    area.refresh_from_db()
    assert area.last_aerial_on == date(2026, 8, 1)


def test_a_computed_date_makes_no_version_of_the_area(area, town):
    before = area.events.count()
    factories.make_snapshot(town, date(2026, 8, 1))
    assert refreshed(area).last_aerial_on == date(2026, 8, 1)
    assert area.events.count() == before


def test_area_and_interval_are_held_by_the_database(area):
    with pytest.raises(IntegrityError, match="archive_area_interval_plausible"), transaction.atomic():
        ArchiveArea.objects.update(interval_days=0)
    with pytest.raises(IntegrityError, match="archive_area_area_positive"), transaction.atomic():
        ArchiveArea.objects.update(boundary_area_m2=0)
