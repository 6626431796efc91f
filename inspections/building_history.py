"""Who changed a building's entry, when and what, in words: from the history that triggers keep of its row."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib.gis.db.models import GeometryField
from django.utils.translation import gettext as _

from geo.models import Building, Unit, User
from geo.templatetags.formatting import area_text, joined
from inspections.case_timeline import TimelineEvent

MOST_EVENTS = 100
# What changes by itself with something that is told, or says nothing to people.
SILENT = {"id", "updated_at", "footprint_area_m2", "special_area"}


def history_of(building: Building, *, with_names: bool) -> list[TimelineEvent]:
    """The newest changes of an entry, newest first. `with_names` shows the words of a changed household."""
    kept = apps.get_model("geo", "BuildingEvent").objects.filter(pgh_obj_id=building.pk).select_related("pgh_context")
    # One more than is told: the oldest one told is compared with the one before it.
    newest = list(kept.order_by("-pgh_id")[: MOST_EVENTS + 1])
    rows = newest[::-1]
    people = _people(rows)
    units = Unit.objects.in_bulk({row.unit_id for row in rows})
    events = list(_told(rows, people=people, units=units, with_names=with_names))
    if len(newest) > MOST_EVENTS:
        events = events[1:]
    return events[::-1]


def _people(rows: list[Any]) -> dict[int, str]:
    numbers = {_context(row).get("user") for row in rows} - {None}
    return {user.pk: str(user) for user in User.objects.filter(pk__in=numbers)}


def _told(
    rows: list[Any], *, people: dict[int, str], units: dict[int, Unit], with_names: bool
) -> Iterator[TimelineEvent]:
    before = None
    for row in rows:
        context = _context(row)
        by = people.get(context.get("user"), "") or _("系统")
        cause = _cause(context)
        if before is None:
            yield _event(row.pgh_created_at, _("建档"), by, cause)
        else:
            changes = [text for text in _changes(before, row, units=units, with_names=with_names) if text]
            if changes:
                yield _event(row.pgh_created_at, _("修改"), by, joined([*changes, cause]))
        before = row


def _event(at: datetime, title: str, by: str, text: str) -> TimelineEvent:
    return TimelineEvent(at, title, by, text)


def _context(row: Any) -> dict[str, Any]:
    return row.pgh_context.metadata if row.pgh_context else {}


def _cause(context: dict[str, Any]) -> str:
    """Why, where the way of writing says it: a file that came in, a case that was determined."""
    if context.get("file"):
        return _("导入自 %(file)s") % {"file": context["file"]}
    if context.get("act") == "determine_case":
        return _("随案件认定")
    return str(context.get("reason", ""))


def _changes(before: Any, row: Any, *, units: dict[int, Unit], with_names: bool) -> Iterator[str]:
    for field in Building._meta.concrete_fields:
        if field.name in SILENT or getattr(before, field.attname) == getattr(row, field.attname):
            continue
        label = str(field.verbose_name)
        if field.name == "household" and not with_names:
            yield label
        elif isinstance(field, GeometryField):
            yield f"{label} {area_text(before.footprint_area_m2)} → {area_text(row.footprint_area_m2)}"
        elif field.name == "unit":
            yield f"{label} {_unit(units, before)} → {_unit(units, row)}"
        else:
            yield f"{label} {_value(field, before)} → {_value(field, row)}"


def _unit(units: dict[int, Unit], row: Any) -> str:
    unit = units.get(row.unit_id)
    return unit.name if unit else "—"


def _value(field: Any, row: Any) -> str:
    value = getattr(row, field.attname)
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    return "—" if value in ("", None) else str(value)
