"""/map/: the map with the layers, snapshots and place of the person who opens it."""

import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.gis.db.models import Extent
from django.db.models import Count
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from geo.access import may
from geo.base_maps import base_maps
from geo.models import MapPlace, Snapshot, Unit, User
from geo.roles import Act
from geo.templatetags.formatting import date_text
from geo.tiles.registry import layers_for

# The map's vector tiles are 512 px wide: what is shown at zoom 15 comes from tiles of zoom 14.
TILE_ZOOM_OFFSET = 1


@require_safe
@may(Act.SEE_MAP)
def map_page(request: HttpRequest) -> HttpResponseBase:
    """Show the map."""
    frame, narrowed = narrowed_layer(request)
    layers = [
        {
            "name": layer.name,
            "label": str(layer.label),
            "minZoom": layer.min_zoom + TILE_ZOOM_OFFSET if layer.min_zoom else 0,
            "shown": layer.opens_for(request.user) or layer.name == narrowed.get("layer"),
            "selectable": bool(layer.stored_area),
            "tiles": tile_address("vector-tile", layer=layer.name)
            + (f"?{narrowed['query']}" if layer.name == narrowed.get("layer") else ""),
        }
        for layer in layers_for(request.user)
    ]
    config = {
        "layers": layers,
        "bases": base_maps(),
        "flights": flights_for(request.user),
        "seesFlights": request.user.can(Act.SEE_SNAPSHOTS),
        "bounds": home_bounds(request.user),
        "frame": frame,
        "narrowed": narrowed.get("layer", ""),
        "narrowedQuery": f"{narrowed['query']}&narrowed={narrowed['layer']}" if narrowed else "",
        "lastPlace": last_place(request.user),
        "keepPlace": reverse("map-place"),
        "person": request.user.pk,
        "identify": reverse("identify"),
        "measure": reverse("measure"),
        "goto": reverse("goto"),
        "selection": reverse("map-selection"),
        "sheet": reverse("map-sheet"),
        "maker": str(request.user),
    }
    return render(request, "map/map.html", {"config": config, "narrowed": narrowed})


def narrowed_layer(request: HttpRequest) -> tuple[tuple[float, ...] | None, dict[str, Any]]:
    """What ?layer=cases&state=… asks for: where those rows lie, and the layer with its filters and their number."""
    wanted = request.GET.get("layer", "")
    layer = next((layer for layer in layers_for(request.user) if layer.name == wanted), None)
    if layer is None or not layer.asked(request.GET):
        return None, {}
    rows = layer.narrowed(request.GET).rows(request.user).order_by()
    found = rows.aggregate(frame=Extent(layer.geometry), count=Count("pk", distinct=True))
    query = urlencode(layer.asked(request.GET))
    told = {"layer": layer.name, "label": layer.label, "query": query, "count": found["count"]}
    return found["frame"], told


def last_place(user: User) -> dict[str, float] | None:
    """Where this person's map was last, on whatever device."""
    place = MapPlace.objects.filter(user=user).first()
    if place is None:
        return None
    return {"lon": place.centre.x, "lat": place.centre.y, "zoom": place.zoom, "at": place.moved_at.timestamp() * 1000}


def tile_address(name: str, **arguments: object) -> str:
    """Return the address of tiles with {z}/{x}/{y} left open for Leaflet."""
    return reverse(name, kwargs={**arguments, "z": 0, "x": 0, "y": 0}).replace("/0/0/0.", "/{z}/{x}/{y}.")


def flights_for(user: User) -> list[dict[str, Any]]:
    """Return the dates with snapshots, newest first, each with the tiles of its snapshots."""
    if not user.can(Act.SEE_SNAPSHOTS):
        return []
    dates: dict[datetime.date, list[dict[str, Any]]] = {}
    for snapshot in Snapshot.objects.for_user(user).ready().order_by("-captured_on", "pk"):
        dates.setdefault(snapshot.captured_on, []).append(
            {
                "title": snapshot.title,
                "bounds": snapshot.footprint.extent,
                "resolutionM": snapshot.resolution_m,
                "tiles": tile_address("raster-tile", snapshot_id=snapshot.pk, extension="webp"),
            }
        )
    return [{"date": f"{day:%Y-%m-%d}", "label": date_text(day), "snapshots": found} for day, found in dates.items()]


def home_bounds(user: User) -> tuple[float, float, float, float] | None:
    """Return west, south, east, north of the person's jurisdiction."""
    units = Unit.objects.for_user(user)
    bounds: tuple[float, float, float, float] | None = units.aggregate(extent=Extent("boundary"))["extent"]
    return bounds
