"""The vector files of a demo town."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from geo.demo.ground import ground_m2, lonlat
from geo.demo.permits import permit_rows
from geo.demo.plan import Town
from geo.demo.register import (
    PEOPLE_PER_HOUSEHOLD,
    Row,
    archive_area_rows,
    clinic_rows,
    control_area_rows,
    register_buildings,
    special_area_rows,
    unit_rows,
)
from geo.demo.scale import DATES, SRID_FILES, SRID_ZONED, ZONE_OFFSET_M
from geo.demo.zones import make_zones

SHAPEFILE_ENCODING = "GB18030"
GRID_M = 0.001
CENSUS_VERSION = "2026"
# A fixed clock for GeoPackage's "last change", so that a file depends on the seed alone.
FIXED_CLOCK = "2026-10-08T00:00:00.000Z"


@dataclass(frozen=True)
class Written:
    """How many rows went into each vector file."""

    counts: dict[str, int]


def write_vectors(town: Town, folder: Path) -> Written:
    """Write all vector layers and the truth into a folder that exists."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_CLOCK})
    rng = np.random.default_rng([town.seed, 81])
    register = register_buildings(town, rng)
    zones = make_zones(town, register.household_points, register.household_counts)
    outlines: dict[str, BaseGeometry] = {}
    households: dict[str, int] = {}
    for index, cell in enumerate(town.cells):
        mine = [zone for zone in zones if zone.cell == index]
        outlines[cell.code] = unary_union([zone.outline for zone in mine])
        households[cell.code] = sum(zone.households for zone in mine)
    units = unit_rows(town, outlines, households, rng)
    populations = {str(row["code"]): int(row["population"]) for row in units}
    permits = permit_rows(town, np.random.default_rng([town.seed, 82]))
    layers: dict[str, list[Row]] = {
        "units": units,
        "special_areas": special_area_rows(town),
        "control_areas": control_area_rows(town),
        "archive_areas": archive_area_rows(town, rng),
        "buildings": register.buildings,
        "permits": permits,
        "census_zones": _zone_rows(town, zones, outlines),
        "clinics": clinic_rows(town, populations, rng),
        "roads": [
            {"name": road.name, "kind": road.kind, "width_m": road.width_m, "geometry": road.line}
            for road in town.roads
        ],
        "changes": _truth_rows(town, register.structure_codes),
    }
    for name in ("units", "control_areas", "census_zones", "roads"):
        _write(folder / f"{name}.gpkg", layers[name], layer=name, driver="GPKG", srid=SRID_FILES)
    _write(folder / "truth.gpkg", layers["changes"], layer="changes", driver="GPKG", srid=SRID_FILES)
    _write(folder / "buildings.shp", layers["buildings"], layer="buildings", driver="ESRI Shapefile", srid=SRID_ZONED)
    for name in ("special_areas", "archive_areas", "permits", "clinics"):
        _write_geojson(folder / f"{name}.geojson", layers[name])
    return Written({name: len(rows) for name, rows in layers.items()})


def _zone_rows(town: Town, zones: Sequence[Any], outlines: dict[str, BaseGeometry]) -> list[Row]:
    areas, blocks = [], []
    for index, cell in enumerate(town.cells):
        mine = [zone for zone in zones if zone.cell == index]
        homes = sum(zone.households for zone in mine)
        areas.append(_zone(cell.code, f"{cell.name}普查区", "area", cell.code, homes, outlines[cell.code]))
        for zone in mine:
            code = f"{cell.code}{zone.serial:03d}"
            blocks.append(
                _zone(code, f"{cell.name}第{zone.serial}普查小区", "block", cell.code, zone.households, zone.outline)
            )
    return areas + blocks


def _zone(code: str, name: str, level: str, parent: str, homes: int, outline: BaseGeometry) -> Row:
    return {
        "code": code, "name": name, "level": level, "parent_code": parent, "households": homes,
        "population": round(homes * PEOPLE_PER_HOUSEHOLD), "version": CENSUS_VERSION, "geometry": outline,
    }  # fmt: skip


def _truth_rows(town: Town, codes: dict[int, str]) -> list[Row]:
    rows: list[Row] = []
    for serial, change in enumerate(town.changes, start=1):
        centre = change.outline.centroid
        cell = town.cell_at(centre.x, centre.y)
        structure = town.structures[change.structure] if change.structure is not None else None
        known = change.structure if structure is None or structure.extends is None else structure.extends
        rows.append(
            {
                "change_id": f"C{serial:04d}",
                "before": DATES[change.after - 1],
                "after": DATES[change.after],
                "kind": change.kind,
                "what": change.what,
                "area_m2": round(ground_m2(change.outline), 2),
                "building_code": codes.get(known, "") if known is not None else "",
                "permit_state": change.permit_state,
                "permit_number": change.permit_number,
                "unit_code": town.cells[cell].code if cell >= 0 else "",
                "geometry": change.outline,
            }
        )
    return rows


def _column(values: list[Any]) -> np.ndarray[Any, Any]:
    if values and isinstance(values[0], date):
        return np.array(values, dtype="datetime64[D]")
    if values and isinstance(values[0], int):
        return np.array(values, dtype=np.int32)
    if values and isinstance(values[0], float):
        return np.array(values, dtype=np.float64)
    return np.array(values, dtype=object)


def _write(path: Path, rows: list[Row], *, layer: str, driver: str, srid: int) -> None:
    fields = [name for name in rows[0] if name != "geometry"]
    geometries = shapely.set_precision([row["geometry"] for row in rows], GRID_M, mode="pointwise")
    if srid == SRID_ZONED:
        geometries = shapely.transform(geometries, lambda points: points + np.array((ZONE_OFFSET_M, 0.0)))
    lines = geometries[0].geom_type == "LineString"
    multi = driver == "GPKG" and not lines
    if path.exists():
        path.unlink()
    pyogrio.raw.write(
        str(path),
        shapely.to_wkb(geometries),
        [_column([row[name] for row in rows]) for name in fields],
        fields,
        layer=layer,
        driver=driver,
        geometry_type="LineString" if lines else "MultiPolygon" if multi else "Polygon",
        promote_to_multi=multi,
        crs=f"EPSG:{srid}",
        encoding=SHAPEFILE_ENCODING if driver == "ESRI Shapefile" else None,
    )


def _write_geojson(path: Path, rows: list[Row]) -> None:
    features = [
        {
            "type": "Feature",
            "properties": {
                key: value.isoformat() if isinstance(value, date) else value
                for key, value in row.items()
                if key != "geometry"
            },
            "geometry": shapely.geometry.mapping(lonlat(row["geometry"])),
        }
        for row in rows
    ]
    collection = {"type": "FeatureCollection", "features": features}
    path.write_text(json.dumps(collection, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
