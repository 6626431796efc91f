"""Saving what was drawn on a sheet: all of it, or nothing with the reason and the place."""

from dataclasses import dataclass
from typing import Any

import pghistory
from django.db import transaction
from django.utils.translation import gettext as _

from geo.actions.snapshots import as_geos
from geo.drawing.proposal import Change, Checked, check_proposal, title_of
from geo.drawing.sheets import Sheet
from geo.drawing.versions import last_events
from geo.importers.layers.links import units_touched
from geo.measure import area_m2
from geo.models import CensusZone, Unit, User
from geo.refusals import NotAllowed, Refusal


class DrawingRefused(Refusal):
    """Zones overlap, stick out, or cannot be measured; `checked` says which and where."""

    def __init__(self, checked: Checked) -> None:
        self.checked = checked
        super().__init__(_("没有保存：请先处理图上标出的问题"))


@dataclass(frozen=True)
class Conflict:
    """A zone that somebody else wrote, or took away, since this planner opened it."""

    key: str
    row: Any | None
    event: Any | None


class DrawnMeanwhile(Refusal):
    """Somebody else saved the same zones first; nothing was written."""

    def __init__(self, conflicts: list[Conflict]) -> None:
        self.conflicts = conflicts
        super().__init__(_("没有保存：别人在您之后打开并先保存了同一图形"))


@transaction.atomic
def save_drawing(*, sheet: Sheet, changes: list[Change], by: User) -> Checked:
    """Write a proposal as one version of the sheet. Neighbours take the new nodes of shared sides in the same version.

    Raises NotAllowed, DrawnMeanwhile (a token is old), DrawingRefused (the proposal has faults).
    """
    if not by.can_at(sheet.theme.act, unit=sheet.unit):
        raise NotAllowed(_("您不能在 %(unit)s 绘制此图层") % {"unit": sheet.unit.name})
    # One save at a time in one unit: two proposals, each sound by itself, may overlap each other.
    Unit.objects.select_for_update(no_key=True).get(pk=sheet.unit.pk)
    finished = sheet.finished
    if finished is not None:
        words = {"version": sheet.version, "unit": finished.unit.name}
        raise Refusal(_("没有保存：%(unit)s 的普查版本 %(version)s 已完成，请建立新版本后修改") % words)
    rows = {row.pk: row for row in sheet.rows()}
    conflicts = _conflicts(sheet, changes, rows)
    if conflicts:
        raise DrawnMeanwhile(conflicts)
    checked = check_proposal(sheet, changes)
    if checked.faults:
        raise DrawingRefused(checked)
    with pghistory.context(user=by.pk, drawing=sheet.theme.name):
        for change in checked.changes:
            if change.removed:
                _take_away(sheet, rows[change.id])
        for pk, noded in checked.touched.items():
            rows[pk].boundary = as_geos(noded)
            rows[pk].save(update_fields=["boundary"])
        # A code may pass from one zone to another in one save: those that are there are written first.
        for change in sorted(checked.changes, key=lambda change: change.id is None):
            if not change.removed:
                _write(sheet, change, rows.get(change.id))
    return checked


def _conflicts(sheet: Sheet, changes: list[Change], rows: dict[int, Any]) -> list[Conflict]:
    known = [change for change in changes if change.id is not None]
    last = last_events(sheet, [change.id for change in known])
    return [
        Conflict(change.key, rows.get(change.id), last.get(change.id))
        for change in known
        if change.id not in rows or (change.token or 0) != (last[change.id].pgh_id if change.id in last else 0)
    ]


def _take_away(sheet: Sheet, row: Any) -> None:
    if not sheet.theme.tiles:
        label = sheet.theme.label
        raise Refusal(_("%(layer)s不能在此删除：已有图斑、任务或案件属于它") % {"layer": label})
    row.delete()


def _write(sheet: Sheet, change: Change, row: Any | None) -> None:
    if sheet.theme.importer is not None:
        _write_record(sheet, change, row)
        return
    if sheet.theme.holders is not None:
        sheet.theme.holders.write(sheet, row, change.code, change.geometry)
        return
    zone = row or CensusZone(version=sheet.version, level=sheet.theme.zone_level, code=change.code)
    if row is None:
        unit = sheet.unit_of(change.code)
        if unit is None:
            raise Refusal(_("编号“%(code)s”不属于 %(unit)s") % {"code": change.code, "unit": sheet.unit.name})
        zone.unit = unit
    zone.name, zone.households, zone.boundary = change.name, change.households, as_geos(change.geometry)
    zone.boundary_area_m2 = area_m2(change.geometry).area_m2
    zone.save()


def _write_record(sheet: Sheet, change: Change, row: Any | None) -> None:
    """An area, a building or a permit: what was read by the rules of its import, placed as an import does."""
    theme, outline = sheet.theme, as_geos(change.geometry)
    record = row or theme.model()
    for name, value in change.values.items():
        if row is None or name != theme.code:  # others know it by its code
            setattr(record, name, value)
    setattr(record, theme.geometry, outline)
    if theme.area_field:
        setattr(record, theme.area_field, area_m2(change.geometry).area_m2)
    if theme.located:
        place = Unit.objects.place_of(outline)
        if place is None:
            raise Refusal(_("%(zone)s 不在任何行政单位的范围内") % {"zone": title_of(change)})
        record.unit_id, record.special_area_id = place.unit_id, place.special_area_id
    record.save()
    if theme.crosses:
        record.units.set(units_touched(change.geometry))
