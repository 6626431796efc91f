"""What phones send over HTTP, and how they are answered."""

import json
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from inspections.models import Inspection, Photo
from tests.inspections.field.conftest import codes
from tests.inspections.photos.drawn import draw_scene, encode

pytestmark = pytest.mark.django_db


def client_of(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def photo_fields(**changes: Any) -> dict[str, Any]:
    return {
        "client_id": str(uuid.uuid4()),
        "taken_at": timezone.now().isoformat(),
        "lat": "34.705",
        "lon": "113.605",
        "accuracy_m": "6.5",
        "position_at": timezone.now().isoformat(),
        "file": SimpleUploadedFile("IMG_2.jpg", encode(draw_scene()), "application/x-anything"),
        **changes,
    }


def send_report(client: Client, **changes: Any):
    body = {"client_id": str(uuid.uuid4()), "captured_at": timezone.now().isoformat(), "answers": {}, **changes}
    return client.post("/api/field/inspections/", json.dumps(body), content_type="application/json")


def test_a_photo_is_answered_with_its_checksum_and_marks(people):
    answer = client_of(people.inspector).post("/api/field/photos/", photo_fields())
    assert answer.status_code == 201
    photo = Photo.objects.get()
    assert answer.json() == {
        "id": photo.pk,
        "client_id": str(photo.client_id),
        "sha256": photo.sha256,
        "size_bytes": photo.size_bytes,
        "marks": [],
    }
    assert (photo.position.x, photo.position.y, photo.accuracy_m) == (113.605, 34.705, 6.5)
    assert photo.file_name == "IMG_2.jpg"


def test_a_photo_sent_again_is_answered_with_200(people):
    client, client_id = client_of(people.inspector), str(uuid.uuid4())
    first = client.post("/api/field/photos/", photo_fields(client_id=client_id))
    again = client.post("/api/field/photos/", photo_fields(client_id=client_id))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["id"] == first.json()["id"]


def test_a_file_that_is_no_photo_is_answered_with_the_reason(people):
    fields = photo_fields(file=SimpleUploadedFile("a.jpg", b"<script>", "image/jpeg"))
    answer = client_of(people.inspector).post("/api/field/photos/", fields)
    assert answer.status_code == 422
    assert answer.json()["code"] == "wrong_type"
    assert answer.json()["detail"].startswith("a.jpg：这不是照片文件")


def test_an_empty_file_is_named_as_empty(people):
    fields = photo_fields(file=SimpleUploadedFile("a.jpg", b"", "image/jpeg"))
    assert client_of(people.inspector).post("/api/field/photos/", fields).json()["code"] == "empty"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"client_id": "7"}, "client_id"),
        ({"lat": "north"}, "lat"),
        ({"lat": "nan"}, "lat"),
        ({"lon": "181"}, "lon"),
        ({"accuracy_m": "-1"}, "accuracy_m"),
        ({"accuracy_m": "inf"}, "accuracy_m"),
        ({"taken_at": "yesterday"}, "taken_at"),
    ],
)
def test_nonsense_beside_a_photo_is_named(people, changes, field):
    answer = client_of(people.inspector).post("/api/field/photos/", photo_fields(**changes))
    assert answer.status_code == 400
    assert list(answer.json()) == [field]


def test_half_a_position_is_none(people):
    fields = photo_fields()
    del fields["lon"]
    client_of(people.inspector).post("/api/field/photos/", fields)
    assert "position_missing" in codes(Photo.objects.get())


def test_an_inspection_is_answered_once_as_new_and_then_as_known(people, task):
    client, client_id, at = client_of(people.inspector), str(uuid.uuid4()), timezone.now().isoformat()
    first = send_report(client, client_id=client_id, captured_at=at, task_id=task.pk)
    again = send_report(client, client_id=client_id, captured_at=at, task_id=task.pk)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert not again.json()["conflict"]
    assert send_report(client, client_id=client_id, captured_at=at, note="other").json()["conflict"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"answers": ["a"]}, "answers"),
        ({"answers": {"a": {"b": 1}}}, "answers"),
        ({"photos": "x"}, "photos"),
        ({"photos": [{"client_id": "x"}]}, "photos"),
        ({"captured_at": None}, "captured_at"),
        ({"task_id": "abc"}, "task_id"),
    ],
)
def test_nonsense_in_an_inspection_is_named(people, changes, field):
    answer = send_report(client_of(people.inspector), **changes)
    assert answer.status_code == 400
    assert list(answer.json()) == [field]


def test_a_body_that_is_no_json_is_refused(people):
    answer = client_of(people.inspector).post("/api/field/inspections/", "{", content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize("url", ["/api/field/inspections/", "/api/field/photos/"])
def test_only_those_who_inspect_may_send(people, url):
    assert client_of(people.supervisor).post(url).status_code == 403
    assert Client().post(url).status_code == 302
    assert client_of(people.inspector).get(url).status_code == 405


def test_a_forged_form_from_elsewhere_is_refused(people):
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.inspector, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post("/api/field/photos/", photo_fields()).status_code == 403
    assert not Photo.objects.exists()


def test_another_person_s_id_is_a_conflict(people):
    client_id = str(uuid.uuid4())
    client_of(people.inspector).post("/api/field/photos/", photo_fields(client_id=client_id))
    assert client_of(people.colleague).post("/api/field/photos/", photo_fields(client_id=client_id)).status_code == 409
    assert send_report(client_of(people.inspector), client_id=client_id).status_code == 201
    assert send_report(client_of(people.colleague), client_id=client_id).status_code == 409
    assert Inspection.objects.count() == 1


@pytest.mark.parametrize(
    ("answers", "kept"),
    [
        ('{"found": "a\\u0000b"}', {"found": "a�b"}),
        ('{"found": "\\ud800"}', {"found": "�"}),
        ('{"a\\ud800": 1, "a\\u0000": 2}', {"a�": 1, "a��": 2}),
        ('{"found": "😀"}', {"found": "😀"}),
    ],
)
def test_a_character_that_no_database_holds_is_replaced_and_marked_and_the_report_kept(people, answers, kept):
    client = client_of(people.inspector)
    raw = f'{{"client_id": "{uuid.uuid4()}", "captured_at": "2026-11-20T10:00:00Z", "answers": {answers}}}'
    sent = [client.post("/api/field/inspections/", raw, content_type="application/json") for _ in range(2)]
    assert [answer.status_code for answer in sent] == [201, 200]
    assert not sent[1].json()["conflict"]
    inspection = Inspection.objects.get()
    assert inspection.answers == kept
    assert ("characters_replaced" in codes(inspection)) == ("�" in str(kept))


@pytest.mark.parametrize("number", ["nan", "-inf", "inf"])
def test_a_number_that_is_none_is_kept_as_text_and_marked(people, number):
    answer = send_report(client_of(people.inspector), answers={"storeys": float(number)})
    assert answer.status_code == 201
    inspection = Inspection.objects.get()
    assert inspection.answers == {"storeys": number}
    assert {"answer_odd", "answer_unknown"} & set(codes(inspection))


def test_a_note_and_a_photo_s_item_keep_what_can_be_kept(people):
    photos = [{"client_id": str(uuid.uuid4()), "item": "a\x00"}]
    answer = send_report(client_of(people.inspector), note="墙\x00高", photos=photos)
    assert answer.status_code == 201
    assert Inspection.objects.get().note == "墙�高"


@pytest.mark.parametrize("body", ["[" * 100_000, '{"answers": ' * 100_000, '{"answers": "{}"}', "\\xff"])
def test_a_body_that_is_no_report_is_refused_and_faults_nothing(people, body):
    answer = client_of(people.inspector).post("/api/field/inspections/", body, content_type="application/json")
    assert answer.status_code == 400
    assert not Inspection.objects.exists()
