"""Filters of the API: a box, a unit with everything below it, and the fields of each kind of row."""

from typing import Any

import django_filters
from django.contrib.gis.geos import Polygon
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError

from geo.crs import STORAGE_SRID
from geo.models import Building, ChangeFlag, ControlArea, Permit, Snapshot, Unit

BOX_CORNERS = 4


def box(text: str) -> Polygon:
    """Return the polygon of `west,south,east,north` in degrees. Raises ValidationError."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as fault:
        raise ValidationError({"bbox": [_("范围应为：西,南,东,北（度）")]}) from fault
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise ValidationError({"bbox": [_("范围应为：西,南,东,北（度），西小于东，南小于北")]})
    return Polygon.from_bbox((west, south, east, north))


class PlaceFilter(django_filters.FilterSet):
    """`?bbox=west,south,east,north` and `?unit=code` (the unit and all below it)."""

    geometry_field = "geometry"
    unit_path_lookup = "unit__path__startswith"

    bbox = django_filters.CharFilter(method="in_box", help_text="west,south,east,north")
    unit = django_filters.CharFilter(method="under_unit", help_text="unit code")

    def in_box(self, rows: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        reach = box(value)
        reach.srid = STORAGE_SRID
        return rows.filter(**{f"{self.geometry_field}__intersects": reach})

    def under_unit(self, rows: "QuerySet[Any]", name: str, value: str) -> "QuerySet[Any]":
        found = Unit.objects.for_user(self.request.user).filter(code=value).first()
        return rows.filter(**{self.unit_path_lookup: found.path}).distinct() if found else rows.none()


class UnitFilter(PlaceFilter):
    geometry_field = "boundary"
    unit_path_lookup = "path__startswith"

    class Meta:
        model = Unit
        fields = ["level"]


class BuildingFilter(PlaceFilter):
    geometry_field = "footprint"

    class Meta:
        model = Building
        fields = ["use", "structure", "status", "code"]


class PermitFilter(PlaceFilter):
    geometry_field = "footprint"
    valid_on = django_filters.DateFilter(method="in_force")

    class Meta:
        model = Permit
        fields = ["kind", "revoked", "number"]

    def in_force(self, rows: Any, name: str, value: Any) -> "QuerySet[Any]":
        return rows.valid_on(value)


class ControlAreaFilter(PlaceFilter):
    geometry_field = "boundary"
    unit_path_lookup = "units__path__startswith"

    class Meta:
        model = ControlArea
        fields = ["code"]


class SnapshotFilter(PlaceFilter):
    geometry_field = "footprint"
    unit_path_lookup = "units__path__startswith"
    captured = django_filters.DateFromToRangeFilter(field_name="captured_on")

    class Meta:
        model = Snapshot
        fields = ["state"]


class FlagFilter(PlaceFilter):
    min_confidence = django_filters.NumberFilter(field_name="confidence", lookup_expr="gte")
    min_area_m2 = django_filters.NumberFilter(field_name="area_m2", lookup_expr="gte")

    class Meta:
        model = ChangeFlag
        fields = ["run", "state", "kind", "control_area"]
