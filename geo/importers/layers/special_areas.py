"""Special areas such as a new district 新区 that overlap several counties."""

from __future__ import annotations

from geo.importers import cells
from geo.importers.layers.base import LayerImporter
from geo.importers.layers.links import link_units, units_touched
from geo.importers.schema import Column, LayerSchema, ParsedRow, Problem
from geo.models import SpecialArea


class SpecialAreaImporter(LayerImporter):
    """Special areas; the units they touch are stored with them."""

    schema = LayerSchema(
        name="special_areas",
        key="code",
        columns=(
            Column("code", cells.code(30), True, ("编号", "代码")),
            Column("name", cells.text(80), True, ("名称",)),
        ),
    )
    model = SpecialArea
    geometry_field = "boundary"
    places_rows = False

    def check(self, rows: list[ParsedRow]) -> list[Problem]:
        """Refuse an area that touches no unit: it lies outside the jurisdiction."""
        return outside_all_units(rows)

    def written(self, rows: list[ParsedRow]) -> None:
        """Store the units that each new or changed area touches."""
        keys = dict(SpecialArea.objects.filter(code__in=[row.code for row in rows]).values_list("code", "pk"))
        link_units(SpecialArea, [(keys[row.code], row.geometry) for row in rows])


def outside_all_units(rows: list[ParsedRow]) -> list[Problem]:
    """Return a problem for each area that touches no unit."""
    return [
        Problem(row.number, row.code, "geometry", "lies outside the jurisdiction: it touches no unit")
        for row in rows
        if not units_touched(row.geometry)
    ]
