"""The phone's impatience: the same thing sent twice at the same moment."""

import threading
import uuid
from collections.abc import Callable

import pytest
from django.db import connection
from django.utils import timezone

from inspections.actions.inspections import AnnouncedPhoto, FieldReport, submit_inspection
from inspections.actions.photos import store_photo
from inspections.models import Inspection, Photo
from tests.factories import make_town, make_user
from tests.factories.records import make_task
from tests.inspections.photos.drawn import draw_scene, encode

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 4


def at_once(act: Callable[[int], object]) -> list[object]:
    """Run `act(0..3)` in threads that start together, each with a connection of its own; give back what they gave."""
    gate, results = threading.Barrier(AT_ONCE), []

    def run(number: int) -> None:
        try:
            gate.wait()
            results.append(act(number))
        except Exception as error:
            results.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[number]) for number in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def inspector_and_town():
    town = make_town()
    return make_user("inspector", town.communities[0][0]), town


def test_one_photo_sent_four_times_at_once_is_one_photo():
    inspector, _town = inspector_and_town()
    client_id, content, now = uuid.uuid4(), encode(draw_scene(size=(96, 64))), timezone.now()
    results = at_once(
        lambda _n: store_photo(by=inspector, client_id=client_id, content=content, file_name="a.jpg", taken_at=now)
    )
    photo = Photo.objects.get()
    assert [result.photo.pk for result in results] == [photo.pk] * AT_ONCE
    assert [result.created for result in results].count(True) == 1


def test_one_content_under_four_ids_in_one_inspection_is_one_photo():
    inspector, _town = inspector_and_town()
    visit, content, now = uuid.uuid4(), encode(draw_scene(size=(96, 64))), timezone.now()
    results = at_once(
        lambda _n: store_photo(
            by=inspector,
            client_id=uuid.uuid4(),
            inspection_client_id=visit,
            content=content,
            file_name="a.jpg",
            taken_at=now,
        )
    )
    assert Photo.objects.count() == 1
    assert [result.created for result in results].count(True) == 1


def test_one_inspection_sent_four_times_at_once_is_one_inspection():
    inspector, town = inspector_and_town()
    task = make_task(town.communities[0][0], *town.spot(), assigned_to=inspector)
    report = FieldReport(client_id=uuid.uuid4(), captured_at=timezone.now(), task_id=task.pk)
    results = at_once(lambda _n: submit_inspection(by=inspector, report=report))
    inspection = Inspection.objects.get()
    assert [result.inspection.pk for result in results] == [inspection.pk] * AT_ONCE
    assert [result.created for result in results].count(True) == 1
    assert inspection.conflicts == []


def test_an_inspection_and_its_photos_at_once_find_each_other():
    inspector, _town = inspector_and_town()
    visit, now = uuid.uuid4(), timezone.now()
    ids = [uuid.uuid4() for _ in range(AT_ONCE - 1)]
    report = FieldReport(
        client_id=visit, captured_at=now, photos=[AnnouncedPhoto(client_id=client_id) for client_id in ids]
    )

    def send(number: int) -> object:
        if number == 0:
            return submit_inspection(by=inspector, report=report)
        return store_photo(
            by=inspector,
            client_id=ids[number - 1],
            inspection_client_id=visit,
            content=encode(draw_scene(number, size=(96, 64))),
            file_name=f"{number}.jpg",
            taken_at=now,
        )

    results = at_once(send)
    assert not [result for result in results if isinstance(result, Exception)]
    inspection = Inspection.objects.get()
    assert inspection.photos.count() == len(ids)
    assert "photos_pending" not in {mark["code"] for mark in inspection.marks}
