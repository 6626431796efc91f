"""A sheet: the zones of one theme and census version in one unit, with their parent and what lies around."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.db.models.functions import PointOnSurface
from django.contrib.gis.geos import Polygon as GeosPolygon
from django.db.models import FloatField, Func, Max, QuerySet
from shapely.geometry.base import BaseGeometry

from geo.actions.snapshots import as_shapely
from geo.crs import STORAGE_SRID
from geo.drawing.holders import Holder
from geo.drawing.themes import Theme
from geo.models import Building, CensusZone, CensusZoneLevel, FinishedCensus, Unit, UnitLevel, User

FIRST_VERSION = "2026"
BLOCK_DIGITS = 3
MOST_BLOCKS = 999


@dataclass(frozen=True)
class Inside:
    """What is in a zone: buildings, those with a registered household, people where the layer counts them."""

    buildings: int
    households: int
    people: int | None = None


@dataclass(frozen=True)
class Sheet:
    """One unit's zones of a theme, as one person reaches them."""

    theme: Theme
    unit: Unit
    version: str
    user: User

    @property
    def finished(self) -> FinishedCensus | None:
        """The finished census that holds these zones (R-808): they can be looked at, not changed."""
        if not self.theme.is_census:
            return None
        found = FinishedCensus.objects.touching(self.unit, self.version).select_related("unit", "finished_by")
        return found.order_by("pk").first()

    def rows(self) -> "QuerySet[Any]":
        """The zones that are drawn here."""
        if not self.theme.is_census:
            return self._records()
        return (
            CensusZone.objects.for_user(self.user, self.theme.act)
            .filter(unit__path__startswith=self.unit.path, level=self.theme.zone_level, version=self.version)
            .order_by("code")
        )

    def _records(self) -> "QuerySet[Any]":
        model, path = self.theme.model, self.unit.path
        mine = model._default_manager.for_user(self.user, self.theme.act)
        if not self.theme.crosses:
            rows = mine.filter(unit__path__startswith=path).order_by(self.theme.code)
            if self.theme.holders is not None:
                rows = rows.select_related(*self.theme.holders.related)
            return rows.standing() if model is Building else rows
        # An area that reaches beyond this unit belongs on the sheet of a unit above.
        beyond = Unit.objects.exclude(path__startswith=path).exclude(code__in=self.unit.ancestor_codes)
        inside = model._default_manager.filter(pk__in=mine.filter(units__path__startswith=path).values("pk"))
        return inside.exclude(units__in=beyond).order_by("code")

    def events(self) -> "QuerySet[Any]":
        """What the zones of this sheet ever were, taken-away ones included."""
        events = self.theme.event_model.objects
        if self.theme.crosses:
            return events.filter(pgh_obj_id__in=self.rows().values("pk"))
        if not self.theme.is_census:
            return events.filter(unit__path__startswith=self.unit.path)
        return events.filter(unit__path__startswith=self.unit.path, level=self.theme.zone_level, version=self.version)

    def tokens(self, ids: list[int]) -> dict[int, int]:
        """The number of the last event of each row: it changes with every write, whoever makes it."""
        events = self.theme.event_model.objects.filter(pgh_obj_id__in=ids).order_by()
        return dict(events.values_list("pgh_obj_id").annotate(Max("pgh_id")))

    def parent(self) -> BaseGeometry:
        """What the zones should tile: the census area of the community where there is one, else the unit."""
        if self.theme.zone_level == CensusZoneLevel.BLOCK:
            area = CensusZone.objects.filter(
                level=CensusZoneLevel.AREA, version=self.version, code=self.unit.code
            ).first()
            if area is not None:
                return as_shapely(area.boundary)
        # A house may stand across the border of two communities, but not beyond the ground of whoever draws it.
        ground = self._jurisdiction() if self.theme.is_record else self.unit
        return as_shapely(ground.boundary)

    def _jurisdiction(self) -> Unit:
        above = Unit.objects.filter(code__in=[*self.unit.ancestor_codes, self.unit.code])
        return Unit.objects.for_user(self.user, self.theme.act).filter(pk__in=above.values("pk")).earliest("path")

    def around(self) -> list[BaseGeometry]:
        """The same kind of zones of the units beside, as far as this person sees them: they give nodes."""
        if not self.theme.tiles:
            return []
        seen = self.theme.model._default_manager.for_user(self.user)
        beside = seen.filter(boundary__bboverlaps=self.unit.boundary).exclude(unit__path__startswith=self.unit.path)
        if self.theme.is_census:
            beside = beside.filter(level=self.theme.zone_level, version=self.version)
        borders = self.theme.holders.borders(self) if self.theme.holders is not None else []
        return [*borders, *(as_shapely(boundary) for boundary in beside.values_list("boundary", flat=True))]

    @property
    def holders(self) -> list[Holder]:
        """What may get a zone on this sheet and has none, where zones belong to something."""
        return self.theme.holders.free(self) if self.theme.holders is not None else []

    def people(self, shapes: list[BaseGeometry]) -> list[int | None]:
        """How many people live in each of the shapes; None where this layer does not count them."""
        if self.theme.holders is None or not shapes:
            return [None] * len(shapes)
        return list(self.theme.holders.people(self, shapes))

    def free_codes(self) -> list[str]:
        """Codes for new zones, the next first."""
        if self.theme.holders is not None:
            return [holder.code for holder in self.holders]
        if not self.theme.is_census:
            return self._free_record_codes()
        taken = set(self.rows().values_list("code", flat=True))
        if self.theme.zone_level == CensusZoneLevel.AREA:
            communities = Unit.objects.under(self.unit).filter(level=UnitLevel.COMMUNITY).order_by("code")
            return [code for code in communities.values_list("code", flat=True) if code not in taken]
        # A number that was used once in this version is not given again: forms in the field may bear it.
        taken |= set(self.events().values_list("code", flat=True))
        numbers = range(1, MOST_BLOCKS + 1)
        return [code for n in numbers if (code := f"{self.unit.code}{n:0{BLOCK_DIGITS}d}") not in taken][:30]

    def _free_record_codes(self) -> list[str]:
        prefix = self.theme.code_prefix
        if not prefix:
            return []  # the number of a permit stands on the paper
        prefix, digits = (f"{prefix}{self.unit.code}", 4) if self.theme.is_record else (prefix, 2)
        known = self.theme.model._default_manager.filter(code__startswith=prefix)
        taken = set(known.values_list("code", flat=True))
        return [code for n in range(1, len(taken) + 30) if (code := f"{prefix}{n:0{digits}d}") not in taken]

    def unit_of(self, code: str) -> Unit | None:
        """The unit of a new zone, by its code (R-802)."""
        if self.theme.zone_level == CensusZoneLevel.AREA:
            return Unit.objects.under(self.unit).filter(level=UnitLevel.COMMUNITY, code=code).first()
        return self.unit if code.startswith(self.unit.code) else None

    def holds(self, shape: BaseGeometry) -> bool:
        """Whether the middle of a shape lies in a unit of this sheet: by it a record is placed."""
        middle = shape.representative_point()
        [place] = Unit.objects.places_of([(middle.x, middle.y)])
        return place is not None and Unit.objects.under(self.unit).filter(pk=place.unit_id).exists()

    def inside(self, zones: list[BaseGeometry]) -> list[Inside]:
        """Count what stands in each zone by a point inside each building; one query."""
        if not zones:
            return []
        frame = GeosPolygon.from_bbox(tuple(shapely.total_bounds(zones)))
        frame.srid = STORAGE_SRID
        spot = PointOnSurface("footprint")
        found = (
            Building.objects.for_user(self.user)
            .standing()
            .filter(footprint__bboverlaps=frame)
            .annotate(
                lon=Func(spot, function="ST_X", output_field=FloatField()),
                lat=Func(spot, function="ST_Y", output_field=FloatField()),
            )
            .values_list("lon", "lat", "household")
        )
        rows = list(found)
        lon, lat = (np.array([row[i] for row in rows], dtype=float) for i in (0, 1))
        registered = np.array([bool(row[2]) for row in rows], dtype=bool)
        counts = []
        for zone, people in zip(zones, self.people(zones), strict=True):
            within = shapely.contains_xy(zone, lon, lat) if rows else np.zeros(0, dtype=bool)
            counts.append(Inside(int(within.sum()), int((within & registered).sum()), people))
        return counts


def versions_of(user: User) -> list[str]:
    """The censuses whose zones this person sees, newest first (R-808)."""
    found = CensusZone.objects.for_user(user).order_by("-version").values_list("version", flat=True).distinct()
    return list(found) or [FIRST_VERSION]


def versions_under(unit: Unit) -> list[str]:
    """The censuses of which a unit has zones, newest first."""
    zones = CensusZone.objects.filter(unit__path__startswith=unit.path).order_by("-version")
    return list(zones.values_list("version", flat=True).distinct())
