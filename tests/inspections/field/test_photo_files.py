"""Who gets which file of a photo, and with which headers."""

import uuid

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from geo.roles import Role
from inspections.actions.photos import store_photo
from tests.factories import make_user
from tests.inspections.photos.drawn import camera_exif, draw_scene, encode

pytestmark = pytest.mark.django_db


def client_of(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def photo(people, here):
    return store_photo(
        by=people.inspector,
        client_id=uuid.uuid4(),
        content=encode(draw_scene(), exif=camera_exif()),
        file_name="IMG.jpg",
        taken_at=timezone.now(),
        position=here,
    ).photo


def url(photo, variant: str = "display") -> str:
    return f"/files/photo/{photo.pk}/{variant}"


@pytest.mark.parametrize("variant", ["display", "thumbnail"])
def test_a_derivative_is_shown_privately_and_as_nothing_but_a_picture(people, photo, variant):
    answer = client_of(people.inspector).get(url(photo, variant))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/webp"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "private" in answer["Cache-Control"]
    assert "sandbox" in answer["Content-Security-Policy"]
    body = b"".join(answer.streaming_content)
    assert body[8:12] == b"WEBP"
    assert b"Hangzhou" not in body


def test_an_unchanged_file_is_not_sent_again(people, photo):
    client = client_of(people.inspector)
    first = client.get(url(photo))
    assert b"".join(first.streaming_content)
    assert client.get(url(photo), headers={"If-None-Match": first["ETag"]}).status_code == 304


def test_the_original_is_saved_byte_by_byte_by_those_who_may(people, photo):
    answer = client_of(people.officer).get(url(photo, "original"))
    assert b"".join(answer.streaming_content) == (settings.PRIVATE_ROOT / photo.original_path).read_bytes()
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Content-Disposition"].startswith("attachment")


def test_the_original_is_not_for_everybody_who_sees_the_photo(people, photo):
    for person in (people.inspector, people.supervisor):
        assert client_of(person).get(url(photo, "original")).status_code == 403


@pytest.mark.parametrize("variant", ["display", "thumbnail", "original"])
def test_to_those_beside_and_those_without_the_act_it_does_not_exist(town, people, photo, variant):
    township_beside = make_user(Role.TOWNSHIP, town.townships[0][1])
    for person in (people.sibling, people.neighbour, people.finance, township_beside):
        assert client_of(person).get(url(photo, variant)).status_code == 404
    assert Client().get(url(photo, variant)).status_code == 302


def test_those_above_see_it(town, people, photo):
    for person in (people.officer, people.supervisor, make_user(Role.OFFICE, town.city)):
        answer = client_of(person).get(url(photo))
        assert answer.status_code == 200
        assert b"".join(answer.streaming_content)


def test_an_unknown_variant_does_not_exist(people, photo):
    assert client_of(people.officer).get(url(photo, "exif")).status_code == 404


def test_behind_nginx_the_file_is_handed_over_by_name(people, photo, settings):
    settings.ACCEL_LOCATION = "/private/"
    answer = client_of(people.inspector).get(url(photo))
    assert answer["X-Accel-Redirect"] == f"/private/{photo.display_path}"
    assert answer.content == b""
    assert client_of(people.sibling).get(url(photo)).status_code == 404
