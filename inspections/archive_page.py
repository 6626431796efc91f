"""What the page of one archive area shows (R-107): when it is due, and what was taken of it when."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from geo.drawing.links import archive_area_link
from geo.models import ArchiveArea, Snapshot, User
from geo.roles import Act
from geo.site_map import Shape, site_map
from geo.templatetags.formatting import date_text
from inspections.archive_evidence import WHOLE_SHARE, Flight, Intervals, flights_over, photos_of
from inspections.archive_table import map_url, may_assign
from inspections.models import InspectionTask, Photo, TaskState
from inspections.photo_card import photo_card

MOST_PHOTOS = 120  # of the newest rounds; what is older is counted


@dataclass
class Taken:
    """What was taken on one day: a flight, photos of the ground, or both."""

    day: date
    flight: Flight | None = None
    pictures: list[dict[str, Any]] = field(default_factory=list)
    photos: list[dict[str, Any]] = field(default_factory=list)
    takers: list[str] = field(default_factory=list)

    @property
    def share_percent(self) -> int:
        """The share of the area that the flight covers; 100 only when it is whole to the half per cent."""
        return round(100 * self.flight.share) if self.flight else 0


def archive_area_context(area: ArchiveArea, *, user: User) -> dict[str, Any]:
    """The context of archive_areas/detail.html."""
    flights = flights_over(area, Snapshot.objects.for_user(user))
    photos = photos_of(area, Photo.objects.for_user(user)).select_related("taken_by").distinct()
    shown = list(photos.order_by("-taken_at", "-pk")[: MOST_PHOTOS + 1])
    older = photos.count() - MOST_PHOTOS if len(shown) > MOST_PHOTOS else 0
    shown = shown[:MOST_PHOTOS]
    spots = [(photo, photo.corrected_position or photo.position) for photo in shown]
    shapes = [Shape(area.boundary, "area", area.name)]
    shapes += [Shape(spot, "photo", _("现场照片 #%(id)s") % {"id": photo.pk}) for photo, spot in spots if spot]
    tasks = InspectionTask.objects.for_user(user).filter(archive_area=area).select_related("assigned_to")
    return {
        "area": area,
        "facts": _facts(area),
        "taken": taken_days(area, flights, shown),
        "older_photos": older,
        "whole_percent": round(100 * WHOLE_SHARE),
        "tasks": tasks.filter(state=TaskState.ASSIGNED).due_first(),
        "may_assign": may_assign(user, area),
        "drawing_url": archive_area_link(area, user),
        "sees_flights": user.can(Act.SEE_SNAPSHOTS),
        "sees_photos": user.can(Act.SEE_INSPECTIONS),
        "map_url": map_url(area),
        "site_map": site_map(shapes, user=user, frame=area.boundary),
    }


def _facts(area: ArchiveArea) -> list[tuple[str, Any]]:
    above = area.unit.parent.name if area.unit.parent else ""
    days = Intervals().days(area)
    interval = _("%(days)s 天") if area.interval_days else _("%(days)s 天（按规则集）")
    facts = [
        (_("编号"), area.code),
        (_("类型"), area.get_kind_display()),
        (_("拍摄周期"), interval % {"days": days}),
        (_("最近航拍"), date_text(area.last_aerial_on) if area.last_aerial_on else _("未拍摄")),
        (_("最近实地拍摄"), date_text(area.last_ground_on) if area.last_ground_on else _("未拍摄")),
        (_("下次到期"), date_text(area.next_due)),
        (_("所属单位"), " · ".join(filter(None, [above, area.unit.name]))),
    ]
    if area.special_area is not None:
        facts.append((_("特殊区域"), area.special_area.name))
    return facts


def taken_days(area: ArchiveArea, flights: list[Flight], photos: list[Photo]) -> list[Taken]:
    """What was taken by day, newest first."""
    days: dict[date, Taken] = {}
    for flight in flights:
        taken = days.setdefault(flight.day, Taken(flight.day))
        taken.flight = flight
        taken.pictures = [_picture(area, snapshot) for snapshot in flight.snapshots]
    for photo in photos:
        day = timezone.localtime(photo.taken_at).date()
        taken = days.setdefault(day, Taken(day))
        taken.photos.append(photo_card(photo))
        if str(photo.taken_by) not in taken.takers:
            taken.takers.append(str(photo.taken_by))
    return [days[day] for day in sorted(days, reverse=True)]


def _picture(area: ArchiveArea, snapshot: Snapshot) -> dict[str, Any]:
    address = reverse("archive-area-picture", kwargs={"area_id": area.pk, "snapshot_id": snapshot.pk})
    words = {"area": area.name, "day": date_text(snapshot.captured_on)}
    return {"url": address, "thumb_url": address, "alt": _("%(area)s %(day)s 航拍") % words, "by": snapshot.title}
