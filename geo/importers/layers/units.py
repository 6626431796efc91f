"""Administrative units 市→县(区)→乡镇/街道→社区(村): a tree by codes and by boundaries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from shapely.geometry.base import BaseGeometry

from geo.importers import cells
from geo.importers.layers.base import NOT_YET_STORED, LayerImporter, same_geometry, to_shapely
from geo.importers.layers.links import link_to_units
from geo.importers.schema import Column, LayerSchema, ParsedRow, Problem
from geo.importers.topology import pairs_overlapping, sticks_out
from geo.measure import outline_area_m2
from geo.models import Unit, UnitLevel
from geo.models.unit import LEVEL_ORDER

# Digits of a statistical code that a unit shares with its children (GB/T 2260, GB/T 10114: 2+2+2+3+3 digits).
SHARED_DIGITS = {UnitLevel.CITY: 4, UnitLevel.COUNTY: 6, UnitLevel.TOWNSHIP: 9}

UNIT_CODE = r"\d{12}"
UNIT_CODE_SAYS = "a 12-digit unit code"


@dataclass(frozen=True)
class Node:
    """A unit of the file or the database while the tree is checked. row is None for one that only stands stored."""

    code: str
    level: str
    parent_code: str
    boundary: BaseGeometry
    row: ParsedRow | None


class UnitImporter(LayerImporter):
    """Units: parents may come in any order, in the file or stored before."""

    schema = LayerSchema(
        name="units",
        key="code",
        columns=(
            Column("code", cells.code(12, UNIT_CODE, UNIT_CODE_SAYS), True, ("区划代码", "代码", "统计代码", "xzqdm")),
            Column("name", cells.text(80), True, ("名称", "区划名称", "xzqmc")),
            Column(
                "level",
                cells.choice(
                    {
                        "city": ("市", "地级市"),
                        "county": ("县(区)", "县", "区", "县级", "县区"),
                        "township": ("乡镇/街道", "乡", "镇", "街道", "办事处", "乡级", "乡镇"),
                        "community": ("社区(村)", "社区", "村", "行政村", "村级"),
                    }
                ),
                True,
                ("层级", "级别"),
            ),
            Column("parent_code", cells.code(12, UNIT_CODE, UNIT_CODE_SAYS), False, ("上级代码", "上级"), ""),
            Column("population", cells.integer(at_least=0, at_most=100_000_000), False, ("人口", "户籍人口")),
        ),
    )
    model: ClassVar[type[Unit]] = Unit
    geometry_field = "boundary"
    area_field = "boundary_area_m2"
    places_rows = False

    def __init__(self) -> None:
        super().__init__()
        self.tree: dict[str, Node] = {}
        self.other_keys: dict[str, int] = {}  # of stored units that the file does not name

    def check(self, rows: list[ParsedRow]) -> list[Problem]:
        """Check the tree that would stand after the import: parents, levels, code prefixes, boundaries."""
        others = Unit.objects.exclude(code__in=[row.code for row in rows]).select_related("parent")
        for unit in others:
            parent_code = unit.parent.code if unit.parent else ""
            self.tree[unit.code] = Node(unit.code, unit.level, parent_code, to_shapely(unit.boundary), None)
            self.other_keys[unit.code] = unit.pk
        for row in rows:
            parent_code = row.values.get("parent_code", self._stored_parent(row.code))
            self.tree[row.code] = Node(row.code, row.values["level"], parent_code, row.geometry, row)
        problems = [problem for row in rows for problem in self._lineage_problems(self.tree[row.code], row)]
        sound = {row.number for row in rows} - {problem.row for problem in problems}
        problems += self._outside_parents([row for row in rows if row.number in sound])
        problems += self._overlapping_siblings(sound)
        self._note_moved_boundaries(rows)
        return problems

    def own_fields(self, row: ParsedRow) -> dict[str, Any]:
        """Return the model's values; the key of a parent that this file creates is not known before it is written."""
        values = {name: value for name, value in row.values.items() if name != "parent_code"}
        codes = self._codes_down_to(row.code)
        values["path"] = "".join(f"{code}/" for code in codes)
        values["parent_id"] = None
        if len(codes) > 1:
            parent = self.stored.get((codes[-2],))
            known = parent.pk if parent is not None else self.other_keys.get(codes[-2])
            values["parent_id"] = NOT_YET_STORED if known is None else known
        return values

    def waves(self, rows: list[ParsedRow]) -> Iterable[list[ParsedRow]]:
        """Return the rows level by level, the city first."""
        return [[row for row in rows if row.values["level"] == level] for level in LEVEL_ORDER]

    def stored_rows(self, rows: list[ParsedRow]) -> Iterable[Unit]:
        """Return the stored units that the file could change, with their parents."""
        return Unit.objects.filter(code__in=[row.code for row in rows]).select_related("parent")

    def written(self, rows: list[ParsedRow]) -> None:
        """Link areas and snapshots that were there before to the new and moved units under them."""
        link_to_units(Unit.objects.filter(code__in=[row.code for row in rows]).values_list("pk", flat=True))

    def _stored_parent(self, code: str) -> str:
        stored = self.stored.get((code,))
        return stored.parent.code if stored is not None and stored.parent is not None else ""

    def _codes_down_to(self, code: str) -> list[str]:
        codes = [code]
        while (parent := self.tree[codes[0]].parent_code) and parent not in codes:
            codes.insert(0, parent)
        return codes

    def _lineage_problems(self, node: Node, row: ParsedRow) -> Iterable[Problem]:
        def problem(field: str, reason: str) -> Problem:
            return Problem(row.number, row.code, field, reason)

        stored = self.stored.get((row.code,))
        if stored is not None and (stored.level, self._stored_parent(row.code)) != (node.level, node.parent_code):
            yield problem(
                "parent_code",
                f"{row.code} is stored as {stored.level} under {self._stored_parent(row.code) or 'nothing'}; moving a "
                "unit in the tree is not an import, because everything stored in it would have to move too",
            )
            return
        if node.level == UnitLevel.CITY:
            if node.parent_code:
                yield problem("parent_code", f"a city has no parent, but {node.parent_code} is given")
            return
        if not node.parent_code:
            yield problem("parent_code", f"a {node.level} needs a parent")
            return
        parent = self.tree.get(node.parent_code)
        if parent is None:
            yield problem("parent_code", f"there is no unit {node.parent_code}, neither in the file nor stored")
            return
        above = LEVEL_ORDER[LEVEL_ORDER.index(UnitLevel(node.level)) - 1]
        if parent.level != above:
            yield problem(
                "parent_code", f"the parent of a {node.level} is a {above}, but {parent.code} is a {parent.level}"
            )
            return
        digits = SHARED_DIGITS[UnitLevel(parent.level)]
        if node.code[:digits] != parent.code[:digits]:
            yield problem(
                "code", f"{node.code} does not begin with {parent.code[:digits]} as its parent {parent.code} does"
            )

    def _outside_parents(self, rows: list[ParsedRow]) -> Iterable[Problem]:
        for row in rows:
            parent = self.tree.get(self.tree[row.code].parent_code)
            outside = sticks_out(row.geometry, parent.boundary) if parent is not None else None
            if parent is not None and outside is not None:
                reason = f"{_extent(outside)} of it lie outside its parent {parent.code}"
                yield Problem(row.number, row.code, "geometry", reason)
            changed_children = [
                node for node in self.tree.values() if node.parent_code == row.code and node.row is None
            ]
            for child in changed_children:
                if (outside := sticks_out(child.boundary, row.geometry)) is not None:
                    reason = f"{_extent(outside)} of its stored child {child.code} would lie outside it"
                    yield Problem(row.number, row.code, "geometry", reason)

    def _overlapping_siblings(self, sound: set[int]) -> Iterable[Problem]:
        families: dict[str, list[Node]] = {}
        for node in self.tree.values():
            if node.row is not None and node.row.number not in sound:
                continue
            families.setdefault(node.parent_code, []).append(node)
        for siblings in families.values():
            for i, j, shared in pairs_overlapping([node.boundary for node in siblings]):
                first, second = siblings[i], siblings[j]
                node, other = (second, first) if second.row is not None else (first, second)
                if node.row is not None:
                    reason = f"overlaps {other.code} by {_extent(shared)}"
                    yield Problem(node.row.number, node.code, "geometry", reason)

    def _note_moved_boundaries(self, rows: list[ParsedRow]) -> None:
        moved = [
            row.code
            for row in rows
            if (stored := self.stored.get((row.code,))) is not None
            and not same_geometry(to_shapely(stored.boundary), row.geometry)
        ]
        if moved:
            self.notes.append(
                f"the boundaries of {len(moved)} stored units change ({', '.join(moved[:5])}); what is stored in them "
                "keeps its unit until it is imported or edited again"
            )


def _extent(geometry: BaseGeometry) -> str:
    areal = [part for part in getattr(geometry, "geoms", [geometry]) if part.geom_type == "Polygon"]
    return f"{sum(outline_area_m2(part) for part in areal):.0f} m²"
