"""The checklists that tasks without one of their own are given; made from the built-in items where there is none."""

from typing import Any

from django.utils.translation import gettext_noop

from geo.models import ArchiveArea
from inspections.actions.places import Subject
from inspections.models import ChecklistTemplate

# An office may replace each by a newer version.
PATROL_CHECKLIST = "patrol"
ARCHIVE_CHECKLIST = "archive_area"


def checklist_for(subject: Subject) -> ChecklistTemplate:
    """The checklist of a task: a photo set of an archive area (R-107) asks for other pictures than a patrol."""
    return archive_checklist() if isinstance(subject, ArchiveArea) else standard_checklist()


def standard_checklist() -> ChecklistTemplate:
    """The newest patrol checklist in use."""
    return _newest(PATROL_CHECKLIST, "违建巡查", STANDARD_PATROL_ITEMS)


def archive_checklist() -> ChecklistTemplate:
    """The newest checklist of ground photo sets in use."""
    return _newest(ARCHIVE_CHECKLIST, "区域建档拍摄(R-107)", ARCHIVE_AREA_ITEMS)


def _newest(code: str, name: str, items: list[dict[str, Any]]) -> ChecklistTemplate:
    newest = ChecklistTemplate.objects.filter(code=code, retired=False).order_by("-version").first()
    if newest is not None:
        return newest
    template, _made = ChecklistTemplate.objects.get_or_create(
        code=code, version=1, defaults={"name": name, "items": items}
    )
    return template


STANDARD_PATROL_ITEMS: list[dict[str, Any]] = [
    {
        "code": "found",
        "label": gettext_noop("现场情况"),
        "type": "choice",
        "required": True,
        "photo_required": True,
        "help": gettext_noop("照片要看清整体与相邻建筑"),
        "choices": [
            {"value": "building", "label": gettext_noop("正在建设"), "says": "standing"},
            {"value": "finished", "label": gettext_noop("已经建成"), "says": "standing"},
            {"value": "gone", "label": gettext_noop("已拆除"), "says": "gone"},
            {"value": "nothing", "label": gettext_noop("未见建筑物"), "says": "gone"},
        ],
    },
    {"code": "inhabited", "label": gettext_noop("有人居住或使用"), "type": "yes_no"},
    {
        "code": "storeys",
        "label": gettext_noop("层数"),
        "type": "number",
        "unit": gettext_noop("层"),
        "min": 0,
        "max": 99,
    },
    {"code": "permit_shown", "label": gettext_noop("当事人出示许可"), "type": "yes_no"},
]
ARCHIVE_AREA_ITEMS: list[dict[str, Any]] = [
    {
        "code": "overview",
        "label": gettext_noop("区域全貌已拍摄"),
        "type": "yes_no",
        "required": True,
        "photo_required": True,
        "help": gettext_noop("从高处或主要路口拍摄，照片要看清范围"),
    },
    {
        "code": "streets",
        "label": gettext_noop("主要巷道已拍摄"),
        "type": "yes_no",
        "required": True,
        "photo_required": True,
        "help": gettext_noop("每条巷道至少一张"),
    },
    {"code": "new_building", "label": gettext_noop("发现新建、扩建"), "type": "yes_no", "required": True},
    {"code": "remarks", "label": gettext_noop("说明"), "type": "text"},
]
