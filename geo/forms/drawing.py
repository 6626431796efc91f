"""What the drawing page sends, read strictly: proposals, cuts and unions."""

import json
import math
from typing import Any

import shapely
from django.utils.translation import gettext as _
from shapely.geometry import LineString, MultiPolygon
from shapely.geometry.base import BaseGeometry

from geo.drawing.proposal import Change
from geo.refusals import Refusal
from geo.storable import storable
from geo.zoning.plane import areal

# A sheet is a community's blocks (tens) or a township's areas; a restored version may change all of them.
MOST_CHANGES = 400
# A boundary along a river of a county has some thousand vertices.
MOST_VERTICES = 20_000
LONGEST_NAME = 80
LONGEST_CODE = 60
MOST_FIELDS = 20
LONGEST_FIELD = 200
MOST_HOUSEHOLDS = 1_000_000


class Unreadable(Refusal):
    """The page sent what cannot be read; it was not filled in by a person."""


def read_body(body: bytes) -> dict[str, Any]:
    """The JSON object of a request. Raises Unreadable."""
    try:
        found = storable(json.loads(body))
    except (ValueError, RecursionError) as error:  # no JSON, or nested deeper than any geometry
        raise Unreadable(_("提交的内容无法读取，请刷新页面后再试")) from error
    if not isinstance(found, dict):
        raise Unreadable(_("提交的内容无法读取，请刷新页面后再试"))
    return found


def read_changes(body: bytes) -> list[Change]:
    """The changes of a proposal. Raises Unreadable."""
    entries = read_body(body).get("changes")
    if not isinstance(entries, list) or len(entries) > MOST_CHANGES:
        raise Unreadable(_("一次最多保存 %(count)s 个图形") % {"count": MOST_CHANGES})
    changes = [_change(entry) for entry in entries]
    if len({change.key for change in changes}) < len(changes):
        raise Unreadable(_("提交的内容无法读取，请刷新页面后再试"))
    return changes


def read_zones(entries: Any) -> list[MultiPolygon]:
    """Polygons of a list of GeoJSON geometries. Raises Unreadable."""
    if not isinstance(entries, list) or len(entries) > MOST_CHANGES:
        raise Unreadable(_("提交的内容无法读取，请刷新页面后再试"))
    return [_polygon(entry) for entry in entries]


def read_line(entry: Any) -> LineString:
    """A line of GeoJSON. Raises Unreadable."""
    line = _geometry(entry)
    if not isinstance(line, LineString):
        raise Unreadable(_("请画一条线"))
    return line


def _change(entry: Any) -> Change:
    if not isinstance(entry, dict):
        raise Unreadable(_("提交的内容无法读取，请刷新页面后再试"))
    removed = entry.get("removed") is True
    return Change(
        key=str(entry.get("key") or "")[: LONGEST_CODE * 2],
        id=_whole(entry.get("id")),
        token=_whole(entry.get("token")),
        code=str(entry.get("code") or "").strip()[:LONGEST_CODE],
        name=str(entry.get("name") or "").strip()[:LONGEST_NAME],
        households=_whole(entry.get("households"), at_most=MOST_HOUSEHOLDS),
        geometry=None if removed else _polygon(entry.get("geometry")),
        removed=removed,
        fields={} if removed else _fields(entry.get("fields")),
    )


def _fields(entry: Any) -> dict[str, str]:
    """What was written beside the outline, as text; the layer's own columns read it."""
    if entry is None:
        return {}
    if not isinstance(entry, dict) or len(entry) > MOST_FIELDS:
        raise Unreadable(_("提交的内容无法读取，请刷新页面后再试"))
    if not all(isinstance(value, str) and len(value) <= LONGEST_FIELD for value in entry.values()):
        raise Unreadable(_("每项最多填写 %(count)s 个字") % {"count": LONGEST_FIELD})
    return {str(name)[:LONGEST_CODE]: value.replace("\x00", "") for name, value in entry.items()}


def _whole(value: Any, *, at_most: int = 2**62) -> int | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= at_most:
        raise Unreadable(_("“%(value)s”不是可用的数字") % {"value": str(value)[:20]})
    return value


def _polygon(entry: Any) -> MultiPolygon:
    found = areal(_geometry(entry))
    if found.is_empty:
        raise Unreadable(_("图形没有面积"))
    return found


def _geometry(entry: Any) -> BaseGeometry:
    try:
        found = shapely.from_geojson(json.dumps(entry))
    except (shapely.GEOSException, TypeError, ValueError) as error:
        raise Unreadable(_("图形无法读取")) from error
    if found is None or shapely.get_num_coordinates(found) > MOST_VERTICES:
        raise Unreadable(_("图形的顶点超过 %(count)s 个") % {"count": MOST_VERTICES})
    coordinates = shapely.get_coordinates(found)
    if not len(coordinates) or not all(math.isfinite(value) for value in coordinates.ravel()):
        raise Unreadable(_("图形无法读取"))
    return shapely.force_2d(found)
