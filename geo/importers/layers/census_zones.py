"""Census areas 普查区 and blocks 普查小区 (R-801, R-802)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shapely.geometry.base import BaseGeometry

from geo.importers import cells
from geo.importers.layers.base import LayerImporter, to_shapely
from geo.importers.report import Outcome
from geo.importers.schema import Column, LayerSchema, ParsedRow, Problem
from geo.importers.topology import pairs_overlapping, sticks_out
from geo.models import CensusZone, FinishedCensus, Unit, UnitLevel
from geo.roles import Act

COMMUNITY_DIGITS = 12  # a block's code is the community's 12 digits and 3 more


class CensusZoneImporter(LayerImporter):
    """Census zones of one version: areas inside their community, blocks inside their area, none over another."""

    write_act = Act.DRAW_ZONES
    schema = LayerSchema(
        name="census_zones",
        key="code",
        columns=(
            Column(
                "code", cells.code(15, r"\d{12}(\d{3})?", "12 digits (area) or 15 (block)"), True, ("普查代码", "代码")
            ),
            Column("name", cells.text(80), False, ("名称",), ""),
            Column("level", cells.choice({"area": ("普查区",), "block": ("普查小区",)}), True, ("层级",)),
            Column("version", cells.text(20), False, ("普查版本", "版本"), "2026"),
            Column("households", cells.integer(at_least=0, at_most=1_000_000), False, ("户数",)),
        ),
        also_identify=("version",),
    )
    model = CensusZone
    geometry_field = "boundary"
    area_field = "boundary_area_m2"
    unique_fields = ("version", "code")

    def check(self, rows: list[ParsedRow]) -> list[Problem]:
        """Check codes against levels and communities, boundaries against parents and neighbours."""
        problems = [problem for row in rows if (problem := self._code_problem(row)) is not None]
        wrong = {problem.row for problem in problems}
        sound = [row for row in rows if row.number not in wrong]
        problems += self._outside_parents(sound)
        problems += self._overlaps(sound)
        problems += self._finished(sound)
        return problems

    def _finished(self, rows: list[ParsedRow]) -> Iterable[Problem]:
        """What would change a finished census (R-808); rows that change nothing may stand in the file."""
        closed: dict[str, list[str]] = {}
        for version, path in FinishedCensus.objects.values_list("version", "unit__path"):
            closed.setdefault(version, []).append(path)
        if not closed:
            return
        placed = {place.unit_id for place in self.places.values()}
        paths = dict(Unit.objects.filter(pk__in=placed).values_list("pk", "path"))
        for row in rows:
            version = self._version(row)
            if version not in closed or row.number not in self.places or self._outcome(row) == Outcome.UNCHANGED:
                continue
            own = paths[self.places[row.number].unit_id]
            if any(own.startswith(path) for path in closed[version]):
                yield Problem(row.number, row.code, "version", f"census version {version} is finished there and kept")

    def _code_problem(self, row: ParsedRow) -> Problem | None:
        digits = COMMUNITY_DIGITS if row.values["level"] == "area" else COMMUNITY_DIGITS + 3
        if len(row.code) == digits:
            return None
        reason = f"{row.values['level']} {row.code} has {len(row.code)} digits, not {digits}"
        return Problem(row.number, row.code, "code", reason)

    def _outside_parents(self, rows: list[ParsedRow]) -> Iterable[Problem]:
        codes = {row.code[:COMMUNITY_DIGITS] for row in rows}
        communities = Unit.objects.filter(level=UnitLevel.COMMUNITY, code__in=codes)
        inside_of = {("", unit.code): to_shapely(unit.boundary) for unit in communities}
        for zone in CensusZone.objects.filter(level="area", code__in=codes):
            inside_of[(zone.version, zone.code)] = to_shapely(zone.boundary)
        for row in rows:
            if row.values["level"] == "area":
                inside_of[(self._version(row), row.code)] = row.geometry
        for row in rows:
            area = row.values["level"] == "area"
            what = "community" if area else "census area"
            parent_code = row.code[:COMMUNITY_DIGITS]
            parent = inside_of.get(("" if area else self._version(row), parent_code))
            if parent is None:
                reason = f"there is no {what} {parent_code}" + ("" if area else f" in version {self._version(row)}")
                yield Problem(row.number, row.code, "code", reason)
            elif sticks_out(row.geometry, parent) is not None:
                yield Problem(row.number, row.code, "geometry", f"lies partly outside its {what} {parent_code}")

    def _overlaps(self, rows: list[ParsedRow]) -> Iterable[Problem]:
        groups: dict[tuple[str, str], list[tuple[str, BaseGeometry, int | None]]] = {}
        for row in rows:
            key = (self._version(row), row.values["level"])
            groups.setdefault(key, []).append((row.code, row.geometry, row.number))
        in_file = {self.identity(row) for row in rows}
        versions = {version for version, _ in groups}
        prefixes = {row.code[:COMMUNITY_DIGITS] for row in rows}
        for zone in CensusZone.objects.filter(version__in=versions):
            if (zone.version, zone.code) not in in_file and zone.code[:COMMUNITY_DIGITS] in prefixes:
                group = groups.setdefault((zone.version, zone.level), [])
                group.append((zone.code, to_shapely(zone.boundary), None))
        for members in groups.values():
            for i, j, _ in pairs_overlapping([geometry for _, geometry, _ in members]):
                first, second = members[i], members[j]
                here, other = (second, first) if second[2] is not None else (first, second)
                if here[2] is not None:
                    yield Problem(here[2], here[0], "geometry", f"overlaps {other[0]}")

    def _version(self, row: ParsedRow) -> Any:
        return row.values.get("version", self._default("version"))
