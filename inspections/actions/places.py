"""Where something captured in the field belongs, and what it was meant to show."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib.gis.geos import GEOSGeometry, Point
from django.utils import translation
from django.utils.translation import gettext as _
from shapely import wkb
from shapely.geometry.base import BaseGeometry

from geo.crs import STORAGE_SRID
from geo.models import ArchiveArea, Building, ChangeFlag, Unit, UnitLevel, User
from geo.roles import ACTS_BY_ROLE, Act
from inspections.marks import make_mark
from inspections.models import Case, InspectionTask
from inspections.photos import PhonePosition

# What somebody can be sent to look at.
Subject = ChangeFlag | Case | Building | ArchiveArea


@dataclass(frozen=True, kw_only=True)
class FieldPlace:
    """The unit that a capture is stored under, and marks when that is not where it was made."""

    unit: Unit
    special_area_id: int | None
    marks: list[dict[str, Any]] = field(default_factory=list)


def point_of(position: PhonePosition | None) -> Point | None:
    """The phone's reading as a stored point."""
    return None if position is None else Point(position.lon, position.lat, srid=STORAGE_SRID)


def as_shapely(geometry: GEOSGeometry) -> BaseGeometry:
    return wkb.loads(bytes(geometry.wkb))


def subject_of(task: InspectionTask | None) -> BaseGeometry | None:
    """The lon/lat geometry that a task is about, its point when nothing better is known."""
    if task is None:
        return None
    if task.flag is not None:
        return as_shapely(task.flag.geometry)
    if task.case is not None and task.case.footprint is not None:
        return as_shapely(task.case.footprint)
    if task.building is not None:
        return as_shapely(task.building.footprint)
    if task.archive_area is not None:
        return as_shapely(task.archive_area.boundary)
    return as_shapely(task.location)


def default_title(subject: Subject) -> str:
    """What a task is called that nobody gave a title: stored in Chinese, whatever its giver reads."""
    with translation.override("zh-hans"):
        if isinstance(subject, ChangeFlag):
            return _("核查图斑：%(kind)s %(area).0f m²") % {"kind": subject.get_kind_display(), "area": subject.area_m2}
        if isinstance(subject, Case):
            return _("核查案件 %(number)s") % {"number": subject.number}
        if isinstance(subject, ArchiveArea):
            return _("拍摄建档：%(area)s") % {"area": subject.name}
        return _("核查建筑 %(code)s") % {"code": subject.code}


def location_of(subject: Subject) -> Point:
    """Where a task leads."""
    if isinstance(subject, Case):
        return subject.location
    if isinstance(subject, ArchiveArea):
        return subject.boundary.point_on_surface
    return (subject.geometry if isinstance(subject, ChangeFlag) else subject.footprint).point_on_surface


def place_capture(*, by: User, at: Point | None, task: InspectionTask | None = None) -> FieldPlace:
    """Find the unit for something captured by `by`.

    What belongs to a task lies where the task lies. Without one it lies where it was captured, if that is inside the
    person's own area; else it is kept under the person's own unit and marked, so that nobody writes into a neighbour's
    records from the field.
    """
    if task is not None:
        return FieldPlace(unit=task.unit, special_area_id=task.special_area_id)
    if at is not None:
        place = Unit.objects.place_of(at)
        if place is None:
            return _home(by, [make_mark("outside_units")])
        unit = Unit.objects.get(pk=place.unit_id)
        if by.can_at(Act.INSPECT, unit=unit, special_area_id=place.special_area_id):
            return FieldPlace(unit=unit, special_area_id=place.special_area_id)
        return _home(by, [make_mark("outside_area", detail=f"{unit.name}（{unit.code}）")])
    return _home(by, [])


def _home(by: User, marks: list[dict[str, Any]]) -> FieldPlace:
    for posting in by.current_postings:
        if Act.INSPECT not in ACTS_BY_ROLE[posting.role]:
            continue
        if posting.unit is not None:
            return FieldPlace(unit=posting.unit, special_area_id=None, marks=marks)
        inside = posting.special_area.units.order_by("code").first() if posting.special_area else None
        if inside is not None:
            return FieldPlace(unit=inside, special_area_id=posting.special_area_id, marks=marks)
    return FieldPlace(
        unit=Unit.objects.filter(level=UnitLevel.CITY).earliest("code"), special_area_id=None, marks=marks
    )
