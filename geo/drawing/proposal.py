"""What a planner proposes for a sheet, snapped to what is there, and what speaks against it."""

from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geo.actions.snapshots import as_shapely
from geo.drawing.fields import fields_of, read_fields
from geo.drawing.sheets import Inside, Sheet
from geo.drawing.themes import Theme
from geo.errors import GeoError
from geo.importers.schema import ParsedRow
from geo.measure import area_m2
from geo.zoning import gaps, outside, overlap, snap


@dataclass(frozen=True)
class Change:
    """A zone to be written (new without `id`) or taken away. `token` is the version that the planner started from."""

    key: str
    id: int | None
    token: int | None
    code: str
    name: str
    households: int | None
    geometry: MultiPolygon | None
    removed: bool = False
    fields: dict[str, str] = field(default_factory=dict)  # as the form sent them
    values: dict[str, Any] = field(default_factory=dict)  # as they will be stored, once they are checked


@dataclass(frozen=True)
class Fault:
    """Why a proposal cannot be saved, with the place where it is seen."""

    kind: str
    text: str
    keys: list[str]
    geometry: BaseGeometry | None = None
    area_m2: float | None = None


@dataclass(frozen=True)
class Gap:
    """A part of the parent that no zone covers."""

    geometry: Polygon
    area_m2: float
    people: int | None = None


@dataclass
class Checked:
    """A proposal after snapping: zones as they would be written, neighbours that take nodes, faults and gaps."""

    changes: list[Change]
    areas_m2: dict[str, float] = field(default_factory=dict)
    inside: dict[str, Inside] = field(default_factory=dict)
    touched: dict[int, MultiPolygon] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)


def check_proposal(sheet: Sheet, changes: list[Change], *, counted: bool = True) -> Checked:
    """Snap the proposed zones to their neighbours and parent and tell what is wrong with them."""
    rows = {row.pk: row for row in sheet.rows()}
    changed_ids = {change.id for change in changes}
    still = {pk: as_shapely(getattr(row, sheet.theme.geometry)) for pk, row in rows.items() if pk not in changed_ids}
    names = {pk: str(row) for pk, row in rows.items()}
    parent = sheet.parent()
    checked = Checked([])
    drawn = [change for change in changes if not change.removed]
    sound = _sound(checked, drawn)
    placed = _filled_in(sheet, checked, _snapped(sheet, checked, sound, still, parent), rows)
    checked.changes = [*placed, *(change for change in changes if change.removed or change not in sound)]
    for change in placed:
        if change.geometry is not None:
            checked.areas_m2[change.key] = area_m2(change.geometry).area_m2
    _find_faults(sheet, checked, placed, still, names, parent)
    checked.faults += _code_faults(sheet, drawn, rows)
    if sheet.theme.tiles:
        everything = [*still.values(), *(change.geometry for change in placed if change.geometry is not None)]
        # What holds for a clinic without a drawn catchment covers its ground as well.
        drawn_for = {change.code for change in placed}
        everything += [one.outline for one in sheet.holders if one.outline is not None and one.code not in drawn_for]
        left = gaps(parent, everything)
        people = sheet.people(left)
        checked.gaps = [Gap(gap, area_m2(gap).area_m2, count) for gap, count in zip(left, people, strict=True)]
    if counted and not sheet.theme.is_record:
        counts = sheet.inside([change.geometry for change in placed if change.geometry is not None])
        checked.inside = {change.key: count for change, count in zip(placed, counts, strict=True)}
    return checked


def _sound(checked: Checked, drawn: list[Change]) -> list[Change]:
    """The changes whose geometry can be measured; a fault for each of the others."""
    sound = []
    for change in drawn:
        try:
            area_m2(change.geometry or MultiPolygon())
        except GeoError:
            text = _("%(zone)s 的边线自相交或没有面积，请移动顶点") % {"zone": title_of(change)}
            checked.faults.append(Fault("invalid", text, [change.key]))
        else:
            sound.append(change)
    return sound


def _snapped(
    sheet: Sheet, checked: Checked, changes: list[Change], still: dict[int, BaseGeometry], parent: BaseGeometry
) -> list[Change]:
    """The changes snapped one after the other; neighbours take the new nodes in `still`, `touched` and earlier ones."""
    if sheet.theme.is_record:
        return changes
    fixed = [parent, *sheet.around()]
    placed: list[Change] = []
    for change in changes:
        ids = list(still)
        result = snap(change.geometry, [*still.values(), *(other.geometry for other in placed)], fixed=fixed)
        for index, noded in result.neighbours.items():
            if index < len(ids):
                still[ids[index]] = checked.touched[ids[index]] = noded
            else:
                at = index - len(ids)
                placed[at] = replace(placed[at], geometry=noded)
        placed.append(replace(change, geometry=result.zone))
    return placed


def _filled_in(sheet: Sheet, checked: Checked, changes: list[Change], rows: dict[int, Any]) -> list[Change]:
    """The changes with what was written beside their outlines, read by the rules of the layer's import."""
    theme, filled = sheet.theme, []
    if theme.importer is None:
        return changes
    for number, change in enumerate(changes):
        sent = {**change.fields, theme.code: change.code, **({"name": _name_of(theme, change)} if theme.named else {})}
        row = ParsedRow(number, change.code, sent, change.geometry)
        names = fields_of(theme.importer, "name") if theme.named else ()
        values, faults = read_fields(theme.importer, (*names, *theme.fields), row, rows.get(change.id))
        for fault in faults:
            text = _("%(zone)s：%(fault)s") % {"zone": title_of(change), "fault": fault.text}
            checked.faults.append(Fault("field", text, [change.key]))
        filled.append(replace(change, values=values))
    return filled


def _name_of(theme: Theme, change: Change) -> str:
    return change.name or (change.code if theme.crosses else "")


def _find_faults(
    sheet: Sheet,
    checked: Checked,
    placed: list[Change],
    still: dict[int, BaseGeometry],
    names: dict[int, str],
    parent: BaseGeometry,
) -> None:
    for number, change in enumerate(placed):
        if sheet.theme.is_record and not sheet.holds(change.geometry):
            text = _("%(zone)s 的中心不在 %(unit)s 内，请在其所在单位绘制")
            words = {"zone": title_of(change), "unit": sheet.unit.name}
            checked.faults.append(Fault("elsewhere", text % words, [change.key], change.geometry))
        beyond = outside(change.geometry, parent)
        if beyond is not None:
            words = {"zone": title_of(change), "parent": sheet.unit.name}
            _tell(checked, "outside", _("%(zone)s 超出 %(parent)s 的范围") % words, [change.key], beyond)
        if not sheet.theme.tiles:
            continue
        others = [(names[pk], "", geometry) for pk, geometry in still.items()]
        others += [(title_of(other), other.key, other.geometry) for other in placed[number + 1 :]]
        for name, key, geometry in others:
            shared = overlap(change.geometry, geometry)
            if shared is not None:
                text = _("%(zone)s 与 %(other)s 重叠") % {"zone": title_of(change), "other": name}
                _tell(checked, "overlap", text, [change.key, *([key] if key else [])], shared)


def _tell(checked: Checked, kind: str, text: str, keys: list[str], where: BaseGeometry) -> None:
    checked.faults.append(Fault(kind, text, keys, where, area_m2(where).area_m2))


def _code_faults(sheet: Sheet, drawn: list[Change], rows: dict[int, Any]) -> list[Fault]:
    """Codes that are missing, taken, or of another unit (R-802)."""
    free = set(sheet.free_codes())
    removed_or_changed = {change.id for change in drawn}
    taken = {getattr(row, sheet.theme.code) for pk, row in rows.items() if pk not in removed_or_changed}
    faults = []
    for change in drawn:
        own = getattr(rows[change.id], sheet.theme.code) if change.id in rows else None
        if change.code == own:
            continue
        # A zone that belongs to something cannot be given to something else; it is taken away and drawn anew.
        given = sheet.theme.holders is not None and change.id is not None
        if given or change.code in taken or (change.id is None and not _may_take(sheet, change.code, free)):
            text = _("编号“%(code)s”不能用于此处，或已被使用") % {"code": change.code}
            faults.append(Fault("code", text, [change.key]))
        taken.add(change.code)
    return faults


def _may_take(sheet: Sheet, code: str, free: set[str]) -> bool:
    if not sheet.theme.tiles:
        return bool(code) and not sheet.theme.model._default_manager.filter(**{sheet.theme.code: code}).exists()
    if sheet.theme.holders is not None:
        return code in free
    # A zone that was taken away may come back under its own code; any other comes from the free ones.
    return code in free or sheet.events().filter(code=code).exists()


def title_of(change: Change) -> str:
    """What a zone is called in a sentence."""
    return change.name or change.code or _("新图形")
