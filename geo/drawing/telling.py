"""Sheets, proposals and versions as plain values for the browser."""

import json
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from geo.actions.snapshots import as_shapely
from geo.drawing.fields import told_fields
from geo.drawing.holders import Holder
from geo.drawing.proposal import Change, Checked, check_proposal
from geo.drawing.sheets import Inside, Sheet
from geo.drawing.themes import Theme
from geo.drawing.versions import Version, name_of
from geo.measure import area_m2
from geo.templatetags.formatting import area_text, moment_text
from geo.zoning import noded
from geo.zoning.plane import areal

MOST_FREE_CODES = 60


def geojson(geometry: BaseGeometry) -> dict[str, Any]:
    """A geometry as GeoJSON with all its digits: a rounded node is no longer its neighbour's."""
    told: dict[str, Any] = json.loads(shapely.to_geojson(geometry))
    return told


def told_sheet(sheet: Sheet) -> dict[str, Any]:
    """The zones of a sheet with their tokens, what stands in them, and what they leave of their parent."""
    rows = list(sheet.rows())
    shapes = [as_shapely(getattr(row, sheet.theme.geometry)) for row in rows]
    tokens = sheet.tokens([row.pk for row in rows])
    counts = [None] * len(shapes) if sheet.theme.is_record else sheet.inside(shapes)
    around = sheet.around()
    return {
        "zones": [
            told_row(sheet.theme, row, shape, tokens.get(row.pk, 0), count)
            for row, shape, count in zip(rows, shapes, counts, strict=True)
        ],
        "parent": geojson(noded(sheet.parent(), [*shapes, *around]) if sheet.theme.tiles else sheet.parent()),
        "around": [geojson(noded(shape, shapes)) for shape in around],
        "gaps": told_gaps(check_proposal(sheet, [], counted=False)),
        "freeCodes": sheet.free_codes()[:MOST_FREE_CODES],
        "places": [
            {"name": place.name, "lon": place.lon, "lat": place.lat}
            for place in (sheet.theme.holders.places(sheet) if sheet.theme.holders is not None else [])
        ],
        "holders": [_told_holder(sheet, holder, shapes) for holder in sheet.holders],
    }


def _told_holder(sheet: Sheet, holder: Holder, drawn: list[BaseGeometry]) -> dict[str, Any]:
    """Something without a zone, and the outline to begin with: what holds for it now and nobody else was given."""
    free = None
    if holder.outline is not None:
        rest = areal(shapely.difference(holder.outline, shapely.union_all(drawn)))
        free = None if rest.is_empty else geojson(noded(rest, drawn))
    return {"code": holder.code, "name": holder.name, "geometry": free}


def told_row(theme: Theme, row: Any, shape: BaseGeometry, token: int, count: Inside | None) -> dict[str, Any]:
    """One stored zone."""
    return {
        "id": row.pk,
        "token": token,
        "code": getattr(row, theme.code),
        "name": getattr(row, "name", ""),
        "households": getattr(row, "households", None),
        "fields": told_fields(theme.fields, row),
        "geometry": geojson(shape),
        "areaText": area_text(area_m2(shape).area_m2),
        "inside": told_inside(count),
    }


def told_inside(count: Inside | None) -> dict[str, int | None] | None:
    """What is in a zone."""
    if count is None:
        return None
    return {"buildings": count.buildings, "households": count.households, "people": count.people}


def told_gaps(checked: Checked) -> list[dict[str, Any]]:
    """What the zones leave of their parent."""
    return [
        {"geometry": geojson(gap.geometry), "areaText": area_text(gap.area_m2), "people": gap.people}
        for gap in checked.gaps
    ]


def told_checked(checked: Checked) -> dict[str, Any]:
    """A checked proposal: zones as they would be written, faults with their place and area, gaps."""
    return {
        "zones": [_told_change(change, checked) for change in checked.changes if change.key in checked.areas_m2],
        "faults": [
            {
                "kind": fault.kind,
                "text": fault.text,
                "keys": fault.keys,
                "geometry": geojson(fault.geometry) if fault.geometry is not None else None,
                "areaText": area_text(fault.area_m2) if fault.area_m2 is not None else "",
            }
            for fault in checked.faults
        ],
        "gaps": told_gaps(checked),
    }


def _told_change(change: Change, checked: Checked) -> dict[str, Any]:
    return {
        "key": change.key,
        "geometry": geojson(change.geometry) if change.geometry is not None else None,
        "areaText": area_text(checked.areas_m2[change.key]),
        "inside": told_inside(checked.inside.get(change.key)),
    }


def told_version(version: Version) -> dict[str, Any]:
    """One save."""
    return {
        "number": version.number,
        "at": moment_text(version.at),
        "by": version.by,
        "added": version.added,
        "changed": version.changed,
        "removed": version.removed,
    }


def told_event(theme: Theme, event: Any) -> dict[str, Any]:
    """A zone as an event kept it."""
    shape = as_shapely(getattr(event, theme.geometry))
    return {
        "id": event.pgh_obj_id,
        "code": getattr(event, theme.code),
        "name": getattr(event, "name", ""),
        "households": getattr(event, "households", None),
        "fields": told_fields(theme.fields, event),
        "geometry": geojson(shape),
        "areaText": area_text(area_m2(shape).area_m2),
    }


def told_conflict(theme: Theme, key: str, row: Any | None, event: Any | None) -> dict[str, Any]:
    """A zone that somebody else wrote since: theirs (nothing when they took it away), by whom and when."""
    theirs = None
    if row is not None and event is not None:
        theirs = told_row(theme, row, as_shapely(getattr(row, theme.geometry)), event.pgh_id, None)
    return {
        "key": key,
        "theirs": theirs,
        "by": name_of(event) if event is not None else "",
        "at": moment_text(event.pgh_created_at) if event is not None else "",
    }
