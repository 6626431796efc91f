"""The permit register (建设工程规划许可证, 施工许可证, 用地批准)."""

from __future__ import annotations

from typing import Any

from geo.importers import cells
from geo.importers.layers.base import LayerImporter
from geo.importers.layers.claims import note_other_unit
from geo.importers.layers.units import UNIT_CODE, UNIT_CODE_SAYS
from geo.importers.schema import Column, LayerSchema, ParsedRow, Problem
from geo.measure import area_m2
from geo.models import Permit

KINDS = {
    "planning": ("建设工程规划许可证", "规划许可证", "规划许可", "规划"),
    "construction": ("施工许可证", "建筑工程施工许可证", "施工许可", "施工"),
    "land": ("用地批准", "建设用地批准书", "用地批准书", "用地"),
}


class PermitImporter(LayerImporter):
    """Permits with their validity. Without a permitted area the whole footprint is permitted."""

    schema = LayerSchema(
        name="permits",
        key="number",
        columns=(
            Column("number", cells.code(60), True, ("许可证号", "证号", "编号")),
            Column("kind", cells.choice(KINDS), True, ("种类", "许可类型", "类型")),
            Column("holder", cells.text(120), False, ("持有人", "建设单位", "申请人"), ""),
            Column("valid_from", cells.date, True, ("有效期起", "发证日期", "起始日期")),
            Column("valid_until", cells.date, False, ("有效期止", "截止日期", "有效期至")),
            Column("revoked", cells.boolean, False, ("已撤销", "撤销"), False),
            Column("permitted_area_m2", cells.real(above=0.0, at_most=1e7), False, ("许可基底面积", "许可面积")),
            Column("unit_code", cells.code(12, UNIT_CODE, UNIT_CODE_SAYS), False, ("区划代码", "所属社区"), ""),
        ),
    )
    model = Permit
    geometry_field = "footprint"
    area_field = "footprint_area_m2"
    unique_fields = ("number",)

    def check(self, rows: list[ParsedRow]) -> list[Problem]:
        """Refuse a permit that ends before it begins, and a unit that does not exist."""
        problems = note_other_unit(rows, self.places)
        for row in rows:
            start, end = row.values["valid_from"], row.values.get("valid_until")
            if end is not None and end < start:
                problems.append(Problem(row.number, row.code, "valid_until", f"{end} is before valid_from {start}"))
        return problems

    def own_fields(self, row: ParsedRow) -> dict[str, Any]:
        """Return the model's values; a missing permitted area is that of the footprint, unless one is stored."""
        values = {name: value for name, value in row.values.items() if name != "unit_code"}
        stored = self.stored.get((row.code,))
        if values.get("permitted_area_m2") is None:
            keep = "permitted_area_m2" not in row.values and stored is not None
            values["permitted_area_m2"] = stored.permitted_area_m2 if keep else area_m2(row.geometry).area_m2
        return values
