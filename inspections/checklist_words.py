"""Checklists in the reader's language: built-in questions are in the catalogue, others stay as they were written."""

from dataclasses import replace

from django.utils.translation import gettext

from inspections.checklists import ChecklistItem, read_items
from inspections.models import ChecklistTemplate


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
