"""People of the field, and what their phones send."""

import datetime
import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from geo.roles import Role
from inspections.actions.inspections import AnnouncedPhoto, FieldReport
from inspections.photos import PhonePosition
from tests.factories import make_user
from tests.factories.records import make_checklist, make_task

ITEMS = [
    {
        "code": "found",
        "label": "现场情况",
        "type": "choice",
        "required": True,
        "photo_required": True,
        "choices": [{"value": "building", "label": "正在建设"}, {"value": "gone", "label": "已拆除"}],
    },
    {"code": "storeys", "label": "层数", "type": "number", "unit": "层", "min": 0, "max": 99},
]


@pytest.fixture
def people(town) -> SimpleNamespace:
    """An inspector and a supervisor of the first community, and their neighbours."""
    return SimpleNamespace(
        inspector=make_user(Role.INSPECTOR, town.communities[0][0]),
        colleague=make_user(Role.INSPECTOR, town.communities[0][0]),
        officer=make_user(Role.TOWNSHIP, town.townships[0][0]),
        supervisor=make_user(Role.SUPERVISOR, town.counties[0]),
        sibling=make_user(Role.INSPECTOR, town.communities[0][1]),
        neighbour=make_user(Role.SUPERVISOR, town.counties[1]),
        finance=make_user(Role.FINANCE, town.city),
    )


@pytest.fixture
def task(town, people):
    return make_task(
        town.communities[0][0], *town.spot(), assigned_to=people.inspector, checklist=make_checklist(items=ITEMS)
    )


@pytest.fixture
def here(town) -> PhonePosition:
    lon, lat = town.spot()
    return PhonePosition(lat=lat, lon=lon, accuracy_m=6.0, read_at=timezone.now())


@pytest.fixture
def a_report(task, here) -> Callable[..., FieldReport]:
    """A complete report for the task, with one announced photo, changed as told."""

    def make(**changes: Any) -> FieldReport:
        now = timezone.now()
        return FieldReport(
            **{
                "client_id": uuid.uuid4(),
                "captured_at": now - datetime.timedelta(minutes=1),
                "sent_at": now,
                "task_id": task.pk,
                "answers": {"found": "building", "storeys": 2},
                "position": here,
                "photos": [AnnouncedPhoto(client_id=uuid.uuid4(), item="found")],
                **changes,
            }
        )

    return make


def codes(row: Any) -> set[str]:
    return {mark["code"] for mark in row.marks}
