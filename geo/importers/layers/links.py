"""Links from an area that crosses units to the units that it touches: stored when either of them is written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import shapely
from django.contrib.gis.db import models
from django.contrib.gis.db.models import Union
from shapely.geometry.base import BaseGeometry

from geo.importers.layers.base import to_geos, to_shapely
from geo.importers.topology import BOUNDARY_TOLERANCE_M
from geo.models import ArchiveArea, ControlArea, Snapshot, SpecialArea, Unit
from geo.zoning.plane import wider_than

# What crosses units, with its outline.
CROSSING: tuple[tuple[type[models.Model], str], ...] = (
    (SpecialArea, "boundary"),
    (ControlArea, "boundary"),
    (ArchiveArea, "boundary"),
    (Snapshot, "footprint"),
)


def units_touched(boundary: BaseGeometry) -> list[int]:
    """Return the keys of the units that share more with an area than a sliver along a border."""
    near = Unit.objects.filter(boundary__intersects=to_geos(boundary)).values_list("pk", "boundary")
    return [
        pk
        for pk, unit_boundary in near
        if wider_than(shapely.intersection(to_shapely(unit_boundary), boundary), BOUNDARY_TOLERANCE_M)
    ]


def link_units(model: type[models.Model], boundaries: Iterable[tuple[Any, BaseGeometry]]) -> None:
    """Set the units of areas, given by key and boundary."""
    manager = model._default_manager
    for key, boundary in boundaries:
        manager.get(pk=key).units.set(units_touched(boundary))


def link_to_units(changed: Iterable[int]) -> None:
    """Link anew whatever touches units that came or whose boundaries moved, given by key, or was linked to them."""
    keys = list(changed)
    around = Unit.objects.filter(pk__in=keys).aggregate(around=Union("boundary"))["around"]
    if around is None:
        return
    for model, outline in CROSSING:
        rows = model._default_manager.filter(
            models.Q(**{f"{outline}__intersects": around}) | models.Q(units__in=keys)
        ).distinct()
        link_units(model, [(row.pk, to_shapely(getattr(row, outline))) for row in rows if getattr(row, outline)])
