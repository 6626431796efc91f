"""The registers of the demo town are what real files would be."""

import json
from collections import Counter

import numpy as np
import pytest
import shapely

from geo.demo.errors import UnknownScaleError
from geo.demo.generate import generate
from geo.demo.scale import SMALL
from geo.demo.town import plan_town
from tests.geo.demo.read import read_layer


def test_the_units_of_each_level_tile_the_city_without_gap_or_overlap(demo_folder):
    facts, outlines, columns = read_layer(demo_folder / "units.gpkg")
    levels = np.array(columns["level"])
    city = outlines[levels == "city"][0]

    assert facts["crs"] == "EPSG:4547"
    assert Counter(levels) == {"city": 1, "county": 3, "township": 6, "community": 18}
    for level in ("county", "township", "community"):
        chosen = outlines[levels == level]
        assert shapely.coverage_is_valid(chosen), level
        assert shapely.equals(shapely.coverage_union_all(chosen), city), level


def test_every_unit_stands_below_an_earlier_one_that_holds_it(demo_folder):
    _, outlines, columns = read_layer(demo_folder / "units.gpkg")
    seen = {}
    for code, parent, outline in zip(columns["code"], columns["parent_code"], outlines, strict=True):
        assert len(code) == 12
        if parent:
            assert shapely.covers(seen[parent].buffer(1e-6), outline)
        seen[code] = outline


def test_census_blocks_tile_their_areas_and_carry_their_codes(demo_folder):
    _, outlines, columns = read_layer(demo_folder / "census_zones.gpkg")
    levels, codes = np.array(columns["level"]), np.array(columns["code"])
    blocks = levels == "block"

    assert shapely.coverage_is_valid(outlines[blocks])
    areas = dict(zip(codes[~blocks], outlines[~blocks], strict=True))
    for code, area in areas.items():
        mine = outlines[blocks & np.char.startswith(codes.astype(str), code)]
        assert shapely.equals(shapely.coverage_union_all(mine), area)
    assert {len(code) for code in codes[blocks]} == {15}


def test_the_building_register_is_a_zoned_shapefile_in_a_chinese_encoding(demo_folder):
    facts, outlines, columns = read_layer(demo_folder / "buildings.shp")

    assert facts["crs"] == "EPSG:4526"
    assert (demo_folder / "buildings.cpg").read_text().strip() == "GB18030"
    assert 38_000_000 < outlines[0].bounds[0] < 39_000_000
    assert 60 < len(outlines) < 300
    assert all(shapely.is_valid(outlines))
    assert len(set(columns["code"])) == len(columns["code"])
    assert all(address.startswith("嵩阳市") for address in columns["address"])
    raw = (demo_folder / "buildings.dbf").read_bytes()
    assert "嵩阳市".encode("gb18030") in raw
    assert "嵩阳市".encode() not in raw


def test_some_new_buildings_are_permitted_some_exceed_their_permit_and_most_have_none(demo_folder):
    _, _, columns = read_layer(demo_folder / "truth.gpkg")
    states = Counter(
        state
        for state, kind in zip(columns["permit_state"], columns["kind"], strict=True)
        if kind in ("new", "enlarged")
    )

    assert states["none"] > states["permitted"] > 0
    assert states["exceeds"] > 0
    permits = {f["properties"]["number"]: f["properties"] for f in _features(demo_folder / "permits.geojson")}
    for state, number, area_m2 in zip(
        columns["permit_state"], columns["permit_number"], columns["area_m2"], strict=True
    ):
        if state == "permitted":
            assert permits[number]["permitted_area_m2"] == pytest.approx(area_m2, rel=0.01)
        elif state == "exceeds":
            assert permits[number]["permitted_area_m2"] < 0.8 * area_m2


def test_clinics_point_at_the_facility_above_them(demo_folder):
    clinics = [f["properties"] for f in _features(demo_folder / "clinics.geojson")]
    codes = {clinic["code"] for clinic in clinics}

    assert {c["parent_code"] for c in clinics} <= codes | {""}
    assert sum(c["kind"] == "clinic" for c in clinics) < 18  # some communities have none


def test_true_changes_between_the_dates_are_of_every_kind(demo_folder):
    _, outlines, columns = read_layer(demo_folder / "truth.gpkg")

    assert set(columns["kind"]) == {"new", "enlarged", "demolished", "storey_added", "not_building"}
    assert all(shapely.is_valid(outlines))
    assert all(area > 0 for area in columns["area_m2"])


def test_no_new_building_stands_on_a_known_one():
    town = plan_town(SMALL, 7)
    old = shapely.STRtree([s.footprint().buffer(-0.2) for s in town.structures if s.born == 0])

    assert [s for s in town.structures if s.born > 0 and old.query(s.footprint(), predicate="intersects").size] == []


def test_the_same_seed_plans_the_same_town_and_another_seed_another():
    first, again, other = plan_town(SMALL, 7), plan_town(SMALL, 7), plan_town(SMALL, 8)

    assert [s.parts for s in first.structures] == [s.parts for s in again.structures]
    assert [s.parts for s in first.structures] != [s.parts for s in other.structures]


def test_an_unknown_scale_is_named_in_the_refusal(tmp_path):
    with pytest.raises(UnknownScaleError, match="huge"):
        generate(tmp_path / "town", scale="huge")


def _features(path):
    return json.loads(path.read_text(encoding="utf-8"))["features"]
