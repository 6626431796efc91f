"""What was taken of an archive area (R-107): flights with the share they cover, and photos of the ground."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import shapely
from django.db.models import Q, QuerySet
from django.utils import timezone

from geo.measure import share_covered
from geo.models import ArchiveArea, Snapshot
from inspections.actions.places import as_shapely
from inspections.models import Photo, RuleSet
from inspections.rules.values import DEFAULT_VALUES, RuleValues

# A flight counts as a round when it shows the area whole; the twentieth that may be missing is the ragged edge of a
# mosaic, not a street of houses.
WHOLE_SHARE = 0.95


@dataclass(frozen=True)
class Flight:
    """The snapshots of one day over an area, and the share of it that they cover together."""

    day: date
    snapshots: list[Snapshot]
    share: float

    @property
    def is_whole(self) -> bool:
        """Whether the area was photographed as a whole."""
        return self.share >= WHOLE_SHARE


def flights_over(area: ArchiveArea, snapshots: QuerySet[Snapshot]) -> list[Flight]:
    """The flights among some snapshots, newest first."""
    days: dict[date, list[Snapshot]] = {}
    over = snapshots.filter(state="ready", footprint__intersects=area.boundary).defer("facts", "declared")
    for snapshot in over.order_by("-captured_on", "pk"):
        days.setdefault(snapshot.captured_on, []).append(snapshot)
    outline = as_shapely(area.boundary)
    return [Flight(day, taken, _share(taken, outline)) for day, taken in days.items()]


def _share(snapshots: Iterable[Snapshot], outline: shapely.Geometry) -> float:
    footprints = [as_shapely(snapshot.footprint) for snapshot in snapshots]
    shared = shapely.intersection(shapely.union_all(footprints), outline)
    parts = [part for part in shapely.get_parts(shared) if part.geom_type == "Polygon" and not part.is_empty]
    return share_covered(shapely.MultiPolygon(parts), outline) if parts else 0.0


def photos_of(area: ArchiveArea, photos: QuerySet[Photo]) -> QuerySet[Photo]:
    """The photos that were taken inside the area, or for a task about it, among some photos."""
    inside = Q(corrected_position__intersects=area.boundary)
    inside |= Q(corrected_position=None, position__intersects=area.boundary)
    return photos.filter(inside | Q(inspection__task__archive_area=area))


class Intervals:
    """How often areas are to be photographed: their own interval, else that of the rule set in force today."""

    def __init__(self) -> None:
        # Of the same unit the newest comes last and stays.
        rows = RuleSet.objects.filter(effective_from__lte=timezone.localdate()).order_by("effective_from", "pk")
        self.by_code = dict(rows.values_list("unit__code", "values"))

    def days(self, area: ArchiveArea) -> int:
        """The interval of an area whose unit is loaded."""
        if area.interval_days is not None:
            return area.interval_days
        for code in [area.unit.code, *reversed(area.unit.ancestor_codes)]:
            if code in self.by_code:
                return RuleValues.from_dict(self.by_code[code]).archive_interval_days
        return DEFAULT_VALUES.archive_interval_days
