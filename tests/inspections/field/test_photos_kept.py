import datetime
import hashlib
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from inspections.actions.inspections import AnnouncedPhoto, FieldReport, submit_inspection
from inspections.actions.photos import ForeignClientId, PhotoRefused, StoredPhoto, store_photo
from inspections.models import Inspection, Photo
from tests.factories import make_building, make_special_area, make_user
from tests.factories.records import make_case, make_task
from tests.inspections.field.conftest import codes
from tests.inspections.photos.drawn import camera_exif, draw_scene, encode


def store(by, **changes: Any) -> StoredPhoto:
    arguments = {
        "by": by,
        "client_id": uuid.uuid4(),
        "content": encode(draw_scene()),
        "file_name": "IMG_1.jpg",
        "taken_at": timezone.now(),
    }
    return store_photo(**{**arguments, **changes})


def private(relative: str) -> Path:
    return settings.PRIVATE_ROOT / relative


def test_the_original_is_kept_byte_by_byte_under_its_checksum(people, here):
    content = encode(draw_scene(), exif=camera_exif())
    photo = store(people.inspector, content=content, position=here).photo
    assert private(photo.original_path).read_bytes() == content
    assert photo.sha256 == hashlib.sha256(content).hexdigest()
    assert photo.sha256 in photo.original_path
    assert photo.exif["make"] == "Hangzhou Optics"
    assert photo.exif_position is not None
    assert b"Hangzhou" not in private(photo.display_path).read_bytes()
    assert b"Hangzhou" not in private(photo.thumbnail_path).read_bytes()
    assert photo.unit.level == "community"


def test_sending_again_by_client_id_changes_nothing(people, here):
    client_id = uuid.uuid4()
    first = store(people.inspector, client_id=client_id, position=here)
    again = store(people.inspector, client_id=client_id, content=encode(draw_scene(9)))
    assert (first.created, again.created) == (True, False)
    assert again.photo == first.photo
    assert again.photo.sha256 == first.photo.sha256


def test_the_same_content_twice_in_one_inspection_is_one_photo(people, here):
    visit = uuid.uuid4()
    first = store(people.inspector, inspection_client_id=visit, position=here)
    again = store(people.inspector, inspection_client_id=visit, position=here)
    assert again.photo == first.photo
    assert Photo.objects.count() == 1


def test_the_same_content_in_another_inspection_is_kept_and_marked_as_reused(people, here):
    first = store(people.inspector, inspection_client_id=uuid.uuid4(), position=here).photo
    second = store(people.colleague, inspection_client_id=uuid.uuid4(), position=here).photo
    assert second.looks_like == first
    (mark,) = [mark for mark in second.marks if mark["code"] == "reused_photo"]
    assert (mark["value"], mark["photo_id"]) == (0, first.pk)
    assert str(first.pk) in mark["text"]


def test_a_similar_photo_counts_within_the_county_only(people, here, town):
    store(people.inspector, position=here)
    brighter = encode(draw_scene().point(lambda value: min(255, value + 12)), quality=60)
    assert "reused_photo" in codes(store(people.colleague, content=brighter, position=here).photo)
    stranger = make_user("inspector", town.communities[1][0])
    assert "reused_photo" not in codes(store(stranger, content=brighter).photo)


def test_several_views_of_one_visit_are_no_reuse(people, here):
    visit = uuid.uuid4()
    store(people.inspector, inspection_client_id=visit, position=here)
    close = encode(draw_scene(), quality=60)
    assert codes(store(people.inspector, content=close, inspection_client_id=visit, position=here).photo) == set()


def test_a_missing_position_is_marked_and_the_photo_lies_in_the_person_s_own_unit(people, town):
    photo = store(people.inspector).photo
    assert codes(photo) == {"position_missing"}
    assert photo.unit == town.communities[0][0]
    assert photo.position is None


def test_without_the_phone_s_position_the_camera_s_says_the_unit(people, town):
    lon, lat = town.spot(0, 1)
    by = people.officer  # of the whole township
    photo = store(by, content=encode(draw_scene(), exif=camera_exif(lat=lat, lon=lon)), taken_at=None).photo
    assert photo.unit == town.communities[0][1]
    assert {"position_missing", "taken_time_missing"} <= codes(photo)


def test_a_photo_from_a_neighbour_s_ground_stays_in_the_own_unit_with_a_mark(people, here, town):
    lon, lat = town.spot(1, 0)
    photo = store(people.inspector, position=replace(here, lat=lat, lon=lon)).photo
    assert photo.unit == town.communities[0][0]
    (mark,) = photo.marks
    assert mark["code"] == "outside_area"
    assert town.communities[1][0].name in mark["text"]
    assert not Photo.objects.for_user(people.neighbour).exists()


def test_a_photo_from_outside_all_units_is_kept_with_a_mark(people, here):
    photo = store(people.inspector, position=replace(here, lat=10.0, lon=10.0)).photo
    assert codes(photo) == {"outside_units"}


def test_somebody_posted_to_a_special_area_alone_can_send_without_a_position(town):
    area = make_special_area(town)
    person = make_user("inspector", special_area=area)
    photo = store(person).photo
    assert photo.special_area == area
    assert Photo.objects.for_user(person).get() == photo


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "empty"), (b"%PDF-1.7", "wrong_type"), (encode(draw_scene())[:-50], "truncated")],
)
def test_what_is_no_photo_is_refused_by_name_and_leaves_nothing(people, content, code):
    with pytest.raises(PhotoRefused) as refused:
        store(people.inspector, content=content, file_name="IMG_7.jpg")
    assert refused.value.code == code
    assert str(refused.value).startswith("IMG_7.jpg：")
    assert not Photo.objects.exists()
    assert not any(settings.PRIVATE_ROOT.rglob("*.*"))


def test_another_person_s_client_id_is_not_overwritten(people, here):
    first = store(people.inspector, position=here).photo
    with pytest.raises(ForeignClientId):
        store(people.colleague, client_id=first.client_id)


def test_photos_before_and_after_their_inspection_end_up_with_it(people, here, a_report):
    early, late, visit = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    parked = store(people.inspector, client_id=early, inspection_client_id=visit, position=here).photo
    assert parked.inspection is None
    report = a_report(client_id=visit, photos=[AnnouncedPhoto(client_id=early), AnnouncedPhoto(client_id=late)])
    inspection = submit_inspection(by=people.inspector, report=report).inspection
    (pending,) = [mark for mark in inspection.marks if mark["code"] == "photos_pending"]
    assert pending["client_ids"] == [str(late)]
    second = store(
        people.inspector, client_id=late, content=encode(draw_scene(5)), inspection_client_id=visit, position=here
    ).photo
    inspection.refresh_from_db()
    assert "photos_pending" not in codes(inspection)
    assert set(inspection.photos.values_list("pk", flat=True)) == {parked.pk, second.pk}


def test_a_photo_for_another_person_s_inspection_is_kept_apart_and_marked(people, here, a_report):
    inspection = submit_inspection(by=people.inspector, report=a_report()).inspection
    photo = store(people.colleague, inspection_client_id=inspection.client_id, position=here).photo
    assert photo.inspection is None
    assert "other_persons_inspection" in codes(photo)
    assert Inspection.objects.get().photos.count() == 0


def test_a_photo_is_held_against_what_its_task_is_about(people, here, town):
    building = make_building(town.communities[0][0], *town.spot())
    task = make_task(town.communities[0][0], *town.spot(), assigned_to=people.inspector, building=building)
    visit = uuid.uuid4()
    submit_inspection(
        by=people.inspector, report=FieldReport(client_id=visit, captured_at=timezone.now(), task_id=task.pk)
    )
    far = replace(here, lat=here.lat + 0.004)
    photo = store(people.inspector, inspection_client_id=visit, position=far).photo
    (mark,) = [mark for mark in photo.marks if mark["code"] == "far_from_subject"]
    assert mark["value"] == pytest.approx(421, abs=5)


def test_a_photo_sent_for_a_case_lies_where_the_case_lies(people, town, here):
    case = make_case(town.communities[0][1], *town.spot(0, 1))
    photo = store(people.officer, case=case, position=here).photo
    assert (photo.case, photo.unit) == (case, case.unit)
    assert "far_from_subject" in codes(photo)


def test_times_that_disagree_are_marked_in_words(people, here):
    taken = timezone.now() - datetime.timedelta(days=5)
    photo = store(people.inspector, position=here, taken_at=taken).photo
    texts = {mark["code"]: mark["text"] for mark in photo.marks}
    assert texts["sent_late"] == "拍摄后 5 天 才送达"
