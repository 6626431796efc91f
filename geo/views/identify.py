"""/api/identify/: what lies at a place, through all layers of the asker."""

import json
import math
from typing import Any

from django import forms
from django.contrib.gis.geos import GEOSGeometry, Polygon
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from geo.crs import STORAGE_SRID
from geo.models import User
from geo.roles import Act
from geo.tiles.grid import MAX_ZOOM, ground_pixel_m
from geo.tiles.guards import may_read
from geo.tiles.registry import Layer, layers_for

# A finger covers about 16 px, a mouse is sharper: what lies within this many pixels of the click is meant.
REACH_PX = 8
METRES_PER_DEGREE = 111_320.0  # of latitude; good enough for how far a click reaches
CIRCLE_CORNERS = 16
MOST_PER_LAYER = 8


class PlaceForm(forms.Form):
    """Where one asks, at which zoom, in which layers (all when none is named)."""

    lon = forms.FloatField(min_value=-180, max_value=180)
    lat = forms.FloatField(min_value=-85, max_value=85)
    zoom = forms.FloatField(min_value=0, max_value=MAX_ZOOM)
    layers = forms.CharField(required=False, label=_("图层"))
    narrowed = forms.CharField(required=False)  # the layer that the other keys of the address filter


@require_safe
@may_read(*Act)
def identify(request: HttpRequest) -> HttpResponseBase:
    """Answer the rows around a place, the smallest things first, each told in words with its shape."""
    form = PlaceForm(request.GET)
    if not form.is_valid():
        return JsonResponse(form.errors, status=400)
    asked = form.cleaned_data
    reach = circle(asked["lon"], asked["lat"], REACH_PX * ground_pixel_m(asked["lat"], asked["zoom"]))
    names = set(filter(None, asked["layers"].split(",")))
    found = []
    for one in reversed(layers_for(request.user)):
        # The layer that follows a table's filter on the map follows it here.
        layer = one.narrowed(request.GET) if one.name == asked["narrowed"] else one
        if not names or layer.name in names:
            rows = layer.rows(request.user).filter(**{f"{layer.geometry}__intersects": reach})
            rows = rows.order_by(*(layer.told_by or layer.order_by))[:MOST_PER_LAYER]
            found += [_told(layer, row, request.user) for row in rows]
    return JsonResponse({"results": found})


def circle(lon: float, lat: float, radius_m: float) -> Polygon:
    """Return a circle on the ground as a polygon in degrees."""
    high = radius_m / METRES_PER_DEGREE
    wide = high / math.cos(math.radians(lat))
    turns = [2 * math.pi * corner / CIRCLE_CORNERS for corner in range(CIRCLE_CORNERS)]
    ring = [(lon + wide * math.cos(turn), lat + high * math.sin(turn)) for turn in turns]
    return Polygon([*ring, ring[0]], srid=STORAGE_SRID)


def _told(layer: Layer, row: Any, user: User) -> dict[str, Any]:
    shape: GEOSGeometry = (getattr(row, layer.outline) if layer.outline else None) or getattr(row, layer.geometry)
    return {
        "layer": layer.name,
        "layer_label": str(layer.label),
        "id": row.pk,
        "geometry": json.loads(shape.json),
        **layer.describe(row, user).as_json(),
    }
