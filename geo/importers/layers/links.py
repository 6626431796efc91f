"""Links from an area that crosses units to the units that it touches, stored when it is written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import shapely
from django.contrib.gis.db import models
from shapely.geometry.base import BaseGeometry

from geo.importers.geometry import wider_than
from geo.importers.layers.base import to_geos, to_shapely
from geo.importers.topology import BOUNDARY_TOLERANCE_M
from geo.models import Unit


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
