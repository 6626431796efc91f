"""The outline in which things on the map are chosen, read strictly, and the layers that are meant."""

import json
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.geos import GEOSGeometry, Polygon
from django.utils.translation import gettext as _

from geo.crs import STORAGE_SRID
from geo.forms.drawing import Unreadable, read_body
from geo.forms.measuring import LEAST_POINTS, MOST_POINTS, read_place
from geo.refusals import Refusal


@dataclass(frozen=True)
class Outline:
    """A valid polygon in EPSG:4490 and the names of the layers in which one chooses."""

    polygon: GEOSGeometry
    layers: tuple[str, ...]


def read_outline(body: bytes) -> Outline:
    """The outline of a request. Raises Unreadable, and Refusal for one that encloses nothing."""
    return _outline(read_body(body))


def read_outline_field(text: str) -> Outline:
    """The same from a field of a form, as the list keeps it for its export."""
    return _outline(read_body(text.encode()))


def outline_text(outline: Outline) -> str:
    """What read_outline_field reads."""
    ring = [list(place) for place in outline.polygon.coords[0][:-1]]
    return json.dumps({"points": ring, "layers": list(outline.layers)})


def _outline(asked: dict[str, Any]) -> Outline:
    points, layers = asked.get("points"), asked.get("layers")
    if not isinstance(points, list) or not isinstance(layers, list) or not all(isinstance(n, str) for n in layers):
        raise Unreadable(_("提交的内容无法读取，请刷新页面后再试"))
    if len(points) > MOST_POINTS:
        counts = {"most": MOST_POINTS, "count": len(points)}
        raise Refusal(_("范围最多 %(most)s 个点，现在有 %(count)s 个。") % counts)
    places = [read_place(point) for point in points]
    if len(set(places)) < LEAST_POINTS["area"]:
        raise Refusal(_("至少需要 %(count)s 个不同的点。") % {"count": LEAST_POINTS["area"]})
    polygon = Polygon([*places, places[0]], srid=STORAGE_SRID)
    if not polygon.valid:
        raise Refusal(_("范围的边线相互交叉，请撤销交叉处的点再继续。"))
    return Outline(polygon, tuple(layers))
