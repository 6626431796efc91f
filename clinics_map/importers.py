"""Import of health facilities 医疗卫生机构; geo's registry finds this module by its name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from clinics_map.models import Facility
from geo.importers import cells
from geo.importers.layers.base import NOT_YET_STORED, LayerImporter
from geo.importers.layers.claims import note_other_unit
from geo.importers.layers.units import UNIT_CODE, UNIT_CODE_SAYS
from geo.importers.registry import register
from geo.importers.schema import POINT, Column, LayerSchema, ParsedRow, Problem
from geo.roles import Act

KINDS = {
    "hospital": ("区医院", "医院", "县医院"),
    "disease_control": ("疾控中心", "疾病预防控制中心"),
    "maternal_child": ("妇幼保健院", "妇幼保健"),
    "supervision": ("卫生监督所", "监督所"),
    "service_centre": ("社区卫生服务中心", "服务中心", "centre"),
    "town_hospital": ("乡镇卫生院", "卫生院"),
    "station": ("社区卫生服务站", "服务站"),
    "clinic": ("社区(村)卫生室", "卫生室", "社区卫生室", "村卫生室"),
}


@register
class ClinicImporter(LayerImporter):
    """Facilities at their places; the one that supervises (R-712) may stand later in the file or be stored."""

    write_act = Act.EDIT_CLINICS
    schema = LayerSchema(
        name="clinics",
        key="code",
        columns=(
            Column("code", cells.code(40), True, ("机构编号", "编号")),
            Column("name", cells.text(120), True, ("名称", "机构名称")),
            Column("kind", cells.choice(KINDS), False, ("类别", "机构类别"), "clinic"),
            Column("parent_code", cells.code(40), False, ("上级机构", "上级编号"), ""),
            Column("building_area_m2", cells.real(above=0.0, at_most=1e6), False, ("建筑面积",)),
            Column("population_served", cells.integer(at_least=0, at_most=10_000_000), False, ("服务人口",)),
            Column("registered_population", cells.integer(at_least=0, at_most=10_000_000), False, ("户籍人口",)),
            Column(
                "other_residents",
                cells.integer(at_least=0, at_most=10_000_000),
                False,
                ("常住非户籍人口", "常住非户籍", "非户籍人口"),
            ),
            Column("staff", cells.integer(at_least=0, at_most=100_000), False, ("在岗人数", "人员数", "卫技人员")),
            Column("unit_code", cells.code(12, UNIT_CODE, UNIT_CODE_SAYS), False, ("区划代码", "所属社区"), ""),
        ),
        geometry_types=POINT,
    )
    model = Facility
    geometry_field = "location"

    def __init__(self) -> None:
        super().__init__()
        self.parent_of: dict[str, str] = {}
        self.other_keys: dict[str, int] = {}

    def check(self, rows: list[ParsedRow]) -> list[Problem]:
        """Refuse a supervising facility that does not exist or stands below the one it supervises."""
        codes = {row.code for row in rows}
        problems = note_other_unit(rows, self.places)
        for code, pk, above in Facility.objects.values_list("code", "pk", "parent__code"):
            self.parent_of[code] = above or ""
            if code not in codes:
                self.other_keys[code] = pk
        for row in rows:
            if "parent_code" in row.values:
                self.parent_of[row.code] = row.values["parent_code"]
            self.parent_of.setdefault(row.code, "")
        for row in rows:
            above = self.parent_of[row.code]
            if above and above not in self.parent_of:
                reason = f"there is no facility {above}, neither in the file nor stored"
                problems.append(Problem(row.number, row.code, "parent_code", reason))
            elif row.code in self._above(row.code):
                reason = f"{row.code} would supervise itself: {' → '.join([row.code, *self._above(row.code)])}"
                problems.append(Problem(row.number, row.code, "parent_code", reason))
        return problems

    def own_fields(self, row: ParsedRow) -> dict[str, Any]:
        """Return the model's values; the key of a parent that this file creates is not known before it is written."""
        values = {name: value for name, value in row.values.items() if name not in ("parent_code", "unit_code")}
        if "parent_code" in row.values:
            above = row.values["parent_code"]
            stored = self.stored.get((above,))
            known = stored.pk if stored is not None else self.other_keys.get(above)
            values["parent_id"] = None if not above else NOT_YET_STORED if known is None else known
        return values

    def waves(self, rows: list[ParsedRow]) -> Iterable[list[ParsedRow]]:
        """Return the rows by their depth in the tree of supervision."""
        depth_of = {row.number: len(self._above(row.code)) for row in rows}
        for depth in sorted(set(depth_of.values())):
            yield [row for row in rows if depth_of[row.number] == depth]

    def _above(self, code: str) -> list[str]:
        """Return the codes above a facility, nearest first; a circle ends where it closes."""
        found: list[str] = []
        while (code := self.parent_of.get(code, "")) and code not in found:
            found.append(code)
        return found
