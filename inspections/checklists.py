"""Checklists as data: typed items, and what is missing or odd in a set of answers. No Django in here.

An item is ``{"code", "label", "type", "required"?, "photo_required"?, "help"?, "unit"?, "min"?, "max"?, "choices"?}``;
types are yes_no, choice, number and text; choices are ``[{"value", "label", "says"?}, ...]``, where ``says`` is what
the answer means for the structure (`Says`). Answers are ``{code: value}``.
"""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
MAX_TEXT_LENGTH = 2000


class ChecklistError(Exception):
    """A checklist template is not made as the module says; the message names the item."""


class ItemType(StrEnum):
    """What kind of answer an item takes."""

    YES_NO = "yes_no"
    CHOICE = "choice"
    NUMBER = "number"
    TEXT = "text"


class Says(StrEnum):
    """What an answer says of the structure that was looked at."""

    STANDING = "standing"
    GONE = "gone"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One possible answer."""

    value: str
    label: str
    says: Says | None = None


@dataclass(frozen=True, kw_only=True)
class ChecklistItem:
    """One question. ``unit``, ``min`` and ``max`` belong to numbers, ``choices`` to choices."""

    code: str
    label: str
    type: ItemType
    required: bool = False
    photo_required: bool = False
    help: str = ""
    unit: str = ""
    min: float | None = None
    max: float | None = None
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AnswerFault:
    """``kind`` is missing, odd, unknown or photo_missing; ``label`` is the item's, or the code of an unknown one."""

    kind: str
    code: str
    label: str


def read_items(raw: object) -> list[ChecklistItem]:
    """Typed items of a template. Raises ChecklistError naming the item and the reason."""
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        raise ChecklistError(f"a checklist is a list of items, not {type(raw).__name__}")
    items = [_read_item(position, item) for position, item in enumerate(raw, start=1)]
    codes = [item.code for item in items]
    for code in codes:
        if codes.count(code) > 1:
            raise ChecklistError(f"item {code!r} occurs {codes.count(code)} times")
    return items


def _read_item(position: int, raw: object) -> ChecklistItem:
    if not isinstance(raw, Mapping):
        raise ChecklistError(f"item {position} is not an object")
    code, label = raw.get("code"), raw.get("label")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise ChecklistError(f"item {position} has the code {code!r}; small letters, digits and _ are allowed")
    if not isinstance(label, str) or not label.strip():
        raise ChecklistError(f"item {code!r} has no label")
    try:
        kind = ItemType(str(raw.get("type")))
    except ValueError:
        raise ChecklistError(f"item {code!r} has the unknown type {raw.get('type')!r}") from None
    choices = tuple(_read_choice(code, choice) for choice in raw.get("choices") or ())
    if kind is ItemType.CHOICE and len(choices) < 2:
        raise ChecklistError(f"item {code!r} offers {len(choices)} choices, two are needed")
    return ChecklistItem(
        code=code,
        label=label.strip(),
        type=kind,
        required=bool(raw.get("required")),
        photo_required=bool(raw.get("photo_required")),
        help=str(raw.get("help") or ""),
        unit=str(raw.get("unit") or ""),
        min=_bound(code, raw, "min"),
        max=_bound(code, raw, "max"),
        choices=choices,
    )


def _read_choice(code: str, raw: object) -> Choice:
    if not isinstance(raw, Mapping) or not raw.get("value") or not raw.get("label"):
        raise ChecklistError(f"item {code!r} has a choice without value or label: {raw!r}")
    try:
        says = Says(str(raw["says"])) if raw.get("says") else None
    except ValueError:
        raise ChecklistError(f"item {code!r} has a choice that says {raw['says']!r}, which means nothing") from None
    return Choice(value=str(raw["value"]), label=str(raw["label"]), says=says)


def answers_saying(says: Says, items: Sequence[ChecklistItem], answers: Mapping[str, object]) -> list[str]:
    """Labels of the chosen answers that say this of the structure."""
    return [
        choice.label
        for item in items
        for choice in item.choices
        if choice.says is says and answers.get(item.code) == choice.value
    ]


def _bound(code: str, raw: Mapping[str, Any], name: str) -> float | None:
    value = raw.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ChecklistError(f"item {code!r} has the {name} {value!r}, which is no number")
    return float(value)


def find_faults(
    items: Sequence[ChecklistItem], answers: Mapping[str, object], *, photographed: Collection[str] = ()
) -> list[AnswerFault]:
    """What a reviewer should know about these answers; ``photographed`` are codes of items that have a photo."""
    faults = []
    for item in items:
        value = answers.get(item.code)
        if value is None or value == "":
            if item.required:
                faults.append(AnswerFault(kind="missing", code=item.code, label=item.label))
        elif not _fits(item, value):
            faults.append(AnswerFault(kind="odd", code=item.code, label=item.label))
        if item.photo_required and item.code not in photographed:
            faults.append(AnswerFault(kind="photo_missing", code=item.code, label=item.label))
    known = {item.code for item in items}
    faults += [AnswerFault(kind="unknown", code=code, label=code) for code in answers if code not in known]
    return faults


def _fits(item: ChecklistItem, value: object) -> bool:
    if item.type is ItemType.YES_NO:
        return isinstance(value, bool)
    if item.type is ItemType.CHOICE:
        return value in {choice.value for choice in item.choices}
    if item.type is ItemType.TEXT:
        return isinstance(value, str) and len(value) <= MAX_TEXT_LENGTH
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return False
    return (item.min is None or value >= item.min) and (item.max is None or value <= item.max)
