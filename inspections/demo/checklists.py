"""Checklists of the demo beside the standard patrol one."""

from typing import Any

from django.utils.translation import gettext_noop

from inspections.actions.checklists import standard_checklist
from inspections.models import ChecklistTemplate

PASS_OR_FAIL = [{"value": "pass", "label": gettext_noop("合格")}, {"value": "fail", "label": gettext_noop("不合格")}]

MATERIAL_PILE: list[dict[str, Any]] = [
    {
        "code": "material",
        "label": gettext_noop("材料种类"),
        "type": "choice",
        "required": True,
        "photo_required": True,
        "choices": [
            {"value": "brick", "label": gettext_noop("砖瓦砂石")},
            {"value": "steel", "label": gettext_noop("钢材")},
            {"value": "panel", "label": gettext_noop("彩钢板")},
            {"value": "waste", "label": gettext_noop("建筑垃圾")},
        ],
    },
    {"code": "amount", "label": gettext_noop("数量"), "type": "number", "unit": "m³", "min": 0, "max": 10000},
    {"code": "blocks_road", "label": gettext_noop("占用道路"), "type": "yes_no", "required": True},
]
CLINIC_ACCEPTANCE: list[dict[str, Any]] = [
    {"code": code, "label": label, "type": "choice", "required": True, "photo_required": photo, "choices": PASS_OR_FAIL}
    for code, label, photo in (
        ("premises", gettext_noop("建筑面积达标(R-701)"), True),
        ("rooms", gettext_noop("六室分开(R-702)"), True),
        ("connections", gettext_noop("五通(R-703)"), False),
        ("name", gettext_noop("名称规范(R-704)"), True),
    )
]
ARCHIVE_SURVEY: list[dict[str, Any]] = [
    {
        "code": "storeys",
        "label": gettext_noop("层数"),
        "type": "number",
        "required": True,
        "unit": gettext_noop("层"),
        "min": 1,
        "max": 60,
    },
    {
        "code": "household",
        "label": gettext_noop("与登记户主一致"),
        "type": "yes_no",
        "required": True,
        "photo_required": True,
    },
    {"code": "use_changed", "label": gettext_noop("改变用途"), "type": "yes_no"},
]
EXTRA = (
    ("material", "建材堆放巡查(R-109)", MATERIAL_PILE),
    ("clinic", "卫生室考核验收(R-707)", CLINIC_ACCEPTANCE),
    ("archive", "居民住房档案核查(R-108)", ARCHIVE_SURVEY),
)


def add_checklists() -> int:
    """Put the demo's checklists beside the standard one; what is there stays. Returns how many there are."""
    standard_checklist()
    for code, name, items in EXTRA:
        ChecklistTemplate.objects.get_or_create(code=code, version=1, defaults={"name": name, "items": items})
    return ChecklistTemplate.objects.filter(retired=False).count()
