"""Archive areas (R-107): urban villages, shanty areas and rural settlements."""

from __future__ import annotations

from typing import Any

from geo.importers import cells
from geo.importers.layers.base import LayerImporter
from geo.importers.layers.links import link_units
from geo.importers.schema import Column, LayerSchema, ParsedRow
from geo.models import ArchiveArea
from geo.models.archive_area import LONGEST_INTERVAL_DAYS, SHORTEST_INTERVAL_DAYS

KINDS = {
    "urban_village": ("城中村",),
    "shanty_area": ("棚户区",),
    "rural_settlement": ("农村居民点", "居民点"),
}


class ArchiveAreaImporter(LayerImporter):
    """Archive areas. `next_due` of a file is the day by which the first pictures are wanted; the rest is computed."""

    schema = LayerSchema(
        name="archive_areas",
        key="code",
        columns=(
            Column("code", cells.code(30), True, ("编号", "代码")),
            Column("name", cells.text(80), True, ("名称",)),
            Column("kind", cells.choice(KINDS), True, ("类型", "种类")),
            Column(
                "interval_days",
                cells.integer(at_least=SHORTEST_INTERVAL_DAYS, at_most=LONGEST_INTERVAL_DAYS),
                False,
                ("拍摄周期", "周期", "周期天数"),
            ),
            Column("first_due", cells.date, True, ("next_due", "下次到期", "首次到期", "首次建档期限")),
        ),
    )
    model = ArchiveArea
    geometry_field = "boundary"
    area_field = "boundary_area_m2"

    def fields(self, row: ParsedRow) -> dict[str, Any]:
        """Return all values of a row; the computed dates of a stored one are kept."""
        values = super().fields(row)
        stored = self.stored.get(self.identity(row))
        values["next_due"] = stored.next_due if stored is not None else values["first_due"]  # type: ignore[attr-defined]
        return values

    def written(self, rows: list[ParsedRow]) -> None:
        """Store the units that each new or changed area touches."""
        keys = dict(ArchiveArea.objects.filter(code__in=[row.code for row in rows]).values_list("code", "pk"))
        link_units(ArchiveArea, [(keys[row.code], row.geometry) for row in rows])
