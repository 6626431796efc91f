"""The rows of the registers: units, buildings, permits, areas, clinics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from geo.demo import names
from geo.demo.plan import Structure, Town
from geo.demo.plane import FloatArray, pieces, plane_m2
from geo.demo.scale import DATES

Row = dict[str, Any]
SURVEYED = date(2026, 2, 10)
MISSING_SHARE = 0.02  # buildings that stand but are not in the register
USE_OF_REGISTER = {"apartment": "residential"}
BUILT_YEARS = {
    "grey_tile": (1978, 1999), "red_tile": (1985, 2010), "concrete": (1994, 2022), "bitumen": (1992, 2015),
    "blue_steel": (2005, 2025), "red_steel": (2003, 2024), "white_steel": (2008, 2025),
}  # fmt: skip
PEOPLE_PER_HOUSEHOLD = 3.1
LEAST_HOUSEHOLDS = 260  # of a community: what lies outside the photographed square counts too


@dataclass
class Register:
    """Rows with their geometry under ``geometry`` (EPSG:4547 plane)."""

    buildings: list[Row]
    structure_codes: dict[int, str]  # code of each registered structure
    household_points: FloatArray
    household_counts: FloatArray


def community_name(town: Town, cell: int) -> str:
    township = next(t for t in names.TOWNSHIPS.values() if t[0][:9] == town.cells[cell].code[:9])
    county = next(c for c in names.COUNTIES if c[0] == township[3])
    return f"{names.CITY_NAME}{county[1]}{township[1]}{town.cells[cell].name}"


def register_buildings(town: Town, rng: np.random.Generator) -> Register:
    """One row for each building that stood before the first flight; sheds that touch their house are part of it."""
    annexes: dict[int, list[Structure]] = {}
    for structure in town.structures:
        if structure.annex_of is not None:
            annexes.setdefault(structure.annex_of, []).append(structure)
    streets = shapely.STRtree([road.line for road in town.roads])
    changed = {change.structure for change in town.changes}
    candidates = []
    for index, structure in enumerate(town.structures):
        if structure.annex_of is not None or structure.born > 0:
            continue
        outlines = [part.polygon() for part in structure.parts]
        outlines += [part.polygon() for shed in annexes.get(index, []) for part in shed.parts]
        outline = pieces(unary_union([o.buffer(0.02, join_style="mitre") for o in outlines]))[0]
        candidates.append((town.blocks[structure.block].cell, index, Polygon(outline.exterior)))
    candidates.sort(key=lambda item: (item[0], -round(item[2].centroid.y / 40), item[2].centroid.x))
    rows: list[Row] = []
    codes: dict[int, str] = {}
    serials: dict[int, int] = {}
    points, counts = [], []
    for cell, index, outline in candidates:
        structure = town.structures[index]
        homes = _households(structure, rng)
        centre = outline.centroid
        points.append((centre.x, centre.y))
        counts.append(homes)
        skipped = rng.random() < MISSING_SHARE and index not in changed
        if skipped:
            continue
        serials[cell] = serials.get(cell, 0) + 1
        code = f"{town.cells[cell].code}-{serials[cell]:04d}"
        codes[index] = code
        road = town.roads[int(streets.nearest(centre))]
        low, high = BUILT_YEARS[structure.roof]
        rows.append(
            {
                "code": code,
                "number": serials[cell],
                "name": structure.name,
                "use": USE_OF_REGISTER.get(structure.use, structure.use),
                "storeys": structure.storeys,
                "structure": structure.structure,
                "household": _owner(town, cell, structure, homes, rng),
                "households": homes,
                "built_year": int(rng.integers(low, high + 1)),
                "address": f"{community_name(town, cell)}{road.name}{int(rng.integers(1, 260))}号",
                "status": "standing",
                "unit_code": town.cells[cell].code,
                "surveyed": SURVEYED - timedelta(days=int(rng.integers(0, 200))),
                "geometry": outline,
            }
        )
    extra_points, extra_counts = _people_elsewhere(town, np.array(points), np.array(counts), rng)
    return Register(
        rows, codes, np.concatenate([np.array(points), extra_points]), np.concatenate([counts, extra_counts])
    )


def _households(structure: Structure, rng: np.random.Generator) -> int:
    if structure.use == "apartment":
        stairs = max(int(structure.parts[0].length_m / 15.0), 1)
        return structure.storeys * (stairs * 2 if structure.structure == "brick_concrete" else 4)
    if structure.use == "residential":
        return 1 + int(structure.storeys > 2 and rng.random() < 0.5)
    return 0


def _owner(town: Town, cell: int, structure: Structure, homes: int, rng: np.random.Generator) -> str:
    if structure.use == "apartment":
        return f"{town.cells[cell].name}业主共有({homes}户)"
    if structure.use == "residential":
        return names.person(rng)
    if structure.use == "public":
        return f"嵩阳市{town.cells[cell].name.removesuffix('社区').removesuffix('村')}学校"
    return names.company(rng)


def _people_elsewhere(
    town: Town, points: FloatArray, counts: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Homes in the unsurveyed parts of communities, so that none is nearly empty; fewer in a small town."""
    least = LEAST_HOUSEHOLDS if town.scale.name == "full" else 30
    more_points: list[tuple[float, float]] = []
    for cell in town.cells:
        inside = shapely.contains_xy(cell.outline, points[:, 0], points[:, 1])
        missing = int(least * rng.uniform(0.9, 1.6) - counts[inside].sum())
        west, south, east, north = cell.outline.bounds
        while missing > 0:
            x, y = rng.uniform((west, south), (east, north))
            if shapely.contains_xy(cell.outline, x, y):
                more_points.append((float(x), float(y)))
                missing -= 1
    return np.array(more_points).reshape(-1, 2), np.ones(len(more_points))


def unit_rows(
    town: Town, outlines: dict[str, BaseGeometry], households: dict[str, int], rng: np.random.Generator
) -> list[Row]:
    """City, counties, townships and communities, parents first; ``outlines`` and ``households`` by community code."""
    rows: list[Row] = []
    for index, cell in enumerate(town.cells):
        homes = households[cell.code]
        people = round(homes * PEOPLE_PER_HOUSEHOLD)
        others = round(people * (0.55 if town.cells[index].character == "village" else 0.08) * rng.uniform(0.7, 1.3))
        rows.append(_unit(cell.code, cell.name, "community", names.community_kind(cell.name), cell.code[:9] + "000",
                          outlines[cell.code], people, others, homes, 0))  # fmt: skip
    rows.sort(key=lambda row: str(row["code"]))
    for code, name, kind, county in names.TOWNSHIPS.values():
        rows.append(_sum_up(rows, code, name, "township", kind, county, int(rng.integers(6, 15))))
    for code, name, kind in names.COUNTIES:
        rows.append(_sum_up(rows, code, name, "county", kind, names.CITY_CODE, 0))
    rows.append(_sum_up(rows, names.CITY_CODE, names.CITY_NAME, "city", "city", "", 0))
    order = {"city": 0, "county": 1, "township": 2, "community": 3}
    return sorted(rows, key=lambda row: (order[str(row["level"])], str(row["code"])))


def _unit(
    code: str,
    name: str,
    level: str,
    kind: str,
    parent: str,
    outline: BaseGeometry,
    people: int,
    others: int,
    homes: int,
    team: int,
) -> Row:
    return {
        "code": code, "name": name, "level": level, "parent_code": parent, "kind": kind, "population": people,
        "other_residents": others, "households": homes, "team_size": team, "geometry": outline,
    }  # fmt: skip


def _sum_up(rows: list[Row], code: str, name: str, level: str, kind: str, parent: str, team: int) -> Row:
    below = [row for row in rows if row["parent_code"] == code]
    outline = unary_union([row["geometry"] for row in below])
    people, others, homes = (
        sum(int(row[key]) for row in below) for key in ("population", "other_residents", "households")
    )
    return _unit(code, name, level, kind, parent, outline, people, others, homes, team)


def special_area_rows(town: Town) -> list[Row]:
    """The new district, over the middle of two counties."""
    west, south = town.scale.south_west
    wide, high = town.scale.width_m, town.scale.height_m
    corners = [(0.40, 0.50), (0.70, 0.47), (0.83, 0.60), (0.80, 0.88), (0.52, 0.90), (0.42, 0.74)]
    outline = Polygon([(west + x * wide, south + y * high) for x, y in corners])
    return [{"code": "XQ01", "name": "嵩阳新区", "supervisor": "嵩阳新区管理委员会", "geometry": outline}]


def control_area_rows(town: Town) -> list[Row]:
    """The planning area of the main city, and the strip along the river."""
    west, south = town.scale.south_west
    wide, high = town.scale.width_m, town.scale.height_m
    city = unary_union([cell.outline for cell in town.cells])
    main = [(0.22, 0.34), (0.50, 0.30), (0.80, 0.40), (0.79, 0.86), (0.5, 0.84), (0.2, 0.80)]
    outline = Polygon([(west + x * wide, south + y * high) for x, y in main])
    river = pieces(town.river.buffer(45.0 * wide / 5000.0).intersection(city))[0]
    return [
        {
            "code": "ZD01",
            "name": "中心城区规划控制区",
            "min_area_m2": 10.0,
            "note": "城市总体规划范围",
            "geometry": outline,
        },
        {"code": "ZD02", "name": "颍溪河蓝线控制区", "min_area_m2": 5.0, "note": "河道两侧管理范围", "geometry": river},
    ]


def archive_area_rows(town: Town, rng: np.random.Generator) -> list[Row]:
    """The largest village blocks of each kind of community (R-107)."""
    rows: list[Row] = []
    blocks = sorted((b for b in town.blocks if b.use == "village"), key=lambda b: plane_m2(b.outline), reverse=True)
    for block in blocks[: 8 if town.scale.name == "full" else 2]:
        cell = town.cells[block.cell]
        urban = cell.character in ("village", "estate")
        kind, interval = ("urban_village", 90) if urban else ("rural_settlement", 180)
        rows.append(
            {
                "code": f"DA{len(rows) + 1:03d}",
                "name": f"{cell.name}{'城中村' if urban else '居民点'}{len(rows) + 1}号片区",
                "kind": kind,
                "interval_days": interval,
                "next_due": DATES[-1] + timedelta(days=int(rng.integers(-20, interval))),
                "geometry": block.outline,
            }
        )
    return rows


def clinic_rows(town: Town, populations: dict[str, int], rng: np.random.Generator) -> list[Row]:
    """A hospital, a centre or town hospital for each township, and clinics for most communities."""
    rows: list[Row] = []
    hospital_cell = next(cell for cell in town.cells if cell.name == "南关社区")
    rows.append(
        _facility(
            "YY001", "嵩阳市第一人民医院", "hospital", "", hospital_cell.code, hospital_cell.outline, 9800.0, None, rng
        )
    )
    for serial, (code, name, kind, _) in enumerate(names.TOWNSHIPS.values(), start=1):
        cells = [cell for cell in town.cells if cell.code.startswith(code[:9])]
        centre = kind == "subdistrict"
        title = f"{name}社区卫生服务中心" if centre else f"{name}卫生院"
        parent = f"ZX{serial:03d}"
        rows.append(
            _facility(parent, title, "service_centre" if centre else "town_hospital", "YY001", cells[0].code,
                      cells[0].outline, float(rng.integers(1400, 3200)), sum(populations[c.code] for c in cells), rng)
        )  # fmt: skip
        for place, cell in enumerate(cells):
            if (serial * 3 + place) % 4 == 3:
                continue  # some communities have no clinic yet (R-706 shows who is not served)
            people = populations[cell.code]
            needed = 80.0 if people < 1000 else 120.0 if people <= 2000 else 160.0
            size = round(float(needed * rng.choice([0.7, 1.0, 1.05, 1.2])), 1)
            rows.append(
                _facility(
                    f"WS{len(rows):03d}",
                    f"{name}{cell.name}卫生室",
                    "clinic",
                    parent,
                    cell.code,
                    cell.outline,
                    size,
                    people,
                    rng,
                )
            )
    return rows


def _facility(
    code: str,
    name: str,
    kind: str,
    parent: str,
    unit: str,
    outline: Polygon,
    size_m2: float,
    people: int | None,  # whom a hospital serves is not counted
    rng: np.random.Generator,
) -> Row:
    spot = outline.representative_point()
    near = shapely.Point(spot.x + float(rng.uniform(-30, 30)), spot.y + float(rng.uniform(-30, 30)))
    return {
        "code": code, "name": name, "kind": kind, "parent_code": parent, "unit_code": unit, "building_area_m2": size_m2,
        "rooms": int(rng.integers(4, 8)) if kind == "clinic" else int(rng.integers(20, 200)),
        "staff": int(rng.integers(1, 5)) if kind == "clinic" else int(rng.integers(15, 220)),
        "opened": date(int(rng.integers(2005, 2022)), int(rng.integers(1, 13)), 1),
        "population_served": people, "geometry": near if outline.contains(near) else spot,
    }  # fmt: skip
