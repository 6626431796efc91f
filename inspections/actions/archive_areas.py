"""When archive areas are due again, from what was taken (R-107): written by the system whenever something was."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.db import transaction
from django.db.models import F, Max, QuerySet
from django.db.models.functions import Least
from django.utils import timezone

from geo.models import ArchiveArea, Snapshot
from inspections.archive_evidence import Intervals, flights_over, photos_of
from inspections.models import Photo


@transaction.atomic
def refresh_archive_areas(*, areas: QuerySet[ArchiveArea]) -> int:
    """Write the last pictures and the next date of some areas. Returns how many dates moved.

    Both kinds are wanted once in an interval: the earlier of the two dates is the area's. A kind that was never taken
    is due on the area's first date.
    """
    # One at a time: two photos sent at once must not write the older of the two dates last.
    rows = areas.order_by("pk").select_for_update(of=("self",)).select_related("unit")
    intervals, moved = Intervals(), 0
    for area in rows:
        aerial, ground = last_aerial(area), last_ground(area)
        due = next_due(first_due=area.first_due, taken=(aerial, ground), interval_days=intervals.days(area))
        if (area.last_aerial_on, area.last_ground_on, area.next_due) != (aerial, ground, due):
            ArchiveArea.objects.filter(pk=area.pk).update(last_aerial_on=aerial, last_ground_on=ground, next_due=due)
            moved += 1
    return moved


def next_due(*, first_due: date, taken: Iterable[date | None], interval_days: int) -> date:
    """The earliest date at which a kind of picture is wanted again."""
    return min(day + timedelta(days=interval_days) if day is not None else first_due for day in taken)


def last_aerial(area: ArchiveArea) -> date | None:
    """The last flight that showed the area whole."""
    return next((flight.day for flight in flights_over(area, Snapshot.objects.all()) if flight.is_whole), None)


def last_ground(area: ArchiveArea) -> date | None:
    """The last day of a photo; a phone whose clock is ahead took it no later than it came."""
    taken = photos_of(area, Photo.objects.all()).aggregate(last=Max(Least(F("taken_at"), F("received_at"))))["last"]
    return None if taken is None else timezone.localtime(taken).date()
