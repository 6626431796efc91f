"""What shows a building over time: photos taken there and pictures from the air, as far as the reader may see them."""

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.gis.geos import Polygon
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from geo.crs import STORAGE_SRID
from geo.models import Building, ChangeFlag, User
from geo.models.building import SAME_WALL_DEG
from inspections.actions.places import as_shapely
from inspections.models import Case, Inspection, InspectionTask, Photo
from inspections.photo_card import photo_card
from inspections.photos.cross_check import distance_to_m

# Who photographs a house stands in the street before it, and a phone in the open reads to 3-10 m; further off it shows
# the neighbour's house as well as this one.
PHOTO_REACH_M = 10.0
METRES_PER_DEGREE = 111_320.0  # of latitude; only to frame the search, the distance itself is measured
MOST_PHOTOS = 60  # ten rows on a wide screen; what is older is counted


def cases_at(building: Building, *, user: User) -> QuerySet[Case]:
    """The cases of this building, and those on its ground that name no building (found from the air, say)."""
    ground = building.footprint.buffer(-SAME_WALL_DEG)
    here = Q(location__intersects=building.footprint) | Q(footprint__intersects=ground)
    here = Q(building=building) | (Q(building=None) & here)
    return Case.objects.for_user(user).filter(here)


@dataclass(frozen=True)
class Linked:
    """Keys of what belongs to a building by record, whoever may see it: photos are scoped when they are read."""

    cases: frozenset[int]
    inspections: frozenset[int]

    @classmethod
    def to(cls, building: Building) -> "Linked":
        """Look them up first: one condition over five joins would read every photo there is."""
        cases = frozenset(Case.objects.filter(building=building).values_list("pk", flat=True))
        flags = ChangeFlag.objects.filter(building=building).values("pk")
        tasks = InspectionTask.objects.filter(Q(building=building) | Q(case__in=cases) | Q(flag__in=flags))
        inspections = Inspection.objects.filter(Q(case__in=cases) | Q(task__in=tasks.order_by().values("pk")))
        return cls(cases, frozenset(inspections.values_list("pk", flat=True)))

    def holds(self, photo: Photo) -> bool:
        """Whether the photo was made for this building, wherever the phone thought it was."""
        return photo.case_id in self.cases or photo.inspection_id in self.inspections


def photos_at(building: Building, *, user: User, linked: Linked) -> QuerySet[Photo]:
    """The photos of this building's cases and inspections, and those taken in the frame around it."""
    frame = _around(building)
    near = Q(corrected_position__bboverlaps=frame) | Q(corrected_position=None, position__bboverlaps=frame)
    return Photo.objects.for_user(user).filter(Q(case__in=linked.cases) | Q(inspection__in=linked.inspections) | near)


def _around(building: Building) -> Polygon:
    west, south, east, north = building.footprint.extent
    high = PHOTO_REACH_M / METRES_PER_DEGREE
    wide = high / math.cos(math.radians(north))
    frame = Polygon.from_bbox((west - wide, south - high, east + wide, north + high))
    frame.srid = STORAGE_SRID
    return frame


def photo_days(building: Building, *, user: User) -> tuple[list[tuple[date, list[dict[str, Any]]]], int]:
    """The photos by day, newest first, and how many older ones are not shown."""
    outline, linked = as_shapely(building.footprint), Linked.to(building)
    days: dict[date, list[dict[str, Any]]] = {}
    shown = left_out = 0
    for photo in photos_at(building, user=user, linked=linked).select_related("taken_by").order_by("-taken_at", "-pk"):
        position = photo.corrected_position or photo.position
        apart_m = distance_to_m(position.x, position.y, outline) if position is not None else None
        if not linked.holds(photo) and (apart_m is None or apart_m > PHOTO_REACH_M):
            continue  # in a corner of the frame
        if shown == MOST_PHOTOS:
            left_out += 1
            continue
        shown += 1
        days.setdefault(timezone.localtime(photo.taken_at).date(), []).append(_card(photo, apart_m))
    return list(days.items()), left_out


def _card(photo: Photo, apart_m: float | None) -> dict[str, Any]:
    """A photo of the strip with how far from the outline it was taken."""
    where = ""
    if apart_m is not None:
        where = _("轮廓内") if apart_m == 0 else _("距轮廓 %(metres)s m") % {"metres": f"{apart_m:.0f}"}
    card = photo_card(photo)
    by = " · ".join(filter(None, [card["by"], where]))
    return {**card, "by": by, "position": photo.corrected_position or photo.position}


def flags_at(building: Building, *, user: User) -> list[ChangeFlag]:
    """What was seen from the air at this building, the newest flight first."""
    here = Q(building=building) | Q(geometry__intersects=building.footprint)
    flags = ChangeFlag.objects.for_user(user).standing().filter(here)
    return list(flags.select_related("run__before", "run__after").order_by("-run__after__captured_on", "-pk"))
