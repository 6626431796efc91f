"""The map at a place, as other pages lead to it (read by src/map/place.ts)."""

import datetime
from urllib.parse import urlencode

from django.contrib.gis.geos import Point
from django.urls import reverse


def map_link(place: Point, *, zoom: int | None = None) -> str:
    """The map's address that opens at a place and tells what lies there; without a zoom the map chooses."""
    asked = {"lon": f"{place.x:.6f}", "lat": f"{place.y:.6f}", **({} if zoom is None else {"zoom": zoom})}
    return f"{reverse('map')}?{urlencode(asked)}"


def curtain_link(place: Point, earlier: datetime.date, later: datetime.date, *, zoom: int) -> str:
    """The map's address at a place, with a curtain between the pictures of two dates."""
    return f"{reverse('map')}#{zoom}/{place.y:.6f}/{place.x:.6f}/{later:%Y-%m-%d}~{earlier:%Y-%m-%d}~50"
