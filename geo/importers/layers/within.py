"""Whether the rows of a file lie, and are stored, where a person may write: what lies elsewhere is refused by row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from geo.importers.layers.base import LayerImporter, to_shapely
from geo.importers.report import Outcome
from geo.importers.schema import ParsedRow, Problem
from geo.importers.topology import sticks_out
from geo.models import Located, Scope, SpecialArea, Unit

OUTSIDE = "lies outside the area in which you may import this layer"
STORED_OUTSIDE = "is stored outside the area in which you may import this layer"


def outside_scope(importer: LayerImporter, rows: list[ParsedRow], scope: Scope | None) -> list[Problem]:
    """Return a problem for each row that lies, or whose stored row lies, outside; none without a scope."""
    if scope is None or scope.everything:
        return []
    if importer.model is Unit:
        return list(_foreign_units(importer, rows, scope))
    if issubclass(importer.model, Located):
        return list(_foreign_rows(importer, rows, scope))
    return list(_foreign_ground(importer, rows, scope))


def _foreign_rows(importer: LayerImporter, rows: list[ParsedRow], scope: Scope) -> Iterable[Problem]:
    stored: dict[int, Any] = {row.number: importer.stored.get(importer.identity(row)) for row in rows}
    keys = {place.unit_id for place in importer.places.values()} | {item.unit_id for item in stored.values() if item}
    paths = dict(Unit.objects.filter(pk__in=keys).values_list("pk", "path"))

    def inside(unit_id: int, area_id: int | None) -> bool:
        return paths[unit_id].startswith(scope.unit_paths) or area_id in scope.special_area_ids

    for row in rows:
        item, place = stored[row.number], importer.places.get(row.number)
        if item is not None and not inside(item.unit_id, item.special_area_id):
            yield Problem(row.number, row.code, importer.schema.key, STORED_OUTSIDE)
        elif place is not None and not inside(place.unit_id, place.special_area_id):
            yield Problem(row.number, row.code, "geometry", OUTSIDE)


def _foreign_units(importer: LayerImporter, rows: list[ParsedRow], scope: Scope) -> Iterable[Problem]:
    """Only what lies below a person's own units: whoever moved the own boundary would widen the own rights."""
    outcomes = importer.outcomes(rows)
    for row in rows:
        path = importer.fields(row)["path"]
        below = any(path != own and path.startswith(own) for own in scope.unit_paths)
        if not below and outcomes[row.number] != Outcome.UNCHANGED:
            yield Problem(row.number, row.code, "code", OUTSIDE)


def _foreign_ground(importer: LayerImporter, rows: list[ParsedRow], scope: Scope) -> Iterable[Problem]:
    ground = _ground(scope)
    for row in rows:
        item = importer.stored.get(importer.identity(row))
        if item is not None and sticks_out(to_shapely(getattr(item, importer.geometry_field)), ground) is not None:
            yield Problem(row.number, row.code, importer.schema.key, STORED_OUTSIDE)
        elif row.geometry is not None and sticks_out(row.geometry, ground) is not None:
            yield Problem(row.number, row.code, "geometry", OUTSIDE)


def _ground(scope: Scope) -> BaseGeometry:
    codes = [path.rstrip("/").split("/")[-1] for path in scope.unit_paths]
    outlines = [*Unit.objects.filter(code__in=codes).values_list("boundary", flat=True)]
    outlines += SpecialArea.objects.filter(pk__in=scope.special_area_ids).values_list("boundary", flat=True)
    ground = shapely.union_all([to_shapely(outline) for outline in outlines])
    shapely.prepare(ground)
    return ground
