"""/map/: the map with the layers, snapshots and place of the person who opens it."""

import datetime
from typing import Any

from django.contrib.gis.db.models import Extent
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from geo.access import may
from geo.models import Snapshot, Unit, User
from geo.roles import Act
from geo.templatetags.formatting import date_text
from geo.tiles.registry import layers_for

# The map's vector tiles are 512 px wide: what is shown at zoom 15 comes from tiles of zoom 14.
TILE_ZOOM_OFFSET = 1


@require_safe
@may(Act.SEE_MAP)
def map_page(request: HttpRequest) -> HttpResponseBase:
    """Show the map."""
    layers = [
        {
            "name": layer.name,
            "label": str(layer.label),
            "minZoom": layer.min_zoom + TILE_ZOOM_OFFSET if layer.min_zoom else 0,
            "shown": layer.opens_for(request.user),
            "selectable": bool(layer.stored_area),
            "tiles": tile_address("vector-tile", layer=layer.name),
        }
        for layer in layers_for(request.user)
    ]
    config = {
        "layers": layers,
        "flights": flights_for(request.user),
        "seesFlights": request.user.can(Act.SEE_SNAPSHOTS),
        "bounds": home_bounds(request.user),
        "identify": reverse("identify"),
        "measure": reverse("measure"),
        "goto": reverse("goto"),
        "selection": reverse("map-selection"),
        "sheet": reverse("map-sheet"),
        "maker": str(request.user),
    }
    return render(request, "map/map.html", {"config": config})


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
