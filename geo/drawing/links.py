"""From the map's drawer to the sheet on which a zone is drawn."""

from collections.abc import Sequence

from django.urls import reverse

from geo.models import (
    ArchiveArea,
    Building,
    CensusZone,
    CensusZoneLevel,
    ControlArea,
    Permit,
    UnitLevel,
    User,
)
from geo.roles import Act


def zone_link(zone: CensusZone, user: User) -> str:
    """Return the address of a census zone's sheet for those who draw there, else nothing."""
    if not user.can_at(Act.DRAW_ZONES, unit=zone.unit, special_area_id=zone.special_area_id):
        return ""
    is_block = zone.level == CensusZoneLevel.BLOCK
    unit = zone.unit if is_block else zone.unit.parent
    if unit is None or not user.can_at(Act.DRAW_ZONES, unit=unit):
        return ""
    theme = "census_block" if is_block else "census_area"
    return f"{reverse('drawing-page', args=[theme, unit.code])}?version={zone.version}&zone={zone.pk}"


def control_area_link(area: ControlArea, user: User) -> str:
    """Return the address of the sheet of this person's jurisdiction, for those who draw control areas."""
    return _area_sheet("control_area", area, user.scope(Act.EDIT_MAP).unit_paths)


def archive_area_link(area: ArchiveArea, user: User) -> str:
    """Return the address of the sheet of this person's jurisdiction, for those who draw archive areas."""
    paths = [path for path in user.scope(Act.EDIT_MAP).unit_paths if area.unit.path.startswith(path)]
    return _area_sheet("archive_area", area, paths)


def _area_sheet(theme: str, area: ControlArea | ArchiveArea, paths: Sequence[str]) -> str:
    """The sheet of the first of the units, or nothing without one."""
    if not paths:
        return ""
    code = paths[0].rstrip("/").rsplit("/", 1)[-1]
    return f"{reverse('drawing-page', args=[theme, code])}?zone={area.pk}"


def record_link(row: Building | Permit, user: User) -> str:
    """Return the address of the sheet of a building or permit, for those who draw there."""
    if row.unit.level != UnitLevel.COMMUNITY or not user.can_at(Act.EDIT_MAP, unit=row.unit):
        return ""
    theme = "building" if isinstance(row, Building) else "permit"
    return f"{reverse('drawing-page', args=[theme, row.unit.code])}?zone={row.pk}"
