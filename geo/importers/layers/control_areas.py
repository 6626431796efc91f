"""Control areas 重点区域: where unauthorised building is watched for."""

from __future__ import annotations

from geo.importers import cells
from geo.importers.layers.base import LayerImporter
from geo.importers.layers.links import link_units
from geo.importers.layers.special_areas import outside_all_units
from geo.importers.schema import Column, LayerSchema, ParsedRow, Problem
from geo.models import ControlArea


class ControlAreaImporter(LayerImporter):
    """Control areas; the units they touch are stored with them."""

    schema = LayerSchema(
        name="control_areas",
        key="code",
        columns=(
            Column("code", cells.code(30), True, ("编号", "代码")),
            Column("name", cells.text(80), True, ("名称",)),
            Column("min_area_m2", cells.real(above=0.0, at_most=1e6), False, ("最小图斑面积", "最小面积"), 10.0),
        ),
    )
    model = ControlArea
    geometry_field = "boundary"
    places_rows = False

    def check(self, rows: list[ParsedRow]) -> list[Problem]:
        """Refuse an area that touches no unit: it lies outside the jurisdiction."""
        return outside_all_units(rows)

    def written(self, rows: list[ParsedRow]) -> None:
        """Store the units that each new or changed area touches."""
        keys = dict(ControlArea.objects.filter(code__in=[row.code for row in rows]).values_list("code", "pk"))
        link_units(ControlArea, [(keys[row.code], row.geometry) for row in rows])
