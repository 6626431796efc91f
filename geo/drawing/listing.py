"""The sheets that a person may draw, with how many zones each holds."""

from typing import Any

from django.db.models import Func, IntegerField, OuterRef, QuerySet, Subquery

from geo.drawing.themes import Theme
from geo.models import Building, CensusZone, CensusZoneLevel, Unit, User


def sheets_of(user: User, theme: Theme, version: str) -> "QuerySet[Any]":
    """Return the units whose zones of a theme this person draws, each with `zone_count`."""
    units = Unit.objects.for_user(user, theme.act).filter(level__in=theme.unit_levels).order_by("code")
    if theme.crosses:
        # One sheet for each post: the whole jurisdiction of it.
        paths = user.scope(theme.act).unit_paths
        units = units.filter(path__in=paths) if paths else units.filter(parent=None)
        zones: QuerySet[Any] = theme.model._default_manager.filter(units=OuterRef("pk"))
    elif theme.zone_level == CensusZoneLevel.AREA:
        zones = CensusZone.objects.filter(unit__parent=OuterRef("pk"))
    elif theme.holders is not None:
        zones = theme.model._default_manager.filter(unit__path__startswith=OuterRef("path"))
    else:
        zones = theme.model._default_manager.filter(unit=OuterRef("pk"))
        zones = zones.standing() if theme.model is Building else zones
    if theme.is_census:
        zones = zones.filter(level=theme.zone_level, version=version)
    counted = zones.order_by().annotate(n=Func("pk", function="COUNT", output_field=IntegerField())).values("n")
    return units.select_related("parent").annotate(zone_count=Subquery(counted))


def tops_of(user: User, theme: Theme) -> list[Unit]:
    """The units of this person's posts, where a census version is finished as a whole (R-808)."""
    if not theme.is_census:
        return []
    units, paths = Unit.objects.for_user(user, theme.act), user.scope(theme.act).unit_paths
    return list((units.filter(path__in=paths) if paths else units.filter(parent=None)).order_by("path"))
