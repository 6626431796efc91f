"""What a page's small map (<ck-site-map>) shows: shapes over the snapshots of the place that the reader may see."""

import json
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.urls import reverse

from geo.models import Snapshot, User
from geo.roles import Act
from geo.templatetags.formatting import date_text

COORDINATE_DECIMALS = 7  # about a centimetre: what the map draws, not what is measured


@dataclass(frozen=True)
class Shape:
    """A geometry; `look` is a name of src/archive/looks.ts, `label` what it says when pointed at."""

    geometry: GEOSGeometry
    look: str
    label: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain values for the browser."""
        return {"geometry": _rounded(json.loads(self.geometry.json)), "look": self.look, "label": self.label}


def site_map(shapes: list[Shape], *, user: User | None, frame: GEOSGeometry, imagery: bool = True) -> dict[str, Any]:
    """The data of one small map that opens on `frame`, the newest snapshot over it first."""
    return {
        "bounds": frame.extent,
        "shapes": [shape.as_json() for shape in shapes],
        "flights": _flights(user, frame) if imagery and user else [],
    }


def _flights(user: User, frame: GEOSGeometry) -> list[dict[str, Any]]:
    if not user.can(Act.SEE_SNAPSHOTS):
        return []
    dates: dict[Any, list[dict[str, Any]]] = {}
    over = Snapshot.objects.for_user(user).ready().filter(footprint__intersects=frame)
    for snapshot in over.order_by("-captured_on", "pk"):
        tiles = reverse("raster-tile", kwargs={"snapshot_id": snapshot.pk, "z": 0, "x": 0, "y": 0, "extension": "webp"})
        dates.setdefault(snapshot.captured_on, []).append(
            {
                "title": snapshot.title,
                "bounds": snapshot.footprint.extent,
                "resolutionM": snapshot.resolution_m,
                "tiles": tiles.replace("/0/0/0.", "/{z}/{x}/{y}."),
            }
        )
    return [{"date": f"{day:%Y-%m-%d}", "label": date_text(day), "snapshots": found} for day, found in dates.items()]


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, COORDINATE_DECIMALS)
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return value
