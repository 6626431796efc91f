"""HEAD on a raster tile: what the cache in front asks before it hands a kept tile out."""

import datetime

import pytest
from django.urls import reverse

from geo.roles import Role
from geo.tiles import views
from tests.factories import make_snapshot, make_user


@pytest.fixture
def snapshot(town, monkeypatch):
    """A snapshot with a file that nobody may read."""
    made = make_snapshot(town, datetime.date(2026, 3, 18))
    made.web_file.parent.mkdir(parents=True)
    made.web_file.write_bytes(b"no image")
    monkeypatch.setattr(views, "snapshot_tile", lambda *_args, **_named: pytest.fail("a tile was drawn"))
    return made


def head(client, user, snapshot):
    client.force_login(user)
    address = reverse("raster-tile", args=[snapshot.pk, 14, 13362, 6505, "webp"])
    return client.head(address)


def test_the_answer_has_the_version_and_draws_nothing(client, town, snapshot):
    answer = head(client, make_user(Role.CENTRE, town.city), snapshot)

    assert answer.status_code == 200
    assert answer["ETag"]


def test_two_areas_are_two_versions(client, town, snapshot):
    city = head(client, make_user(Role.SUPERVISOR, town.city), snapshot)
    county = head(client, make_user(Role.SUPERVISOR, town.counties[0]), snapshot)

    assert city["ETag"] != county["ETag"]


def test_whoever_may_not_see_snapshots_is_refused(client, town, snapshot):
    assert head(client, make_user(Role.INSPECTOR, town.communities[0][0]), snapshot).status_code == 403
