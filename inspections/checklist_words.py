"""Checklists in the reader's language: built-in questions are in the catalogue, others stay as they were written."""

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext, gettext_noop

from inspections.checklists import ChecklistItem, read_items
from inspections.models import ChecklistTemplate

# What is asked on a patrol until an office writes a checklist of its own.
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


def items_in_words(checklist: ChecklistTemplate) -> list[ChecklistItem]:
    """The items of a checklist as a page writes them."""
    return [
        replace(
            item,
            label=_worded(item.label),
            help=_worded(item.help),
            unit=_worded(item.unit),
            choices=tuple(replace(choice, label=_worded(choice.label)) for choice in item.choices),
        )
        for item in read_items(checklist.items)
    ]


def _worded(text: str) -> str:
    return gettext(text) if text else text
