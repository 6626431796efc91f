"""Buildings: the resident housing archive (R-108)."""

from __future__ import annotations

from typing import Any

from geo.importers import cells
from geo.importers.layers.base import LayerImporter
from geo.importers.layers.claims import note_other_unit
from geo.importers.layers.units import UNIT_CODE, UNIT_CODE_SAYS
from geo.importers.schema import Column, LayerSchema, ParsedRow, Problem
from geo.models import Building

USES = {
    "residential": ("住宅", "居住", "民房", "住房", "apartment", "公寓", "居民楼"),
    "commercial": ("商业", "商铺", "商服", "门面"),
    "office": ("办公", "写字楼"),
    "industrial": ("工业", "厂房", "工厂"),
    "storage": ("仓储", "仓库", "warehouse"),
    "public": ("公共服务", "公共", "公建", "school", "学校", "医院", "教育"),
    "agricultural": ("农业设施", "农业", "养殖", "大棚"),
    "mixed": ("商住混合", "商住", "混合"),
    "other": ("其他", "其它"),
}
STRUCTURES = {
    "brick_concrete": ("砖混", "砖混结构", "混合结构"),
    "frame": ("框架", "框架结构", "钢混", "钢筋混凝土", "钢筋混凝土结构", "框剪"),
    "steel": ("钢结构", "钢"),
    "brick_wood": ("砖木", "砖木结构"),
    "sheet_steel": ("彩钢板", "彩钢", "彩钢瓦", "简易", "简易结构", "light"),
    "earth": ("土木", "土木结构", "土坯"),
    "other": ("其他", "其它", "其他结构"),
}
STATUSES = {
    "standing": ("现存", "完好", "在用", "存在"),
    "under_construction": ("在建", "施工中"),
    "demolished": ("已拆除", "拆除", "灭失"),
}


class BuildingImporter(LayerImporter):
    """Buildings, placed in the unit in which they stand, whatever unit the file claims."""

    schema = LayerSchema(
        name="buildings",
        key="code",
        columns=(
            Column("code", cells.code(40), True, ("建筑编号", "编号", "房屋编号", "建筑物编号")),
            Column("name", cells.text(80), False, ("名称", "建筑名称"), ""),
            Column("use", cells.choice(USES), False, ("用途", "房屋用途"), "other"),
            Column("storeys", cells.integer(at_least=1, at_most=200), False, ("层数", "楼层", "房屋层数")),
            Column("structure", cells.choice(STRUCTURES), False, ("结构", "房屋结构", "建筑结构"), "other"),
            Column("household", cells.text(80), False, ("户主", "产权人", "权利人", "户主/产权人"), ""),
            Column(
                "built_year", cells.integer(at_least=1000, at_most=2200), False, ("建成年份", "建造年份", "建成年代")
            ),
            Column("address", cells.text(200), False, ("地址", "坐落", "门牌"), ""),
            Column("status", cells.choice(STATUSES), False, ("状态",), "standing"),
            Column("source", cells.text(120), False, ("来源", "数据来源"), ""),
            Column(
                "unit_code", cells.code(12, UNIT_CODE, UNIT_CODE_SAYS), False, ("区划代码", "所属社区", "社区代码"), ""
            ),
        ),
    )
    model = Building
    geometry_field = "footprint"
    area_field = "footprint_area_m2"

    def check(self, rows: list[ParsedRow]) -> list[Problem]:
        """Refuse a unit that does not exist; say so when a row lies in another unit than it claims."""
        return note_other_unit(rows, self.places)

    def own_fields(self, row: ParsedRow) -> dict[str, Any]:
        """Return the model's values: all columns but the claimed unit."""
        return {name: value for name, value in row.values.items() if name != "unit_code"}
